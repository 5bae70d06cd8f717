/**
 * "My progress": a side panel, and the commands that open and refresh it.
 */
import {
  ILabShell,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { progressIcon } from './icons';
import { CommandIDs, DOMAIN } from './names';
// eslint-disable-next-line jupyter/prefer-lazy-imports -- a side panel's tab is there from the beginning
import { ProgressPanel } from './progresspanel';
import { request } from './request';
import { type INextStep, notebookOf, parseStandings } from './standing';
import { tell } from './trouble';

const PANEL_ID = 'learnflow-progress';

/** JupyterLab's own panels on the left begin at 100; the table of contents is at 400. */
const BELOW_THEM = 500;

export const progressPlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:progress',
  description: 'Shows students how far they have come and what to do next.',
  autoStart: true,
  requires: [ILabShell],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    shell: ILabShell,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands } = app;

    const look = async () => {
      const zone = Intl.DateTimeFormat().resolvedOptions().timeZone ?? '';
      const query = `time_zone=${encodeURIComponent(zone)}`;
      return parseStandings(await request('progress', trans, undefined, query));
    };

    /** The notebook where the student has it, else the list from which to fetch it. */
    const go = async (course: string, next: INextStep) => {
      try {
        const path = notebookOf(course, next);
        if (path !== null && (await exists(app, path))) {
          await commands.execute('docmanager:open', { path });
        } else {
          await commands.execute(CommandIDs.assignments);
        }
      } catch (reason) {
        tell(reason, trans);
      }
    };

    const panel = new ProgressPanel(
      look,
      (course, next) => void go(course, next),
      trans
    );
    panel.id = PANEL_ID;
    panel.title.icon = progressIcon;
    panel.title.caption = trans.__('My progress');
    shell.add(panel, 'left', { rank: BELOW_THEM, type: 'My progress' });

    commands.addCommand(CommandIDs.progress, {
      label: trans.__('My Progress'),
      caption: trans.__('See how far you have come, and what to do next'),
      icon: progressIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        shell.activateById(PANEL_ID);
        // The command palette closes when it loses the keyboard, and gives it to the document: ask once more then.
        await nextFrame();
        await nextFrame();
        panel.activate();
      }
    });
    commands.addCommand(CommandIDs.refreshProgress, {
      label: trans.__('Refresh My Progress'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        if (panel.isVisible) {
          await panel.refresh();
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.progress,
      category: trans.__('Course')
    });
  }
};

function nextFrame(): Promise<unknown> {
  return new Promise(resolve => requestAnimationFrame(resolve));
}

async function exists(app: JupyterFrontEnd, path: string): Promise<boolean> {
  try {
    await app.serviceManager.contents.get(path, { content: false });
    return true;
  } catch {
    return false;
  }
}
