// Calls at random near a cap, with everything that may become of them: what was charged, and what the record says.

import { costOf, PRICES } from '../../controller/core/money.ts';
import { Budget } from '../../controller/llm/budget.ts';
import { CircuitBreaker } from '../../controller/llm/circuit-breaker.ts';
import { MeteredModel, UsageTotal } from '../../controller/llm/metered-model.ts';
import type {
  ModelAnswer,
  ModelClient,
  ModelFacts,
  ModelFailure,
  ModelRequest,
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
      const inputTokens = Math.floor(dice() * 4000);
      const cacheWriteTokens = Math.floor(dice() * (4000 - inputTokens));
      const outputTokens = Math.floor(dice() * (asked.maxOutputTokens + 1));
      const usage = { inputTokens, cacheReadTokens: 0, cacheWriteTokens, outputTokens };
      chargedNano += costOf(usage, prices, asked.cacheTtl);
      if (fate < 0.2) return failed('reset', false);
      const known = fate < 0.25 ? null : usage;
      return { kind: 'answered', text: '', stopReason: 'end_turn', category: '', usage: known, seconds: 1 };
    },
    probe: async () => (dice() < 0.2 ? failed('reset', false) : FACTS),
    count: async () => failed('http_404', true),
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
  return { kind: 'failed', reason, sentence: reason, fault: 'passing', free, retryAfterMs: null };
}
