import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { notice } from './notice';

/** Something went wrong that the student may be told about: `message` is a sentence for them. */
export class Trouble extends Error {}

/** Show what went wrong. Anything but a `Trouble` is for the console; the student gets a general sentence. */
export function tell(reason: unknown, trans: TranslationBundle): void {
  console.warn('learnflow:', reason);
  const { message, actions } = notice(
    reason instanceof Trouble
      ? reason.message
      : trans.__('That did not work just now. Please try again in a minute.'),
    trans
  );
  Notification.error(message, {
    autoClose: actions.length > 0 ? false : 10_000,
    actions
  });
}
