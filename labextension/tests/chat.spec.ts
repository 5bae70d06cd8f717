import { ServerConnection } from '@jupyterlab/services';
import type { Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { describe, expect, it, vi } from 'vitest';

import { TutorChat } from '../src/chat';
import { Trouble } from '../src/trouble';

const trans = nullTranslator.load('learnflow');

/** A folder of the student's, as far as the chat uses it. */
class Folder {
  constructor(readonly files: Set<string> = new Set()) {}

  async get(path: string): Promise<{ path: string }> {
    if (!this.files.has(path)) {
      throw new ServerConnection.ResponseError(
        new Response('', { status: 404 })
      );
    }
    return { path };
  }

  async newUntitled(): Promise<{ path: string }> {
    const path = `untitled${this._count++}.chat`;
    this.files.add(path);
    return { path };
  }

  async rename(from: string, to: string): Promise<void> {
    if (this.files.has(to)) {
      throw new ServerConnection.ResponseError(
        new Response('', { status: 409 })
      );
    }
    this.files.delete(from);
    this.files.add(to);
  }

  async delete(path: string): Promise<void> {
    this.files.delete(path);
  }

  private _count = 0;
}

function makeChat(
  folder: Folder,
  commands: CommandRegistry = withChat().commands
): TutorChat {
  return new TutorChat(
    commands,
    folder as unknown as Contents.IManager,
    Promise.resolve(),
    trans
  );
}

function withChat() {
  const commands = new CommandRegistry();
  const opened: unknown[] = [];
  commands.addCommand('jupyterlab-chat:open', {
    execute: args => void opened.push(args)
  });
  return { commands, opened };
}

describe('TutorChat', () => {
  it('makes the chat where there is none, and opens it in the side panel', async () => {
    const folder = new Folder();
    const { commands, opened } = withChat();
    await makeChat(folder, commands).open();
    expect([...folder.files]).toEqual(['tutor.chat']);
    expect(opened).toEqual([{ filepath: 'tutor.chat', inSidePanel: true }]);
  });

  it('opens once for clicks at the same time, and again later', async () => {
    const folder = new Folder();
    const { commands, opened } = withChat();
    const chat = makeChat(folder, commands);
    await Promise.all([chat.open(), chat.open(), chat.open()]);
    expect([...folder.files]).toEqual(['tutor.chat']);
    expect(opened).toHaveLength(1);
    await chat.open();
    expect(opened).toHaveLength(2);
  });

  it('leaves a chat alone that is on the screen, and what is typed in it', async () => {
    document.body.innerHTML =
      '<div id="JupyterlabChat:sidepanel"><div id="jupyter-chat::widget::tutor.chat"></div></div>';
    const shown = document.getElementById('jupyter-chat::widget::tutor.chat');
    const { commands, opened } = withChat();
    const chat = makeChat(new Folder(), commands);
    try {
      await chat.open();
      expect(opened).toHaveLength(1); // there, and hidden
      Object.defineProperty(shown, 'offsetParent', { value: document.body });
      await chat.open();
      expect(opened).toHaveLength(1);
    } finally {
      document.body.replaceChildren();
    }
  });

  it('puts the cursor into the input once the chat is connected', async () => {
    document.body.innerHTML =
      '<div id="JupyterlabChat:sidepanel"><div class="jp-Spinner"></div></div>';
    const panel = document.getElementById('JupyterlabChat:sidepanel');
    try {
      const focused = makeChat(new Folder()).focus();
      panel?.insertAdjacentHTML(
        'beforeend',
        '<div class="jp-chat-input-container"><textarea></textarea><textarea aria-hidden="true"></textarea></div>'
      );
      await new Promise(resolve => setTimeout(resolve, 20));
      expect(document.activeElement).toBe(document.body);
      document.querySelector('.jp-Spinner')?.remove();
      await focused;
      expect(document.activeElement).toBe(panel?.querySelector('textarea'));
    } finally {
      document.body.replaceChildren();
    }
  });

  it('leaves one chat when two tabs make it at the same time', async () => {
    const folder = new Folder();
    await Promise.all([makeChat(folder).open(), makeChat(folder).open()]);
    expect([...folder.files]).toEqual(['tutor.chat']);
  });

  it('leaves no draft behind when the chat cannot be made', async () => {
    const folder = new Folder();
    folder.rename = () =>
      Promise.reject(
        new ServerConnection.ResponseError(new Response('', { status: 500 }))
      );
    const chat = makeChat(folder);
    await expect(chat.open()).rejects.toBeInstanceOf(Trouble);
    expect(folder.files.size).toBe(0);
    folder.rename = Folder.prototype.rename;
    await chat.open();
    expect([...folder.files]).toEqual(['tutor.chat']);
  });

  it('waits for the chat extension', async () => {
    const commands = new CommandRegistry();
    const opening = makeChat(new Folder(), commands).open();
    const execute = vi.fn();
    setTimeout(() => {
      commands.addCommand('jupyterlab-chat:open', { execute });
    }, 20);
    await opening;
    expect(execute).toHaveBeenCalledOnce();
  });

  it('says so when there is no chat extension', async () => {
    vi.useFakeTimers();
    try {
      const opening = makeChat(new Folder(), new CommandRegistry()).open();
      const outcome = expect(opening).rejects.toThrow(/switched off/);
      await vi.advanceTimersByTimeAsync(60_000);
      await outcome;
    } finally {
      vi.useRealTimers();
    }
  });
});
