// Several models in turn: where one declines, it is asked for another direction, and then the next one is.
import type { Clock } from '../ports.ts';
import { doubling } from '../std/backoff.ts';
import { cooldownFrom, leftMs, noCooldown } from '../std/cooldown.ts';
import {
  type ConversationResult,
  converse,
  type Fruitless,
  type Model,
  type ModelTask,
} from './conversation.ts';
import { type MeteredModel, UsageTotal } from './metered-model.ts';

/** Directions in which a model may decline before the next one is asked. */
const DIRECTIONS_TRIED = 3;
/** After so many conversations in a row that came to nothing a model is let be for a while, where others can go on. */
const FRUITLESS_AT_MOST = 2;
const restMs = doubling(600_000, 7_200_000);

export class ModelChain {
  readonly #metered: MeteredModel;
  readonly #clock: Clock;
  /** At least one; asked in this order. */
  readonly #links: Link[];
  /** Somebody else has ideas while all of them rest. */
  readonly #replaceable: boolean;

  constructor(metered: MeteredModel, models: readonly Model[], replaceable: boolean, clock: Clock) {
    this.#metered = metered;
    this.#clock = clock;
    this.#links = models.map((model) => ({ model, fruitless: 0, rests: 0, rest: noCooldown, last: null }));
    this.#replaceable = replaceable;
  }

  /** What the first model that is willing makes of the task. `task`: as it is put once so many directions were declined. */
  async converse(task: (declined: number) => ModelTask, signal: AbortSignal): Promise<ConversationResult> {
    const total = new UsageTotal();
    let said: ConversationResult | null = null;
    for (const link of this.#links) {
      const resting = this.#rests(link) ? link.last : null;
      said = resting ?? (await this.#ask(link, task, total, signal));
      if (said.kind === 'usable' || (!resting && !othersMayAnswer(said))) return said;
    }
    return said!;
  }

  async #ask(
    link: Link,
    task: (declined: number) => ModelTask,
    total: UsageTotal,
    signal: AbortSignal,
  ): Promise<ConversationResult> {
    for (let declined = 0; ; declined++) {
      const said = await converse(this.#metered, link.model, task(declined), total, signal);
      if (said.kind === 'usable') [link.fruitless, link.rests] = [0, 0];
      if (said.kind !== 'fruitless') return said;
      if (said.why === 'refused' && declined + 1 < DIRECTIONS_TRIED) continue;
      link.last = said;
      if (++link.fruitless >= FRUITLESS_AT_MOST)
        link.rest = cooldownFrom(this.#clock.now(), restMs(link.rests++));
      return said;
    }
  }

  /** The last one is asked again and again where nobody else has ideas. */
  #rests(link: Link): boolean {
    const indispensable = !this.#replaceable && link === this.#links.at(-1);
    return !indispensable && leftMs(link.rest, this.#clock.now()) > 0;
  }
}

interface Link {
  readonly model: Model;
  /** Conversations in a row that came to nothing, and rests that followed. */
  fruitless: number;
  rests: number;
  rest: typeof noCooldown;
  /** What it came to last, where that was nothing. */
  last: Fruitless | null;
}

function othersMayAnswer(result: Exclude<ConversationResult, { kind: 'usable' }>): boolean {
  if (result.kind === 'fruitless') return result.why !== 'exhausted';
  return !result.retry && result.ofModel;
}
