/**
 * Watches the notebooks' cells for one that does not come to an end.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { type Cell, CodeCell } from '@jupyterlab/cells';
import {
  INotebookTracker,
  type Notebook,
  NotebookActions,
  type NotebookPanel
} from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { PanelLayout } from '@lumino/widgets';

import { DOMAIN } from './names';
import { RunningCells, RunningNote } from './running';

const ID = 'learnflow:running';
const DEFAULT_SECONDS = 10;

/** One notebook's cells, and the note under the one that runs for long. */
class NotebookWatch {
  constructor(
    panel: NotebookPanel,
    private readonly _seconds: number,
    private readonly _trans: TranslationBundle
  ) {
    this._panel = panel;
    this._cells = new RunningCells<Cell>(
      _seconds,
      cell => this._show(cell),
      () => this._hide()
    );
  }

  /** A cell was sent. Its end is told by itself: JupyterLab is silent about cells that go with a kernel. */
  begin(cell: CodeCell): void {
    if (cell.model.sharedModel.getSource().trim() === '') {
      return; // nothing is run of it
    }
    this._cells.begin(cell);
    const { model } = cell;
    const end = () => {
      model.stateChanged.disconnect(changed);
      cell.disposed.disconnect(end);
      this._cells.end(cell);
    };
    const changed = (_: unknown, change: { name: string }) => {
      if (change.name === 'executionState' && model.executionState === 'idle') {
        end();
      }
    };
    model.stateChanged.connect(changed);
    cell.disposed.connect(end);
  }

  /** The notebook was closed. */
  dispose(): void {
    this._cells.dispose();
    this._hide();
  }

  private _show(cell: Cell): void {
    if (!this._note) {
      this._note = new RunningNote(
        async () => {
          await this._panel.sessionContext.session?.kernel?.interrupt();
        },
        this._seconds,
        this._trans
      );
      (cell.layout as PanelLayout).addWidget(this._note);
    }
    this._note.say(cell.node.querySelector('.jp-Stdin-input') !== null);
  }

  private _hide(): void {
    this._note?.dispose();
    this._note = null;
  }

  private readonly _panel: NotebookPanel;
  private readonly _cells: RunningCells<Cell>;
  private _note: RunningNote | null = null;
}

async function secondsIn(registry: ISettingRegistry | null): Promise<number> {
  try {
    const settings = await registry?.load(ID);
    const seconds = settings?.get('seconds').composite;
    return typeof seconds === 'number' && seconds >= 1
      ? seconds
      : DEFAULT_SECONDS;
  } catch {
    return DEFAULT_SECONDS; // a broken setting must not cost the student the note
  }
}

export const runningPlugin: JupyterFrontEndPlugin<void> = {
  id: ID,
  description: 'Says so, and offers to stop it, when a cell runs for long.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ISettingRegistry, ITranslator],
  activate: async (
    _: JupyterFrontEnd,
    notebooks: INotebookTracker,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const seconds = await secondsIn(registry);
    const watches = new Map<Notebook, NotebookWatch>();

    const watch = (panel: NotebookPanel) => {
      const { content } = panel;
      watches.set(content, new NotebookWatch(panel, seconds, trans));
      panel.disposed.connect(() => {
        watches.get(content)?.dispose();
        watches.delete(content);
      });
    };
    notebooks.forEach(watch);
    notebooks.widgetAdded.connect((_, panel) => watch(panel));

    NotebookActions.executionScheduled.connect((_, { notebook, cell }) => {
      if (cell instanceof CodeCell) {
        watches.get(notebook)?.begin(cell);
      }
    });
  }
};
