/**
 * LearnFlow's part of nbgrader's panel "Create Assignment". Who does not have that panel, as students, has none
 * of it.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Panel } from '@lumino/widgets';

import { DOMAIN } from './names';

/** As nbgrader spells it. */
const CREATE_ASSIGNMENT = 'nbgrader-create_assignemnt';

export const assignmentPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:assignment',
  description:
    'Topic, tutor policy and rules of an assignment, in the panel that makes assignments.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const join = async () => {
      // Until then nbgrader may not have added its panel.
      await app.restored;
      for (const panel of app.shell.widgets('right')) {
        if (panel.id === CREATE_ASSIGNMENT && panel instanceof Panel) {
          const { AssignmentForm } = await import('./assignmentform');
          panel.insertWidget(0, new AssignmentForm(notebooks, trans));
        }
      }
    };
    join().catch(reason => {
      console.warn('learnflow:', reason);
    });
  }
};
