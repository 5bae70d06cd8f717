import { describe, expect, it } from 'vitest';

import { opening } from '../src/notice';

describe('opening', () => {
  it('leaves a short text alone', () => {
    expect(opening('The tutor is resting.')).toBe('The tutor is resting.');
    expect(opening('x'.repeat(140))).toBe('x'.repeat(140));
  });

  it('ends with a sentence where it can', () => {
    const text = `Nothing was submitted. first.ipynb is broken. ${'word '.repeat(40)}.`;
    expect(opening(text)).toBe(
      'Nothing was submitted. first.ipynb is broken. …'
    );
  });

  it('else ends with a word, else anywhere', () => {
    expect(opening('word '.repeat(40))).toMatch(/word …$/);
    expect(opening('x'.repeat(300))).toHaveLength(140);
  });
});
