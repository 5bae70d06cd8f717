/**
 * "Explain": the button under a failed cell, and the command behind it.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { type Cell, CodeCell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';

// eslint-disable-next-line jupyter/prefer-lazy-imports -- a renderer is made at once, not later
import { ExplainButton } from './button';
import { ITutorChat } from './chat';
import { type ICellError, lastError, parseCellError } from './error';
import { explainIcon } from './icons';
import { CommandIDs, DOMAIN, ERROR_MIME } from './names';
import { request } from './request';
import { tell } from './trouble';

/** Body of `POST learnflow/explain`, without the chat. */
export interface IQuestion {
  /** Path of the notebook; empty when unknown. */
  notebook: string;
  cellId: string;
  /** The code that failed, else the cell as it stands. */
  code: string;
  error: ICellError;
}

/** Read the command's arguments; null where they hold no error. */
export function questionOf(args: ReadonlyPartialJSONObject): IQuestion | null {
  const error = parseCellError(args.error);
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return error
    ? {
        notebook: text(args.notebook),
        cellId: text(args.cellId),
        code: error.code || text(args.code),
        error
      }
    : null;
}

/** The question that a cell's newest error raises; null where it shows none. */
function questionOfCell(cell: Cell | null, notebook: string): IQuestion | null {
  if (!(cell instanceof CodeCell)) {
    return null;
  }
  const error = lastError(cell.model.outputs.toJSON());
  return error && questionIn(error, cell, notebook);
}

function questionIn(
  error: ICellError,
  cell: CodeCell | null,
  notebook: string
): IQuestion {
  return {
    notebook,
    cellId: cell?.model.id ?? '',
    code: error.code || (cell?.model.sharedModel.getSource() ?? ''),
    error
  };
}

/** The nearest ancestor of a kind; null where there is none, as in a detached view of an output. */
function ancestor<T extends Widget>(
  start: Widget,
  kind: abstract new (...args: never[]) => T
): T | null {
  for (let at = start.parent; at; at = at.parent) {
    if (at instanceof kind) {
      return at;
    }
  }
  return null;
}

export const explainPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:explain',
  description: 'Offers to explain the error of a failed cell.',
  autoStart: true,
  requires: [IRenderMimeRegistry, INotebookTracker, ITutorChat],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    rendermime: IRenderMimeRegistry,
    notebooks: INotebookTracker,
    chat: ITutorChat,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands } = app;

    /** Of the active cell, else of the one above: running a cell moves on to the next. */
    const ofNotebook = (here: boolean): IQuestion | null => {
      const panel = notebooks.currentWidget;
      if (!panel) {
        return null;
      }
      const { activeCell, activeCellIndex, widgets } = panel.content;
      const { path } = panel.context;
      return (
        questionOfCell(activeCell, path) ??
        (here ? null : questionOfCell(widgets[activeCellIndex - 1], path))
      );
    };

    commands.addCommand(CommandIDs.explain, {
      label: trans.__('Explain This Error'),
      caption: trans.__('Ask the tutor what the error of this cell means'),
      icon: explainIcon,
      isEnabled: args => !!args.error || notebooks.activeCell !== null,
      isVisible: args => !!args.error || ofNotebook(!!args.here) !== null,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            error: {
              type: 'object',
              description:
                'The error as the kernel reported it; without it the active cell is looked at, then the one above'
            },
            notebook: { type: 'string', description: 'Path of the notebook' },
            cellId: { type: 'string', description: 'Id of the failed cell' },
            code: { type: 'string', description: 'Source of the cell' },
            here: {
              type: 'boolean',
              description: 'Whether to look at the active cell only'
            }
          }
        }
      },
      execute: async args => {
        const question = questionOf(args) ?? ofNotebook(!!args.here);
        if (!question) {
          Notification.info(trans.__('There is no error to explain here.'), {
            autoClose: 4_000
          });
          return;
        }
        try {
          // The chat first: were both sides to make its file at once, one would fail.
          await chat.open();
          chat.follow();
          await request('explain', trans, { ...question, chat: chat.path });
        } catch (reason) {
          tell(reason, trans);
        }
      }
    });

    const explain = async (error: ICellError, origin: Widget) => {
      const question = questionIn(
        error,
        ancestor(origin, CodeCell),
        ancestor(origin, NotebookPanel)?.context.path ?? ''
      );
      await commands.execute(CommandIDs.explain, {
        ...question,
        error: { ...error }
      });
    };

    rendermime.addFactory(
      {
        safe: true, // text and a button only, so a notebook need not be trusted to show it
        mimeTypes: [ERROR_MIME],
        createRenderer: () => new ExplainButton(explain, trans)
      },
      0
    );

    palette?.addItem({
      command: CommandIDs.explain,
      category: trans.__('Tutor')
    });
  }
};
