import { describe, expect, it } from 'vitest';

import { fits, lastError, MAX_ERROR_CHARS, parseCellError } from '../src/error';
import { ERROR_MIME } from '../src/names';

const report = {
  exception: 'NameError',
  message: "name 'totl' is not defined",
  line: 3,
  code: 'total = 1\n\nprint(totl)',
  traceback: 'Traceback …',
  diagnosis: { cause: 'There is no `totl`.', known: true },
  variables: [{ name: 'total', type: 'int', value: '1' }]
};

describe('parseCellError', () => {
  it('reads what the kernel writes', () => {
    expect(parseCellError(report)).toEqual(report);
  });

  it('fills in what is optional', () => {
    expect(parseCellError({ exception: 'KeyError', message: "'a'" })).toEqual({
      exception: 'KeyError',
      message: "'a'",
      line: null,
      code: '',
      traceback: '',
      diagnosis: null,
      variables: []
    });
  });

  it.each([
    null,
    undefined,
    'NameError',
    [report],
    {},
    { exception: 7 },
    { exception: '' },
    { exception: '<img src=x onerror=alert(1)>' },
    { exception: 'A'.repeat(101) }
  ])('refuses %j', data => {
    expect(parseCellError(data)).toBeNull();
  });

  it.each([0, -1, 1.5, '3', null, Infinity])('takes %j for no line', line => {
    expect(parseCellError({ ...report, line })?.line).toBeNull();
  });

  it('cuts long texts to what the server takes', () => {
    const error = parseCellError({
      ...report,
      code: 'x'.repeat(30_000),
      traceback: 'y'.repeat(30_000),
      message: 'z'.repeat(30_000)
    });
    expect(error?.code).toHaveLength(20_000);
    expect(error?.traceback).toHaveLength(8_000);
    expect(error?.message).toHaveLength(2_000);
  });

  it('ignores a report beyond 200 kB, wherever the weight is', () => {
    const heavy = 'x'.repeat(MAX_ERROR_CHARS);
    expect(parseCellError({ ...report, extra: heavy })).toBeNull();
    expect(parseCellError({ ...report, extra: { [heavy]: 1 } })).toBeNull();
    expect(
      parseCellError({ ...report, extra: Array(MAX_ERROR_CHARS).fill(0) })
    ).toBeNull();
  });
});

describe('fits', () => {
  it('survives nesting that would overflow a recursive walk', () => {
    let deep: unknown = 0;
    for (let i = 0; i < 100_000; i++) {
      deep = [deep];
    }
    expect(fits(deep, 200_000)).toBe(true);
    expect(fits(deep, 1_000)).toBe(false);
  });
});

describe('lastError', () => {
  const asOutput = (data: unknown) => ({
    output_type: 'display_data',
    data: { [ERROR_MIME]: data }
  });
  const bare = {
    output_type: 'error',
    ename: 'ValueError',
    evalue: 'no',
    traceback: ['\u001b[0;31mValueError\u001b[0m', 'no']
  };

  it('is null for a cell that went well', () => {
    expect(lastError([])).toBeNull();
    expect(
      lastError([{ output_type: 'stream' }, asOutput({ exception: 1 })])
    ).toBeNull();
  });

  it('takes the newest report', () => {
    const outputs = [
      asOutput({ ...report, exception: 'TypeError' }),
      asOutput(report),
      { output_type: 'stream' }
    ];
    expect(lastError(outputs)?.exception).toBe('NameError');
  });

  it('prefers the report to the bare traceback', () => {
    expect(lastError([asOutput(report), bare])?.exception).toBe('NameError');
  });

  it('makes do with a bare traceback, without its colours', () => {
    expect(lastError([bare])).toMatchObject({
      exception: 'ValueError',
      message: 'no',
      line: null,
      traceback: 'ValueError\nno'
    });
  });
});
