import { MimeModel } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { QUIZ_MIME } from '../src/names';
import {
  type IFeedback,
  parseAnswers,
  parseFeedback,
  parseQuestion,
  pieces
} from '../src/quiz';
import { type IJudge, QuizView } from '../src/quizview';
import { Trouble } from '../src/trouble';

const trans = nullTranslator.load('learnflow');
const EVIL = '<img src=x onerror="window.hacked=1">';

const QUESTION = {
  course: 'py',
  assignment: 'one',
  id: 'sum',
  question: 'How much is `1 + 1`?',
  code: 'print(1 + 1)',
  choices: ['2', '`11`', EVIL],
  several: false
};

function feedback(more: Partial<IFeedback>): IFeedback {
  return {
    question: 'sum',
    choices: ['2'],
    right: true,
    reasons: [],
    incomplete: false,
    firstRight: true,
    attempts: 1,
    ...more
  };
}

async function render(
  judge: Partial<IJudge> = {},
  more: object = {}
): Promise<QuizView> {
  const view = new QuizView(
    {
      before: () => Promise.resolve(null),
      answer: () => Promise.resolve(feedback({})),
      ...judge
    },
    trans
  );
  Widget.attach(view, document.body);
  const data = { [QUIZ_MIME]: { ...QUESTION, ...more } };
  await view.renderModel(new MimeModel({ data }));
  return view;
}

function boxes(view: Widget): HTMLInputElement[] {
  return [...view.node.querySelectorAll('input')];
}

function said(view: Widget): string {
  return view.node.querySelector('[role=status]')?.textContent ?? '';
}

async function submit(view: Widget, ...places: number[]): Promise<void> {
  places.forEach(place => boxes(view)[place].click());
  view.node.querySelector('button')?.click();
  await vi.waitFor(() => {
    expect(said(view)).not.toBe('');
  });
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('QuizView', () => {
  it('is a group of named choices', async () => {
    const view = await render();
    expect(view.node.querySelector('legend')?.textContent).toContain(
      'How much is 1 + 1?'
    );
    expect(boxes(view).map(box => box.type)).toEqual([
      'radio',
      'radio',
      'radio'
    ]);
    expect(boxes(view).map(box => box.labels?.[0].textContent)).toEqual([
      '2',
      '11',
      EVIL
    ]);
    const other = await render();
    expect(boxes(other)[0].name).not.toBe(boxes(view)[0].name);
  });

  it('ticks boxes where several are right', async () => {
    const view = await render({}, { several: true });
    expect(boxes(view)[0].type).toBe('checkbox');
    expect(view.node.textContent).toContain('Choose all that are right.');
  });

  it('says what became of an answer, and why', async () => {
    const answer = vi.fn(() =>
      Promise.resolve(
        feedback({
          right: false,
          firstRight: false,
          choices: ['`11`'],
          reasons: [{ choice: '`11`', reason: `That joins ${EVIL}.` }]
        })
      )
    );
    const view = await render({ answer });
    await submit(view, 1);
    expect(answer).toHaveBeenCalledWith(QUESTION, ['`11`']);
    expect(said(view)).toContain('Not yet.');
    expect(said(view)).toContain(`That joins ${EVIL}.`);
    expect(said(view)).toContain('Only your first answer counts');
    expect(document.querySelector('img')).toBeNull();
    expect(view.node.querySelector('button')?.textContent).toBe('Check again');
  });

  it('shows what was answered before', async () => {
    const before = () => Promise.resolve(feedback({ attempts: 2 }));
    const view = await render({ before });
    expect(boxes(view)[0].checked).toBe(true);
    expect(said(view)).toContain('Right.');
  });

  it('does not overwrite what is being chosen', async () => {
    const late = new PromiseDelegate<IFeedback | null>();
    const drawn = new QuizView(
      { before: () => late.promise, answer: () => Promise.reject(new Error()) },
      trans
    );
    Widget.attach(drawn, document.body);
    const done = drawn.renderModel(
      new MimeModel({ data: { [QUIZ_MIME]: QUESTION } })
    );
    boxes(drawn)[1].click();
    late.resolve(feedback({}));
    await done;
    expect(boxes(drawn)[1].checked).toBe(true);
    expect(said(drawn)).toBe('');
  });

  it('asks for a choice first, and sends nothing', async () => {
    const answer = vi.fn();
    const view = await render({ answer });
    await submit(view);
    expect(said(view)).toContain('Choose an answer first.');
    expect(answer).not.toHaveBeenCalled();
  });

  it('says why an answer could not be taken, and takes it again', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    let down = true;
    const view = await render({
      answer: () =>
        down
          ? Promise.reject(new Trouble('The service rests.'))
          : Promise.resolve(feedback({}))
    });
    await submit(view, 0);
    expect(said(view)).toBe('The service rests.');
    down = false;
    view.node.querySelector('button')?.click();
    await vi.waitFor(() => {
      expect(said(view)).toContain('Right.');
    });
  });

  it('sends one answer while one is on its way', async () => {
    const slow = new PromiseDelegate<IFeedback>();
    const answer = vi.fn(() => slow.promise);
    const view = await render({ answer });
    boxes(view)[0].click();
    view.node.querySelector('button')?.click();
    view.node.querySelector('button')?.click();
    expect(answer).toHaveBeenCalledTimes(1);
    slow.resolve(feedback({}));
  });

  it('keeps plain keys from the notebook', async () => {
    const view = await render();
    const heard = vi.fn();
    document.addEventListener('keydown', heard);
    const press = (key: string, more = {}) =>
      boxes(view)[0].dispatchEvent(
        new KeyboardEvent('keydown', { key, bubbles: true, ...more })
      );
    press('b');
    press('ArrowDown');
    press('Enter');
    expect(heard).not.toHaveBeenCalled();
    press('s', { ctrlKey: true });
    press('Escape');
    expect(heard).toHaveBeenCalledTimes(2);
    document.removeEventListener('keydown', heard);
  });

  it.each([
    { choices: ['2', '2'] },
    { choices: ['2'] },
    { choices: 'all' },
    { course: '' },
    { id: 7 },
    { question: 'x'.repeat(3_000) }
  ])('shows nothing for what is no question', async more => {
    const view = await render({}, more);
    expect(view.node.childElementCount).toBe(0);
  });
});

describe('what is read', () => {
  it('survives anything', () => {
    for (const data of [null, 1, 'x', [], {}, { answers: 3 }]) {
      expect(parseQuestion(data)).toBeNull();
      expect(parseFeedback(data)).toBeNull();
      expect(parseAnswers(data).size).toBe(0);
    }
  });

  it('reads answers as the service writes them', () => {
    const found = parseAnswers({
      answers: [
        {
          question: 'sum',
          choices: ['2'],
          right: true,
          reasons: [{ choice: '2', reason: 'Yes.' }],
          first_right: true,
          attempts: 2
        },
        { question: 'half' }
      ]
    });
    expect([...found.keys()]).toEqual(['sum']);
    expect(found.get('sum')?.firstRight).toBe(true);
    expect(found.get('sum')?.incomplete).toBe(false);
  });

  it('tells code from text', () => {
    expect(pieces('a `b` c')).toEqual([
      { text: 'a ', code: false },
      { text: 'b', code: true },
      { text: ' c', code: false }
    ]);
    expect(pieces('a ` b')).toEqual([{ text: 'a ` b', code: false }]);
    expect(pieces('')).toEqual([]);
  });
});
