// Streams that break off after any of their events, in any way, and answers that tell what cannot be: no single one ends
// a lane that has a proposer which costs nothing, nor passes its cap.
import { describe, expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { PRICES } from '../../../controller/core/money.ts';
import { EVENTS } from '../../messages/events.ts';
import type { Break, Fault } from '../../messages/faults.ts';
import { credulous, freshIdea, playLane } from '../../messages/lane.ts';
import { MODEL, type RigSettings, rigOn } from '../../messages/rig.ts';
import type { Said } from '../../messages/server.ts';

const EXPERIMENTS = 6;
const RICH = 1000;
const POOR = 0.5;

/** A lane whose model meets this from its third request on. */
async function laneWith(said: (fresh: Said) => Said, maxUsd: number, settings: RigSettings = {}) {
  const rig = await rigOn((asked, n) => (n > 2 ? said(freshIdea(asked, n)) : freshIdea(asked, n)), {
    ...{ patient: (time) => time.clock, reader: credulous, fallback: proposerOf('builtin'), maxUsd },
    ...settings,
  });
  await using _rig = rig;
  const limits = { experiments: EXPERIMENTS, gpuHours: null, usd: maxUsd };
  const { stop, happened } = await playLane(rig, { ahead: 1, freeIdeas: true, limits });
  const sources = happened.flatMap((one) => (one.kind === 'decided' ? [one.decision.source] : [])).slice(1);
  const { input, read, written, output } = rig.server.charged;
  const prices = PRICES[MODEL.model]!;
  const chargedUsd =
    (input * prices.input +
      read * prices.cacheRead +
      written * prices.cacheWrite1h +
      output * prices.output) /
    1e6;
  return { stop, sources, chargedUsd, spentUsd: await rig.budget.spentUsd() };
}

const ways: Break[] = ['cut', 'reset', 'overloaded', 'silent'];
const places = [0, 1, 2, 3, 5, 7, 8, EVENTS.length];
const broken = ways.flatMap((how) =>
  places.map((after): [Fault, string] => [`${how}_at_${after}`, EVENTS[after - 1] ?? 'the headers']),
);

describe.each([
  ['with money', RICH],
  ['with a small cap', POOR],
])('%s a lane goes on where a stream is', (_, maxUsd) => {
  // A small cap is another way through the same code: a few places will do.
  const some = maxUsd === RICH ? broken : broken.filter(([fault]) => /_(?:0|7)$/.test(fault));
  test.each(some)('%s (after %s)', async (fault) => {
    const { stop, sources, spentUsd, chargedUsd } = await laneWith(() => ({ fault }), maxUsd);
    expect(stop.sentence).toMatch(/^6 experiments/);
    expect(new Set(sources)).toEqual(new Set(['anthropic', 'builtin']));
    expect(spentUsd).toBeLessThanOrEqual(maxUsd);
    expect(spentUsd).toBeGreaterThanOrEqual(chargedUsd - 1e-9);
  });
});

describe('a lane goes on, and counts no less than it is charged, where an answer tells', () => {
  const tells: [string, Readonly<Record<string, unknown>>][] = [
    ['nothing of its output', { output_tokens: undefined }],
    ['less than nothing', { input_tokens: -5 }],
    ['half a token', { output_tokens: 0.5 }],
    ['words', { cache_read_input_tokens: 'many' }],
    ['more than can be', { output_tokens: 1e12 }],
    ['a region', { inference_geo: 'us' }],
    ['a region that nobody knows', { inference_geo: 'moon' }],
    ['a tier that is paid otherwise', { service_tier: 'priority' }],
    ['a tier that nobody knows', { service_tier: 7 }],
    ['no kinds of cache writes', { cache_creation: null }],
  ];
  test.each(tells)('%s', async (_, told) => {
    const { stop, sources, spentUsd, chargedUsd } = await laneWith(
      (fresh) => ({ ...fresh, told }) as Said,
      RICH,
    );
    expect(stop.sentence).toMatch(/^6 experiments/);
    expect(sources).toContain('anthropic');
    expect(spentUsd).toBeLessThanOrEqual(RICH);
    expect(spentUsd).toBeGreaterThanOrEqual(chargedUsd - 1e-9);
  });
});
