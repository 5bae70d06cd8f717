import { MimeModel } from '@jupyterlab/rendermime';
import { nullTranslator } from '@jupyterlab/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import { Widget } from '@lumino/widgets';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { type Explain, ExplainButton } from '../src/button';
import { ERROR_MIME } from '../src/names';

const trans = nullTranslator.load('learnflow');

async function render(
  data: object,
  explain: Explain = () => Promise.resolve()
): Promise<ExplainButton> {
  const widget = new ExplainButton(explain, trans);
  Widget.attach(widget, document.body);
  await widget.renderModel(
    new MimeModel({ data: { [ERROR_MIME]: { ...data } } })
  );
  return widget;
}

function buttonOf(widget: Widget): HTMLButtonElement {
  const button = widget.node.querySelector('button');
  if (!button) {
    throw new Error('no button');
  }
  return button;
}

afterEach(() => {
  document.body.replaceChildren();
});

describe('ExplainButton', () => {
  it('says what it would explain', async () => {
    const button = buttonOf(await render({ exception: 'NameError', line: 3 }));
    expect(button.textContent?.trim()).toBe('Explain');
    expect(button.getAttribute('aria-label')).toBe(
      'Explain this NameError in line 3'
    );
    const bare = buttonOf(await render({ exception: 'KeyError' }));
    expect(bare.getAttribute('aria-label')).toBe('Explain this KeyError');
  });

  it.each([
    { exception: '<img src=x onerror="window.hacked=1">' },
    { message: 'no exception' },
    { exception: 'NameError', code: 'x'.repeat(300_000) }
  ])('shows nothing for what is no report', async data => {
    const widget = await render(data);
    expect(widget.node.childElementCount).toBe(0);
  });

  it('never takes the report for HTML', async () => {
    const widget = await render({
      exception: 'NameError',
      message: '<img src=x onerror="window.hacked=1">',
      code: '<script>window.hacked=1</script>'
    });
    expect(widget.node.querySelector('img, script')).toBeNull();
  });

  it('asks once while it is busy, and keeps the focus', async () => {
    const answer = new PromiseDelegate<void>();
    const explain = vi.fn(() => answer.promise);
    const button = buttonOf(await render({ exception: 'KeyError' }, explain));
    button.focus();
    button.click();
    button.click();
    expect(explain).toHaveBeenCalledOnce();
    expect(button.getAttribute('aria-busy')).toBe('true');
    expect(button.textContent).toContain('Asking the tutor');
    expect(document.activeElement).toBe(button);

    answer.resolve();
    await vi.waitFor(() =>
      expect(button.hasAttribute('aria-busy')).toBe(false)
    );
    button.click();
    expect(explain).toHaveBeenCalledTimes(2);
  });
});
