import { expect, test, vi } from 'vitest';

import { saveChanges } from '../src/leaving';

function open(model: { dirty: boolean; readOnly: boolean }, isReady = true) {
  return { isReady, model, save: vi.fn(async () => undefined) };
}

test('a changed document is saved', async () => {
  const document = open({ dirty: true, readOnly: false });
  expect(await saveChanges(document)).toBe(true);
  expect(document.save).toHaveBeenCalledOnce();
});

test.each([
  ['unchanged', open({ dirty: false, readOnly: false })],
  ['read-only', open({ dirty: true, readOnly: true })],
  ['still loading', open({ dirty: true, readOnly: false }, false)]
])('%s documents are left alone', async (_, document) => {
  expect(await saveChanges(document)).toBe(false);
  expect(document.save).not.toHaveBeenCalled();
});
