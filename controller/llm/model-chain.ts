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
  unset,
} from './conversation.ts';
import { type MeteredModel, UsageTotal } from './metered-model.ts';
import { never, type Unanswered } from './unanswered.ts';

/** Directions in which a model may decline before the next one is asked. */
const DIRECTIONS_TRIED = 3;
/** After so many conversations in a row that came to nothing a model is let be for a while, where others can go on. */
const FRUITLESS_AT_MOST = 2;
/** After so many conversations in a row with an answer that was cut off a model is no longer asked as it was set. */
const CUT_OFF_AT_MOST = 2;
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
    this.#links = models.map((model) => ({
      ...{ model, fruitless: 0, rests: 0, rest: noCooldown, last: null },
      ...{ cutOff: 0, over: null },
    }));
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
      if (link.over) return link.over;
      const wary = link.last !== null && link.last.cutOff > 0;
      const model = wary ? unset(link.model) : link.model;
      const said = await converse(this.#metered, model, task(declined), total, signal, !wary);
      if (said.kind !== 'unanswered') this.#cut(link, said);
      if (said.kind === 'usable') [link.fruitless, link.rests, link.last] = [0, 0, null];
      if (said.kind !== 'fruitless') return said;
      if (said.why === 'refused' && declined + 1 < DIRECTIONS_TRIED) continue;
      link.last = said;
      if (++link.fruitless >= FRUITLESS_AT_MOST)
        link.rest = cooldownFrom(this.#clock.now(), restMs(link.rests++));
      return said;
    }
  }

  /** Answers that are cut off are paid in full: a model goes on as it can answer, or not at all. */
  #cut(link: Link, said: Exclude<ConversationResult, Unanswered>): void {
    link.cutOff = said.cutOff > 0 ? link.cutOff + 1 : 0;
    if (link.cutOff < CUT_OFF_AT_MOST) return;
    link.cutOff = 0;
    if (said.kind === 'fruitless') link.over = never(said.sentence, 'misconfigured', true);
    else link.model = { ...unset(link.model), maxOutputTokens: 2 * link.model.maxOutputTokens };
  }

  /** The last one is asked again and again where nobody else has ideas. */
  #rests(link: Link): boolean {
    const indispensable = !this.#replaceable && link === this.#links.at(-1);
    return !indispensable && leftMs(link.rest, this.#clock.now()) > 0;
  }
}

interface Link {
  model: Model;
  /** Conversations in a row with an answer that was cut off. */
  cutOff: number;
  /** Why it is asked no more. */
  over: Unanswered | null;
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
