/**
 * The part of the panel "Create Assignment" that is about the tutor, the topic, and how an exercise is solved.
 */
import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSONObject } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';

import {
  changed,
  fits,
  isTest,
  type Key,
  POLICIES,
  shown,
  TOPICS
} from './saying';

const METADATA = 'learnflow';

/** What keeps metadata: a notebook, or a cell. */
interface IKeeper {
  getMetadata(key: string): unknown;
  setMetadata(key: string, value: JSONObject): void;
  deleteMetadata(key: string): void;
  readonly isDisposed?: boolean;
}

type Field = HTMLInputElement | HTMLSelectElement;

export class AssignmentForm extends Widget {
  constructor(
    private readonly _notebooks: INotebookTracker,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('learnflow-Assignment');
    const { node } = this;
    node.setAttribute('role', 'group');
    node.setAttribute('aria-label', _trans.__('LearnFlow'));

    node.append(this._heading(_trans.__('This assignment')));
    node.append(
      this._choice('topic', _trans.__('Topic'), [
        ['', _trans.__('as its title says')],
        ...TOPICS.map((topic): [string, string] => [
          topic,
          topic.replace('_', ' ')
        ])
      ]),
      this._choice('tutor', _trans.__('Tutor'), [
        ['', _trans.__('as in the course')],
        ['off', _trans.__('off: no answers')],
        ['concepts', _trans.__('concepts: ideas only')],
        ['hints', _trans.__('hints: step by step')],
        ['open', _trans.__('open: no hint ladder')]
      ]),
      this._note(
        _trans.__(
          'Holds once it is released. What course.yaml says of this assignment goes before.'
        )
      )
    );

    node.append(this._heading(_trans.__('How it is to be solved')));
    this._test = document.createElement('div');
    this._test.append(
      this._words('must_use', _trans.__('With'), 'loop, recursion, mean'),
      this._words('must_not_use', _trans.__('Without'), 'sum, sorted'),
      this._words('in', _trans.__('In the function'), 'total'),
      this._note(
        _trans.__(
          'Names, or: loop, for, while, comprehension, if, function, class, lambda, try, f-string, slice, import, recursion.'
        )
      )
    );
    this._elsewhere = this._note(
      _trans.__('Select a test cell to say with or without what.')
    );
    node.append(this._test, this._elsewhere);

    _notebooks.currentChanged.connect(this._look, this);
    _notebooks.activeCellChanged.connect(this._look, this);
    this._look();
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._follow(null, null);
    this._notebooks.currentChanged.disconnect(this._look, this);
    this._notebooks.activeCellChanged.disconnect(this._look, this);
    super.dispose();
  }

  /** Show what the notebook and its active cell say. */
  private _look(): void {
    // A click into the notebook changes the cell before the browser says that a field has changed.
    for (const [key, field] of this._typed) {
      this._changed(key, field);
    }
    const panel: NotebookPanel | null = this._notebooks.currentWidget;
    const cell = panel ? this._notebooks.activeCell : null;
    this._follow(panel?.content.model ?? null, cell?.model ?? null);
    for (const field of this._fields.values()) {
      field.removeAttribute('aria-invalid');
      field.title = '';
    }
    this._show();
  }

  private _follow(
    notebook: NotebookPanel['content']['model'],
    cell: Cell['model'] | null
  ): void {
    if (this._notebook !== notebook) {
      this._notebook?.metadataChanged.disconnect(this._show, this);
      this._notebook = notebook;
      notebook?.metadataChanged.connect(this._show, this);
    }
    if (this._cell !== cell) {
      this._cell?.metadataChanged.disconnect(this._show, this);
      this._cell = cell;
      cell?.metadataChanged.connect(this._show, this);
    }
  }

  private _show(): void {
    this.node.hidden = !this._notebook;
    const test =
      this._cell?.type === 'code' &&
      isTest(this._cell.getMetadata('nbgrader') as unknown);
    this._test.hidden = !test;
    this._elsewhere.hidden = test;
    for (const [key, field] of this._fields) {
      if (field.hasAttribute('aria-invalid') || this._typed.has(key)) {
        // What somebody is typing or putting right is not taken away by a change elsewhere.
        continue;
      }
      const found: unknown = this._keeper(key)?.getMetadata(METADATA);
      const text = shown(found, key);
      if (field instanceof HTMLSelectElement && !isOneOf(key, text)) {
        field.value = '';
      } else {
        field.value = text;
      }
    }
  }

  private _keeper(key: Key): IKeeper | null {
    return key === 'topic' || key === 'tutor' ? this._notebook : this._cell;
  }

  private _changed(key: Key, field: Field): void {
    this._typed.delete(key);
    const keeper = this._keeper(key);
    if (keeper?.isDisposed) {
      return;
    }
    const bad = !fits(key, field.value);
    field.removeAttribute('aria-invalid');
    if (bad) {
      // Kept in the field, so that it can be put right, and not in the notebook.
      field.setAttribute('aria-invalid', 'true');
      field.title = this._trans.__('Names only, with commas between them.');
      return;
    }
    field.title = '';
    const next = changed(keeper?.getMetadata(METADATA), key, field.value);
    if (next) {
      keeper?.setMetadata(METADATA, next);
    } else {
      keeper?.deleteMetadata(METADATA);
    }
  }

  private _heading(text: string): HTMLElement {
    const node = document.createElement('h3');
    node.textContent = text;
    return node;
  }

  private _note(text: string): HTMLElement {
    const node = document.createElement('p');
    node.textContent = text;
    return node;
  }

  private _choice(
    key: Key,
    text: string,
    options: [string, string][]
  ): HTMLElement {
    const field = document.createElement('select');
    for (const [value, label] of options) {
      field.append(new Option(label, value));
    }
    return this._labelled(key, text, field);
  }

  private _words(key: Key, text: string, example: string): HTMLElement {
    const field = document.createElement('input');
    field.type = 'text';
    field.spellcheck = false;
    field.placeholder = example;
    return this._labelled(key, text, field);
  }

  private _labelled(key: Key, text: string, field: Field): HTMLElement {
    const both = document.createElement('div');
    both.className = 'learnflow-Assignment-field';
    const label = document.createElement('label');
    label.textContent = text;
    field.className = 'learnflow-Assignment-control';
    field.name = key;
    field.id = `learnflow-assignment-${key}`;
    label.htmlFor = field.id;
    field.addEventListener('input', () => this._typed.set(key, field));
    field.addEventListener('change', () => this._changed(key, field));
    this._fields.set(key, field);
    both.append(label, field);
    return both;
  }

  private readonly _fields = new Map<Key, Field>();
  /** Those with something in them that is not in the notebook yet. */
  private readonly _typed = new Map<Key, Field>();
  private readonly _test: HTMLElement;
  private readonly _elsewhere: HTMLElement;
  private _notebook: NotebookPanel['content']['model'] = null;
  private _cell: Cell['model'] | null = null;
}

function isOneOf(key: Key, text: string): boolean {
  const known: readonly string[] = key === 'topic' ? TOPICS : POLICIES;
  return text === '' || known.includes(text);
}
