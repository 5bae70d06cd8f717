/**
 * The tutor's chat in the side panel: one file, one panel, however often it is asked for.
 */
import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { type Contents, ServerConnection } from '@jupyterlab/services';
import {
  ITranslator,
  nullTranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import { PromiseDelegate, Token } from '@lumino/coreutils';

import { follow } from './follow';
import { CHAT_PATH, DOMAIN } from './names';
import { Trouble } from './trouble';

/** A command of jupyterlab-chat, which publishes no types. */
const OPEN_CHAT = 'jupyterlab-chat:open';

/** Id of its side panel. */
const SIDE_PANEL = 'JupyterlabChat:sidepanel';

/** How long the chat extension may take to appear, in ms. */
const CHAT_STARTS_WITHIN = 10_000;

/** What the side panel shows while a chat is not connected yet, and how long it may take to be, in ms. */
const SPINNER = '.jp-Spinner';
const CHAT_CONNECTS_WITHIN = 10_000;

/** Where a student types there: the last of these, because a message that is being edited has one too. */
const INPUT = '.jp-chat-input-container textarea:not([aria-hidden])';

/** The tutor's chat. */
export interface ITutorChat {
  /** Path of the chat's file, for the server. */
  readonly path: string;
  /**
   * Show the chat in the side panel; made first where there is none yet. Calls while one is under way share it.
   *
   * @throws Trouble when it cannot be shown.
   */
  open(): Promise<void>;
  /**
   * Put the cursor into the chat's input; the chat has to be open. Waits for its connection, because a question that
   * is sent before stays in the input and goes nowhere.
   */
  focus(): Promise<void>;
  /** Keep the newest question and its answer in sight while they arrive; the chat has to be open. */
  follow(): void;
}

export const ITutorChat = new Token<ITutorChat>(
  'learnflow:ITutorChat',
  'The chat with the tutor, in the side panel.'
);

/** See {@link ITutorChat}. */
export class TutorChat implements ITutorChat {
  constructor(
    private readonly _commands: CommandRegistry,
    private readonly _contents: Contents.IManager,
    private readonly _ready: Promise<unknown>,
    private readonly _trans: TranslationBundle
  ) {}

  readonly path = CHAT_PATH;

  open(): Promise<void> {
    this._opening ??= this._open().finally(() => {
      this._opening = null;
    });
    return this._opening;
  }

  async focus(): Promise<void> {
    const panel = document.getElementById(SIDE_PANEL);
    if (panel) {
      // The chat's own command for this builds the chat anew, and now and then without the cursor in it.
      (await connectedInput(panel))?.focus();
    }
  }

  follow(): void {
    const panel = document.getElementById(SIDE_PANEL);
    if (panel) {
      follow(panel);
    }
  }

  private async _open(): Promise<void> {
    await this._ready;
    if (!(await commandAppears(this._commands, OPEN_CHAT))) {
      throw new Trouble(
        this._trans.__(
          'The chat is switched off here, so the tutor has no way to answer.'
        )
      );
    }
    try {
      await this._ensureFile();
    } catch {
      throw new Trouble(
        this._trans.__(
          'The chat could not be opened. Please try again in a moment.'
        )
      );
    }
    // Opening it anew would throw away what the student is typing there.
    if (!isShown(this.path)) {
      await this._commands.execute(OPEN_CHAT, {
        filepath: this.path,
        inSidePanel: true
      });
    }
  }

  /** Two tabs may do this at once: whoever renames second drops their file and takes the first one's. */
  private async _ensureFile(): Promise<void> {
    if (await this._exists()) {
      return;
    }
    const draft = await this._contents.newUntitled({
      path: '',
      type: 'file',
      ext: '.chat'
    });
    try {
      await this._contents.rename(draft.path, this.path);
    } catch (reason) {
      await this._contents.delete(draft.path);
      if (!(await this._exists())) {
        throw reason;
      }
    }
  }

  private async _exists(): Promise<boolean> {
    try {
      await this._contents.get(this.path, { content: false });
      return true;
    } catch (reason) {
      if (
        reason instanceof ServerConnection.ResponseError &&
        reason.response.status === 404
      ) {
        return false;
      }
      throw reason;
    }
  }

  private _opening: Promise<void> | null = null;
}

/** Whether the chat at `path` is on the screen, in the side panel. */
function isShown(path: string): boolean {
  const chat = document.getElementById(`jupyter-chat::widget::${path}`);
  return (
    chat !== null &&
    chat.offsetParent !== null &&
    chat.closest(`[id='${SIDE_PANEL}']`) !== null
  );
}

/** The input of the chat below `panel`, once it is there and connected; null when that takes too long. */
async function connectedInput(panel: HTMLElement): Promise<HTMLElement | null> {
  const found = new PromiseDelegate<HTMLElement | null>();
  const look = () => {
    const input = [...panel.querySelectorAll<HTMLElement>(INPUT)].at(-1);
    if (input && panel.querySelector(SPINNER) === null) {
      found.resolve(input);
    }
  };
  const observer = new MutationObserver(look);
  observer.observe(panel, { childList: true, subtree: true });
  const timer = setTimeout(() => found.resolve(null), CHAT_CONNECTS_WITHIN);
  look();
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    observer.disconnect();
  }
}

/** Wait until a command is there; false when it does not come. */
async function commandAppears(
  commands: CommandRegistry,
  id: string
): Promise<boolean> {
  if (commands.hasCommand(id)) {
    return true;
  }
  const found = new PromiseDelegate<boolean>();
  const look = () => {
    if (commands.hasCommand(id)) {
      found.resolve(true);
    }
  };
  commands.commandChanged.connect(look);
  const timer = setTimeout(() => found.resolve(false), CHAT_STARTS_WITHIN);
  try {
    return await found.promise;
  } finally {
    clearTimeout(timer);
    commands.commandChanged.disconnect(look);
  }
}

export const chatPlugin: JupyterFrontEndPlugin<ITutorChat> = {
  id: 'learnflow:chat',
  description: 'Opens the chat with the tutor in the side panel.',
  autoStart: true,
  provides: ITutorChat,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) =>
    new TutorChat(
      app.commands,
      app.serviceManager.contents,
      app.restored,
      (translator ?? nullTranslator).load(DOMAIN)
    )
};
