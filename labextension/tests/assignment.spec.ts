import type { INotebookTracker } from '@jupyterlab/notebook';
import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, test } from 'vitest';

import { AssignmentForm } from '../src/assignmentform';
import { changed, fits, shown, words } from '../src/saying';

const trans = nullTranslator.load('learnflow');

/** What keeps metadata and says when it changes, as a notebook and a cell do. */
class Keeper {
  readonly metadataChanged = new Signal<this, unknown>(this);

  constructor(
    readonly metadata: Record<string, unknown> = {},
    readonly type = 'code'
  ) {}

  getMetadata(key: string): unknown {
    return this.metadata[key];
  }

  setMetadata(key: string, value: unknown): void {
    this.metadata[key] = value;
    this.metadataChanged.emit(undefined);
  }

  deleteMetadata(key: string): void {
    delete this.metadata[key];
    this.metadataChanged.emit(undefined);
  }
}

class Tracker {
  readonly currentChanged = new Signal<this, unknown>(this);
  readonly activeCellChanged = new Signal<this, unknown>(this);
  currentWidget: { content: { model: Keeper } } | null = null;
  activeCell: { model: Keeper } | null = null;

  open(notebook: Keeper, cell: Keeper): void {
    this.currentWidget = { content: { model: notebook } };
    this.activeCell = { model: cell };
    this.currentChanged.emit(undefined);
  }

  select(cell: Keeper): void {
    this.activeCell = { model: cell };
    this.activeCellChanged.emit(undefined);
  }
}

const TEST = { grade: true, solution: false, points: 2 };
const ANSWER = { grade: false, solution: true };

function form(): { tracker: Tracker; widget: AssignmentForm } {
  const tracker = new Tracker();
  const widget = new AssignmentForm(
    tracker as unknown as INotebookTracker,
    trans
  );
  Widget.attach(widget, document.body);
  return { tracker, widget };
}

function field(widget: Widget, label: string): HTMLInputElement {
  const labels = [...widget.node.querySelectorAll('label')];
  const found = labels.find(each => each.textContent === label);
  const input = found?.control;
  if (!input) {
    throw new Error(`no field ${label}`);
  }
  return input as HTMLInputElement;
}

function type(widget: Widget, label: string, text: string): HTMLInputElement {
  const input = field(widget, label);
  input.value = text;
  input.dispatchEvent(new Event('input'));
  return input;
}

function write(widget: Widget, label: string, text: string): HTMLInputElement {
  const input = type(widget, label, text);
  input.dispatchEvent(new Event('change'));
  return input;
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('AssignmentForm', () => {
  it('is away where no notebook is open', () => {
    expect(form().widget.node.hidden).toBe(true);
  });

  it('writes topic and tutor into the notebook, and takes them out again', () => {
    const { tracker, widget } = form();
    const notebook = new Keeper();
    tracker.open(notebook, new Keeper());
    write(widget, 'Topic', 'control_flow');
    write(widget, 'Tutor', 'off');
    expect(notebook.metadata.learnflow).toEqual({
      topic: 'control_flow',
      tutor: 'off'
    });
    write(widget, 'Topic', '');
    write(widget, 'Tutor', '');
    expect('learnflow' in notebook.metadata).toBe(false);
  });

  it('writes the rules to the test that is selected, and keeps what else is there', () => {
    const { tracker, widget } = form();
    const test = new Keeper({ nbgrader: TEST, learnflow: { difficulty: 3 } });
    tracker.open(new Keeper(), test);
    write(widget, 'With', 'loop, mean');
    write(widget, 'In the function', ' total ');
    expect(test.metadata.learnflow).toEqual({
      difficulty: 3,
      must_use: ['loop', 'mean'],
      in: 'total'
    });
  });

  it('offers rules at tests only, also when a cell becomes one', () => {
    const { tracker, widget } = form();
    const cell = new Keeper({ nbgrader: ANSWER });
    tracker.open(new Keeper(), cell);
    const visible = () => !field(widget, 'With').closest('[hidden]');
    expect(visible()).toBe(false);
    expect(widget.node.textContent).toContain('Select a test cell');
    cell.setMetadata('nbgrader', TEST);
    expect(visible()).toBe(true);
    tracker.select(new Keeper({ nbgrader: TEST }, 'markdown'));
    expect(visible()).toBe(false);
  });

  it('shows what each cell says', () => {
    const { tracker, widget } = form();
    const one = { nbgrader: TEST, learnflow: { must_use: ['loop', 'sum'] } };
    tracker.open(
      new Keeper({ learnflow: { tutor: 'concepts', topic: 'cooking' } }),
      new Keeper(one)
    );
    expect(field(widget, 'With').value).toBe('loop, sum');
    expect(field(widget, 'Tutor').value).toBe('concepts');
    expect(field(widget, 'Topic').value).toBe('');
    tracker.select(new Keeper({ nbgrader: TEST, learnflow: 'nonsense' }));
    expect(field(widget, 'With').value).toBe('');
  });

  it('keeps what is no name out of the notebook, and says so', () => {
    const { tracker, widget } = form();
    const test = new Keeper({ nbgrader: TEST });
    tracker.open(new Keeper(), test);
    const input = write(widget, 'Without', 'sum()');
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(input.title).toContain('Names only');
    expect('learnflow' in test.metadata).toBe(false);
    write(widget, 'In the function', 'total');
    expect(input.value).toBe('sum()');
    write(widget, 'In the function', '');
    write(widget, 'Without', 'sum');
    expect(input.hasAttribute('aria-invalid')).toBe(false);
    expect(test.metadata.learnflow).toEqual({ must_not_use: ['sum'] });
    write(widget, 'Without', 'two words()');
    tracker.select(new Keeper({ nbgrader: TEST }));
    expect(input.value).toBe('');
    expect(input.hasAttribute('aria-invalid')).toBe(false);
  });

  it('keeps what was typed when the next click is into another cell', () => {
    const { tracker, widget } = form();
    const one = new Keeper({ nbgrader: TEST });
    const two = new Keeper({ nbgrader: TEST, learnflow: { must_use: ['if'] } });
    tracker.open(new Keeper(), one);
    const input = type(widget, 'With', 'loo');
    one.setMetadata('execution', {});
    expect(input.value).toBe('loo');
    type(widget, 'With', 'loop');
    tracker.select(two);
    expect(one.metadata.learnflow).toEqual({ must_use: ['loop'] });
    expect(input.value).toBe('if');
    input.dispatchEvent(new Event('change'));
    expect(two.metadata.learnflow).toEqual({ must_use: ['if'] });
    type(widget, 'With', 'sum()');
    tracker.select(one);
    expect(two.metadata.learnflow).toEqual({ must_use: ['if'] });
    expect(input.value).toBe('loop');
    expect(input.hasAttribute('aria-invalid')).toBe(false);
  });

  it('looks no more once it is gone', () => {
    const { tracker, widget } = form();
    const test = new Keeper({ nbgrader: TEST });
    tracker.open(new Keeper(), test);
    widget.dispose();
    test.setMetadata('nbgrader', ANSWER);
    tracker.select(new Keeper());
    expect(widget.isDisposed).toBe(true);
  });
});

test('words stand with commas or spaces between them, each once', () => {
  expect(words(' loop, sum  loop,')).toEqual(['loop', 'sum']);
});

test('a name in any letters fits, a call does not', () => {
  expect(fits('must_use', 'länge, f-string')).toBe(true);
  expect(fits('in', 'two words')).toBe(false);
  expect(fits('must_use', '1st')).toBe(false);
  expect(fits('in', '')).toBe(true);
});

test('a change leaves the old metadata as it was', () => {
  const before = { must_use: ['loop'] };
  expect(changed(before, 'must_use', '')).toBeNull();
  expect(before).toEqual({ must_use: ['loop'] });
  expect(shown({ must_use: 'loop' }, 'must_use')).toBe('loop');
});
