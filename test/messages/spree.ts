// Conversations at random near a cap, each for one to eight ideas, with everything that may become of them: what was
// charged, and what the record says.

import { PRICES } from '../../controller/core/money.ts';
import { Budget } from '../../controller/llm/budget.ts';
import { charge } from '../../controller/llm/call-bounds.ts';
import { CircuitBreaker } from '../../controller/llm/circuit-breaker.ts';
import { converse, type ModelTask } from '../../controller/llm/conversation.ts';
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
import { edit, MODEL, never, TRAIN_PY } from './rig.ts';

const CONVERSATIONS = 100;
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
  /** Usable ones, and of how many calls each. */
  readonly ideas: number;
  readonly asked: number;
}

/** A hundred conversations, up to twenty at once, of two controllers that are now and then started anew. */
export async function spendUnderCap(seed: number): Promise<Spree> {
  const dice = sequence(seed);
  const capNano = Math.round(1e8 + 4e9 * dice());
  const store = new MemoryStore();
  let [chargedNano, calls, ideas, nowMs] = [0, 0, 0, 0];
  const asked = 1 + Math.floor(8 * dice());
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
    async ask(request: ModelRequest): Promise<ModelAnswer | ModelFailure> {
      calls++;
      for (let turns = Math.floor(dice() * 4); turns > 0; turns--) await null;
      const fate = dice();
      if (fate < 0.1) return failed('overloaded', true);
      const inputTokens = Math.floor(dice() * (input + 1));
      const cacheWriteTokens = Math.floor(dice() * (input + 1 - inputTokens));
      const cacheReadTokens = input - inputTokens - cacheWriteTokens;
      const [breaks, seconds] = [fate < 0.3, 90 * dice() ** 3];
      // As fast as anybody writes, and for two seconds more than anybody listens.
      const most = breaks ? Math.min(request.maxOutputTokens, 500 * (seconds + 2)) : request.maxOutputTokens;
      const outputTokens = Math.floor(dice() * (most + 1));
      const usage = { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens };
      chargedNano += charge(usage, { prices, cacheTtl: request.cacheTtl, surcharge });
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
      const stopReason = fate > 0.95 ? 'max_tokens' : fate > 0.9 ? 'refusal' : 'end_turn';
      const said = { text: answerOf(asked, dice), stopReason, category: '', surcharge, seconds };
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
  const task: ModelTask = {
    prompt: { system: [{ text: 'the brief', cached: true }], user: 'Propose.' },
    what: { purpose: 'propose', experiment: null },
    trainPy: TRAIN_PY,
    ideas: asked,
    inspect: async () => (dice() < 0.2 ? { reason: 'unchanged', sentence: 'it is the same' } : null),
  };
  for (let made = 0; made < CONVERSATIONS; ) {
    const some = Math.min(CONVERSATIONS - made, 1 + Math.floor(dice() * 20));
    await Promise.all(
      Array.from({ length: some }, async () => {
        const payer = payers[dice() < 0.5 ? 0 : 1]!;
        const result = await converse(payer, MODEL, task, new UsageTotal(), never);
        if (result.kind === 'usable') ideas += result.answers.length;
      }),
    );
    made += some;
    nowMs += 600_000;
    if (dice() < 0.2) payers[dice() < 0.5 ? 0 : 1] = open();
  }
  const last = new Budget(store, 'main', async () => ({ nanoUsd: capNano, tokens: null }));
  return { capNano, chargedNano, spentNano: Math.round(1e9 * (await last.spentUsd())), calls, ideas, asked };
}

/** So many ideas, or fewer that can be used, or none that can be read. */
function answerOf(ideas: number, dice: () => number): string {
  if (dice() < 0.1) return 'I would raise it';
  const some = Array.from({ length: ideas }, () => {
    const there = dice() < 0.9 ? 'RATE = 0.5 ' : 'RATE = 77 ';
    return edit('RATE', there, `RATE = ${dice().toFixed(6)} `).answer.ideas[0];
  });
  return JSON.stringify({ ideas: some });
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
