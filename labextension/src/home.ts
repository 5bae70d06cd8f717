/**
 * The cards in the launcher: where a student starts.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { assignmentsIcon } from './icons';
import { CommandIDs, DOMAIN } from './names';

/** nbgrader's own command; missing where nbgrader's front end is not installed. */
const ASSIGNMENT_LIST = 'nbgrader:open-assignment-list';

/** JupyterLab's own sections start at 0. */
const BEFORE_THE_REST = -10;

export const homePlugin: JupyterFrontEndPlugin<void> = {
  id: 'learnflow:home',
  description: 'Puts the assignments and the tutor first in the launcher.',
  autoStart: true,
  requires: [ILauncher],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    launcher: ILauncher,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands } = app;

    commands.addCommand(CommandIDs.assignments, {
      label: trans.__('Assignments'),
      caption: trans.__('Fetch assignments, hand them in, and see your points'),
      icon: assignmentsIcon,
      isEnabled: () => commands.hasCommand(ASSIGNMENT_LIST),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => commands.execute(ASSIGNMENT_LIST)
    });

    const category = trans.__('Course');
    launcher.add({
      command: CommandIDs.assignments,
      category,
      categoryRank: BEFORE_THE_REST,
      rank: 1
    });
    launcher.add({
      command: CommandIDs.ask,
      category,
      categoryRank: BEFORE_THE_REST,
      rank: 2
    });
    launcher.add({
      command: CommandIDs.progress,
      category,
      categoryRank: BEFORE_THE_REST,
      rank: 3
    });
    palette?.addItem({ command: CommandIDs.assignments, category });
  }
};
