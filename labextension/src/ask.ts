/**
 * "Ask the Tutor": the chat, with the cursor in its input.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { ITutorChat } from './chat';
import { askIcon } from './icons';
import { CommandIDs, DOMAIN } from './names';
import { tell } from './trouble';

export const askPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:ask',
  description: 'Opens the chat with the tutor, ready to type in.',
  autoStart: true,
  requires: [ITutorChat],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    chat: ITutorChat,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);

    app.commands.addCommand(CommandIDs.ask, {
      label: trans.__('Ask the Tutor'),
      caption: trans.__('Open the chat with the tutor'),
      icon: askIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        try {
          await chat.open();
          await chat.focus();
        } catch (reason) {
          tell(reason, trans);
        }
      }
    });

    palette?.addItem({
      command: CommandIDs.ask,
      category: trans.__('Tutor')
    });
  }
};
