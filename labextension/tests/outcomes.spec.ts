import { describe, expect, it } from 'vitest';

import {
  compare,
  type ISubmission,
  isPending,
  NOW_AND_THEN,
  parseSubmissions,
  parseTold,
  pauseAfter,
  type Told
} from '../src/outcomes';

function submission(
  id: string,
  status: ISubmission['status'],
  more: Partial<ISubmission> = {}
): ISubmission {
  return {
    id,
    course: 'python-basics',
    assignment: '01-first-steps',
    status,
    score: status === 'graded' ? 7 : null,
    maxScore: status === 'graded' ? 10 : null,
    needsReview: false,
    message: '',
    hasFeedback: status === 'graded',
    position: null,
    ...more
  };
}

/** Play a history of looks and return what was told, as "kind id". */
function play(told: Told, ...looks: ISubmission[][]): string[] {
  const said: string[] = [];
  for (const look of looks) {
    const result = compare(told, look);
    told = result.told;
    said.push(...result.news.map(n => `${n.kind} ${n.submission.id}`));
  }
  return said;
}

describe('compare', () => {
  it('tells of the arrival, then of the outcome, each once', () => {
    const said = play(
      {},
      [],
      [submission('a', 'queued')],
      [submission('a', 'grading')],
      [submission('a', 'graded')],
      [submission('a', 'graded')]
    );
    expect(said).toEqual(['received a', 'outcome a']);
  });

  it('tells only the outcome when grading was faster than the poll', () => {
    expect(play({}, [submission('a', 'graded')])).toEqual(['outcome a']);
  });

  it('tells of a failure', () => {
    expect(play({ a: 'received' }, [submission('a', 'failed')])).toEqual([
      'outcome a'
    ]);
  });

  it('leaves old outcomes untold on the very first look, but not what is under way', () => {
    expect(
      play(
        null,
        [submission('a', 'graded'), submission('b', 'grading')],
        [submission('a', 'graded'), submission('b', 'graded')]
      )
    ).toEqual(['received b', 'outcome b']);
  });

  it('tells an outcome that came while the lab was closed', () => {
    expect(play({ a: 'received' }, [submission('a', 'graded')])).toEqual([
      'outcome a'
    ]);
  });

  it('stays quiet when a told submission is graded again', () => {
    expect(
      play(
        { a: 'outcome' },
        [submission('a', 'queued')],
        [submission('a', 'graded')]
      )
    ).toEqual([]);
  });

  it('keeps several submissions apart', () => {
    expect(
      play({ a: 'outcome' }, [
        submission('a', 'graded'),
        submission('b', 'queued')
      ])
    ).toEqual(['received b']);
  });

  it('forgets what the server no longer lists', () => {
    expect(compare({ a: 'outcome' }, []).told).toEqual({});
  });
});

describe('parseSubmissions', () => {
  it('reads SubmissionView and drops what is none', () => {
    const views = [
      {
        submission_id: 'a',
        course: 'python-basics',
        assignment: '01-first-steps',
        student: 'ada',
        status: 'graded',
        submitted_at: '2026-01-01T00:00:00.000000+00:00',
        score: 7,
        max_score: 10,
        needs_review: true,
        message: '',
        has_feedback: true
      },
      {
        submission_id: 'w',
        course: 'python-basics',
        assignment: '01-first-steps',
        status: 'queued',
        position: 3
      },
      { submission_id: 'b', course: 'c', assignment: 'x', status: 'lost' },
      { submission_id: 1, course: 'c', assignment: 'x', status: 'queued' },
      null,
      'queued'
    ];
    expect(parseSubmissions({ submissions: views, pending: false })).toEqual([
      submission('a', 'graded', { needsReview: true }),
      submission('w', 'queued', { position: 3 })
    ]);
  });

  it.each([undefined, null, {}, 'x', { submissions: 'x' }])(
    'takes %j for none',
    answer => {
      expect(parseSubmissions(answer)).toEqual([]);
    }
  );
});

describe('parseTold', () => {
  it('keeps what it understands', () => {
    expect(parseTold({ a: 'outcome', b: 'received', c: 1 })).toEqual({
      a: 'outcome',
      b: 'received'
    });
  });

  it.each([undefined, null, 'x', ['a']])('is a first look for %j', value => {
    expect(parseTold(value)).toBeNull();
  });
});

describe('isPending', () => {
  it.each([
    ['queued', true],
    ['grading', true],
    ['graded', false],
    ['failed', false]
  ] as const)('%s: %s', (status, expected) => {
    expect(isPending(submission('a', status))).toBe(expected);
  });
});

describe('pauseAfter', () => {
  it('looks soon after something was handed in, then less and less often', () => {
    const pauses = [NOW_AND_THEN];
    for (let look = 0; look < 8; look++) {
      pauses.push(pauseAfter(pauses[look] ?? 0, true));
    }
    expect(pauses[1]).toBeLessThan(500);
    expect(pauses.slice(1)).toEqual([...pauses.slice(1)].sort((a, b) => a - b));
    expect(pauses.at(-1)).toBe(pauses.at(-2));
    expect(pauses.at(-1)).toBeLessThan(NOW_AND_THEN);
  });

  it('goes back to now and then with the grade', () => {
    expect(pauseAfter(450, false)).toBe(NOW_AND_THEN);
  });
});
