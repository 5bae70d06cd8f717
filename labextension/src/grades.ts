/**
 * Tells the student when a submission arrived and what it came to.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { Poll } from '@lumino/polling';

import { DOMAIN } from './names';
import {
  compare,
  isPending,
  type ISubmission,
  parseSubmissions,
  parseTold
} from './outcomes';
import { request, RequestError } from './request';
import { tell, Trouble } from './trouble';

const PLUGIN_ID = 'learnflow:grades';

/** Between two looks in ms: while a result is awaited, and otherwise. */
const SOON = 2_000;
const NOW_AND_THEN = 5_000;

/** The longest pause in ms when the server does not answer. */
const PATIENCE = 60_000;

/** Shows news of submissions as notifications. */
class Announcer {
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _trans: TranslationBundle
  ) {}

  /** "Handed in", with a spinner that stays until the outcome replaces it. */
  received(submission: ISubmission): void {
    const id = Notification.emit(
      this._trans.__('%1 handed in. Grading…', submission.assignment),
      'in-progress',
      { autoClose: false }
    );
    this._shown.set(submission.id, id);
  }

  outcome(submission: ISubmission): void {
    const options = {
      message: this._summary(submission),
      type: submission.status === 'graded' ? 'success' : 'warning',
      autoClose: false,
      actions: submission.hasFeedback
        ? [
            {
              label: this._trans.__('Open feedback'),
              callback: () => void this._openFeedback(submission)
            }
          ]
        : []
    } as const;
    const shown = this._shown.get(submission.id);
    this._shown.delete(submission.id);
    if (shown === undefined || !Notification.manager.has(shown)) {
      const { message, type, ...rest } = options;
      Notification.emit(message, type, rest);
    } else {
      Notification.update({ id: shown, ...options });
    }
  }

  private _summary(submission: ISubmission): string {
    const { assignment, score, maxScore, needsReview, message } = submission;
    if (submission.status === 'failed' || score === null || maxScore === null) {
      return message
        ? `${assignment}: ${message}`
        : this._trans.__(
            '%1 could not be graded. Your teacher can see it.',
            assignment
          );
    }
    const points = this._trans.__(
      '%1: %2 of %3 points',
      assignment,
      round(score),
      round(maxScore)
    );
    return needsReview
      ? this._trans.__('%1. A teacher will look at it again.', points)
      : points;
  }

  private async _openFeedback(submission: ISubmission): Promise<void> {
    try {
      const answer = await request('feedback', this._trans, {
        submission_id: submission.id
      });
      const path = (answer as { path?: unknown } | undefined)?.path;
      if (typeof path !== 'string') {
        throw new Trouble(
          this._trans.__(
            'There is no feedback for %1 yet.',
            submission.assignment
          )
        );
      }
      await this._commands.execute('docmanager:open', {
        path,
        factory: 'HTML Viewer' // a frame without scripts, unless the student trusts the file
      });
    } catch (reason) {
      tell(reason, this._trans);
    }
  }

  private readonly _shown = new Map<string, string>();
}

/** Points as a person writes them: 7, 7.5. */
function round(points: number): string {
  return String(Math.round(points * 100) / 100);
}

export const gradesPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: 'Tells the student about submissions and their results.',
  autoStart: true,
  requires: [IStateDB],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    state: IStateDB,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const announcer = new Announcer(app.commands, trans);
    const remembered = app.restored
      .then(() => state.fetch(PLUGIN_ID))
      .then(parseTold, () => null);
    let told: ReturnType<typeof parseTold> | undefined;

    const look = async () => {
      told ??= await remembered;
      const submissions = parseSubmissions(await request('submissions', trans));
      const { told: next, news } = compare(told, submissions);
      const changed = JSON.stringify(next) !== JSON.stringify(told);
      told = next;
      if (changed) {
        await state.save(PLUGIN_ID, { ...next });
      }
      for (const { kind, submission } of news) {
        announcer[kind](submission);
      }
      const interval = submissions.some(isPending) ? SOON : NOW_AND_THEN;
      if (poll.frequency.interval !== interval) {
        poll.frequency = { ...poll.frequency, interval };
      }
    };

    const poll = new Poll({
      name: PLUGIN_ID,
      auto: false,
      frequency: { interval: NOW_AND_THEN, backoff: true, max: PATIENCE },
      standby: 'when-hidden',
      factory: async () => {
        try {
          await look();
        } catch (reason) {
          if (reason instanceof RequestError && reason.status === 404) {
            poll.dispose(); // this server belongs to no classroom
            return;
          }
          throw reason;
        }
      }
    });
    void app.restored.then(() => poll.start());
  }
};
