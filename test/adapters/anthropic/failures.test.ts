// What goes wrong with a call, by the real SDK over a real socket: what becomes of it, and what it may have cost.
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { Budget } from '../../../controller/llm/budget.ts';
import { UsageTotal } from '../../../controller/llm/metered-model.ts';
import type { ModelFault } from '../../../controller/llm/model.ts';
import type { Fault } from '../../messages/faults.ts';
import { edit, never, type Rig, request, rigOn } from '../../messages/rig.ts';

const fine = edit('RATE: more', 'RATE = 0.5', 'RATE = 0.6');
const what = { purpose: 'propose', experiment: null } as const;
const once = (fault: Fault) => (_: unknown, n: number) => (n === 1 ? { fault } : fine);

/** Resolves when it holds; the test's own timeout bounds it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turn();
}

describe('a call fails', () => {
  const cases: [Fault, { reason: string; fault: ModelFault; free: boolean; retryAfterMs?: number | null }][] =
    [
      ['overloaded', { reason: 'overloaded', fault: 'passing', free: true }],
      ['rate_limit', { reason: 'rate_limit', fault: 'passing', free: true, retryAfterMs: 3000 }],
      ['server_error', { reason: 'http_500', fault: 'passing', free: true }],
      ['bad_gateway', { reason: 'http_502', fault: 'passing', free: false }],
      ['reset', { reason: 'reset', fault: 'passing', free: false }],
      ['reset_midway', { reason: 'broken', fault: 'passing', free: false }],
      ['cut_short', { reason: 'broken', fault: 'passing', free: false }],
      ['overloaded_in_stream', { reason: 'overloaded_error', fault: 'passing', free: false }],
      ['key_revoked', { reason: 'key', fault: 'key', free: true }],
      ['forbidden', { reason: 'permission', fault: 'request', free: true }],
      ['spend_limit', { reason: 'spend_limit', fault: 'account', free: true }],
      ['no_credit', { reason: 'spend_limit', fault: 'account', free: true }],
      ['unknown_model', { reason: 'http_404', fault: 'request', free: true }],
    ];
  test.each(cases)('by %s', async (fault, expected) => {
    await using rig = await rigOn(() => ({ fault }));
    const failed = await rig.client.ask(request(), never);
    expect(failed).toMatchObject({ kind: 'failed', ...expected });
    if (failed.kind === 'failed' && failed.fault !== 'passing')
      expect(failed.sentence).toMatch(/start again$/);
  });

  test('because nobody listens', async () => {
    const rig = await rigOn(() => fine);
    await rig.server.close();
    const failed = await rig.client.ask(request(), never);
    expect(failed).toMatchObject({ reason: 'unreachable', fault: 'passing', free: true });
  });

  test('because the stream falls silent', async () => {
    await using rig = await rigOn(() => ({ fault: 'silent' }));
    rig.time.busy = () => false;
    const failed = rig.client.ask(request(), never);
    await until(() => rig.signs() >= 2); // the head of the answer has arrived
    await rig.time.advance(60_000);
    expect(await failed).toMatchObject({ kind: 'failed', reason: 'idle', free: false });
  });

  test('because it takes longer than its deadline, though pings keep coming', async () => {
    await using rig = await rigOn(() => ({ fault: 'only_pings' }));
    rig.time.busy = () => false;
    const failed = rig.client.ask(request(), never);
    for (let n = 0; n < 10; n++) {
      const heard = rig.signs();
      await until(() => rig.signs() > heard + 1);
      await rig.time.advance(59_000);
    }
    const heard = rig.signs();
    await until(() => rig.signs() > heard + 1);
    await rig.time.advance(10_000);
    expect(await failed).toMatchObject({ kind: 'failed', reason: 'deadline', free: false });
  });

  test('not, where the one who asked goes away: that is told as it is', async () => {
    await using rig = await rigOn(() => ({ fault: 'silent' }));
    const gone = new AbortController();
    const asked = rig.client.ask(request(), gone.signal);
    await until(() => rig.server.asked.length === 1);
    gone.abort(new Error('the lane ends'));
    await expect(asked).rejects.toThrow('the lane ends');
  });
});

test('a call that its asker left stays spent and is over: at the cap nothing is waited for', async () => {
  await using rig = await rigOn(() => ({ fault: 'silent' }), { maxUsd: 0.2 });
  const gone = new AbortController();
  const left = rig.metered.ask(request(), what, new UsageTotal(), gone.signal);
  await until(() => rig.server.asked.length === 1);
  gone.abort(new Error('the session ends'));
  await expect(left).rejects.toThrow('the session ends');
  expect(await asks(rig)).toMatchObject({ kind: 'unanswered', retry: false });
  expect(rig.server.asked).toHaveLength(1);
  expect(await rig.budget.spentUsd()).toBeGreaterThan(0.1);
});

const asks = (rig: Rig) => rig.metered.ask(request(), what, new UsageTotal(), never);

describe('the one loop of retries', () => {
  test.each<Fault>([
    'overloaded',
    'server_error',
    'bad_gateway',
    'reset',
    'reset_midway',
    'overloaded_in_stream',
  ])('asks again after %s, a while later', async (fault) => {
    await using rig = await rigOn(once(fault));
    expect(await asks(rig)).toMatchObject({ kind: 'answered', stopReason: 'end_turn' });
    expect(rig.server.asked).toHaveLength(2);
    expect(rig.slept).toEqual([500]); // half of a second: full jitter, and the dice are loaded
  });

  test('waits twice as long each time, and the dice say how much of it', async () => {
    await using rig = await rigOn((_, n) => (n < 5 ? { fault: 'overloaded' } : fine));
    expect(await asks(rig)).toMatchObject({ kind: 'answered' });
    expect(rig.slept).toEqual([500, 1000, 2000, 4000]);
  });

  test('waits at least as long as the API asks for', async () => {
    await using rig = await rigOn(once('rate_limit'));
    await asks(rig);
    expect(rig.slept).toEqual([3500]);
  });

  test('does not wait for a year when the API asks for one', async () => {
    await using rig = await rigOn(() => ({ fault: 'rate_limit_for_ever' }));
    expect(await asks(rig)).toMatchObject({ kind: 'unanswered', retry: true, afterMs: 600_000 });
    expect(rig.slept).toEqual([]);
  });

  test.each<Fault>(['key_revoked', 'forbidden', 'spend_limit', 'no_credit', 'unknown_model'])(
    'after %s nothing is asked any more, and one line says what to do',
    async (fault) => {
      await using rig = await rigOn(once(fault));
      const first = await asks(rig);
      expect(first).toMatchObject({ kind: 'unanswered', retry: false });
      expect(first).toHaveProperty('sentence', expect.stringMatching(/start again$/));
      expect(await asks(rig)).toEqual(first);
      expect(rig.server.asked).toHaveLength(1);
    },
  );
});

describe('the circuit breaker', () => {
  test('after five failures in a row nothing is asked for half a minute, then one call finds out', async () => {
    let down = true;
    await using rig = await rigOn(() => (down ? { fault: 'overloaded' } : fine));
    expect(await asks(rig)).toMatchObject({ kind: 'unanswered', retry: true, afterMs: 30_000 });
    expect(rig.server.asked).toHaveLength(5);
    expect(await asks(rig)).toMatchObject({ kind: 'unanswered', afterMs: 30_000 });
    expect(rig.server.asked).toHaveLength(5);
    await rig.time.advance(30_000);
    const both = await Promise.all([asks(rig), asks(rig)]);
    expect(both.map((one) => one.kind)).toEqual(['unanswered', 'unanswered']);
    expect(rig.server.asked).toHaveLength(6);
    await rig.time.advance(60_000);
    down = false;
    expect(await asks(rig)).toMatchObject({ kind: 'answered' });
    expect(rig.breaker.open).toBe(false);
  });

  test('an outage of a day is asked about every five minutes, not more', async () => {
    await using rig = await rigOn(() => ({ fault: 'overloaded' }));
    const day = rig.time.nowMs + 86_400_000;
    while (rig.time.nowMs < day) {
      const said = await asks(rig);
      if (said.kind === 'unanswered') await rig.time.advance(said.afterMs);
    }
    expect(rig.server.asked.length).toBeGreaterThan(280);
    expect(rig.server.asked.length).toBeLessThan(300);
  });
});

describe('what a call may have cost', () => {
  /** What is reserved for `request()`, a tenth more than at list prices: a workspace may choose the region. */
  const most = (input: number, output: number) => (1.1 * (8 * input + 20 * output)) / 1e6;
  const reserved = most(17 + 4096, 4000);

  const unheard = (input: number) => most(Math.ceil(1.05 * input) + 512, 1000);
  const heard = (input: number) => (4 * input + 20 * 1000) / 1e6;
  test.each<[Fault, string, ((input: number) => number) | null]>([
    ['overloaded', 'nothing', null],
    ['server_error', 'nothing', null],
    ['key_revoked', 'nothing', null],
    ['bad_gateway', 'its input as counted and two seconds of an answer', unheard],
    ['reset', 'its input as counted and two seconds of an answer', unheard],
    ['overloaded_in_stream', 'the input that it told and two seconds of an answer', heard],
    ['cut_short', 'the input that it told and two seconds of an answer', heard],
  ])('after %s it counts for %s', async (fault, _, kept) => {
    await using rig = await rigOn(once(fault));
    await asks(rig);
    const fineOnes = rig.server.asked.length - 1;
    const { input, output } = rig.server.charged; // of the one that was answered, whose input is the same
    const charged = (input * 4 + output * 20) / 1e6;
    expect(fineOnes).toBe(fault === 'key_revoked' ? 0 : 1);
    expect(await rig.budget.spentUsd()).toBeCloseTo((kept?.(input) ?? 0) + charged, 6);
    expect(rig.server.probes).toBe(kept === null ? 0 : 1);
  });

  test('an outage that breaks calls off costs one reservation, for then somebody must answer for free first', async () => {
    await using rig = await rigOn(() => ({ fault: 'reset' }));
    rig.server.silent = () => 'reset';
    for (let n = 0; n < 10; n++) {
      const said = await asks(rig);
      if (said.kind === 'unanswered') await rig.time.advance(said.afterMs);
    }
    expect(rig.server.asked).toHaveLength(1);
    expect(rig.server.probes).toBeGreaterThan(10);
    expect(await rig.budget.spentUsd()).toBeLessThan(0.5 * reserved);
  });

  test('failures that may have cost something never pass the cap', async () => {
    await using rig = await rigOn(() => ({ fault: 'reset' }), { maxUsd: 3 * reserved });
    let said = await asks(rig);
    for (let n = 0; n < 100 && said.kind === 'unanswered' && said.retry; n++) {
      await rig.time.advance(said.afterMs);
      said = await asks(rig);
    }
    expect(said).toMatchObject({ retry: false, sentence: expect.stringMatching(/raise --max-usd/) });
    expect(await rig.budget.spentUsd()).toBeLessThanOrEqual(3 * reserved);
    expect(rig.server.asked.length).toBeGreaterThan(3);
  });

  test('two calls in a row that broke off are enough to wait, and then short ones find out for next to nothing', async () => {
    await using rig = await rigOn(() => ({ fault: 'overloaded_in_stream' }));
    const waits: number[] = [];
    for (let n = 0; n < 4; n++) {
      const said = await asks(rig);
      if (said.kind === 'unanswered') waits.push(said.afterMs);
      await rig.time.advance(waits.at(-1)!);
    }
    expect(waits).toEqual([60_000, 60_000, 120_000, 240_000]);
    expect(rig.server.asked.map(({ max_tokens }) => max_tokens)).toEqual([4000, 4000, 64, 64, 64]);
    expect(await rig.budget.spentUsd()).toBeLessThan(2.5 * heard(20));
  });

  test('an answer without usage costs what was reserved', async () => {
    await using rig = await rigOn(() => ({ ...fine, withoutUsage: true }));
    expect(await asks(rig)).toMatchObject({ kind: 'answered', usage: null });
    expect(await rig.budget.spentUsd()).toBeCloseTo(reserved, 6);
  });

  test.each<[string, Record<string, unknown>]>([
    ['leaves the input out', { input_tokens: undefined }],
    ['leaves the output out', { output_tokens: undefined }],
    ['says null for the input', { input_tokens: null }],
    ['counts below zero', { cache_read_input_tokens: -100_000 }],
    ['counts in fractions', { output_tokens: 0.5 }],
    ['counts in words', { input_tokens: '12' }],
    ['tells of more than a sum can hold', { input_tokens: Number.MAX_SAFE_INTEGER }],
  ])(
    'where a gateway %s, a call costs what was reserved, and the cap holds, now and after a restart',
    async (_, told) => {
      await using rig = await rigOn(() => ({ ...fine, told }), { maxUsd: 2.5 * reserved });
      for (let n = 0; n < 2; n++) expect(await asks(rig)).toMatchObject({ kind: 'answered' });
      expect(await asks(rig)).toMatchObject({
        retry: false,
        sentence: expect.stringMatching(/raise --max-usd/),
      });
      expect(rig.server.asked).toHaveLength(2);
      const restarted = new Budget(rig.store, 'main', async () => ({ nanoUsd: 0, tokens: null }));
      for (const budget of [rig.budget, restarted])
        expect(await budget.spentUsd()).toBeCloseTo(2 * reserved, 6);
    },
  );

  test.each<[string, Record<string, unknown>, number]>([
    ['in a region', { inference_geo: 'us' }, 1.1],
    ['anywhere', { inference_geo: 'global', speed: 'standard', service_tier: 'priority' }, 1],
    ['nobody knows where', { inference_geo: 'not_available', service_tier: 'batch' }, 1],
    ['fast, which nobody asked for', { inference_geo: 'us', speed: 'fast' }, 6.6],
  ])('an answer that was made %s is settled as it told', async (_, told, times) => {
    await using rig = await rigOn(() => ({ ...fine, told }));
    await asks(rig);
    const { input, output } = rig.server.charged;
    expect(await rig.budget.spentUsd()).toBeCloseTo((times * (4 * input + 20 * output)) / 1e6, 8);
  });

  test('while the clock steps back, a call takes no time at all', async () => {
    await using rig = await rigOn(() => {
      rig.time.nowMs -= 10_000;
      return fine;
    });
    const total = new UsageTotal();
    expect(await rig.metered.ask(request(), what, total, never)).toMatchObject({
      kind: 'answered',
      seconds: 0,
    });
    expect(total.seconds).toBe(0);
    const restarted = new Budget(rig.store, 'main', async () => ({ nanoUsd: 0, tokens: null }));
    expect(await restarted.spentUsd()).toBe(await rig.budget.spentUsd());
  });

  test('of a hundred calls at once near the cap none passes it, and the account is charged less than the cap', async () => {
    await using rig = await rigOn(() => fine, { maxUsd: 0.2 });
    const said = await Promise.all(Array.from({ length: 100 }, () => asks(rig)));
    const answered = said.filter((one) => one.kind === 'answered').length;
    expect(answered).toBeGreaterThanOrEqual(1);
    expect(answered).toBeLessThan(100);
    const { input, read, written, output } = rig.server.charged;
    const charged = (input * 4 + read * 0.2 + written * 8 + output * 20) / 1e6;
    expect(await rig.budget.spentUsd()).toBeCloseTo(charged, 6);
    const refused = said.find((one) => one.kind === 'unanswered');
    expect(refused).toMatchObject({ sentence: expect.stringMatching(/raise --max-usd/), retry: true });
  });
});
