// Calls that are paid for: reserved before, settled after, tried again while that can help.

import { add, noUsage, type Prices, type Usage } from '../core/money.ts';
import type { Reservation } from '../core/spend.ts';
import type { Clock } from '../ports.ts';
import { doubling, spread } from '../std/backoff.ts';
import { type Budget, nothingUsed } from './budget.ts';
import {
  brokenAtMost,
  type CallBound,
  callBound,
  charge,
  FORESEEN_SURCHARGE,
  inputAtMost,
  outputThatFits,
  type Tariff,
} from './call-bounds.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ModelAnswer, ModelClient, ModelFailure, ModelRequest } from './model.ts';
import type { RefusedIdea } from './refused-log.ts';
import { later, never, type Unanswered } from './unanswered.ts';

const LONGEST_PAUSE_MS = 60_000;
const pauseMs = doubling(1000, LONGEST_PAUSE_MS);
const LONGEST_RETRY_AFTER_MS = 600_000;
/** Calls under way may give something back sooner than a person raises a cap. */
const SETTLED_MS = 5000;
const CAP_RAISED_MS = 30_000;

/** An answer, and the call that it was paid by. */
export interface PaidAnswer extends ModelAnswer {
  readonly call: Reservation;
  /** Tokens that it might have had. */
  readonly room: number;
}

/** Of a call that only shows whether streams arrive. */
const SHORT = {
  prompt: {
    system: [{ text: 'Answer with JSON, and do not think.', cached: false }],
    user: 'No ideas are wanted: the list is empty.',
  },
  corrections: [],
  maxOutputTokens: 64,
} as const;

const WHY = { account: 'unpaid', key: 'misconfigured', request: 'misconfigured' } as const;

interface MeteredModelParts {
  readonly client: ModelClient;
  readonly budget: Budget;
  readonly breaker: CircuitBreaker;
  readonly prices: (model: string) => Prices;
  readonly clock: Clock;
  /** Uniform in [0, 1): spreads the retries. */
  readonly random: () => number;
}

/** What a conversation has come to so far. */
export class UsageTotal {
  /** Numbers of the calls. */
  readonly numbers: number[] = [];
  usage: Usage = noUsage;
  nanoUsd = 0;
  seconds = 0;
}

interface Call {
  readonly request: ModelRequest;
  readonly what: Pick<Reservation, 'purpose' | 'experiment'>;
  readonly total: UsageTotal;
  readonly signal: AbortSignal;
  /** A shorter answer near the cap is of no use. */
  readonly leastRoom: number;
}

export class MeteredModel {
  readonly #parts: MeteredModelParts;
  /** Why nothing will ever be answered again, once that is known: by anybody, or by one model. */
  #ended: Unanswered | null = null;
  readonly #endedModels = new Map<string, Unanswered>();
  /** What list prices are multiplied by, at the most that was told so far. */
  #surcharge = FORESEEN_SURCHARGE;
  /** The last call broke off, and may have cost something: the next one is not made before somebody answers for free. */
  #doubtful = false;

  constructor(parts: MeteredModelParts) {
    this.#parts = parts;
  }

  /**
   * An answer to the request, whatever it holds; its cost is added to the total. `leastRoom`: a shorter one near the cap is
   * of no use. Rejects when `signal` aborts.
   */
  async ask(
    request: ModelRequest,
    what: Pick<Reservation, 'purpose' | 'experiment'>,
    total: UsageTotal,
    signal: AbortSignal,
    leastRoom = 0,
  ): Promise<PaidAnswer | Unanswered> {
    const { breaker, clock } = this.#parts;
    for (let failures = 0; ; ) {
      const ended = this.#ended ?? this.#endedModels.get(request.model);
      if (ended) return ended;
      const waitMs = breaker.waitMs();
      if (waitMs > 0) return later(`${request.model} does not answer`, waitMs);
      const said = await this.#next({ request, what, total, signal, leastRoom }).catch((error) => {
        breaker.abandoned();
        throw error;
      });
      if (said.kind === 'unanswered') {
        breaker.abandoned();
        return said;
      }
      if (said.kind === 'answered') {
        breaker.succeeded();
        return said;
      }
      if (said.fault !== 'passing') {
        breaker.abandoned();
        const ofModel = said.fault === 'request';
        const over = never(said.sentence, WHY[said.fault], ofModel);
        if (ofModel) this.#endedModels.set(request.model, over);
        else this.#ended = over;
        continue;
      }
      const asked = Math.min(said.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS);
      breaker.failed(asked, !said.free);
      if (breaker.open)
        return later(`${request.model} does not answer (${said.sentence})`, breaker.waitMs() || asked);
      if (asked > LONGEST_PAUSE_MS) return later(`${request.model} asks to wait (${said.sentence})`, asked);
      await clock.sleep(asked + spread(pauseMs(failures++), this.#parts.random()), signal);
      signal.throwIfAborted();
    }
  }

  /** Tokens that an answer of a model may have, where the API tells; costs nothing. */
  async mostOutput(model: string, signal: AbortSignal): Promise<number> {
    const facts = await this.#parts.client.probe(model, signal);
    return (facts.kind === 'facts' ? facts.mostOutputTokens : null) ?? Number.POSITIVE_INFINITY;
  }

  /** Writes down why the answer, or parts of it, could not be used. */
  refused({ call, text }: PaidAnswer, ideas: readonly RefusedIdea[]): Promise<void> {
    return this.#parts.budget.refused(call, ideas, text);
  }

  /** While calls break off, a short one is made first: whether streams arrive is worth next to nothing, not a whole answer. */
  async #next(call: Call): Promise<PaidAnswer | ModelFailure | Unanswered> {
    if (this.#parts.breaker.costly) {
      const said = await this.#once({ ...call, request: { ...call.request, ...SHORT }, leastRoom: 0 });
      if (said.kind === 'failed') return { ...said, free: true };
      if (said.kind === 'unanswered') return said;
    }
    return this.#once(call);
  }

  async #once({
    request,
    what,
    total,
    signal,
    leastRoom,
  }: Call): Promise<PaidAnswer | ModelFailure | Unanswered> {
    const { client, budget } = this.#parts;
    const { model, cacheTtl } = request;
    const tariff = { prices: this.#parts.prices(model), cacheTtl, surcharge: this.#surcharge };
    if (this.#doubtful) {
      const silent = await client.probe(model, signal);
      if (silent.kind === 'failed') return { ...silent, free: true };
    }
    const { most, reserved } = await this.#reserve(request, what, tariff, signal, leastRoom);
    if (reserved.kind === 'refused') {
      const { sentence, others, passing } = reserved;
      return others || passing
        ? later(sentence, others ? SETTLED_MS : CAP_RAISED_MS)
        : never(sentence, 'limit');
    }
    total.numbers.push(reserved.reservation.n);
    const said = await client
      .ask({ ...request, maxOutputTokens: most.outputTokens }, signal)
      .catch(async (error) => {
        await budget.settle(reserved.reservation, null);
        throw error;
      });
    this.#doubtful = said.kind === 'failed' && !said.free;
    if (said.kind === 'failed') {
      const outcome = said.reason;
      const used = said.free
        ? { ...nothingUsed, seconds: 0, outcome }
        : { ...(await this.#broken(said, request, most, tariff, signal)), outcome };
      total.nanoUsd += await budget.settle(reserved.reservation, used);
      return said;
    }
    const { usage, seconds, surcharge } = said;
    this.#surcharge = Math.max(this.#surcharge, surcharge);
    const outcome = said.stopReason || 'answered';
    const used = usage && { usage, nanoUsd: charge(usage, { ...tariff, surcharge }), seconds, outcome };
    total.usage = usage ? add(total.usage, usage) : total.usage;
    total.seconds += seconds;
    total.nanoUsd += await budget.settle(reserved.reservation, used);
    return { ...said, call: reserved.reservation, room: most.outputTokens };
  }

  /** Near the cap the API is asked how long the input is, and the answer may be no longer than what is left pays for. */
  async #reserve(
    request: ModelRequest,
    what: Pick<Reservation, 'purpose' | 'experiment'>,
    tariff: Tariff,
    signal: AbortSignal,
    leastRoom: number,
  ): Promise<{ most: CallBound; reserved: Awaited<ReturnType<Budget['reserve']>> }> {
    const { budget, clock } = this.#parts;
    const { model, maxOutputTokens } = request;
    const attempt = async (most: CallBound) => {
      const { nanoUsd, tokens } = most;
      const reserved = await budget.reserve({ ...what, nanoUsd, tokens, model, atMs: clock.now() });
      return { most, reserved };
    };
    const first = await attempt(callBound(inputAtMost(request, null), maxOutputTokens, tariff));
    if (first.reserved.kind === 'reserved') return first;
    const input = await this.#input(request, signal);
    const counted = await attempt(callBound(input, maxOutputTokens, tariff));
    if (counted.reserved.kind === 'reserved' || counted.reserved.others) return counted;
    const fits = outputThatFits(counted.reserved.left, input, maxOutputTokens, tariff);
    const output = Math.max(fits, Math.min(leastRoom, maxOutputTokens));
    return attempt(callBound(input, output, tariff));
  }

  /** What a call that broke off counts for. */
  async #broken(
    { heard }: ModelFailure,
    request: ModelRequest,
    most: CallBound,
    tariff: Tariff,
    signal: AbortSignal,
  ): Promise<{ usage: Usage; nanoUsd: number; seconds: number }> {
    this.#surcharge = Math.max(this.#surcharge, heard.surcharge);
    const inputTokens =
      heard.usage === null ? Math.min(most.inputTokens, await this.#input(request, signal)) : 0;
    return { ...brokenAtMost(heard, { ...most, inputTokens }, tariff), seconds: heard.seconds ?? 0 };
  }

  /** Tokens of the input at most, as the API counts them where it does. */
  async #input(request: ModelRequest, signal: AbortSignal): Promise<number> {
    const said = await this.#parts.client.count(request, signal);
    return inputAtMost(request, said.kind === 'counted' ? said.inputTokens : null);
  }
}
