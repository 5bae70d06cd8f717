/**
 * A quiz question: its choices, a button, and what became of the answer.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { QUIZ_MIME } from './names';
import { type IFeedback, type IQuestion, parseQuestion, pieces } from './quiz';
import { Trouble } from './trouble';

/** Who knows what became of answers. */
export interface IJudge {
  /** What was answered before; null for nothing yet, and where that cannot be found out. */
  before(question: IQuestion): Promise<IFeedback | null>;
  /** Answer, and hear about it. */
  answer(question: IQuestion, choices: string[]): Promise<IFeedback>;
}

let made = 0;

/** Renders one question as a form. Nothing of the notebook or the service is ever taken for HTML. */
export class QuizView extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly _judge: IJudge,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('learnflow-Quiz');
    this.node.addEventListener('keydown', keepToOneself);
    // A double click on a text cell opens its source.
    this.node.addEventListener('dblclick', event => event.stopPropagation());
    this._form.addEventListener('submit', event => {
      event.preventDefault();
      void this._onSubmit();
    });
    this._said.className = 'learnflow-Quiz-said';
    this._said.setAttribute('role', 'status');
    this._button.type = 'submit';
    this._button.className = 'learnflow-Explain-button';
    this._button.textContent = this._trans.__('Check my answer');
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const question = parseQuestion(model.data[QUIZ_MIME]);
    this._question = question;
    this._boxes = [];
    this.node.replaceChildren();
    if (!question) {
      return;
    }
    this._form.replaceChildren(this._fieldset(question), this._button);
    this._said.replaceChildren();
    this.node.append(this._form, this._said);
    const before = await this._judge.before(question);
    if (before && this._question === question && !this._touched) {
      this._show(before, before.choices);
    }
  }

  private _fieldset(question: IQuestion): HTMLFieldSetElement {
    const set = document.createElement('fieldset');
    const legend = document.createElement('legend');
    const mark = element('span', 'learnflow-Quiz-mark', this._trans.__('Quiz'));
    legend.append(mark, ' ', ...rich(question.question));
    set.append(legend);
    if (question.code) {
      const program = document.createElement('pre');
      program.append(element('code', '', question.code));
      set.append(program);
    }
    if (question.several) {
      const hint = this._trans.__('Choose all that are right.');
      set.append(element('p', 'learnflow-Quiz-hint', hint));
    }
    const group = `learnflow-quiz-${++made}`;
    for (const choice of question.choices) {
      const label = element('label', 'learnflow-Quiz-choice');
      const box = document.createElement('input');
      box.type = question.several ? 'checkbox' : 'radio';
      box.name = group;
      box.value = choice;
      box.addEventListener('change', () => {
        this._touched = true;
      });
      const said = element('span', '');
      said.append(...rich(choice));
      label.append(box, said);
      set.append(label);
      this._boxes.push(box);
    }
    return set;
  }

  /** `aria-disabled` and not `disabled`, which would throw the keyboard's focus away. */
  private async _onSubmit(): Promise<void> {
    const question = this._question;
    if (!question || this._button.getAttribute('aria-disabled') === 'true') {
      return;
    }
    const chosen = this._boxes.flatMap(box => (box.checked ? box.value : []));
    if (chosen.length === 0) {
      this._say('', this._trans.__('Choose an answer first.'));
      return;
    }
    this._touched = true;
    this._button.setAttribute('aria-disabled', 'true');
    try {
      const found = await this._judge.answer(question, chosen);
      if (this._question === question) {
        this._show(found, null);
      }
    } catch (reason) {
      console.warn('learnflow:', reason);
      this._say(
        'trouble',
        reason instanceof Trouble
          ? reason.message
          : this._trans.__(
              'That did not work just now. Please try again in a minute.'
            )
      );
    } finally {
      this._button.removeAttribute('aria-disabled');
    }
  }

  /** What became of an answer; with `chosen`, these are ticked too. */
  private _show(found: IFeedback, chosen: string[] | null): void {
    if (chosen) {
      for (const box of this._boxes) {
        box.checked = chosen.includes(box.value);
      }
    }
    const trans = this._trans;
    const head = found.right
      ? trans.__('Right.')
      : found.incomplete
        ? trans.__('What you chose is right, and something is missing.')
        : trans.__('Not yet.');
    const reasons = found.reasons.map(({ choice, reason }) => {
      const line = document.createElement('p');
      if (found.choices.length > 1) {
        const named = document.createElement('strong');
        named.append(...rich(choice));
        line.append(named, ': ');
      }
      line.append(...rich(reason));
      return line;
    });
    this._say(found.right ? 'right' : 'wrong', head, ...reasons);
    const note = this._note(found);
    if (note) {
      this._said.append(element('p', 'learnflow-Quiz-note', note));
    }
    this._button.textContent = trans.__('Check again');
  }

  private _note({ right, firstRight, attempts }: IFeedback): string {
    if (!right) {
      return this._trans.__(
        'Try again as often as you like. Only your first answer counts for your level.'
      );
    }
    return attempts > 1 && !firstRight
      ? this._trans.__(
          'Your first answer counts for your level; this one is yours to keep.'
        )
      : '';
  }

  private _say(tone: string, head: string, ...more: HTMLElement[]): void {
    this._said.dataset.tone = tone;
    this._said.replaceChildren(
      element('p', 'learnflow-Quiz-head', head),
      ...more
    );
  }

  private readonly _form = document.createElement('form');
  private readonly _button = document.createElement('button');
  private readonly _said = document.createElement('div');
  private _question: IQuestion | null = null;
  private _boxes: HTMLInputElement[] = [];
  private _touched = false;
}

/** Plain keys are for the form: the notebook would insert cells, or move on. Escape leads back to it. */
function keepToOneself(event: KeyboardEvent): void {
  const { ctrlKey, metaKey, altKey, key } = event;
  if (!ctrlKey && !metaKey && !altKey && key !== 'Escape') {
    event.stopPropagation();
  }
}

function rich(source: string): Node[] {
  return pieces(source).map(({ text, code }) =>
    code ? element('code', '', text) : document.createTextNode(text)
  );
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  content = ''
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = name;
  node.textContent = content;
  return node;
}
