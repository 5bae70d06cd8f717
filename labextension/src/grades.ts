/**
 * Tells the student when a submission arrived and what it came to.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Poll } from '@lumino/polling';

import type { Announcer } from './announcer';
import { CommandIDs, DOMAIN, HANDED_IN } from './names';
import {
  compare,
  isPending,
  NOW_AND_THEN,
  parseSubmissions,
  parseTold,
  pauseAfter
} from './outcomes';
import { request, RequestError } from './request';

const PLUGIN_ID = 'learnflow:grades';

/** The longest pause in ms when the server does not answer. */
const PATIENCE = 60_000;

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
    let announcer: Announcer | undefined;
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
      const waiting = submissions.filter(
        each => isPending(each) && next[each.id] === 'received'
      );
      if (news.length > 0 || waiting.length > 0) {
        announcer ??= new (await import('./announcer')).Announcer(
          app.commands,
          app.serviceManager.contents,
          trans
        );
        waiting.forEach(each => announcer?.received(each));
        for (const { kind, submission } of news) {
          if (kind === 'outcome') {
            announcer.outcome(submission);
          }
        }
        if (
          news.some(({ kind }) => kind === 'outcome') &&
          app.commands.hasCommand(CommandIDs.refreshProgress)
        ) {
          void app.commands.execute(CommandIDs.refreshProgress);
        }
      }
      const interval = pauseAfter(
        poll.frequency.interval,
        submissions.some(isPending)
      );
      if (poll.frequency.interval !== interval) {
        poll.frequency = { ...poll.frequency, interval };
      }
    };

    let looking = Promise.resolve();
    // One after the other: an answer that is older than the last one would be taken for news.
    const lookInTurn = () =>
      (looking = looking.catch(() => undefined).then(look));

    const poll = new Poll({
      name: PLUGIN_ID,
      auto: false,
      frequency: { interval: NOW_AND_THEN, backoff: true, max: PATIENCE },
      standby: 'when-hidden',
      factory: async () => {
        try {
          await lookInTurn();
        } catch (reason) {
          if (
            reason instanceof RequestError &&
            reason.status === 404 &&
            !reason.isProblem
          ) {
            poll.dispose(); // this server belongs to no classroom
            return;
          }
          throw reason;
        }
      }
    });
    void app.restored.then(() => poll.start());
    // The server says at once when something was handed in, from here or from another page.
    app.serviceManager.events.stream.connect((_, emission) => {
      if (emission.schema_id === HANDED_IN && !poll.isDisposed) {
        poll.frequency = { ...poll.frequency, interval: NOW_AND_THEN }; // whatever is awaited already
        void poll.refresh();
      }
    });
  }
};
