/**
 * Saves a document when the student leaves it, so that what is handed in is what was on the screen.
 */
import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { DocumentWidget } from '@jupyterlab/docregistry';
import type { Widget } from '@lumino/widgets';

/** What is needed of a document to save it. */
export interface IOpenDocument {
  isReady: boolean;
  model: { dirty: boolean; readOnly: boolean };
  save(): Promise<void>;
}

/** Save `document` where it has changes that may be saved; whether it was saved. */
export async function saveChanges(document: IOpenDocument): Promise<boolean> {
  const { isReady, model } = document;
  if (!isReady || !model.dirty || model.readOnly) {
    return false;
  }
  await document.save();
  return true;
}

function documentOf(widget: Widget | null): IOpenDocument | null {
  return widget instanceof DocumentWidget && !widget.isDisposed
    ? widget.context
    : null;
}

export const leavingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:save-on-leaving',
  description: 'Saves a document when another tab is chosen.',
  autoStart: true,
  requires: [ILabShell],
  activate: (_: JupyterFrontEnd, shell: ILabShell) => {
    shell.currentChanged.connect((_, { oldValue }) => {
      const left = documentOf(oldValue);
      if (left) {
        // JupyterLab itself tells the student when a save fails.
        saveChanges(left).catch(reason => {
          console.warn('A document was not saved on leaving it.', reason);
        });
      }
    });
  }
};
