// Ideas that have no id yet, and the requests that bring them, through all sessions of a controller: what was paid for
// outlives the trouble that ends a session. Requests run beside the loop: a proposer may take minutes, and no run waits
// for it.

import type { Brief } from '../brief.ts';
import type { Idea } from '../core/idea.ts';
import type { World } from '../core/world.ts';
import type { Clock, Proposer } from '../ports.ts';
import { cooldownFrom, noCooldown } from '../std/cooldown.ts';
import { FixRequests } from './fix-requests.ts';
import { NEWEST } from './idea-flow.ts';
import type { Observer } from './observer.ts';

const AFTER_FAILURE_MS = 60_000;
const AFTER_NONE_MS = 5000;
/** A proposer that only computes answers sooner, one that asks a language model much later. */
const SOON_MS = 200;

export class IdeaQueue {
  ideas: readonly Idea[] = [];
  /** Ideas that are asked for and not here yet. */
  asking = 0;
  /** Seconds that the newest answers took. */
  readonly latencies: number[] = [];
  /** Nothing is asked for meanwhile. */
  askCooldown = noCooldown;
  /** Meanwhile an answer may come that was asked for just now. */
  answerWindow = noCooldown;
  /** Why the proposer will never have more; null while it may. */
  exhausted: World['exhausted'] = null;
  readonly fixRequests: FixRequests;
  readonly #proposer: Proposer;
  readonly #clock: Clock;
  readonly #observer: Observer;
  readonly #ended = new AbortController();
  readonly #changed: () => void;

  constructor(proposer: Proposer, clock: Clock, observer: Observer, changed: () => void) {
    this.#proposer = proposer;
    this.#clock = clock;
    this.#observer = observer;
    this.#changed = changed;
    this.fixRequests = new FixRequests(proposer, observer, this.#ended.signal, changed);
  }

  /** Asks for ideas; they arrive in `ideas`, and `changed` is called. */
  ask(brief: Brief, count: number): void {
    const begunMs = this.#clock.now();
    let left = count;
    let ended = false;
    const came = (...ideas: readonly Idea[]) => {
      this.ideas = [...this.ideas, ...ideas];
      // Whoever hands one over after the end was counted off then.
      const counted = ended ? 0 : ideas.length;
      left -= counted;
      this.asking -= counted;
      for (const _ of ideas) this.#took((this.#clock.now() - begunMs) / 1000);
    };
    const here = (idea: Idea) => {
      came(idea);
      this.#changed();
    };
    this.asking += count;
    this.answerWindow = cooldownFrom(this.#clock.now(), SOON_MS);
    const answered = this.#proposer.propose(brief, count, this.#ended.signal, here).then(
      (proposed) => {
        if (proposed.kind === 'ideas') {
          came(...proposed.ideas);
          if (left === count) this.pauseAsking();
          return;
        }
        if (proposed.retry) this.pauseAsking(proposed.afterMs);
        else this.exhausted = { reason: proposed.why ?? 'exhausted', sentence: proposed.sentence };
        this.#observer.happened({ kind: 'held', sentence: proposed.sentence });
      },
      (error) => {
        if (this.#ended.signal.aborted) return;
        this.pauseAsking(AFTER_FAILURE_MS);
        this.#observer.happened({ kind: 'trouble', sentence: `the proposer failed: ${String(error)}` });
      },
    );
    void answered.finally(() => {
      this.asking -= left;
      ended = true;
      this.answerWindow = noCooldown;
      this.#changed();
    });
  }

  /** How many more may be asked for, where `parallel` may be at a time; null: one request at a time, of any size. */
  askable(parallel: number | null): number {
    if (parallel !== null) return Math.max(0, parallel - this.asking);
    return this.asking > 0 ? 0 : Number.POSITIVE_INFINITY;
  }

  take(idea: Idea): void {
    this.ideas = this.ideas.filter((other) => other !== idea);
  }

  /** Asks for nothing for a while. */
  pauseAsking(ms = AFTER_NONE_MS): void {
    this.askCooldown = cooldownFrom(this.#clock.now(), ms);
  }

  #took(seconds: number): void {
    this.latencies.push(Math.max(0, seconds));
    if (this.latencies.length > NEWEST) this.latencies.shift();
  }

  /** Ends requests under way. */
  end(): void {
    this.#ended.abort();
  }
}
