/**
 * What the teacher of an assignment says in the metadata of its notebook and tests, under `learnflow`.
 */
import type { JSONObject } from '@lumino/coreutils';

/** In teaching order; the same as on the service. */
export const TOPICS = [
  'basics',
  'control_flow',
  'data_structures',
  'functions',
  'objects',
  'files',
  'errors',
  'libraries'
] as const;

/** What the tutor may do, the strictest first. */
export const POLICIES = ['off', 'concepts', 'hints', 'open'] as const;

export type Key = 'topic' | 'tutor' | 'must_use' | 'must_not_use' | 'in';

/** The part of some metadata that is ours; empty where it is none. */
export function ours(found: unknown): JSONObject {
  return typeof found === 'object' && found !== null && !Array.isArray(found)
    ? { ...(found as JSONObject) }
    : {};
}

/** `loop, sum` as a list; words that stand there twice count once. */
export function words(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(word => word !== ''))];
}

/** What a field shows of some metadata. */
export function shown(found: unknown, key: Key): string {
  const value = ours(found)[key];
  if (Array.isArray(value)) {
    return value.filter(each => typeof each === 'string').join(', ');
  }
  return typeof value === 'string' ? value : '';
}

/** Whether a field's text can be meant; the service looks more closely when the assignment is released. */
export function fits(key: Key, text: string): boolean {
  const all = key === 'in' ? [text.trim()].filter(Boolean) : words(text);
  const name =
    key === 'in' ? /^[\p{L}_][\p{L}\p{N}_]*$/u : /^[\p{L}_][\p{L}\p{N}_-]*$/u;
  return all.every(word => name.test(word));
}

/** The metadata with one field changed, and nothing else; null where nothing is left of it. */
export function changed(
  found: unknown,
  key: Key,
  text: string
): JSONObject | null {
  const next = ours(found);
  const value: string | string[] =
    key === 'must_use' || key === 'must_not_use' ? words(text) : text.trim();
  if (value.length === 0) {
    delete next[key];
  } else {
    next[key] = value;
  }
  return Object.keys(next).length === 0 ? null : next;
}

/** Whether a cell with this `nbgrader` metadata is a test, which rules can stand at. */
export function isTest(nbgrader: unknown): boolean {
  const marks = ours(nbgrader);
  return marks.grade === true && marks.solution !== true;
}
