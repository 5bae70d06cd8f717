import { describe, expect, it } from 'vitest';

import { placeOf } from '../src/citations';

const BASE = '/user/ada/';

describe('placeOf', () => {
  it('reads path and cell of a link into this JupyterLab', () => {
    expect(
      placeOf('/user/ada/lab/tree/py/a%20b/one.ipynb#cell-id=c-1', BASE)
    ).toEqual({ path: 'py/a b/one.ipynb', cellId: 'c-1' });
    expect(placeOf('/user/ada/lab/tree/py/one.ipynb', BASE)).toEqual({
      path: 'py/one.ipynb',
      cellId: ''
    });
  });

  it.each([
    ['another site', 'https://example.org/user/ada/lab/tree/one.ipynb'],
    ['another student', '/user/ben/lab/tree/one.ipynb'],
    ['another page', '/user/ada/files/one.ipynb'],
    ['no notebook', '/user/ada/lab/tree/one.html'],
    ['a broken code', '/user/ada/lab/tree/%E0%A4%A.ipynb'],
    ['no address', 'http://'],
    ['a script', 'javascript:alert(1)']
  ])('leaves %s alone', (_, address) => {
    expect(placeOf(address, BASE)).toBeNull();
  });
});
