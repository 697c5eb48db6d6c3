// The log of a run: read once its Pod is over, or a tail of it while it runs. Never followed: a stream that is cut
// looks like a stream that ended.

import type { Run } from '../../core/run.ts';
import { text } from '../../std/text.ts';
import { type Api, Unreachable, unreachableFor } from './client/api.ts';
import { CONTAINER } from './manifest/job.ts';

/** The supervisor bounds what it writes to a part of this. */
const LOG_AT_MOST = 8 << 20;
const TAIL_LINES = 400;
const READS = 3;
const BETWEEN_READS_MS = 1000;
/** From the first answer of 5xx: so long the log of a run that ended is asked for again. It tells a typo, which is mended, from any crash. */
const PATIENCE_MS = 120_000;
/** The last line that a supervisor writes; without it a log is cut. */
const TRAILER = /\[supervisor: end bytes=\d+ sha256=[0-9a-f]{64}\]\s*$/;
/** What a kubelet answers, as if it were the log, where the container is gone. */
const GONE = /^unable to retrieve container logs for \S+$/;

/** Between two times that a kubelet is asked which does not answer. */
const ASKED_AGAIN_MS = 5000;
const never = new AbortController().signal;

export class Logs {
  readonly #api: Api;
  /**
   * By path, of the logs that were asked for in vain: since when, by our own clock. A Pod need not say when it ended, and
   * its node's clock may be wrong.
   */
  readonly #failingMs = new Map<string, number>();

  constructor(api: Api) {
    this.#api = api;
  }

  /**
   * The log of the Pod at `path` (without /log), its last `tailBytes` where given; null where it is gone for good. Of a run
   * that ended the kubelet is asked for the whole for minutes. Throws Unreachable where the API server cannot be asked, or
   * does not let us, and where `signal` aborts.
   */
  async read(
    path: string,
    state: Run['state'],
    tailBytes: number | undefined,
    signal: AbortSignal = never,
  ): Promise<Uint8Array | null> {
    const whole = state.kind === 'ended' && state.ending.sealed !== null && tailBytes === undefined;
    for (let n = 1; ; n++) {
      const log = await this.#ask(path, state, tailBytes, signal);
      if (log === null || !whole || n === READS || TRAILER.test(lastOf(log))) return log;
      // Its last lines may still be on their way from the runtime to the kubelet's file.
      await this.#api.clock.sleep(BETWEEN_READS_MS, signal);
    }
  }

  async #ask(
    path: string,
    state: Run['state'],
    tailBytes: number | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    for (;;) {
      try {
        const log = await readOnce(this.#api, path, state, tailBytes, signal);
        this.#failingMs.delete(path);
        return log;
      } catch (error) {
        if (state.kind !== 'ended' || !(error instanceof Unreachable) || signal.aborted) throw error;
        if (!(await isKubelets(this.#api, path, error, signal))) {
          // Nobody knows how the kubelet fared meanwhile.
          this.#failingMs.delete(path);
          throw error;
        }
        const nowMs = this.#api.clock.now();
        const sinceMs = this.#failingMs.get(path) ?? nowMs;
        this.#failingMs.set(path, sinceMs);
        if (nowMs - sinceMs >= PATIENCE_MS) {
          // The API server answers, the kubelet behind it does not, and went on not answering: the log is gone.
          this.#failingMs.delete(path);
          return null;
        }
        // Who looks at its end does not wait.
        if (tailBytes !== undefined) throw error;
      }
      await this.#api.clock.sleep(ASKED_AGAIN_MS, signal);
    }
  }
}

async function readOnce(
  api: Api,
  path: string,
  state: Run['state'],
  tailBytes: number | undefined,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  const query = { container: CONTAINER, tailLines: tailBytes === undefined ? undefined : TAIL_LINES };
  const call = { method: 'GET', path: `${path}/log`, query, ofNode: true, signal } as const;
  const answer = await api.bytes(call, LOG_AT_MOST);
  // A right can be given back, and then the log is still there.
  if (answer.kind === 'refused' && (answer.status === 401 || answer.status === 403))
    throw unreachableFor('a log cannot be read', answer);
  // 400 of a Pod that has not started: there is nothing yet; of one that is over: there never will be.
  if (answer.kind === 'refused')
    return answer.status === 400 && state.kind !== 'ended' ? new Uint8Array() : null;
  if (answer.value.length < 300 && GONE.test(lastOf(answer.value).trim())) return null;
  return tailBytes === undefined ? answer.value : answer.value.subarray(-tailBytes || answer.value.length);
}

/**
 * Whether it is the kubelet that does not answer, not the API server. Of a node that swallows what is sent to it the API
 * server says so after 30 s, which is longer than we wait: then its answer for the Pod itself tells the two apart.
 */
async function isKubelets(
  api: Api,
  path: string,
  { status }: Unreachable,
  signal: AbortSignal,
): Promise<boolean> {
  if (status !== null) return status >= 500;
  return api.call({ method: 'GET', path, signal }).then(
    () => true,
    () => false,
  );
}

function lastOf(log: Uint8Array): string {
  return text(log.subarray(-300));
}
