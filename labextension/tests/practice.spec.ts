import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';

import { isPractice, parseResult, verdict } from '../src/practice';

const trans = nullTranslator.load('learnflow');
const ANSWER = {
  name: 'counting-2-7',
  title: 'Every few stamps',
  score: 4,
  max_score: 4,
  best: 4,
  solved: true,
  message: '',
  attempt: 2,
  counts_for: 'Loops and lists'
};

describe('isPractice', () => {
  it('knows the notebooks that were made for the student', () => {
    expect(isPractice('practice/counting-2-7/counting-2-7.ipynb')).toBe(true);
  });

  it.each([
    'practice/counting-2-7/notes.ipynb',
    'practice/counting-2-7.ipynb',
    'course/practice/a/a.ipynb',
    'python-basics/01-first-steps/01-first-steps.ipynb',
    ''
  ])('leaves %s alone', path => {
    expect(isPractice(path)).toBe(false);
  });
});

describe('verdict', () => {
  const said = (change: object): string =>
    verdict(parseResult({ ...ANSWER, ...change })!, trans);

  it('says what is won, and what it counts for', () => {
    expect(said({})).toBe(
      'Solved! Every few stamps: 4 of 4 points. It counts for Loops and lists.'
    );
    expect(said({ counts_for: '' })).toBe(
      'Solved! Every few stamps: 4 of 4 points.'
    );
  });

  it('says what is missing', () => {
    expect(
      said({ score: 0, solved: false, message: 'Look at the number 0.' })
    ).toBe('Every few stamps: 0 of 4 points. Look at the number 0.');
  });
});

describe('parseResult', () => {
  it.each([
    null,
    'text',
    {},
    { ...ANSWER, score: '4' },
    { ...ANSWER, title: 7 }
  ])('takes no %s', answer => {
    expect(parseResult(answer)).toBeNull();
  });
});
