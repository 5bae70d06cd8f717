/**
 * Notices in the corner of the lab. JupyterLab cuts them at 140 characters, and a student should get the whole sentence.
 */
import { Dialog, type Notification, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

const MAX_NOTICE_CHARS = 140;

/** The part of a text that a notice can show whole: its first sentences, else its first words. */
export function opening(text: string): string {
  if (text.length <= MAX_NOTICE_CHARS) {
    return text;
  }
  const room = text.slice(0, MAX_NOTICE_CHARS - 2);
  const sentence = Math.max(
    room.lastIndexOf('. '),
    room.lastIndexOf('! '),
    room.lastIndexOf('? ')
  );
  const end = sentence >= 0 ? sentence + 1 : room.lastIndexOf(' ');
  return `${room.slice(0, end > 0 ? end : room.length)} …`;
}

/** What a notice needs to show `text`: where it does not fit, a button opens all of it. */
export function notice(
  text: string,
  trans: TranslationBundle
): { message: string; actions: Notification.IAction[] } {
  const message = opening(text);
  const more: Notification.IAction = {
    label: trans.__('Read all'),
    callback: event => {
      event.preventDefault(); // keeps the notice
      void showDialog({ body: text, buttons: [Dialog.okButton()] });
    }
  };
  return { message, actions: message === text ? [] : [more] };
}
