// What a lane with Claude is refused for before it begins: found out by questions that cost nothing.
import { describe, expect, test } from 'vitest';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import { proposerSchema } from '../../controller/settings/proposer.ts';
import { laneProposer } from '../../controller/wiring/proposers/proposer.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryStore } from '../memory/store.ts';
import type { Fault } from '../messages/faults.ts';
import { PREPARE, TRAIN_PY } from '../messages/rig.ts';
import { MessagesServer } from '../messages/server.ts';

interface World {
  readonly setting?: object;
  readonly facts?: object;
  readonly fault?: Fault | null;
}

/** What becomes of a lane's start, and what a person heard. Time stands still. */
async function begin({ setting = {}, facts = {}, fault = null }: World) {
  const server = new MessagesServer(() => ({ answer: '' }));
  server.facts = { ...facts };
  server.silent = () => fault;
  const heard: string[] = [];
  const observer = {
    happened: (event: LaneEvent) => void (event.kind === 'held' && heard.push(event.sentence)),
    turn() {},
  };
  const asked = proposerSchema.parse({
    kind: 'anthropic',
    maxUsd: 5,
    baseURL: await server.listen(),
    ...setting,
  });
  const inputs = { trainPy: TRAIN_PY, prepare: PREPARE, program: async () => 'Make val_bpb low.' };
  const parts = {
    store: new MemoryStore(),
    clock: new VirtualTime().clock,
    inputs,
    observer,
    secrets: [],
    env: { ANTHROPIC_API_KEY: 'sk-test' },
  };
  const began = await laneProposer(asked, 'main', parts).then(
    () => 'began',
    (error) => ({ code: error.code, sentence: error.message }),
  );
  await server.close();
  expect(server.asked).toEqual([]);
  return { began, heard, looks: server.probes + server.counts };
}

const no = { supported: false };
const yes = { supported: true };
const only = (...levels: string[]) => ({
  supported: true,
  ...Object.fromEntries(
    ['low', 'medium', 'high', 'xhigh', 'max'].map((l) => [l, { supported: levels.includes(l) }]),
  ),
});

const hopeless: [string, World, RegExp][] = [
  ['a key that opens nothing', { fault: 'key_revoked' }, /key is not accepted \(401/],
  ['a key that may not use the model', { fault: 'forbidden' }, /403.*set a valid ANTHROPIC_API_KEY/],
  ['an account without money', { fault: 'no_credit' }, /account has reached a limit of its own/],
  ['a model that nobody knows', { fault: 'unknown_model' }, /404.*correct proposer\.model/],
  ['a model that was retired', { facts: { lifecycle: 'retired' } }, /was retired; choose another/],
  [
    'a model that answers by no schema',
    { facts: { capabilities: { structured_outputs: no } } },
    /JSON schema; choose another/,
  ],
  [
    'an effort that the model does not know',
    { facts: { capabilities: { effort: only('low', 'high') } }, setting: { effort: 'max' } },
    /knows no effort max; set proposer\.effort to one of low, high/,
  ],
  [
    'more output than the model has',
    { facts: { max_tokens: 8192 }, setting: { maxOutputTokens: 16_000 } },
    /at most 8192 tokens; set proposer\.maxOutputTokens/,
  ],
  [
    'a cap below one call',
    { setting: { maxUsd: 0.01 } },
    /may cost 0\.\d\d USD, and the cap is 0\.01; raise/,
  ],
];

describe('a lane does not begin, and exits with 3, for', () => {
  test.each(hopeless)('%s', async (_, world, words) => {
    const { began, looks } = await begin(world);
    expect(began).toEqual({ code: 3, sentence: expect.stringMatching(words) });
    expect(looks).toBeGreaterThan(0);
  });
});

describe('with a fallback a lane begins, and a person hears once, of', () => {
  test.each(hopeless)('%s', async (_, { setting, ...world }, words) => {
    const { began, heard } = await begin({ ...world, setting: { ...setting, fallback: 'builtin' } });
    expect(began).toBe('began');
    expect(heard).toEqual([expect.stringMatching(words)]);
  });
});

describe('what is no reason not to begin', () => {
  test.each<[string, World]>([
    [
      'an API that answers in full',
      {
        facts: {
          lifecycle: 'active',
          max_tokens: 128_000,
          capabilities: { structured_outputs: yes, effort: only('medium') },
        },
      },
    ],
    ['an API that is overloaded', { fault: 'overloaded' }],
    ['an API that nobody reaches', { fault: 'reset' }],
    ['a gateway that has no such path', { fault: 'no_such_path' }],
    ['a gateway that has no such method', { fault: 'no_such_method' }],
    ['a gateway that finds the question wrong', { fault: 'bad_request' }],
    ['a gateway that tells strange facts', { facts: { max_tokens: 'many', capabilities: [] } }],
    [
      'a model that cannot be used, where the next one is cheap enough',
      {
        setting: {
          maxUsd: 0.15,
          maxOutputTokens: 4000,
          model: 'claude-opus-5',
          models: [{ model: 'claude-sonnet-5-5' }],
        },
      },
    ],
  ])('%s', async (_, world) => {
    expect(await begin(world)).toMatchObject({ began: 'began', heard: [] });
  });
});
