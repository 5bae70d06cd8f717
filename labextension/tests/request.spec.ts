import { describe, expect, it } from 'vitest';

import { problemSentence } from '../src/request';

describe('problemSentence', () => {
  it('shows the sentence of a Problem', () => {
    const body = {
      code: 'unavailable',
      message: 'The tutor is resting.',
      request_id: 'r1'
    };
    expect(problemSentence(body)).toBe('The tutor is resting.');
  });

  it.each([
    undefined,
    null,
    'Internal Server Error',
    { message: 'Unhandled error', reason: null, traceback: 'Traceback …' },
    { code: 'internal', message: '' },
    { code: 'internal', message: 7 }
  ])('shows nothing of %j', body => {
    expect(problemSentence(body)).toBeNull();
  });

  it('cuts what is no sentence any more', () => {
    expect(
      problemSentence({ code: 'x', message: 'a'.repeat(9_000) })
    ).toHaveLength(500);
  });
});
