// Every fault of a model against every setting, in virtual time: which lanes go on, and why the others end.
import { describe, expect, test } from 'vitest';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import type { Stop } from '../../../controller/loop/context.ts';
import type { Fault } from '../../messages/faults.ts';
import { credulous, freshIdea, type Played, playLane } from '../../messages/lane.ts';
import { type Rig, type RigSettings, rigOn } from '../../messages/rig.ts';
import type { Said } from '../../messages/server.ts';

const EXPERIMENTS = 8;
const FIRST = 'claude-opus-5-5';
const SECOND = 'claude-sonnet-5-5';
const declined: Said = { answer: '', stopReason: 'refusal', category: 'frontier_llm' };

/** A lane whose first model meets `said` from its third request on; the second one is well, where `all` does not say otherwise. */
async function laneWith(
  said: Said,
  settings: RigSettings,
  all: boolean,
): Promise<{ rig: Rig; played: Played }> {
  const rig = await rigOn(
    (asked, n) => (n > 2 && (all || asked.model === FIRST) ? said : freshIdea(asked, n)),
    { patient: (time) => time.clock, reader: credulous, ...settings },
  );
  const free = settings.fallback !== undefined;
  const limits = { experiments: EXPERIMENTS, gpuHours: null, usd: settings.maxUsd ?? 1000 };
  return { rig, played: await playLane(rig, { ahead: 1, freeIdeas: free, limits }) };
}

const sources = ({ happened }: Played) =>
  happened.flatMap((one) => (one.kind === 'decided' ? [one.decision.source] : [])).slice(1);

/** What ends a lane that has nobody else; null: it waits for the model, which the table lets be. */
const faults: [what: string, said: Said, alone: Stop['reason'] | null, othersHelp: boolean][] = [
  ['declines', declined, 'refused', true],
  [
    'finds the prompt too long',
    { answer: '', stopReason: 'model_context_window_exceeded' },
    'misconfigured',
    true,
  ],
  ['answers nothing that can be used', { answer: 'I would raise it' }, 'exhausted', false],
  ['is cut off each time', { answer: '', stopReason: 'max_tokens' }, 'misconfigured', true],
  ...(
    [
      ['key_revoked', 'misconfigured', false],
      ['forbidden', 'misconfigured', true],
      ['unknown_model', 'misconfigured', true],
      ['spend_limit', 'unpaid', false],
      ['no_credit', 'unpaid', false],
      ['billing', 'unpaid', false],
      ['bad_request', 'misconfigured', true],
      ['too_large', 'misconfigured', true],
      ['overloaded', null, false],
      ['rate_limit', null, false],
      ['rate_limit_for_ever', null, false],
      ['server_error', null, false],
      ['timeout', null, false],
      ['silent', null, false],
      ['bad_gateway', null, false],
      ['reset', null, false],
      ['reset_midway', null, false],
      ['overloaded_in_stream', null, false],
      ['cut_short', null, false],
    ] as [Fault, Stop['reason'] | null, boolean][]
  ).map(([fault, alone, othersHelp]): [string, Said, Stop['reason'] | null, boolean] => [
    `meets ${fault}`,
    { fault },
    alone,
    othersHelp,
  ]),
];

describe('with a proposer that costs nothing no lane ends, though its model', () => {
  test.each(faults)('%s', async (_, said) => {
    const { rig, played } = await laneWith(said, { fallback: proposerOf('builtin') }, true);
    await using _rig = rig;
    expect(played.stop).toMatchObject({ reason: 'limit', sentence: expect.stringMatching(/^8 experiments/) });
    expect(sources(played)).toContain('anthropic');
    expect(sources(played)).toContain('builtin');
  });

  test('may spend no more', async () => {
    const { rig, played } = await laneWith(declined, { fallback: proposerOf('builtin'), maxUsd: 0.13 }, true);
    await using _rig = rig;
    expect(played.stop).toMatchObject({ reason: 'limit', sentence: expect.stringMatching(/^8 experiments/) });
    expect(rig.told.at(-1)).toMatch(/^the fallback has the ideas meanwhile: .*raise --max-usd/);
  });
});

describe('with nobody else a lane ends, and says which kind of trouble it was, where its model', () => {
  test.each(faults.filter(([, , alone]) => alone !== null))('%s', async (_, said, alone) => {
    const { rig, played } = await laneWith(said, {}, true);
    await using _rig = rig;
    expect(played.stop.reason).toBe(alone);
    expect(played.stop.sentence).toMatch(/; \S/);
  });
});

describe('the next of the models has the ideas, where the first', () => {
  test.each(faults.filter(([, , , othersHelp]) => othersHelp))('%s', async (_, said) => {
    const { rig, played } = await laneWith(said, { others: [SECOND] }, false);
    await using _rig = rig;
    expect(played.stop).toMatchObject({ reason: 'limit', sentence: expect.stringMatching(/^8 experiments/) });
    expect(new Set(sources(played))).toEqual(new Set(['anthropic']));
    expect(rig.server.asked.map(({ model }) => model)).toContain(SECOND);
  });

  test('declines, at the price of the model that was asked', async () => {
    const { rig } = await laneWith(declined, { others: [SECOND] }, false);
    await using _rig = rig;
    const reserved = await Promise.all(
      rig.server.asked.map(async ({ model }, i) => {
        const stored = await rig.store.get(`main/spend/${i + 1}.json`);
        return { asked: model, ...JSON.parse(new TextDecoder().decode(stored!)) };
      }),
    );
    const of = (id: string) => reserved.filter(({ model }) => model === id);
    expect(of(FIRST).length + of(SECOND).length).toBe(reserved.length);
    expect(of(SECOND)[0].nanoUsd).toBeLessThan(0.6 * of(FIRST)[0].nanoUsd);
  });
});

test('a model that declines is asked for another direction before the next model is', async () => {
  const rig = await rigOn((asked, n) => (n < 3 ? declined : freshIdea(asked, n)), { reader: credulous });
  await using _rig = rig;
  await playLane(rig, { width: 1, ahead: 0, limits: { experiments: 1, gpuHours: null, usd: 1000 } });
  const asked = rig.server.asked.map(({ messages }) => messages[0]!.content.split('\n').at(-1));
  expect(asked).toHaveLength(3);
  expect(new Set(asked).size).toBe(3);
});
