/**
 * The button under a failed cell.
 */
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { type ICellError, parseCellError } from './error';
import { explainIcon } from './icons';
import { ERROR_MIME } from './names';

/** What the button does; it settles when the tutor has taken the question, or could not. */
export type Explain = (error: ICellError, origin: Widget) => Promise<void>;

/** Renders a kernel's error report as one quiet button. Nothing of the report is ever taken for HTML. */
export class ExplainButton extends Widget implements IRenderMime.IRenderer {
  constructor(
    private readonly _explain: Explain,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('learnflow-Explain');
  }

  renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const error = parseCellError(model.data[ERROR_MIME]);
    this.node.replaceChildren(...(error ? [this._makeButton(error)] : []));
    return Promise.resolve();
  }

  private _makeButton(error: ICellError): HTMLButtonElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'learnflow-Explain-button';
    button.setAttribute(
      'aria-label',
      error.line === null
        ? this._trans.__('Explain this %1', error.exception)
        : this._trans.__(
            'Explain this %1 in line %2',
            error.exception,
            error.line
          )
    );
    const label = document.createElement('span');
    label.textContent = this._trans.__('Explain');
    button.append(
      explainIcon.element({ tag: 'span', className: 'learnflow-Explain-icon' }),
      label
    );
    button.addEventListener('click', () => {
      void this._onClick(error, button, label);
    });
    return button;
  }

  /** `aria-disabled` and not `disabled`, which would throw the keyboard's focus away. */
  private async _onClick(
    error: ICellError,
    button: HTMLButtonElement,
    label: HTMLElement
  ): Promise<void> {
    if (button.getAttribute('aria-disabled') === 'true') {
      return;
    }
    button.setAttribute('aria-disabled', 'true');
    button.setAttribute('aria-busy', 'true');
    label.textContent = this._trans.__('Asking the tutor…');
    try {
      await this._explain(error, this);
    } finally {
      button.removeAttribute('aria-disabled');
      button.removeAttribute('aria-busy');
      label.textContent = this._trans.__('Explain');
    }
  }
}
