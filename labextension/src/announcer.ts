import { Notification } from '@jupyterlab/apputils';
import type { Contents } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { notice } from './notice';
import type { ISubmission } from './outcomes';
import { request } from './request';
import { tell, Trouble } from './trouble';

/** How long an outcome is shown, in ms. */
const OUTCOME_SHOWN = 30_000;

/** Shows news of submissions as notifications. */
export class Announcer {
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _contents: Contents.IManager,
    private readonly _trans: TranslationBundle
  ) {}

  /**
   * "Handed in", with the place in the queue, and a spinner that stays until the outcome replaces it.
   *
   * For every look while the outcome is awaited: it says where the submission is by now, once its student has not put it away.
   */
  received(submission: ISubmission): void {
    const message = this._underWay(submission);
    const shown = this._shown.get(submission.id);
    if (shown === undefined) {
      const id = Notification.emit(message, 'in-progress', {
        autoClose: false
      });
      this._shown.set(submission.id, id);
    } else if (message !== this._said.get(submission.id)) {
      Notification.update({ id: shown, message });
    }
    this._said.set(submission.id, message);
  }

  outcome(submission: ISubmission): void {
    const { message, actions } = notice(this._summary(submission), this._trans);
    if (submission.hasFeedback) {
      actions.push({
        label: this._trans.__('Open feedback'),
        callback: () => void this._openFeedback(submission)
      });
    }
    const type = submission.status === 'graded' ? 'success' : 'warning';
    // It lies over the chat's input, so it goes in time; the bell in the corner keeps it.
    const options = { autoClose: OUTCOME_SHOWN, actions } as const;
    const shown = this._shown.get(submission.id);
    this._shown.delete(submission.id);
    this._said.delete(submission.id);
    if (shown === undefined || !Notification.manager.has(shown)) {
      Notification.emit(message, type, options);
    } else {
      Notification.update({ id: shown, message, type, ...options });
    }
    refreshAssignmentList();
  }

  private _underWay({ assignment, status, position }: ISubmission): string {
    if (status === 'grading' || position === null) {
      return this._trans.__('%1 handed in. Grading…', assignment);
    }
    return position === 1
      ? this._trans.__('%1 handed in. It is the next to be graded.', assignment)
      : this._trans.__(
          '%1 handed in. Place %2 in the queue…',
          assignment,
          position
        );
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
      const pages = await this._fetchFeedback(submission);
      if (pages.length === 0) {
        throw new Trouble(
          this._trans.__(
            'There is no feedback for %1 yet.',
            submission.assignment
          )
        );
      }
      for (const path of pages) {
        await this._commands.execute('docmanager:open', {
          path,
          factory: 'HTML Viewer' // a frame without scripts, unless the student trusts the file
        });
      }
    } catch (reason) {
      tell(reason, this._trans);
    }
  }

  /** Paths of the newest feedback on this assignment, one page a notebook. */
  private async _fetchFeedback(submission: ISubmission): Promise<string[]> {
    const answer = await request('feedback', this._trans, {
      course_id: submission.course,
      assignment_id: submission.assignment
    });
    const folder = newestFolder(answer);
    if (folder === null) {
      return [];
    }
    const listing = await this._contents.get(folder);
    const files: unknown = listing.content;
    return Array.isArray(files)
      ? (files as Contents.IModel[])
          .map(file => file.path)
          .filter(path => path.endsWith('.html'))
          .sort()
      : [];
  }

  private readonly _shown = new Map<string, string>();
  private readonly _said = new Map<string, string>();
}

/** nbgrader's list, where it is open, does not look again by itself: press its own button. */
function refreshAssignmentList(): void {
  document.getElementById('refresh_assignments_list')?.click();
}

/** The last of the folders in the server's answer, oldest first; null for none. */
function newestFolder(answer: unknown): string | null {
  const folders = (answer as { folders?: unknown } | undefined)?.folders;
  const newest: unknown = Array.isArray(folders) ? folders.at(-1) : undefined;
  return typeof newest === 'string' ? newest : null;
}

/** Points as a person writes them: 7, 7.5. */
function round(points: number): string {
  return String(Math.round(points * 100) / 100);
}
