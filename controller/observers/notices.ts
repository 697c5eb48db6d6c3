// What a person wants to hear of while away, told to an address of theirs: a chat's webhook, or any server that takes JSON.
// No notice is waited for by a lane, and the address, which may hold a secret, is in no word of ours but its host.
import { setTimeout as delay } from 'node:timers/promises';
import type { Decision } from '../core/decision.ts';
import { BASELINE } from '../core/experiment.ts';
import type { Stop } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import { plainLine } from '../std/text.ts';

/** Experiments in a row without a keep. */
const PLATEAU = 20;
/** What waits beyond that is dropped, the oldest first. */
const WAITING_AT_MOST = 32;
const ANSWER_MS = 5000;
/** Before the second and the third try. */
const PAUSES_MS = [1000, 5000];

interface Notice {
  readonly event: 'keep' | 'plateau' | 'stop';
  readonly lane: string;
  /** One sentence, for a chat. */
  readonly text: string;
  readonly experiment?: string;
  readonly valBpb?: number | null;
  readonly baselineBpb?: number | null;
  readonly kept?: number;
  /** Of a stop: why, as `docs/cli.md` has it. */
  readonly reason?: string;
}

interface NoticesOptions {
  readonly url: URL;
  /** Told once why notices do not arrive, until one does again. */
  readonly trouble: (sentence: string) => void;
  /** Milliseconds before each further try. */
  readonly pausesMs?: readonly number[];
  readonly answerMs?: number;
}

export class Notices {
  readonly #options: NoticesOptions;
  readonly #waiting: Notice[] = [];
  readonly #ended = new AbortController();
  #sending: Promise<void> | null = null;
  #failing = false;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  observer(lane: string): Observer {
    let frontier: number[] = [];
    let without = 0;
    const decided = (decision: Decision) => {
      const { status, experiment, valBpb } = decision;
      if (experiment === BASELINE) {
        if (status === 'keep') frontier = [valBpb!];
        return;
      }
      without = status === 'keep' ? 0 : without + 1;
      if (status === 'keep') {
        frontier.push(valBpb!);
        const [baselineBpb = null] = frontier;
        const kept = frontier.length - 1;
        this.#tell({
          event: 'keep',
          lane,
          experiment,
          valBpb,
          baselineBpb,
          kept,
          text: keepWords(decision, baselineBpb),
        });
      } else if (without === PLATEAU) {
        const text = `no keep in ${PLATEAU} experiments, best ${frontier.at(-1)?.toFixed(6) ?? 'none'}`;
        this.#tell({ event: 'plateau', lane, experiment, kept: frontier.length - 1, text });
      }
    };
    return {
      happened: (event) => {
        if (event.kind === 'began') frontier = [...event.frontier];
        if (event.kind === 'decided') decided(event.decision);
      },
      turn() {},
    };
  }

  /** Who asked for the end knows of it. */
  stopped(lane: string, { reason, sentence }: Stop): void {
    if (reason !== 'asked') this.#tell({ event: 'stop', lane, reason, text: `stopped: ${sentence}` });
  }

  /** Sends what waits, for at most so long. */
  async close(withinMs: number): Promise<void> {
    const clock = new AbortController();
    const late = delay(withinMs, undefined, { signal: clock.signal }).catch(() => {});
    await Promise.race([this.#sending, late]);
    clock.abort();
    this.#ended.abort();
    await this.#sending;
  }

  #tell(notice: Notice): void {
    if (this.#ended.signal.aborted) return;
    this.#waiting.push(notice);
    if (this.#waiting.length > WAITING_AT_MOST) this.#waiting.shift();
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
  }

  async #send(): Promise<void> {
    for (let notice = this.#waiting.shift(); notice; notice = this.#waiting.shift()) {
      const why = await this.#tries(notice);
      if (this.#ended.signal.aborted) return;
      if (why !== null && !this.#failing)
        this.#options.trouble(
          `notices do not arrive at ${this.#options.url.host}: ${why}; check the address behind --notify`,
        );
      this.#failing = why !== null;
    }
  }

  /** Null once it has arrived, else why it has not. */
  async #tries(notice: Notice): Promise<string | null> {
    const pauses = this.#options.pausesMs ?? PAUSES_MS;
    for (let n = 0; ; n++) {
      const { why, again } = await this.#post(notice);
      if (why === null || !again || n === pauses.length) return why;
      await delay(pauses[n], undefined, { signal: this.#ended.signal }).catch(() => {});
      if (this.#ended.signal.aborted) return why;
    }
  }

  async #post(notice: Notice): Promise<{ why: string | null; again: boolean }> {
    const text = `${notice.lane}: ${quiet(notice.text)}`;
    try {
      const response = await fetch(this.#options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        // Chats read the sentence as `text` or as `content`.
        body: JSON.stringify({ ...notice, text, content: text }),
        redirect: 'manual',
        signal: AbortSignal.any([
          this.#ended.signal,
          AbortSignal.timeout(this.#options.answerMs ?? ANSWER_MS),
        ]),
      });
      await response.body?.cancel();
      if (response.ok) return { why: null, again: false };
      return {
        why: `it answers ${response.status}`,
        again: response.status === 429 || response.status >= 500,
      };
    } catch (error) {
      const { name, cause } = error as Error & { cause?: { code?: string } };
      const why =
        name === 'TimeoutError' ? 'it does not answer' : `it cannot be reached (${cause?.code ?? name})`;
      return { why, again: true };
    }
  }
}

/** A description may come from a model: it calls nobody in a chat, and links nowhere. */
function quiet(text: string): string {
  return plainLine(text, 300).replaceAll('<', '‹').replaceAll('@', '(at)');
}

function keepWords({ experiment, valBpb, baseBpb, description }: Decision, baseline: number | null): string {
  const below = (than: number | null) => (than === null ? '' : (valBpb! - than).toFixed(6));
  const all = baseline === null ? '' : `, ${below(baseline)} from the baseline`;
  return `kept ${experiment}, val_bpb ${valBpb!.toFixed(6)} (${below(baseBpb)})${all}: ${description}`;
}
