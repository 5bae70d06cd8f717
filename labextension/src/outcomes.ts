/**
 * Which news of the student's submissions has not been told yet. Pure: what is known goes in and comes out.
 */

/** `SubmissionView` of the Python contracts, as far as it is shown. */
export interface ISubmission {
  id: string;
  course: string;
  assignment: string;
  status: 'queued' | 'grading' | 'graded' | 'failed';
  /** null until graded. */
  score: number | null;
  maxScore: number | null;
  needsReview: boolean;
  /** A sentence from grading; empty when there is nothing to say. */
  message: string;
  hasFeedback: boolean;
  /** Place in the queue, from 1; null when grading began. */
  position: number | null;
}

/** What the student has been told, by submission; null before the first look. */
export type Told = Readonly<Record<string, 'received' | 'outcome'>> | null;

/** One thing to tell. */
export interface INews {
  kind: 'received' | 'outcome';
  submission: ISubmission;
}

/**
 * Compare what the server says with what has been told.
 *
 * On the very first look old outcomes are history and stay untold. Submissions the server no longer lists are forgotten.
 */
export function compare(
  told: Told,
  submissions: readonly ISubmission[]
): { told: NonNullable<Told>; news: INews[] } {
  const next: Record<string, 'received' | 'outcome'> = {};
  const news: INews[] = [];
  for (const submission of submissions) {
    const kind = isPending(submission) ? 'received' : 'outcome';
    const before = told?.[submission.id];
    // A submission that is queued again after a restart was told about already.
    next[submission.id] = before === 'outcome' ? before : kind;
    const history = told === null && kind === 'outcome';
    if (before !== kind && before !== 'outcome' && !history) {
      news.push({ kind, submission });
    }
  }
  return { told: next, news };
}

/** Whether a result is still to come. */
export function isPending(submission: ISubmission): boolean {
  return submission.status === 'queued' || submission.status === 'grading';
}

/** Between two looks in ms: when nothing is awaited, and at most while something is. */
export const NOW_AND_THEN = 5_000;
const SOON = 2_000;

/** The first pause in ms after something was handed in: most work is graded by then. */
const AT_ONCE = 300;
const GROWTH = 1.5;

/**
 * How long to wait until the next look, in ms, after a pause of `before`.
 *
 * Short at first and longer with every look that brought no grade, so that a class which waits in line asks no more often than one
 * that waited from the start.
 */
export function pauseAfter(before: number, pending: boolean): number {
  if (!pending) {
    return NOW_AND_THEN;
  }
  return before >= NOW_AND_THEN ? AT_ONCE : Math.min(before * GROWTH, SOON);
}

/** Read the answer of `GET learnflow/submissions`; what is no submission is left out. */
export function parseSubmissions(answer: unknown): ISubmission[] {
  const listed = (answer as { submissions?: unknown } | null | undefined)
    ?.submissions;
  return (Array.isArray(listed) ? listed : []).flatMap(
    item => parseSubmission(item) ?? []
  );
}

/** Read what an earlier session stored; null for anything else. */
export function parseTold(value: unknown): Told {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return null;
  }
  return Object.fromEntries(
    Object.entries(value).filter(
      ([, kind]) => kind === 'received' || kind === 'outcome'
    )
  );
}

function parseSubmission(item: unknown): ISubmission | null {
  if (typeof item !== 'object' || item === null) {
    return null;
  }
  const it = item as Record<string, unknown>;
  const { submission_id: id, course, assignment, status } = it;
  if (
    typeof id !== 'string' ||
    typeof course !== 'string' ||
    typeof assignment !== 'string' ||
    (status !== 'queued' &&
      status !== 'grading' &&
      status !== 'graded' &&
      status !== 'failed')
  ) {
    return null;
  }
  return {
    id,
    course,
    assignment,
    status,
    score: number(it.score),
    maxScore: number(it.max_score),
    needsReview: it.needs_review === true,
    message: typeof it.message === 'string' ? it.message : '',
    hasFeedback: it.has_feedback === true,
    position: number(it.position)
  };
}

function number(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
