/**
 * A note under a cell that does not come to an end: that it still runs, and how to stop it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** What the note does when the student has had enough of waiting. */
export type Stop = () => Promise<void>;

/** The note itself. A screen reader hears it once; the button is the one stop on the Tab key's way. */
export class RunningNote extends Widget {
  constructor(
    stop: Stop,
    private readonly _seconds: number,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('learnflow-Running');
    this.node.setAttribute('role', 'status');
    this._text.className = 'learnflow-Running-text';
    this._button.type = 'button';
    this._button.className = 'learnflow-Explain-button';
    this._button.textContent = this._trans.__('Stop this cell');
    this._button.addEventListener('click', () => {
      void this._onClick(stop);
    });
    this.node.append(this._text, this._button);
  }

  /** Say what is known; nothing is said anew that was said already. */
  say(waitsForInput: boolean): void {
    const text = waitsForInput
      ? this._trans.__(
          'This cell waits for you: type your answer in its box, then press Enter.'
        )
      : this._trans.__(
          'This cell has been running for more than %1 seconds. A loop in it may never end.',
          this._seconds
        );
    if (this._text.textContent !== text) {
      this._text.textContent = text;
    }
  }

  private async _onClick(stop: Stop): Promise<void> {
    if (this._button.getAttribute('aria-disabled') === 'true') {
      return;
    }
    this._button.setAttribute('aria-disabled', 'true');
    this._button.textContent = this._trans.__('Stopping…');
    try {
      await stop();
    } finally {
      this._button.removeAttribute('aria-disabled');
      this._button.textContent = this._trans.__('Stop this cell');
    }
  }

  private readonly _text = document.createElement('span');
  private readonly _button = document.createElement('button');
}

/**
 * The cells of one notebook that were sent to its kernel, oldest first. Only the first of them runs; its
 * time is counted from when it became the first.
 */
export class RunningCells<T> {
  /** `onLong` is called once a second for a first cell that has run for `seconds` or longer. */
  constructor(
    private readonly _seconds: number,
    private readonly _onLong: (cell: T) => void,
    private readonly _onEnd: (cell: T) => void
  ) {}

  /** A cell was sent. */
  begin(cell: T): void {
    this._cells = [...this._cells.filter(each => each !== cell), cell];
    if (this._cells.length === 1) {
      this._watch();
    }
  }

  /** A cell ended, or will never run; fine when it was not known. */
  end(cell: T): void {
    const wasFirst = this._cells[0] === cell;
    this._cells = this._cells.filter(each => each !== cell);
    if (wasFirst) {
      this._onEnd(cell);
      this._watch();
    }
  }

  /** The notebook was closed. */
  dispose(): void {
    this._cells = [];
    window.clearTimeout(this._timer);
  }

  private _watch(): void {
    window.clearTimeout(this._timer);
    if (this._cells.length > 0) {
      this._timer = window.setTimeout(() => this._long(), this._seconds * 1000);
    }
  }

  private _long(): void {
    this._onLong(this._cells[0]);
    this._timer = window.setTimeout(() => this._long(), 1000);
  }

  private _cells: T[] = [];
  private _timer = 0;
}
