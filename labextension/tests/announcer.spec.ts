import { Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { Announcer } from '../src/announcer';
import type { ISubmission } from '../src/outcomes';

const graded: ISubmission = {
  id: 's1',
  course: 'python-basics',
  assignment: '01-first-steps',
  status: 'graded',
  score: 7.5,
  maxScore: 10,
  needsReview: false,
  message: '',
  hasFeedback: true,
  position: null
};
const queued: ISubmission = { ...graded, status: 'queued', hasFeedback: false };

function words(): string[] {
  return Notification.manager.notifications.map(({ message }) => message);
}

function makeAnnouncer(): Announcer {
  return new Announcer(
    new CommandRegistry(),
    {} as Contents.IManager,
    nullTranslator.load('learnflow')
  );
}

describe('Announcer', () => {
  afterEach(() => {
    Notification.dismiss();
    document.body.replaceChildren();
  });

  it('puts the points where it said that grading was under way', () => {
    const announcer = makeAnnouncer();
    announcer.received(queued);
    announcer.outcome(graded);
    const [shown, ...others] = Notification.manager.notifications;
    expect(others).toEqual([]);
    expect(shown.message).toBe('01-first-steps: 7.5 of 10 points');
    expect(shown.options.actions?.map(({ label }) => label)).toEqual([
      'Open feedback'
    ]);
  });

  it('says its place in the queue, and where it is by now', () => {
    const announcer = makeAnnouncer();
    announcer.received({ ...queued, position: 2 });
    expect(words()).toEqual([
      '01-first-steps handed in. Place 2 in the queue…'
    ]);
    announcer.received({ ...queued, position: 1 });
    expect(words()).toEqual([
      '01-first-steps handed in. It is the next to be graded.'
    ]);
    announcer.received({ ...queued, status: 'grading' });
    expect(words()).toEqual(['01-first-steps handed in. Grading…']);
  });

  it('does not come back when its student has put it away', () => {
    const announcer = makeAnnouncer();
    announcer.received({ ...queued, position: 2 });
    Notification.dismiss();
    announcer.received({ ...queued, position: 1 });
    expect(words()).toEqual([]);
  });

  it('has the assignment list look again where it is open', () => {
    document.body.innerHTML = '<button id="refresh_assignments_list"></button>';
    const pressed = vi.fn();
    document.querySelector('button')?.addEventListener('click', pressed);
    makeAnnouncer().outcome(graded);
    expect(pressed).toHaveBeenCalledOnce();
  });
});
