/**
 * Scrolls the chat to the newest question, so that a student who asked reads the answer from its beginning.
 *
 * jupyterlab-chat itself scrolls for messages typed into it, and not for those that a button sent.
 */

/** How long an answer may take to arrive, in ms. */
const PATIENCE = 15_000;

/** What a person does to look elsewhere. */
const OWN_SCROLLING = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

/** The messages of the chat below `panel`, oldest first. */
function messagesIn(panel: ParentNode): HTMLElement[] {
  return [...panel.querySelectorAll<HTMLElement>('.jp-chat-message')];
}

/** The nearest ancestor that scrolls; null where nothing does. */
function scrollerOf(message: HTMLElement): HTMLElement | null {
  for (let at = message.parentElement; at; at = at.parentElement) {
    if (getComputedStyle(at).overflowY === 'scroll') {
      return at;
    }
  }
  return null;
}

/**
 * Keep the first message that is not there yet at the top of the chat, until it and its answer have arrived or the
 * student scrolls. Where the messages are still being loaded, it is the last but one: the question before its answer.
 */
export function follow(panel: HTMLElement, patience = PATIENCE): void {
  const before = messagesIn(panel).length;

  const show = () => {
    const messages = messagesIn(panel);
    if (messages.length <= before) {
      return;
    }
    const question =
      before > 0 ? messages[before] : (messages.at(-2) ?? messages[0]);
    const scroller = scrollerOf(question);
    if (scroller) {
      scroller.scrollTop +=
        question.getBoundingClientRect().top -
        scroller.getBoundingClientRect().top;
    }
  };
  const stop = () => {
    observer.disconnect();
    clearTimeout(timer);
    OWN_SCROLLING.forEach(kind => panel.removeEventListener(kind, stop));
  };
  const observer = new MutationObserver(show);
  const timer = setTimeout(stop, patience);
  observer.observe(panel, { childList: true, subtree: true });
  OWN_SCROLLING.forEach(kind =>
    panel.addEventListener(kind, stop, { passive: true })
  );
}
