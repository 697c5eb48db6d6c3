// Chat completions on a strict server of its own: what is sent, what is read, and every failure.
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../controller/adapters/clock.ts';
import type { Answers } from '../../../controller/adapters/openai/body.ts';
import { openaiClient } from '../../../controller/adapters/openai/client.ts';
import type { LaneEvent } from '../../../controller/loop/observer.ts';
import { proposerSchema } from '../../../controller/settings/proposer.ts';
import { laneProposer } from '../../../controller/wiring/proposers/proposer.ts';
import { type CompletionFault, type CompletionSaid, CompletionsServer } from '../../completions/server.ts';
import { MemoryStore } from '../../memory/store.ts';
import { briefOn, edit, never, PREPARE, request, TRAIN_PY } from '../../messages/rig.ts';

const open: CompletionsServer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

async function served(script: (n: number) => CompletionSaid, answers: Answers = 'schema', idleMs = 60_000) {
  const server = new CompletionsServer((_, n) => script(n));
  open.push(server);
  const baseURL = await server.listen();
  const client = openaiClient({
    apiKey: 'sk',
    baseURL,
    answers,
    clock: systemClock,
    deadlineMs: 60_000,
    idleMs,
  });
  return { server, client, baseURL };
}

test.each(['schema', 'json', 'text'] as const)(
  'an answer by %s is read whole, with what it used',
  async (answers) => {
    const { server, client } = await served(() => ({ answer: { a: 'x'.repeat(1000) } }), answers);
    const asked = request({ corrections: [{ answer: '', refusal: 'no' }], effort: null });
    const said = await client.ask(asked, never);
    expect(server.wrong).toEqual([]);
    expect(said).toMatchObject({ kind: 'answered', stopReason: 'end_turn', surcharge: 1, category: '' });
    if (said.kind !== 'answered') throw new Error(said.sentence);
    expect(JSON.parse(said.text)).toEqual({ a: 'x'.repeat(1000) });
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = said.usage!;
    expect([cacheWriteTokens, outputTokens]).toEqual([0, 252]);
    expect(Math.abs(inputTokens - cacheReadTokens)).toBeLessThanOrEqual(1);
    expect(server.asked[0]!.response_format?.type).toBe(
      { schema: 'json_schema', json: 'json_object', text: undefined }[answers],
    );
    expect(server.asked[0]!.messages[0]!.content.includes('Its schema:')).toBe(answers !== 'schema');
    expect(server.keys).toEqual(['Bearer sk']);
  },
);

test.each<[string, CompletionSaid, object]>([
  ['is cut off', { answer: '{', finish: 'length' }, { stopReason: 'max_tokens' }],
  [
    'is filtered',
    { answer: '', finish: 'content_filter' },
    { stopReason: 'refusal', category: 'content_filter' },
  ],
  ['is a refusal', { answer: '', refusal: 'I cannot' }, { stopReason: 'refusal', category: 'refusal' }],
  ['tells no usage', { answer: '{}', usage: null }, { usage: null }],
  [
    'tells nonsense',
    { answer: '{}', usage: { prompt_tokens: -1, completion_tokens: 'many' } },
    { usage: null },
  ],
  [
    'tells more cached than there was',
    {
      answer: '{}',
      usage: { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 9 } },
    },
    { usage: { inputTokens: 0, cacheReadTokens: 5, cacheWriteTokens: 0, outputTokens: 1 } },
  ],
])('an answer that %s says so', async (_, said, wanted) => {
  const { client } = await served(() => said);
  expect(await client.ask(request(), never)).toMatchObject({ kind: 'answered', ...wanted });
});

const failures: [CompletionFault, object][] = [
  [
    'key_revoked',
    { fault: 'key', free: true, sentence: expect.stringMatching(/set a valid OPENAI_API_KEY/) },
  ],
  ['forbidden', { fault: 'request', free: true }],
  ['no_quota', { fault: 'account', free: true, sentence: expect.stringMatching(/raise its limit/) }],
  ['payment_required', { fault: 'account', free: true }],
  [
    'unknown_model',
    { fault: 'request', free: true, sentence: expect.stringMatching(/correct proposer\.model/) },
  ],
  ['bad_request', { fault: 'request', free: true }],
  ['too_large', { fault: 'request', free: true }],
  ['rate_limit', { fault: 'passing', free: true, reason: 'rate_limit', retryAfterMs: 3000 }],
  ['server_error', { fault: 'passing', free: true, reason: 'http_500' }],
  ['bad_gateway', { fault: 'passing', free: false, reason: 'http_502' }],
  ['reset', { fault: 'passing', free: false, reason: 'reset' }],
  ['reset_midway', { fault: 'passing', free: false }],
  ['error_in_stream', { fault: 'passing', free: false, reason: 'stream_error' }],
  ['cut_short', { fault: 'passing', free: false, reason: 'broken' }],
  ['silent', { fault: 'passing', free: false, reason: 'idle' }],
];

test.each(failures)('%s is a value that says whether it may have cost something', async (fault, wanted) => {
  const { client } = await served(() => ({ fault }), 'schema', fault === 'silent' ? 50 : 60_000);
  const said = await client.ask(request(), never);
  expect(said).toMatchObject({ kind: 'failed', ...wanted });
  if (said.kind === 'failed') expect(said.heard.seconds).not.toBeNull();
});

test('nobody there is free, and a stopped call rejects', async () => {
  const { server, client } = await served(() => ({ fault: 'silent' }));
  const stopping = new AbortController();
  const asked = client.ask(request(), stopping.signal);
  stopping.abort();
  await expect(asked).rejects.toThrow();
  await server.close();
  expect(await client.ask(request(), never)).toMatchObject({
    kind: 'failed',
    reason: 'unreachable',
    free: true,
  });
  open.length = 0;
});

test.each<[string, CompletionFault | 'no_models' | null, object]>([
  ['that it knows', null, { kind: 'facts', known: true }],
  ['of which it cannot be asked', 'no_models', { kind: 'facts', known: false }],
  ['that it does not have', 'unknown_model', { kind: 'failed', fault: 'request' }],
  ['with a wrong key', 'key_revoked', { kind: 'failed', fault: 'key' }],
])('a question about a model %s', async (_, fault, wanted) => {
  const { server, client } = await served(() => ({ answer: {} }));
  server.silent = () => fault;
  expect(await client.probe('m', never)).toMatchObject(wanted);
});

describe('as a lane’s proposer', () => {
  async function lane(server: CompletionsServer, setting: object, env: Record<string, string> = {}) {
    const heard: string[] = [];
    const observer = {
      happened: (event: LaneEvent) => void (event.kind === 'held' && heard.push(event.sentence)),
      turn() {},
    };
    const asked = proposerSchema.parse({
      kind: 'openai',
      model: 'mine',
      baseURL: await server.listen(),
      ...setting,
    });
    open.push(server);
    const inputs = { trainPy: TRAIN_PY, prepare: PREPARE, program: async () => 'Make val_bpb low.' };
    const store = new MemoryStore();
    const parts = { store, clock: systemClock, inputs, observer, secrets: [], env };
    return { store, ...(await laneProposer(asked, 'main', parts)) };
  }
  const fine = edit('RATE: more', 'RATE = 0.5', 'RATE = 0.6');

  test('its ideas are paid at the given prices, the cached part for less', async () => {
    const usage = {
      prompt_tokens: 3000,
      completion_tokens: 100,
      prompt_tokens_details: { cached_tokens: 1000 },
    };
    const server = new CompletionsServer(() => ({ ...fine, usage }));
    const { proposer, spentUsd, capUsd } = await lane(server, {
      maxUsd: 5,
      prices: { input: 2, output: 10, cachedInput: 1 },
    });
    const proposed = await proposer.propose(briefOn(), 1, never);
    expect(proposed).toMatchObject({
      kind: 'ideas',
      ideas: [{ source: 'openai', cost: { model: 'mine', usd: 0.006 } }],
    });
    expect(await spentUsd()).toBeCloseTo(0.006, 9);
    expect(capUsd).toBe(5);
    expect(server.keys.at(-1)).toBe('Bearer none');
  });

  test('a model of one’s own costs nothing and needs no cap', async () => {
    const { proposer, spentUsd, capUsd, freeIdeas } = await lane(new CompletionsServer(() => fine), {
      prices: 0,
    });
    expect(await proposer.propose(briefOn(), 1, never)).toMatchObject({ kind: 'ideas' });
    expect([await spentUsd(), capUsd, freeIdeas]).toEqual([0, null, true]);
  });

  test('what cannot be used goes back to it', async () => {
    const server = new CompletionsServer((_, n) => (n === 1 ? { answer: 'I would raise it' } : fine));
    const { proposer } = await lane(server, { prices: 0 });
    expect(await proposer.propose(briefOn(), 1, never)).toMatchObject({ kind: 'ideas' });
    expect(server.asked[1]!.messages.at(-1)!.content).toMatch(/does not have the shape/);
  });

  test('a wrong key ends it before anything begins', async () => {
    const server = new CompletionsServer(() => fine);
    server.silent = () => 'key_revoked';
    await expect(lane(server, { prices: 0 })).rejects.toMatchObject({ code: 3 });
  });

  test.each<[string, object, RegExp]>([
    ['no cap where it costs', { prices: { input: 1, output: 1 } }, /say how much at most/],
    ['no prices', { maxUsd: 1 }, /prices/],
  ])('%s is refused', async (_, setting, words) => {
    const read = proposerSchema.safeParse({ kind: 'openai', model: 'm', ...setting });
    expect(read.error?.issues[0]?.message).toMatch(words);
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['without a key', {}, /OPENAI_API_KEY is not set/],
    ['with headers of the environment', { OPENAI_API_KEY: 'k', OPENAI_CUSTOM_HEADERS: 'a: b' }, /unset it/],
  ])('%s nothing begins', async (_, env, words) => {
    const server = new CompletionsServer(() => fine);
    await expect(
      lane(server, { prices: 0, ...(env.OPENAI_API_KEY ? {} : { baseURL: null }) }, env),
    ).rejects.toThrow(words);
    expect(server.asked).toEqual([]);
  });
});
