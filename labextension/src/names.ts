/**
 * Names that other parts rely on: the server extension, the kernel, the schemas in `schema/`.
 */

/** What the kernel puts beside a traceback: one `CellError` as JSON. */
export const ERROR_MIME = 'application/vnd.learnflow.error+json';

/** A quiz question without its key: one `ShownQuestion` as JSON. */
export const QUIZ_MIME = 'application/vnd.learnflow.quiz.v1+json';

/** Where the cell of a released notebook keeps it. */
export const QUIZ_METADATA = 'learnflow_quiz';

/** The student's one conversation with the tutor, at the root of their folder. */
export const CHAT_PATH = 'tutor.chat';

/** The event with which the server says that something was handed in. */
export const HANDED_IN = 'https://learnflow.org/schemas/handed-in/v1';

/** Where `trans.__` looks its strings up. */
export const DOMAIN = 'learnflow';

export namespace CommandIDs {
  export const explain = 'learnflow:explain-error';
  export const openCitation = 'learnflow:open-citation';
  export const ask = 'learnflow:ask';
  export const assignments = 'learnflow:assignments';
  export const progress = 'learnflow:my-progress';
  export const refreshProgress = 'learnflow:refresh-my-progress';
}
