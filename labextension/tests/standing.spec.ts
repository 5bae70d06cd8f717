import { describe, expect, it } from 'vitest';

import { notebookOf, parseStandings, percent } from '../src/standing';

const answer = {
  courses: [
    {
      student: 'ada',
      course: 'python-basics',
      title: 'Python basics',
      topics: [
        {
          topic: '01-first-steps',
          title: 'First steps',
          mastery: 0.625,
          level: 'Learning',
          solved: 3,
          exercises: 5,
          quiz_right: 1,
          quiz_answered: 2,
          code: {
            lines: 5,
            mistakes: ['return-in-loop'],
            remarks: ['unused-name']
          }
        },
        { topic: '02-loops', title: 'Loops', exercises: 4 }
      ],
      streak_days: 2,
      longest_streak_days: 6,
      next_step: {
        assignment: '02-loops',
        title: 'Loops',
        exercise: 'ends',
        notebook: '02-loops'
      },
      alerts: ['Your teacher was told that you may want some help.'],
      notes: ['Mind the colon.']
    }
  ]
};

describe('parseStandings', () => {
  it('reads what the service sends', () => {
    const [course] = parseStandings(answer);
    expect(course.title).toBe('Python basics');
    expect(course.topics[0]).toEqual({
      title: 'First steps',
      level: 'Learning',
      mastery: 0.625,
      solved: 3,
      exercises: 5,
      quizRight: 1,
      quizAnswered: 2,
      code: {
        lines: 5,
        mistakes: ['return-in-loop'],
        remarks: ['unused-name']
      }
    });
    expect(course.topics[1]).toMatchObject({
      level: null,
      mastery: null,
      code: null
    });
    expect(course.next?.exercise).toBe('ends');
    expect([course.streak, course.longestStreak]).toEqual([2, 6]);
    expect(course.notes).toEqual(['Mind the colon.']);
  });

  it.each([
    [undefined],
    [null],
    ['text'],
    [[]],
    [{ courses: 'none' }],
    [{ courses: [null, 3, {}, { course: 7 }] }]
  ])('makes nothing of %j', junk => {
    expect(parseStandings(junk)).toEqual([]);
  });

  it('leaves out what it cannot read of a course', () => {
    const [course] = parseStandings({
      courses: [
        {
          course: 'c',
          topics: [
            null,
            { title: 5 },
            { title: 'T', level: 'God', solved: -1, code: { lines: 'all' } }
          ],
          next_step: { assignment: 'a' },
          streak_days: 'many'
        }
      ]
    });
    expect(course).toMatchObject({ title: 'c', next: null, streak: 0 });
    expect(course.topics).toEqual([
      {
        title: 'T',
        level: null,
        mastery: null,
        solved: 0,
        exercises: 0,
        quizRight: 0,
        quizAnswered: 0,
        code: null
      }
    ]);
  });
});

describe('notebookOf', () => {
  const next = { assignment: 'a', title: 'A', exercise: 'e', notebook: 'n' };

  it('is where the assignment list puts it', () => {
    expect(notebookOf('c', next)).toBe('c/a/n.ipynb');
  });

  it.each(['', '..', '../x', 'x/y', 'x\\y'])(
    'is not known for %j',
    notebook => {
      expect(notebookOf('c', { ...next, notebook })).toBeNull();
    }
  );
});

it('percent is whole and within 0 and 100', () => {
  expect([0, 0.625, 1, 1.2, -1].map(percent)).toEqual([0, 63, 100, 100, 0]);
});
