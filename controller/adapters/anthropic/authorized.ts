// A client that is opened where it is first needed, and opened anew where what opened it is over.
import type { ModelFailure } from '../../llm/model.ts';
import type { ApiCredentials } from './credentials.ts';
import { failureOf } from './errors.ts';
import { firstParty } from './first-party.ts';
import type { Calls, Opened, Platform } from './platform.ts';

/** The package of a cloud is loaded only for who asks there. */
async function platformOf(credentials: ApiCredentials): Promise<Platform> {
  if ('bedrock' in credentials) return (await import('./bedrock.ts')).bedrock(credentials.bedrock);
  if ('vertex' in credentials) return (await import('./vertex.ts')).vertex(credentials.vertex);
  return firstParty(credentials);
}

export class AuthorizedClient {
  readonly #credentials: ApiCredentials;
  readonly #calls: Calls;
  #platform: Platform | null = null;
  #opened: Promise<Opened> | null = null;

  constructor(credentials: ApiCredentials, calls: Calls) {
    this.#credentials = credentials;
    this.#calls = calls;
  }

  /** Does the work, and once more where what was opened is shut. Rejects as the SDK does, and when `signal` aborts. */
  do<T>(work: (client: Opened) => Promise<T>, signal: AbortSignal): Promise<T> {
    const done = this.#once(work).catch((error) => {
      if (!this.#platform?.shut(error)) throw error;
      this.#opened = null;
      return this.#once(work);
    });
    // Whoever gives credentials may be silent, and hears of no signal.
    return Promise.race([done, aborted(signal)]);
  }

  failureOf(error: unknown, expired: 'deadline' | 'idle' | null): ModelFailure {
    const own = expired === null ? this.#platform?.failure(error) : null;
    return own ?? failureOf(error, expired);
  }

  async #once<T>(work: (client: Opened) => Promise<T>): Promise<T> {
    this.#opened ??= this.#open();
    const opened = this.#opened;
    const client = await opened.catch((error) => {
      if (this.#opened === opened) this.#opened = null;
      throw error;
    });
    return work(client);
  }

  async #open(): Promise<Opened> {
    this.#platform ??= await platformOf(this.#credentials);
    return this.#platform.open(this.#calls);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
