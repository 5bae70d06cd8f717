/**
 * A link in the chat to a place of the course opens the cell here, instead of a second JupyterLab.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { Widget } from '@lumino/widgets';

import { CommandIDs, DOMAIN } from './names';
import { tell } from './trouble';

const CHAT_MESSAGES = '.jp-chat-messages-container';

/** A cell of a notebook; no cell means its top. */
export interface IPlace {
  path: string;
  cellId: string;
}

/** The place that `address` leads to; null unless it is one of this JupyterLab's, below `base` (a path). */
export function placeOf(address: string, base: string): IPlace | null {
  const here = new URL(base, window.location.href);
  let url: URL;
  try {
    url = new URL(address, here);
  } catch {
    return null;
  }
  const start = `${here.pathname.replace(/\/$/, '')}/lab/tree/`;
  if (url.origin !== here.origin || !url.pathname.startsWith(start)) {
    return null;
  }
  try {
    const path = decodeURIComponent(url.pathname.slice(start.length));
    const cellId = new URLSearchParams(url.hash.slice(1)).get('cell-id') ?? '';
    return path.endsWith('.ipynb') ? { path, cellId } : null;
  } catch {
    return null;
  }
}

export const citationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:citations',
  description: 'Opens the cell that an answer in the chat points to.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);

    app.commands.addCommand(CommandIDs.openCitation, {
      label: trans.__('Open the Cell'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            path: { type: 'string', description: 'Path of the notebook' },
            cellId: { type: 'string', description: 'Id of the cell' }
          },
          required: ['path']
        }
      },
      execute: async args => {
        try {
          const opened: Widget & { setFragment?: (place: string) => void } =
            await app.commands.execute('docmanager:open', { path: args.path });
          if (args.cellId) {
            opened.setFragment?.(`#cell-id=${args.cellId}`);
          }
        } catch (reason) {
          tell(reason, trans);
        }
      }
    });

    document.addEventListener(
      'click',
      event => {
        const target = event.target instanceof Element ? event.target : null;
        const link = target?.closest<HTMLAnchorElement>(
          `${CHAT_MESSAGES} a[href]`
        );
        // With a key held, the student asks for a tab or window of its own.
        const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
        const place =
          link &&
          plain &&
          placeOf(link.href, app.serviceManager.serverSettings.baseUrl);
        if (place) {
          event.preventDefault();
          event.stopPropagation();
          void app.commands.execute(CommandIDs.openCitation, { ...place });
        }
      },
      true
    );
  }
};
