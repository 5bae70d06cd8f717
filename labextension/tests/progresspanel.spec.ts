import { nullTranslator } from '@jupyterlab/translation';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { ProgressPanel } from '../src/progresspanel';
import type { IStanding } from '../src/standing';
import { Trouble } from '../src/trouble';

const trans = nullTranslator.load('learnflow');
const next = {
  assignment: '02-loops',
  title: 'Loops',
  exercise: 'ends',
  notebook: '02-loops'
};
const standing: IStanding = {
  course: 'python-basics',
  title: 'Python basics',
  topics: [
    {
      title: 'First steps',
      level: 'Learning',
      mastery: 0.625,
      solved: 3,
      exercises: 5,
      quizRight: 0,
      quizAnswered: 0,
      code: null
    },
    {
      title: 'Loops',
      level: null,
      mastery: null,
      solved: 0,
      exercises: 4,
      quizRight: 2,
      quizAnswered: 3,
      code: null
    }
  ],
  streak: 2,
  longestStreak: 6,
  next,
  alerts: [],
  notes: []
};

function opened(fetch: () => Promise<IStanding[]>, go = vi.fn()) {
  const panel = new ProgressPanel(fetch, go, trans);
  Widget.attach(panel, document.body);
  return { panel, go };
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('ProgressPanel', () => {
  it('says level, share and what to do next', async () => {
    const { panel, go } = opened(async () => [standing]);
    await panel.refresh();
    const text = panel.node.textContent;
    expect(text).toContain('Learning, 63 %');
    expect(text).toContain('3 of 5 exercises solved');
    expect(text).toContain('Quiz: 2 of 3 right at the first go');
    expect(text).toContain('Nothing graded yet4 exercises');
    expect(text).not.toContain('0 of 4');
    expect(panel.node.querySelectorAll('.learnflow-Progress-bar').length).toBe(
      1
    );
    expect(text).toContain('“ends” in Loops');
    const button = panel.node.querySelector<HTMLElement>(
      '[aria-label="Go to “ends” in Loops"]'
    );
    button?.click();
    expect(go).toHaveBeenCalledWith('python-basics', next);
  });

  it('says what a review found in the code', async () => {
    const said = async (mistakes: string[], remarks: string[], lines = 5) => {
      const code = { lines, mistakes, remarks };
      const topics = [{ ...standing.topics[0], code }];
      const { panel } = opened(async () => [{ ...standing, topics }]);
      await panel.refresh();
      return panel.node.textContent;
    };
    const many = ['bare-except', 'unused-name', 'unused-name'];
    expect(await said(['return-in-loop'], many)).toContain(
      'Your code, 5 lines: perhaps a mistake: return in loop; could be clearer: unused name (2), bare except'
    );
    expect(await said([], [], 1)).toContain(
      'Your code, 1 line: nothing to change'
    );
    expect(await said([], ['<b>'])).toContain('could be clearer: <b>');
  });

  it('shows what people wrote as text', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const { panel } = opened(async () => [
      {
        ...standing,
        title: evil,
        notes: [evil],
        alerts: [evil],
        topics: [{ ...standing.topics[0], title: evil }],
        next: { ...next, exercise: evil }
      }
    ]);
    await panel.refresh();
    expect(panel.node.querySelector('img')).toBeNull();
    expect(panel.node.textContent).toContain(evil);
  });

  it('says it when all is solved, and when there is no course', async () => {
    const { panel } = opened(async () => [{ ...standing, next: null }]);
    await panel.refresh();
    expect(panel.node.textContent).toContain('Everything is solved');
    const { panel: empty } = opened(async () => []);
    await empty.refresh();
    expect(empty.node.textContent).toContain('no course here yet');
  });

  it('counts days in a row where there are some, and encourages elsewhere', async () => {
    const said = async (streak: number, longestStreak: number) => {
      const { panel } = opened(async () => [
        { ...standing, streak, longestStreak }
      ]);
      await panel.refresh();
      return panel.node.textContent;
    };
    expect(await said(1, 1)).toContain('on 1 day in a row');
    expect(await said(0, 0)).toContain('to begin a row');
    expect(await said(0, 1)).toContain('a new row. Your longest: 1 day.');
    expect(await said(0, 6)).toContain('a new row. Your longest: 6 days.');
    expect(await said(0, 6)).not.toContain('0 days');
  });

  it('says aloud what went wrong, and keeps what it showed', async () => {
    const fetch = vi
      .fn<() => Promise<IStanding[]>>()
      .mockResolvedValueOnce([standing])
      .mockRejectedValueOnce(new Trouble('The service is resting.'))
      .mockRejectedValueOnce(new Error('secret detail'))
      .mockResolvedValueOnce([standing]);
    const { panel } = opened(fetch);
    const status = panel.node.querySelector<HTMLElement>('[role="status"]');
    await panel.refresh();
    expect(status?.textContent).toBe('');
    await panel.refresh();
    expect(status?.textContent).toBe('The service is resting.');
    expect(panel.node.textContent).toContain('First steps');
    await panel.refresh();
    expect(status?.textContent).toContain('did not work');
    expect(panel.node.textContent).not.toContain('secret');
    await panel.refresh();
    expect(status?.textContent).toBe('');
  });

  it('looks once at a time, and again when it is shown', async () => {
    const fetch = vi.fn(async () => [standing]);
    const { panel } = opened(fetch);
    await Promise.all([panel.refresh(), panel.refresh()]);
    expect(fetch).toHaveBeenCalledTimes(1);
    panel.hide();
    panel.show();
    await panel.refresh();
    expect(fetch).toHaveBeenCalledTimes(2);
  });

  it('can be reached and read without a mouse', async () => {
    const { panel } = opened(async () => [standing]);
    await panel.refresh();
    MessageLoop.sendMessage(panel, Widget.Msg.ActivateRequest);
    const reading = panel.node.querySelector('[role="group"]');
    expect(document.activeElement).toBe(reading);
    expect(reading?.getAttribute('aria-label')).toBe('My progress');
    for (const bar of panel.node.querySelectorAll('.learnflow-Progress-bar')) {
      expect(bar.getAttribute('aria-hidden')).toBe('true');
    }
  });

  it('leaves the keyboard and opened details where they are', async () => {
    const fetch = vi
      .fn<() => Promise<IStanding[]>>()
      .mockResolvedValueOnce([standing])
      .mockResolvedValueOnce([{ ...standing, streak: 3 }]);
    const { panel } = opened(fetch);
    await panel.refresh();
    const details = () => panel.node.querySelector('details');
    details()!.open = true;
    panel.node.querySelector<HTMLElement>('[aria-label^="Go to"]')?.focus();
    await panel.refresh();
    expect(panel.node.textContent).toContain('3 days in a row');
    expect(details()?.open).toBe(true);
    expect(document.activeElement?.getAttribute('aria-label')).toContain(
      'Go to'
    );
  });
});
