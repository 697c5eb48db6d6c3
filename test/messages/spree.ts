// Calls at random near a cap, with everything that may become of them: what was charged, and what the record says.

import { PRICES } from '../../controller/core/money.ts';
import { Budget } from '../../controller/llm/budget.ts';
import { charge } from '../../controller/llm/call-bounds.ts';
import { CircuitBreaker } from '../../controller/llm/circuit-breaker.ts';
import { MeteredModel, UsageTotal } from '../../controller/llm/metered-model.ts';
import {
  type ModelAnswer,
  type ModelClient,
  type ModelFacts,
  type ModelFailure,
  type ModelRequest,
  nothingHeard,
} from '../../controller/llm/model.ts';
import { MemoryStore } from '../memory/store.ts';
import { sequence } from '../sim/dice.ts';
import { MODEL, never, request } from './rig.ts';

const CALLS = 100;
const FACTS: ModelFacts = {
  kind: 'facts',
  known: true,
  retired: false,
  structured: null,
  efforts: null,
  mostOutputTokens: null,
};
const prices = PRICES[MODEL.model]!;

interface Spree {
  readonly capNano: number;
  /** What the account was charged, also for calls whose answer never came. */
  readonly chargedNano: number;
  /** What a new controller reads from the record. */
  readonly spentNano: number;
  readonly calls: number;
}

/** A hundred calls, up to twenty at once, of two controllers that are now and then started anew. */
export async function spendUnderCap(seed: number): Promise<Spree> {
  const dice = sequence(seed);
  const capNano = Math.round(1e8 + 4e9 * dice());
  const store = new MemoryStore();
  let [chargedNano, calls, nowMs] = [0, 0, 0];
  // What every prompt comes to, and where the calls are answered.
  const input = Math.floor(1000 + 2900 * dice());
  const surcharge = dice() < 0.5 ? 1 : 1.1;
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += Math.ceil(ms);
    },
  };
  const client: ModelClient = {
    async ask(asked: ModelRequest): Promise<ModelAnswer | ModelFailure> {
      calls++;
      for (let turns = Math.floor(dice() * 4); turns > 0; turns--) await null;
      const fate = dice();
      if (fate < 0.1) return failed('overloaded', true);
      const inputTokens = Math.floor(dice() * (input + 1));
      const cacheWriteTokens = Math.floor(dice() * (input + 1 - inputTokens));
      const cacheReadTokens = input - inputTokens - cacheWriteTokens;
      const [breaks, seconds] = [fate < 0.3, 90 * dice() ** 3];
      // As fast as anybody writes, and for two seconds more than anybody listens.
      const most = breaks ? Math.min(asked.maxOutputTokens, 500 * (seconds + 2)) : asked.maxOutputTokens;
      const outputTokens = Math.floor(dice() * (most + 1));
      const usage = { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens };
      chargedNano += charge(usage, { prices, cacheTtl: asked.cacheTtl, surcharge });
      if (breaks) {
        const heard = fate < 0.2 ? { ...usage, outputTokens: 0 } : null;
        const known = {
          usage: heard,
          surcharge: heard ? surcharge : 1,
          seconds: fate < 0.12 ? null : seconds,
        };
        return { ...failed('reset', false), heard: known };
      }
      const known = fate < 0.35 ? null : usage;
      const said = { text: '', stopReason: 'end_turn', category: '', surcharge, seconds };
      return { kind: 'answered', ...said, usage: known };
    },
    probe: async () => (dice() < 0.2 ? failed('reset', false) : FACTS),
    count: async () => {
      if (dice() < 0.3) return failed('http_404', true);
      return { kind: 'counted', inputTokens: Math.round(input * (0.97 + 0.06 * dice())) };
    },
  };
  const open = () => {
    const budget = new Budget(store, 'main', async () => ({ nanoUsd: capNano, tokens: null }));
    return new MeteredModel({
      client,
      budget,
      breaker: new CircuitBreaker(clock),
      prices: () => prices,
      clock,
      random: dice,
    });
  };
  const payers = [open(), open()];
  for (let made = 0; made < CALLS; ) {
    const some = Math.min(CALLS - made, 1 + Math.floor(dice() * 20));
    await Promise.all(
      Array.from({ length: some }, () =>
        payers[dice() < 0.5 ? 0 : 1]!.ask(
          request(),
          { purpose: 'propose', experiment: null },
          new UsageTotal(),
          never,
        ),
      ),
    );
    made += some;
    nowMs += 600_000;
    if (dice() < 0.2) payers[dice() < 0.5 ? 0 : 1] = open();
  }
  const last = new Budget(store, 'main', async () => ({ nanoUsd: capNano, tokens: null }));
  return { capNano, chargedNano, spentNano: Math.round(1e9 * (await last.spentUsd())), calls };
}

function failed(reason: string, free: boolean): ModelFailure {
  return {
    kind: 'failed',
    reason,
    sentence: reason,
    fault: 'passing',
    free,
    heard: nothingHeard,
    retryAfterMs: null,
  };
}
