// Half an hour in which Claude does not answer, in virtual time: the loop, the purse and the real SDK on a real socket.
import { describe, expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { keys } from '../../../controller/core/keys.ts';
import type { Fault } from '../../messages/faults.ts';
import { credulous, freshIdea, idleMs, type Played, playLane, RUN_MS } from '../../messages/lane.ts';
import { edit, type Rig, type RigSettings, rigOn } from '../../messages/rig.ts';
import type { Asked } from '../../messages/server.ts';
import { frontierFile } from '../../messages/shown.ts';

const MINUTE = 60_000;
const FROM = 22 * MINUTE;
const TO = 52 * MINUTE;

async function withOutage(fault: Fault, settings: RigSettings = {}): Promise<Rig & { startMs: number }> {
  let rig: Rig;
  const down = () => rig.time.nowMs >= startMs + FROM && rig.time.nowMs < startMs + TO;
  rig = await rigOn((asked, n) => (down() ? { fault } : freshIdea(asked, n)), {
    patient: (time) => time.clock,
    reader: credulous,
    ...settings,
  });
  const startMs = rig.time.nowMs;
  rig.server.silent = () => (down() ? fault : null);
  return { ...rig, startMs };
}

const decisions = ({ happened }: Played) =>
  happened.flatMap((one) => (one.kind === 'decided' ? [one.decision] : []));

describe('while there are ideas in stock no slot is idle', () => {
  test.each<Fault>(['overloaded', 'reset', 'bad_gateway'])('though every call meets %s', async (fault) => {
    await using rig = await withOutage(fault);
    const played = await playLane(rig, { ahead: 14, limits: { experiments: 30, gpuHours: null, usd: 1000 } });
    expect(played.stop).toMatchObject({
      reason: 'limit',
      sentence: expect.stringMatching(/^30 experiments/),
    });
    expect(decisions(played)).toHaveLength(31);
    // From the first idea until the last but one is launched; the outage lies in between. The last waits for all others.
    const from = played.launchedMs[2]!;
    const to = played.launchedMs.at(-2)!;
    expect([from < rig.startMs + FROM, to > rig.startMs + TO]).toEqual([true, true]);
    expect(idleMs(played, 2, from, to)).toBe(0);
    expect(played.happened.some((one) => one.kind === 'held' && /does not answer/.test(one.sentence))).toBe(
      true,
    );
    expect(played.happened.filter((one) => one.kind === 'held').length).toBeLessThan(12);
  });
});

describe('when the stock is used up', () => {
  test('slots are empty until Claude answers, five minutes later at most, and nothing is lost', async () => {
    await using rig = await withOutage('overloaded');
    const played = await playLane(rig, { ahead: 2, limits: { experiments: 20, gpuHours: null, usd: 1000 } });
    expect(decisions(played)).toHaveLength(21);
    const [down, up] = [rig.startMs + FROM, rig.startMs + TO];
    expect(idleMs(played, 2, down, up)).toBeGreaterThan(20 * MINUTE);
    const next = played.launchedMs.find((at) => at >= up)!;
    expect(next - up).toBeLessThanOrEqual(5 * MINUTE);
    expect(rig.server.asked.length).toBeLessThan(50);
  });

  test('the built-in proposer fills in where it may, and Claude goes on after', async () => {
    await using rig = await withOutage('overloaded', { fallback: proposerOf('builtin') });
    const played = await playLane(rig, { ahead: 2, limits: { experiments: 30, gpuHours: null, usd: 1000 } });
    expect(idleMs(played, 2, played.launchedMs[2]!, played.launchedMs.at(-2)!)).toBe(0);
    const sources = decisions(played).map((decision) => decision.source);
    expect(sources.slice(1, 7)).not.toContain('builtin');
    expect(sources).toContain('builtin');
    expect(sources.at(-1)).toBe('anthropic');
  });
});

test('a key that is revoked ends the asking with one line, and what runs is measured to its end', async () => {
  await using rig = await withOutage('key_revoked');
  const played = await playLane(rig, { ahead: 2 });
  expect(played.stop).toMatchObject({
    reason: 'misconfigured',
    sentence: expect.stringMatching(
      /key is not accepted \(401.*set a valid ANTHROPIC_API_KEY and start again$/,
    ),
  });
  const said = played.happened.filter((one) => one.kind === 'held');
  expect(said).toHaveLength(1);
  expect(decisions(played)).toHaveLength(played.launchedMs.length);
  expect(played.launchedMs.at(-1)! + RUN_MS).toBeGreaterThan(rig.startMs + FROM);
});

test('the cap ends the asking the same way', async () => {
  await using rig = await rigOn(freshIdea, {
    patient: (time) => time.clock,
    reader: credulous,
    maxUsd: 0.3,
  });
  const played = await playLane(rig, { ahead: 1, limits: { experiments: 1000, gpuHours: null, usd: 0.3 } });
  expect(played.stop).toMatchObject({
    reason: 'limit',
    sentence: expect.stringMatching(/raise --max-usd/),
  });
  expect(await rig.budget.spentUsd()).toBeLessThanOrEqual(0.3);
  expect(decisions(played).length).toBeGreaterThan(5);
});

describe('ideas that were made ready on an older frontier', () => {
  const rules = { width: 1, ahead: 8, limits: { experiments: 60, gpuHours: null, usd: 1000 } };

  test('are carried onto the new one, and both changes are in the file that is measured', async () => {
    await using rig = await rigOn(freshIdea, { patient: (time) => time.clock, reader: credulous });
    const played = await playLane(rig, rules);
    const all = decisions(played);
    const kept = all.filter((decision) => decision.status === 'keep');
    expect(kept.length).toBeGreaterThan(3);
    expect(played.happened.filter((one) => one.kind === 'dropped')).toEqual([]);
    for (const [i, keep] of kept.entries()) {
      const moved = /^(K\d\d): try (\d+)/.exec(keep.description);
      if (!moved) continue; // the baseline
      const line = `${moved[1]} = ${(1 + Number(moved[2]) / 1000).toFixed(3)} `;
      for (const later of kept.slice(i + 1)) {
        const stored = await rig.store.get(keys.proposal('main', later.experiment));
        expect(new TextDecoder().decode(stored!)).toContain(line);
      }
    }
  });

  test('are dropped where both change the same line, and the lane goes on', async () => {
    const same = (asked: Asked, n: number) => {
      const now = /^K00 = \S+ /m.exec(frontierFile(asked))![0];
      return edit(`K00: try ${n}`, now, `K00 = ${(1 + n / 1000).toFixed(3)} `);
    };
    await using rig = await rigOn(same, { patient: (time) => time.clock, reader: credulous });
    const played = await playLane(rig, rules);
    expect(played.stop.reason).toBe('limit');
    expect(played.happened.filter((one) => one.kind === 'dropped').length).toBeGreaterThan(0);
    expect(decisions(played)).toHaveLength(61);
  });
});
