/**
 * How far the student has come, as `GET learnflow/progress` tells it. Pure.
 */

export type Level = 'Beginner' | 'Learning' | 'Proficient' | 'Mastered';

/** What a review found in code that was handed in; a kind is there once for each place. */
export interface ICode {
  /** Of the student's own; above 0. */
  lines: number;
  /** Kinds of what is perhaps wrong, such as `return-in-loop`. */
  mistakes: string[];
  /** Kinds of what could be clearer. */
  remarks: string[];
}

/** One topic of a course. */
export interface ITopic {
  title: string;
  /** null before anything was graded. */
  level: Level | null;
  /** 0 to 1; null before anything was graded. */
  mastery: number | null;
  solved: number;
  exercises: number;
  /** Questions of its notebooks whose first answer was right, and that were answered. */
  quizRight: number;
  quizAnswered: number;
  /** null where no code was looked at. */
  code: ICode | null;
}

/** The exercise to try next. */
export interface INextStep {
  assignment: string;
  title: string;
  exercise: string;
  /** Name of its notebook; empty when not known. */
  notebook: string;
}

/** One course. */
export interface IStanding {
  course: string;
  title: string;
  topics: ITopic[];
  streak: number;
  longestStreak: number;
  /** null when everything is solved, or nothing is there yet. */
  next: INextStep | null;
  /** Sentences about oneself that the teacher was told. */
  alerts: string[];
  /** What the teacher told the class, newest first. */
  notes: string[];
}

const LEVELS: readonly unknown[] = [
  'Beginner',
  'Learning',
  'Proficient',
  'Mastered'
] satisfies Level[];

/** Read the answer of `GET learnflow/progress`; what is no course or topic is left out. */
export function parseStandings(answer: unknown): IStanding[] {
  return list(record(answer).courses).flatMap(item => {
    const it = record(item);
    const course = text(it.course);
    return course
      ? [
          {
            course,
            title: text(it.title) || course,
            topics: list(it.topics).flatMap(parseTopic),
            streak: count(it.streak_days),
            longestStreak: count(it.longest_streak_days),
            next: parseNext(it.next_step),
            alerts: texts(it.alerts),
            notes: texts(it.notes)
          }
        ]
      : [];
  });
}

/** Path of the notebook with the next step, below the student's root; null when it is not known. */
export function notebookOf(course: string, next: INextStep): string | null {
  const parts = [course, next.assignment, next.notebook];
  const sane = parts.every(
    part => part && part !== '..' && !/[/\\]/.test(part)
  );
  return sane ? `${parts.join('/')}.ipynb` : null;
}

/** A share from 0 to 1 as whole percent. */
export function percent(share: number): number {
  return Math.round(100 * Math.min(Math.max(share, 0), 1));
}

function parseTopic(item: unknown): ITopic[] {
  const it = record(item);
  const title = text(it.title) || text(it.topic);
  return title
    ? [
        {
          title,
          level: LEVELS.includes(it.level) ? (it.level as Level) : null,
          mastery: typeof it.mastery === 'number' ? it.mastery : null,
          solved: count(it.solved),
          exercises: count(it.exercises),
          quizRight: count(it.quiz_right),
          quizAnswered: count(it.quiz_answered),
          code: parseCode(it.code)
        }
      ]
    : [];
}

function parseCode(item: unknown): ICode | null {
  const it = record(item);
  const lines = count(it.lines);
  return lines > 0
    ? { lines, mistakes: texts(it.mistakes), remarks: texts(it.remarks) }
    : null;
}

function parseNext(item: unknown): INextStep | null {
  const it = record(item);
  const assignment = text(it.assignment);
  const exercise = text(it.exercise);
  return assignment && exercise
    ? {
        assignment,
        exercise,
        title: text(it.title) || assignment,
        notebook: text(it.notebook)
      }
    : null;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)
    : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function texts(value: unknown): string[] {
  return list(value).flatMap(item => text(item) || []);
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
    ? value
    : 0;
}
