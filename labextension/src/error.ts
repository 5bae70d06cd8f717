/**
 * The error of a failed cell, as it lies in a notebook's outputs.
 *
 * Notebooks come from anywhere, so whatever is read here is checked and cut to size; the server
 * checks it again.
 */
import type { PartialJSONArray, PartialJSONObject } from '@lumino/coreutils';

import { ERROR_MIME } from './names';

/** Beyond this many characters an error output is ignored. */
export const MAX_ERROR_CHARS = 200_000;

const MAX_CODE_CHARS = 20_000;
const MAX_TRACEBACK_CHARS = 8_000;
const MAX_MESSAGE_CHARS = 2_000;

/** `CellError` of the Python contracts. */
export interface ICellError {
  /** The exception's class, `NameError`; never empty. */
  exception: string;
  message: string;
  /** Line in the cell, from 1; null where the error has no place in it. */
  line: number | null;
  /** The code that failed; empty when unknown. */
  code: string;
  traceback: string;
  diagnosis: PartialJSONObject | null;
  variables: PartialJSONArray;
}

/** One output of a cell, as far as it matters here. */
export interface IOutputLike {
  output_type?: unknown;
  data?: unknown;
  ename?: unknown;
  evalue?: unknown;
  traceback?: unknown;
}

/**
 * Read one error from the data of an `ERROR_MIME` output.
 *
 * @returns null where it is none, or is too big to be one.
 */
export function parseCellError(data: unknown): ICellError | null {
  if (!isObject(data) || !fits(data, MAX_ERROR_CHARS)) {
    return null;
  }
  const exception = className(data.exception);
  if (exception === null) {
    return null;
  }
  const line = data.line;
  return {
    exception,
    message: text(data.message, MAX_MESSAGE_CHARS),
    line:
      typeof line === 'number' && Number.isSafeInteger(line) && line > 0
        ? line
        : null,
    code: text(data.code, MAX_CODE_CHARS),
    traceback: text(data.traceback, MAX_TRACEBACK_CHARS),
    diagnosis: isObject(data.diagnosis)
      ? (data.diagnosis as PartialJSONObject)
      : null,
    variables: Array.isArray(data.variables)
      ? (data.variables as PartialJSONArray)
      : []
  };
}

/**
 * Find the newest error among a cell's outputs: the kernel's own report, else the bare traceback.
 *
 * @returns null where no output is an error.
 */
export function lastError(outputs: readonly IOutputLike[]): ICellError | null {
  for (const output of [...outputs].reverse()) {
    const report = isObject(output.data)
      ? parseCellError(output.data[ERROR_MIME])
      : null;
    if (report) {
      return report;
    }
  }
  for (const output of [...outputs].reverse()) {
    const exception = className(output.ename);
    if (output.output_type === 'error' && exception !== null) {
      return {
        exception,
        message: text(output.evalue, MAX_MESSAGE_CHARS),
        line: null,
        code: '',
        traceback: plainTraceback(output.traceback),
        diagnosis: null,
        variables: []
      };
    }
  }
  return null;
}

/** Whether the strings and items of some JSON come to at most `budget`; deep nesting does no harm. */
export function fits(value: unknown, budget: number): boolean {
  const open: unknown[] = [value];
  let left = budget;
  while (open.length > 0) {
    const item = open.pop();
    left -= typeof item === 'string' ? item.length + 1 : 1;
    if (left < 0) {
      return false;
    }
    if (Array.isArray(item)) {
      if (item.length > left) {
        return false;
      }
      for (const member of item) {
        open.push(member);
      }
    } else if (isObject(item)) {
      for (const [key, member] of Object.entries(item)) {
        left -= key.length;
        open.push(member);
      }
    }
  }
  return true;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown, limit: number): string {
  return typeof value === 'string' ? value.slice(0, limit) : '';
}

/** The name goes into labels, so it has to look like one. */
function className(value: unknown): string | null {
  return typeof value === 'string' &&
    /^[\p{L}_][\p{L}\p{N}_.]{0,99}$/u.test(value)
    ? value
    : null;
}

/** A traceback without its terminal colours; its end says most, so the start is what is cut. */
function plainTraceback(lines: unknown): string {
  if (!Array.isArray(lines)) {
    return '';
  }
  const joined = lines.filter(line => typeof line === 'string').join('\n');
  // eslint-disable-next-line no-control-regex
  return joined.replace(/\u001b\[[0-9;]*m/g, '').slice(-MAX_TRACEBACK_CHARS);
}
