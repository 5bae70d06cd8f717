import { nullTranslator } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RunningCells, RunningNote } from '../src/running';

const trans = nullTranslator.load('learnflow');

describe('RunningCells', () => {
  const long = vi.fn();
  const end = vi.fn();
  let cells: RunningCells<string>;

  beforeEach(() => {
    vi.useFakeTimers();
    long.mockClear();
    end.mockClear();
    cells = new RunningCells<string>(10, long, end);
  });

  afterEach(() => {
    cells.dispose();
    vi.useRealTimers();
  });

  it('tells of a cell that does not end', () => {
    cells.begin('a');
    vi.advanceTimersByTime(9_900);
    expect(long).not.toHaveBeenCalled();
    vi.advanceTimersByTime(200);
    expect(long).toHaveBeenCalledWith('a');
  });

  it('says nothing of one that ends in time', () => {
    cells.begin('a');
    vi.advanceTimersByTime(9_000);
    cells.end('a');
    vi.advanceTimersByTime(60_000);
    expect(long).not.toHaveBeenCalled();
    expect(end).toHaveBeenCalledWith('a');
  });

  it('counts the time of a cell that waits its turn from its turn on', () => {
    cells.begin('a');
    cells.begin('b');
    vi.advanceTimersByTime(9_000);
    cells.end('a');
    vi.advanceTimersByTime(9_000);
    expect(long).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1_100);
    expect(long).toHaveBeenLastCalledWith('b');
  });

  it('does not mind a waiting cell that is taken away, or one it never saw', () => {
    cells.begin('a');
    cells.begin('b');
    cells.end('b');
    cells.end('c');
    expect(end).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_100);
    expect(long).toHaveBeenLastCalledWith('a');
  });

  it('is silent once the notebook is closed', () => {
    cells.begin('a');
    cells.dispose();
    vi.advanceTimersByTime(60_000);
    expect(long).not.toHaveBeenCalled();
  });
});

describe('RunningNote', () => {
  afterEach(() => {
    document.body.replaceChildren();
  });

  function shown(stop = () => Promise.resolve()) {
    const note = new RunningNote(stop, 10, trans);
    Widget.attach(note, document.body);
    note.say(false);
    const button = note.node.querySelector('button');
    if (!button) {
      throw new Error('no button');
    }
    return { note, button };
  }

  it('is heard by a screen reader, in a sentence', () => {
    const { note } = shown();
    expect(note.node.getAttribute('role')).toBe('status');
    expect(note.node.textContent).toContain('more than 10 seconds');
  });

  it('knows a cell that waits for an answer', () => {
    const { note } = shown();
    note.say(true);
    expect(note.node.textContent).toContain('waits for you');
    expect(note.node.textContent).not.toContain('never end');
  });

  it('stops once while it is stopping, and keeps the focus', async () => {
    const done = new PromiseDelegate<void>();
    const stop = vi.fn(() => done.promise);
    const { button } = shown(stop);
    button.focus();
    button.click();
    button.click();
    expect(stop).toHaveBeenCalledOnce();
    expect(button.textContent).toBe('Stopping…');
    expect(document.activeElement).toBe(button);
    done.resolve();
    await vi.waitFor(() =>
      expect(button.hasAttribute('aria-disabled')).toBe(false)
    );
  });
});
