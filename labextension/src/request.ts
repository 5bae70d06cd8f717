/**
 * Requests to this extension's own endpoints below `<server>/learnflow/`.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';

import { Trouble } from './trouble';

/** A request that failed. */
export class RequestError extends Trouble {
  /**
   * @param message The sentence.
   * @param status The HTTP status; 0 where no answer came at all.
   * @param isProblem Whether a part of LearnFlow gave this answer, and not just any server.
   */
  constructor(
    message: string,
    readonly status: number,
    readonly isProblem: boolean
  ) {
    super(message);
  }
}

/**
 * Ask `learnflow/<path>?<query>` and return the JSON answer; `undefined` for an empty one.
 *
 * @throws RequestError for anything but a 2xx answer.
 */
export async function request(
  path: string,
  trans: TranslationBundle,
  body?: unknown,
  query = ''
): Promise<unknown> {
  const settings = ServerConnection.makeSettings();
  const address = URLExt.join(settings.baseUrl, 'learnflow', path);
  const url = query ? `${address}?${query}` : address;
  const init: RequestInit =
    body === undefined
      ? { method: 'GET', cache: 'no-store' }
      : { method: 'POST', body: JSON.stringify(body) };
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(url, init, settings);
  } catch {
    throw new RequestError(
      trans.__(
        'Your notebook server cannot be reached. Check the connection, then try again.'
      ),
      0,
      false
    );
  }
  const answer = parse(await response.text());
  if (!response.ok) {
    const sentence = problemSentence(answer);
    throw new RequestError(
      sentence ??
        trans.__('That did not work just now. Please try again in a minute.'),
      response.status,
      sentence !== null
    );
  }
  return answer;
}

/** The sentence of a `Problem` body; null for any other body, whose text may not be meant for people. */
export function problemSentence(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) {
    return null;
  }
  const { code, message } = body as { code?: unknown; message?: unknown };
  return typeof code === 'string' && typeof message === 'string' && message
    ? message.slice(0, 500)
    : null;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
