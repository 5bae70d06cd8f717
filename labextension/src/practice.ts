/**
 * "Check" above a practice notebook: the service grades the answer, and says what it found.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { INotebookModel, NotebookPanel } from '@jupyterlab/notebook';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { ToolbarButton } from '@jupyterlab/ui-components';

import { assignmentsIcon } from './icons';
import { CommandIDs, DOMAIN } from './names';
import { request } from './request';
import { tell, Trouble } from './trouble';

/** How long in ms what is missing stays to be read. */
const TO_READ = 30_000;

/** `PracticeResult` of the Python contracts, as far as it is shown. */
export interface IResult {
  title: string;
  score: number;
  maxScore: number;
  solved: boolean;
  /** What is missing; empty for nothing. */
  message: string;
  /** Title of the topic that it counts for; empty for none. */
  countsFor: string;
}

/** The place of a notebook that was made for practice: `practice/<name>/<name>.ipynb`. */
export function isPractice(path: string): boolean {
  return /^practice\/([^/]+)\/\1\.ipynb$/.test(path);
}

/** Read the answer of `POST learnflow/practice/check`; null when it is no result. */
export function parseResult(answer: unknown): IResult | null {
  if (typeof answer !== 'object' || answer === null) {
    return null;
  }
  const found = answer as Record<string, unknown>;
  const { title, score, max_score, solved, message, counts_for } = found;
  if (
    typeof title !== 'string' ||
    typeof score !== 'number' ||
    typeof max_score !== 'number' ||
    typeof solved !== 'boolean'
  ) {
    return null;
  }
  return {
    title,
    score,
    maxScore: max_score,
    solved,
    message: typeof message === 'string' ? message : '',
    countsFor: typeof counts_for === 'string' ? counts_for : ''
  };
}

/** What the student reads of a result. */
export function verdict(result: IResult, trans: TranslationBundle): string {
  const points = trans.__('%1 of %2 points', result.score, result.maxScore);
  if (!result.solved) {
    return [`${result.title}: ${points}.`, result.message]
      .filter(Boolean)
      .join(' ');
  }
  const counts = result.countsFor
    ? trans.__('It counts for %1.', result.countsFor)
    : '';
  return [trans.__('Solved! %1: %2.', result.title, points), counts]
    .filter(Boolean)
    .join(' ');
}

export const practicePlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:practice',
  description: 'Checks answers to exercises that were made for the student.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { contents } = app.serviceManager;

    let told = '';
    const check = async (
      context: DocumentRegistry.IContext<INotebookModel>
    ): Promise<void> => {
      // What was said of an earlier answer does not stay beside this one's.
      if (told) {
        Notification.dismiss(told);
      }
      const id = (told = Notification.emit(
        trans.__('Your answer is being checked…'),
        'in-progress',
        { autoClose: false }
      ));
      try {
        await context.save();
        const path = contents.localPath(context.path);
        const result = parseResult(
          await request('practice/check', trans, { path })
        );
        if (result === null) {
          throw new Trouble(
            trans.__(
              'That did not work just now. Please try again in a minute.'
            )
          );
        }
        Notification.update({
          id,
          message: verdict(result, trans),
          type: result.solved ? 'success' : 'warning',
          autoClose: TO_READ
        });
        if (app.commands.hasCommand(CommandIDs.refreshProgress)) {
          void app.commands.execute(CommandIDs.refreshProgress);
        }
      } catch (reason) {
        Notification.dismiss(id);
        tell(reason, trans);
      }
    };

    app.docRegistry.addWidgetExtension('Notebook', {
      createNew: (
        panel: NotebookPanel,
        context: DocumentRegistry.IContext<INotebookModel>
      ) => {
        if (!isPractice(contents.localPath(context.path))) {
          return;
        }
        let checking = false;
        const button = new ToolbarButton({
          className: 'learnflow-Check',
          icon: assignmentsIcon,
          label: trans.__('Check'),
          tooltip: trans.__('Save, and have your answer checked'),
          onClick: () => {
            if (checking) {
              return;
            }
            checking = true;
            void check(context).finally(() => {
              checking = false;
            });
          }
        });
        // First: at the end of the toolbar a narrow window hides it.
        panel.toolbar.insertItem(0, 'learnflow-check', button);
        return button;
      }
    });
  }
};
