// A watch is a wake-up: it says which object to look at again. What the object is it says of Pods that cannot change
// any more, and of those whose state decides nothing.

import type { Clock } from '../../../ports.ts';
import { doubling, spread } from '../../../std/backoff.ts';
import { type Cooldown, cooldownFrom, leftMs } from '../../../std/cooldown.ts';
import { type Api, Unreachable } from './api.ts';
import type { Page } from './objects.ts';
import { linesOf } from './streams.ts';

/** An object that changed. `type` is ADDED, MODIFIED or DELETED. */
export interface WatchHint {
  readonly type: string;
  readonly object: {
    readonly metadata: {
      readonly name: string;
      readonly resourceVersion?: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
  };
}

interface WatchOptions {
  readonly api: Api;
  readonly clock: Clock;
  /** The collection, such as /api/v1/namespaces/lab/pods. */
  readonly path: string;
  readonly selector: string;
  readonly onHint: (hint: WatchHint) => void;
  /** Something may have been missed: everything has to be looked at again. */
  readonly onGap: () => void;
}

/** The server ends a watch after this long, and says two seconds before where to go on, however quiet it was. */
const SERVER_ENDS_AFTER_SECONDS = 40;
/** A server that says nothing for this long is dead: a watch that hangs must be noticed within a minute. */
const SILENT_MS = 50_000;
const waitMs = doubling(500, 30_000);
/** Bad request and gone. */
const UNKNOWN_VERSION = new Set([400, 410]);

export class Watch {
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  /** Where to go on; null: from a new beginning, behind a gap. */
  #version: string | null = null;
  /** Something may have been missed since a stream was last open, and nobody was told behind that. */
  #gap = true;
  #live = false;
  /** How often the stream was opened; lines that could not be read. */
  opened = 0;
  unreadable = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#clock = options.clock;
  }

  /** Every change since the last onGap has been, or soon will be, hinted at. */
  get live(): boolean {
    return this.#live;
  }

  /** Watches until `signal` aborts; never throws, for whatever happens is a reason to begin again. */
  async run(signal: AbortSignal): Promise<void> {
    const { api } = this.#options;
    for (let failures = 0; !signal.aborted; ) {
      const opened = this.opened;
      const ended = await this.#once(signal);
      failures = ended === 'failed' && this.opened === opened ? failures + 1 : 0;
      // Even a stream that ends well is not asked for again at once: a server that hangs up must not be stormed.
      if (ended !== 'silent') await this.#clock.sleep(spread(waitMs(failures), api.random(), 0.5), signal);
    }
    this.#live = false;
  }

  async #once(signal: AbortSignal): Promise<'ended' | 'silent' | 'failed'> {
    const { path, selector, api } = this.#options;
    const call = new AbortController();
    const end = () => call.abort();
    signal.addEventListener('abort', end, { once: true });
    const silence = new Silence(this.#clock, call);
    try {
      this.#version ??= await this.#beginning();
      const query = {
        labelSelector: selector,
        watch: true,
        allowWatchBookmarks: true,
        timeoutSeconds: SERVER_ENDS_AFTER_SECONDS,
        resourceVersion: this.#version,
      };
      const stream = await api.open({ method: 'GET', path, query }, call.signal);
      if (stream.kind === 'refused') {
        // A server that is busy still knows where we are, so nothing was missed.
        if (UNKNOWN_VERSION.has(stream.status)) this.#lose();
        this.#live = false;
        return 'failed';
      }
      this.opened++;
      silence.broken();
      this.#live = true;
      if (this.#gap) this.#options.onGap();
      this.#gap = false;
      for await (const line of linesOf(stream.value)) {
        silence.broken();
        if (!this.#take(line)) return 'ended';
      }
      return 'ended';
    } catch {
      // Reset, cut off, or silent: the next one goes on from the last version that was seen.
      this.#live = false;
      return silence.won ? 'silent' : 'failed';
    } finally {
      silence.end();
      signal.removeEventListener('abort', end);
      call.abort();
    }
  }

  /** Takes in one line. False: the server no longer knows where we are. */
  #take(line: string): boolean {
    let event: WatchHint & { object: { code?: number } };
    try {
      event = JSON.parse(line);
      if (event.type === 'ERROR') {
        this.#lose();
        return false;
      }
      this.#version = event.object.metadata.resourceVersion ?? this.#version;
    } catch {
      this.unreadable++;
      this.#options.onGap();
      return true;
    }
    if (event.type !== 'BOOKMARK') this.#options.onHint(event);
    return true;
  }

  #lose(): void {
    this.#version = null;
    this.#gap = true;
    this.#live = false;
    this.#options.onGap();
  }

  async #beginning(): Promise<string> {
    const { api, path, selector } = this.#options;
    const page = await api.get<Page<unknown>>(path, { labelSelector: selector, limit: 1 });
    if (page.kind === 'refused') throw new Unreachable(`${path}: ${page.message}`, page.status);
    return page.value.metadata.resourceVersion ?? '';
  }
}

/** Ends a call when nothing was heard for SILENT_MS. */
class Silence {
  readonly #clock: Clock;
  readonly #call: AbortController;
  readonly #over = new AbortController();
  #quiet: Cooldown;
  won = false;

  constructor(clock: Clock, call: AbortController) {
    this.#clock = clock;
    this.#call = call;
    this.#quiet = cooldownFrom(clock.now(), SILENT_MS);
    void this.#listen();
  }

  /** Something was heard. */
  broken(): void {
    this.#quiet = cooldownFrom(this.#clock.now(), SILENT_MS);
  }

  end(): void {
    this.#over.abort();
  }

  async #listen(): Promise<void> {
    for (let left = SILENT_MS; left > 0; left = leftMs(this.#quiet, this.#clock.now())) {
      await this.#clock.sleep(left, this.#over.signal);
      if (this.#over.signal.aborted) return;
    }
    this.won = true;
    this.#call.abort();
  }
}
