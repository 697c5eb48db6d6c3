// Claude on Amazon Bedrock and Google Vertex AI, by their own packages over a real socket: what goes wrong, and what it costs.
import { describe, expect, test } from 'vitest';
import { UsageTotal } from '../../../controller/llm/metered-model.ts';
import type { ModelFault } from '../../../controller/llm/model.ts';
import { bedrockRig, type CloudRig, inCloud, vertexRig } from '../../messages/cloud-rig.ts';
import type { Fault } from '../../messages/faults.ts';
import { edit, never, type RigSettings, request, rigOn } from '../../messages/rig.ts';
import type { Script } from '../../messages/server.ts';

const fine = edit('RATE: more', 'RATE = 0.5', 'RATE = 0.6');
const what = { purpose: 'propose', experiment: null } as const;
interface Told {
  readonly reason: string;
  readonly fault: ModelFault;
  readonly free: boolean;
  readonly sentence?: RegExp;
}
const passing = (reason: string, free: boolean): Told => ({ reason, fault: 'passing', free });
const lasting = (reason: string, fault: ModelFault, sentence: RegExp): Told => ({
  reason,
  fault,
  free: true,
  sentence,
});

/** As on Anthropic's API, but where nothing tells that a call which failed inside was not charged. */
const ON_BOTH: [Fault, Told][] = [
  ['overloaded', passing('overloaded', true)],
  ['rate_limit', passing('rate_limit', true)],
  ['server_error', passing('http_500', false)],
  ['bad_gateway', passing('http_502', false)],
  ['reset', passing('reset', false)],
  ['reset_midway', passing('broken', false)],
  ['cut_short', passing('broken', false)],
  ['cut_at_8', passing('broken', false)],
  ['reset_at_8', passing('broken', false)],
  ['overloaded_in_stream', passing('overloaded_error', false)],
];

const ON_BEDROCK: [Fault, Told][] = [
  ['timeout', passing('http_408', false)],
  [
    'key_revoked',
    lasting('key', 'key', /^AWS does not accept the credentials \(403 UnrecognizedClientException: /),
  ],
  ['forbidden', lasting('permission', 'request', /403 AccessDeniedException: .*allow bedrock:Invoke/)],
  ['spend_limit', lasting('spend_limit', 'account', /limit of its own \(400 ServiceQuotaExceeded/)],
  ['unknown_model', lasting('http_400', 'request', /model identifier is invalid.*correct proposer\.model/)],
  ['bad_request', lasting('http_400', 'request', /the request is of no use/)],
];

const ON_VERTEX: [Fault, Told][] = [
  ['timeout', passing('http_504', false)],
  ['key_revoked', lasting('key', 'key', /^Google does not accept the credentials \(401 UNAUTHENTICATED: /)],
  [
    'forbidden',
    lasting('permission', 'request', /403 PERMISSION_DENIED: .*allow aiplatform\.endpoints\.predict/),
  ],
  ['unknown_model', lasting('http_404', 'request', /Publisher Model was not found.*correct proposer\.model/)],
  ['bad_request', lasting('http_400', 'request', /the request is of no use/)],
];

describe.each([
  {
    name: 'Amazon Bedrock',
    rigged: bedrockRig,
    own: ON_BEDROCK,
    odd: 'arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-x-v1:0',
  },
  { name: 'Google Vertex AI', rigged: vertexRig, own: ON_VERTEX, odd: 'claude-opus-4-5@20251101' },
])('on $name', ({ name, rigged, own, odd }) => {
  const cloud = inCloud<CloudRig>(rigged);
  const rigHere = (script: Script, more: RigSettings = {}) => rigOn(script, { cloud: cloud(), ...more });
  const asked = () => request({ model: cloud().model });

  test.each([...ON_BOTH, ...own])('a call fails by %s', async (fault, { sentence = /./, ...told }) => {
    await using rig = await rigHere(() => ({ fault }));
    const failed = await rig.client.ask(asked(), never);
    expect(failed).toMatchObject({ kind: 'failed', ...told, sentence: expect.stringMatching(sentence) });
    if (failed.kind === 'failed' && failed.fault !== 'passing')
      expect(failed.sentence).toMatch(/; .*start again$/);
  });

  test('nobody listens', async () => {
    const rig = await rigHere(() => fine);
    await rig.server.close();
    const failed = await rig.client.ask(asked(), never);
    expect(failed).toMatchObject({ reason: 'unreachable', fault: 'passing', free: true });
  });

  test('the request is that of the Messages API: a schema, and an hour of cache', async () => {
    await using rig = await rigHere(() => fine);
    expect(await rig.client.ask(asked(), never)).toMatchObject({ kind: 'answered', stopReason: 'end_turn' });
    const { model, max_tokens, output_config, system } = rig.server.asked[0]!;
    expect({ model, max_tokens }).toEqual({ model: cloud().model, max_tokens: 4000 });
    expect(output_config).toMatchObject({ effort: 'medium', format: { type: 'json_schema' } });
    expect(system[0]!.cache_control).toEqual({ type: 'ephemeral', ttl: '1h' });
  });

  test('a model is asked by the whole of its name, whatever stands in it', async () => {
    await using rig = await rigHere(() => fine);
    const said = await rig.client.ask(request({ model: odd }), never);
    expect(said).toMatchObject({ reason: 'http_404', sentence: expect.stringContaining(`model: ${odd}`) });
  });

  test('usage is settled to the cent as on the API itself, also of calls that break off', async () => {
    const spent = async (settings: RigSettings) => {
      const script: Script = (_, n) =>
        n === 2 ? { fault: 'reset_at_8' } : n === 4 ? { fault: 'overloaded' } : fine;
      await using rig = await rigOn(script, settings);
      const { model } = settings.cloud ?? { model: 'claude-opus-5-5' };
      const prompt = { system: [{ text: 'the brief '.repeat(900), cached: true }], user: 'Propose.' };
      const total = new UsageTotal();
      for (let n = 0; n < 3; n++) await rig.metered.ask(request({ model, prompt }), what, total, never);
      return {
        ...total.usage,
        nanoUsd: total.nanoUsd,
        usd: await rig.budget.spentUsd(),
        ...rig.server.charged,
      };
    };
    const here = await spent({ cloud: cloud() });
    expect(here).toEqual(await spent({}));
    expect(here.cacheReadTokens).toBeGreaterThan(0);
    expect(here.cacheWriteTokens).toBeGreaterThan(0);
  });

  test(`what is told for nothing is no fact of a model (${name})`, async () => {
    await using rig = await rigHere(() => fine);
    expect(await rig.client.probe(cloud().model, never)).toMatchObject({
      kind: 'facts',
      known: false,
      structured: null,
      mostOutputTokens: null,
    });
    const counts = cloud().name === 'vertex';
    expect(await rig.client.count(asked(), never)).toMatchObject(
      counts ? { kind: 'counted' } : { kind: 'failed', reason: 'uncounted', fault: 'passing', free: true },
    );
    expect({ counts: rig.server.counts, asked: rig.server.asked.length }).toEqual({
      counts: counts ? 2 : 0,
      asked: 0,
    });
  });

  test('near the cap the answer is bounded all the same, and the cap holds', async () => {
    await using rig = await rigHere(() => fine, { maxUsd: 0.2 });
    const total = new UsageTotal();
    for (let n = 0; n < 400; n++) await rig.metered.ask(asked(), what, total, never);
    expect(await rig.budget.spentUsd()).toBeLessThanOrEqual(0.2);
    expect(rig.server.asked.length).toBeGreaterThan(5);
    expect(await rig.metered.ask(asked(), what, total, never)).toMatchObject({
      kind: 'unanswered',
      sentence: expect.stringMatching(/raise --max-usd/),
    });
  });
});
