import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { follow } from '../src/follow';

/** A chat whose messages are 100 px high; jsdom itself lays nothing out. */
class Chat {
  readonly panel = document.createElement('div');
  readonly scroller = document.createElement('div');

  constructor(messages: number) {
    this.scroller.style.overflowY = 'scroll';
    this.panel.append(this.scroller);
    document.body.replaceChildren(this.panel);
    this.scroller.getBoundingClientRect = () => new DOMRect(0, 0, 300, 200);
    for (let n = 0; n < messages; n++) {
      this.say();
    }
  }

  say(): void {
    const message = document.createElement('div');
    const place = this.scroller.children.length;
    message.className = 'jp-chat-message';
    message.getBoundingClientRect = () =>
      new DOMRect(0, 100 * place - this.scroller.scrollTop, 300, 100);
    this.scroller.append(message);
  }
}

/** Until observers have been called. */
const settled = () => new Promise(resolve => queueMicrotask(() => resolve(0)));

describe('follow', () => {
  beforeEach(() =>
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  );
  afterEach(() => vi.useRealTimers());

  it('shows the question that arrives next, and keeps it there', async () => {
    const chat = new Chat(8);
    follow(chat.panel);
    chat.say();
    await settled();
    expect(chat.scroller.scrollTop).toBe(800);
    chat.say();
    await settled();
    expect(chat.scroller.scrollTop).toBe(800);
  });

  it('shows the newest question of a chat that is still loading', async () => {
    const chat = new Chat(0);
    follow(chat.panel);
    for (let n = 0; n < 6; n++) {
      chat.say();
    }
    await settled();
    expect(chat.scroller.scrollTop).toBe(400);
  });

  it('lets go when the student scrolls', async () => {
    const chat = new Chat(3);
    follow(chat.panel);
    chat.panel.dispatchEvent(new Event('wheel'));
    chat.say();
    await settled();
    expect(chat.scroller.scrollTop).toBe(0);
  });

  it('lets go after a while', async () => {
    const chat = new Chat(3);
    follow(chat.panel, 1000);
    vi.advanceTimersByTime(1001);
    chat.say();
    await settled();
    expect(chat.scroller.scrollTop).toBe(0);
  });
});
