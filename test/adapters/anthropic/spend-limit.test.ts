// A person's hand on the spending: what it forbids is asked for later, what the lane's own cap forbids never.
import { expect, test } from 'vitest';
import { keys } from '../../../controller/core/keys.ts';
import type { ClaudeSetting } from '../../../controller/settings/claude.ts';
import { proposerSchema } from '../../../controller/settings/proposer.ts';
import { claudeOf } from '../../../controller/wiring/proposers/claude.ts';
import { VirtualTime } from '../../double/time.ts';
import { MemoryStore } from '../../memory/store.ts';
import { briefOn, edit, never, PREPARE, TRAIN_PY } from '../../messages/rig.ts';
import { MessagesServer } from '../../messages/server.ts';

const fine = edit('RATE: more', 'RATE = 0.5', 'RATE = 0.6');

async function claude(setting: { maxUsd: number; fallback?: 'builtin' | 'none'; model?: string }) {
  const server = new MessagesServer(() => fine);
  const store = new MemoryStore();
  const asked = proposerSchema.parse({
    kind: 'anthropic',
    fallback: 'none',
    parallel: 1,
    baseURL: await server.listen(),
    ...setting,
  });
  const inputs = { trainPy: TRAIN_PY, prepare: PREPARE, program: async () => 'Make val_bpb low.' };
  const clock = new VirtualTime().driver;
  const observer = { happened() {}, turn() {} };
  const { proposer } = claudeOf(asked as ClaudeSetting, 'main', {
    store,
    clock,
    inputs,
    observer,
    env: { ANTHROPIC_API_KEY: 'sk-test' },
  });
  return {
    server,
    /** Writes control.json. */
    hand: (text: string) => store.put(keys.control('main'), new TextEncoder().encode(text)),
    propose: () => proposer.propose(briefOn(), 1, never),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

test.each([
  ['a cap that a person lowered', '{"limits":{"usd":0}}', /0\.00 of at most 0\.00 USD.*autoresearch limit/],
  ['a control.json that is half written', '{"paused":fal', /^control\.json cannot be read.*resume$/],
])('%s stops the asking for a while, and says why', async (_, control, words) => {
  await using lane = await claude({ maxUsd: 50 });
  await lane.hand(control);
  const sentence = expect.stringMatching(words);
  expect(await lane.propose()).toEqual({ kind: 'none', sentence, retry: true, afterMs: 30_000 });
  expect(lane.server.asked).toHaveLength(0);
  await lane.hand('{}');
  expect(await lane.propose()).toMatchObject({ kind: 'ideas', ideas: [{ source: 'anthropic' }] });
});

test('meanwhile the built-in proposer fills in, where it may', async () => {
  await using lane = await claude({ maxUsd: 50, fallback: 'builtin' });
  await lane.hand('{"limits":{"usd":0}}');
  expect(await lane.propose()).toMatchObject({ kind: 'ideas', ideas: [{ source: 'builtin' }] });
});

test('a model whose answers may take longer is asked all the same', async () => {
  await using lane = await claude({ maxUsd: 50, model: 'claude-sonnet-5-5' });
  expect(await lane.propose()).toMatchObject({ kind: 'ideas', ideas: [{ source: 'anthropic' }] });
});

test.each(['{}', '{"limits":{"usd":0}}', '{"limits":{"usd":9}}'])(
  'the lane’s own cap ends it, with %s in control.json',
  async (control) => {
    await using lane = await claude({ maxUsd: 0.01 });
    await lane.hand(control);
    const sentence = expect.stringMatching(/of at most 0\.01 USD.*raise --max-usd/);
    expect(await lane.propose()).toMatchObject({ kind: 'none', sentence, retry: false });
  },
);
