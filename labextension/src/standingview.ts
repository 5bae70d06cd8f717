/**
 * A student's standing as elements. Text only: what a person wrote is never read as HTML.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

import {
  type ICode,
  type INextStep,
  type IStanding,
  type ITopic,
  percent
} from './standing';

/** Called with the course and the step when the student wants to go there. */
export type Go = (course: string, next: INextStep) => void;

/** All courses, one below the other. */
export function standingsView(
  standings: readonly IStanding[],
  go: Go,
  trans: TranslationBundle
): HTMLElement {
  const view = element('div', 'learnflow-Progress-courses');
  if (standings.length === 0) {
    view.append(
      paragraph(
        trans.__(
          'You take part in no course here yet. Your teacher can add you.'
        )
      )
    );
  }
  for (const standing of standings) {
    view.append(courseView(standing, go, trans));
  }
  return view;
}

function courseView(
  standing: IStanding,
  go: Go,
  trans: TranslationBundle
): HTMLElement {
  const section = element('section', 'learnflow-Progress-course');
  section.setAttribute('aria-label', standing.title);
  section.append(
    element('h2', '', standing.title),
    nextView(standing, go, trans),
    ...notesView(standing, trans),
    element('h3', '', trans.__('Topics'))
  );
  const topics = element('ul', 'learnflow-Progress-topics');
  topics.append(...standing.topics.map(topic => topicView(topic, trans)));
  section.append(
    standing.topics.length > 0
      ? topics
      : paragraph(trans.__('There are no topics in this course yet.')),
    element('h3', '', trans.__('Days in a row')),
    paragraph(streakSentence(standing, trans)),
    ...seenView(standing, trans)
  );
  return section;
}

function nextView(
  { course, next, topics }: IStanding,
  go: Go,
  trans: TranslationBundle
): HTMLElement {
  const box = element('div', 'learnflow-Progress-next');
  box.append(element('h3', '', trans.__('Next step')));
  if (next) {
    const button = element(
      'button',
      'jp-Button jp-mod-styled jp-mod-accept',
      trans.__('Go there')
    );
    button.setAttribute(
      'aria-label',
      trans.__('Go to “%1” in %2', next.exercise, next.title)
    );
    button.addEventListener('click', () => go(course, next));
    box.append(
      paragraph(trans.__('“%1” in %2', next.exercise, next.title)),
      button
    );
  } else {
    box.append(
      paragraph(
        topics.some(topic => topic.exercises > 0)
          ? trans.__('Everything is solved. Well done!')
          : trans.__('Nothing to do yet.')
      )
    );
  }
  return box;
}

function topicView(topic: ITopic, trans: TranslationBundle): HTMLElement {
  const item = element('li', 'learnflow-Progress-topic');
  const level =
    topic.level === null || topic.mastery === null
      ? trans.__('Nothing graded yet')
      : trans.__(
          '%1, %2 %',
          levelName(topic.level, trans),
          percent(topic.mastery)
        );
  item.append(
    element('span', 'learnflow-Progress-title', topic.title),
    element('span', 'learnflow-Progress-level', level)
  );
  if (topic.mastery !== null) {
    item.append(bar(topic));
  }
  if (topic.exercises > 0) {
    // Eight topics that nobody has begun are eight things to look forward to, not eight zeros.
    const begun = topic.mastery !== null || topic.solved > 0;
    item.append(
      element(
        'span',
        'learnflow-Progress-count',
        begun
          ? trans.__('%1 of %2 exercises solved', topic.solved, topic.exercises)
          : trans._n('%1 exercise', '%1 exercises', topic.exercises)
      )
    );
  }
  if (topic.quizAnswered > 0) {
    item.append(
      element(
        'span',
        'learnflow-Progress-count',
        trans.__(
          'Quiz: %1 of %2 right at the first go',
          topic.quizRight,
          topic.quizAnswered
        )
      )
    );
  }
  if (topic.code !== null) {
    item.append(
      element(
        'span',
        'learnflow-Progress-count',
        codeSentence(topic.code, trans)
      )
    );
  }
  return item;
}

function codeSentence(
  { lines, mistakes, remarks }: ICode,
  trans: TranslationBundle
): string {
  const found = [
    mistakes.length > 0
      ? trans.__('perhaps a mistake: %1', kinds(mistakes))
      : '',
    remarks.length > 0 ? trans.__('could be clearer: %1', kinds(remarks)) : ''
  ].filter(Boolean);
  return found.length > 0
    ? trans._n(
        'Your code, %1 line: %2',
        'Your code, %1 lines: %2',
        lines,
        found.join('; ')
      )
    : trans._n(
        'Your code, %1 line: nothing to change',
        'Your code, %1 lines: nothing to change',
        lines
      );
}

/** `unused-name` twice is “unused name (2)”; the most frequent first. */
function kinds(names: readonly string[]): string {
  const counted = new Map<string, number>();
  for (const name of names) {
    counted.set(name, (counted.get(name) ?? 0) + 1);
  }
  return [...counted]
    .sort(([, one], [, other]) => other - one)
    .map(([name, count]) => {
      const said = name.replaceAll('-', ' ');
      return count > 1 ? `${said} (${count})` : said;
    })
    .join(', ');
}

/** The words beside it say the same, so that it is nothing for a screen reader. */
function bar({ level, mastery }: ITopic): HTMLElement {
  const track = element('span', 'learnflow-Progress-bar');
  track.setAttribute('aria-hidden', 'true');
  const fill = element('span', '');
  fill.style.width = `${percent(mastery ?? 0)}%`;
  fill.dataset.level = level ?? '';
  track.append(fill);
  return track;
}

function streakSentence(
  { streak, longestStreak }: IStanding,
  trans: TranslationBundle
): string {
  if (longestStreak === 0) {
    return trans.__('Hand something in today, and tomorrow, to begin a row.');
  }
  if (streak === 0) {
    return trans._n(
      'Hand something in today to begin a new row. Your longest: %1 day.',
      'Hand something in today to begin a new row. Your longest: %1 days.',
      longestStreak
    );
  }
  return trans._n(
    'You handed work in on %1 day in a row. Your longest row: %2.',
    'You handed work in on %1 days in a row. Your longest row: %2.',
    streak,
    longestStreak
  );
}

function notesView(
  { notes }: IStanding,
  trans: TranslationBundle
): HTMLElement[] {
  if (notes.length === 0) {
    return [];
  }
  return [
    element('h3', '', trans.__('From your teacher')),
    ...notes.map(note => paragraph(note, 'learnflow-Progress-note'))
  ];
}

function seenView(
  { alerts }: IStanding,
  trans: TranslationBundle
): HTMLElement[] {
  const more = element('details', 'learnflow-Progress-seen');
  more.append(
    element('summary', '', trans.__('What your teacher can see')),
    paragraph(
      trans.__(
        'Your levels and points, which cells ran or failed and with which error, what you and the tutor wrote to each other, and what you answered in quizzes. The code in your notebooks is seen once you hand it in, or show it to the tutor.'
      )
    ),
    paragraph(
      trans.__(
        'When you seem to be stuck, your teacher may be told, so that somebody can help. That never counts for a grade: only work you handed in does. How clearly its code is written is part of your level: ask @Review in the chat before you hand in. Of a quiz, your first answers count for your level.'
      )
    )
  );
  return [
    ...alerts.map(alert => paragraph(alert, 'learnflow-Progress-alert')),
    more
  ];
}

function levelName(level: string, trans: TranslationBundle): string {
  const names: Record<string, string> = {
    Beginner: trans.__('Beginner'),
    Learning: trans.__('Learning'),
    Proficient: trans.__('Proficient'),
    Mastered: trans.__('Mastered')
  };
  return names[level] ?? level;
}

function paragraph(content: string, name = ''): HTMLElement {
  return element('p', name, content);
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  content?: string
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  if (content !== undefined) {
    made.textContent = content;
  }
  return made;
}
