/**
 * A quiz question as it lies in a notebook, and what the service said to an answer. Pure.
 *
 * Notebooks come from anywhere, so whatever is read here is checked and cut to size.
 */

const MAX_CHOICES = 10;
const MAX_TEXT_CHARS = 2_000;
const MAX_NAME_CHARS = 255;

/** `ShownQuestion` of the Python contracts. */
export interface IQuestion {
  course: string;
  assignment: string;
  id: string;
  question: string;
  /** A program that it is about; empty for none. */
  code: string;
  choices: string[];
  /** Whether more than one choice is right. */
  several: boolean;
}

/** `QuizFeedback` of the Python contracts. */
export interface IFeedback {
  question: string;
  /** What was chosen last. */
  choices: string[];
  right: boolean;
  reasons: { choice: string; reason: string }[];
  /** Whether all that was chosen is right, and something is missing. */
  incomplete: boolean;
  firstRight: boolean;
  attempts: number;
}

/** Read a question; null where it is none, or is too big to be one. */
export function parseQuestion(data: unknown): IQuestion | null {
  const it = record(data);
  const found = {
    course: text(it.course, MAX_NAME_CHARS),
    assignment: text(it.assignment, MAX_NAME_CHARS),
    id: text(it.id, MAX_NAME_CHARS),
    question: text(it.question, MAX_TEXT_CHARS),
    code: text(it.code, MAX_TEXT_CHARS),
    choices: texts(it.choices),
    several: it.several === true
  };
  const { course, assignment, id, question, choices } = found;
  const distinct = new Set(choices).size === choices.length;
  return course &&
    assignment &&
    id &&
    question &&
    distinct &&
    choices.length >= 2 &&
    choices.length <= MAX_CHOICES
    ? found
    : null;
}

/** Read what became of an answer; null where it is nothing of the kind. */
export function parseFeedback(data: unknown): IFeedback | null {
  const it = record(data);
  const question = text(it.question, MAX_NAME_CHARS);
  return question && typeof it.right === 'boolean'
    ? {
        question,
        choices: texts(it.choices),
        right: it.right,
        reasons: list(it.reasons).flatMap(item => {
          const one = record(item);
          const reason = text(one.reason, MAX_TEXT_CHARS);
          return reason
            ? [{ choice: text(one.choice, MAX_TEXT_CHARS), reason }]
            : [];
        }),
        incomplete: it.incomplete === true,
        firstRight: it.first_right === true,
        attempts: typeof it.attempts === 'number' ? it.attempts : 1
      }
    : null;
}

/** Read all one's answers to an assignment, by question. */
export function parseAnswers(data: unknown): Map<string, IFeedback> {
  const found = list(record(data).answers).flatMap(
    item => parseFeedback(item) ?? []
  );
  return new Map(found.map(one => [one.question, one]));
}

/** `source` cut where code between backticks begins and ends: every second piece is code. */
export function pieces(source: string): { text: string; code: boolean }[] {
  const parts = source.split('`');
  // A backtick without its twin is a backtick.
  if (parts.length % 2 === 0) {
    const last = parts.pop() ?? '';
    parts[parts.length - 1] += `\`${last}`;
  }
  return parts
    .map((part, place) => ({ text: part, code: place % 2 === 1 }))
    .filter(piece => piece.text !== '');
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, 100) : [];
}

function text(value: unknown, limit: number): string {
  return typeof value === 'string' && value.length <= limit ? value : '';
}

function texts(value: unknown): string[] {
  return list(value).flatMap(item => text(item, MAX_TEXT_CHARS) || []);
}
