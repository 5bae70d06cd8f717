/**
 * The side panel "My progress".
 */
import {
  Toolbar,
  ToolbarButton,
  refreshIcon,
  SidePanel
} from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Message } from '@lumino/messaging';
import { Panel, Widget } from '@lumino/widgets';

import type { IStanding } from './standing';
import { type Go, standingsView } from './standingview';
import { Trouble } from './trouble';

/** Shows what `fetch` brings, each time the panel is opened and whenever it is asked to. */
export class ProgressPanel extends SidePanel {
  constructor(
    private readonly _fetch: () => Promise<IStanding[]>,
    private readonly _go: Go,
    trans: TranslationBundle
  ) {
    super({ content: new Panel(), toolbar: new Toolbar() });
    this._words = trans;
    this.addClass('learnflow-Progress');
    const title = new Widget();
    title.addClass('learnflow-Progress-heading');
    title.node.textContent = trans.__('My progress');
    this.toolbar.addItem('title', title);
    this.toolbar.addItem('spacer', Toolbar.createSpacerItem());
    this.toolbar.addItem(
      'refresh',
      new ToolbarButton({
        icon: refreshIcon,
        tooltip: trans.__('Look again'),
        onClick: () => void this.refresh()
      })
    );
    this._status = new Widget({ node: document.createElement('p') });
    this._status.addClass('learnflow-Progress-status');
    this._status.node.setAttribute('role', 'status');
    this._body = new Widget();
    this._body.addClass('learnflow-Progress-body');
    const { node } = this._body;
    node.tabIndex = 0; // it scrolls: the arrow keys should reach all of it
    node.setAttribute('role', 'group');
    node.setAttribute('aria-label', trans.__('My progress'));
    this.content.node.setAttribute('aria-label', trans.__('My progress'));
    this.addWidget(this._status);
    this.addWidget(this._body);
  }

  /** Look again. One look at a time; what is shown stays while it is under way and when it fails. */
  refresh(): Promise<void> {
    this._looking ??= this._look().finally(() => {
      this._looking = null;
    });
    return this._looking;
  }

  protected onAfterShow(message: Message): void {
    super.onAfterShow(message);
    void this.refresh();
  }

  protected onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this._body.node.focus();
  }

  private async _look(): Promise<void> {
    if (!this._shown) {
      this._say(this._words.__('One moment…'));
    }
    try {
      const standings = await this._fetch();
      const now = JSON.stringify(standings);
      if (now !== this._shown) {
        this._show(standings);
        this._shown = now;
      }
      this._say('');
    } catch (reason) {
      console.warn('learnflow:', reason);
      this._say(
        reason instanceof Trouble
          ? reason.message
          : this._words.__(
              'That did not work just now. Please try again in a minute.'
            )
      );
    }
  }

  /** In place of what was shown; the keyboard stays where it was. */
  private _show(standings: IStanding[]): void {
    const { node } = this._body;
    const inside =
      node !== document.activeElement && node.contains(document.activeElement);
    const open = node.querySelector('details')?.open ?? false;
    node.replaceChildren(standingsView(standings, this._go, this._words));
    node.querySelectorAll('details').forEach(more => {
      more.open = open;
    });
    if (inside) {
      (node.querySelector('button') ?? node).focus();
    }
  }

  private _say(sentence: string): void {
    this._status.node.textContent = sentence;
    this._status.setHidden(!sentence);
  }

  private readonly _words: TranslationBundle;
  private readonly _status: Widget;
  private readonly _body: Widget;
  private _shown = '';
  private _looking: Promise<void> | null = null;
}
