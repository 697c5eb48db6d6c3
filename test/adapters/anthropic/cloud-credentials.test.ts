// What opens a cloud: what its own SDK finds for a workload, without any key; and what does not lead anywhere else.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { bedrock } from '../../../controller/adapters/anthropic/bedrock.ts';
import { anthropicClient } from '../../../controller/adapters/anthropic/client.ts';
import type { ApiCredentials } from '../../../controller/adapters/anthropic/credentials.ts';
import { vertex } from '../../../controller/adapters/anthropic/vertex.ts';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { AwsCredentials } from '../../messages/aws.ts';
import { AWS_KEYS, bedrockRig, PROJECT, REGION, vertexRig } from '../../messages/cloud-rig.ts';
import { amazonBedrock, type StandInCloud } from '../../messages/clouds.ts';
import { edit, never, request } from '../../messages/rig.ts';
import { MessagesServer } from '../../messages/server.ts';

let server: MessagesServer;
let baseURL: string;
let folder: string;
let sts: AwsCredentials;
beforeEach(async () => {
  server = new MessagesServer(() => edit('RATE', 'RATE = 0.5', 'RATE = 0.6'));
  baseURL = await server.listen();
  folder = await mkdtemp(join(tmpdir(), 'identity-'));
  sts = new AwsCredentials(['of-the-pod']);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await sts.close();
  await rm(folder, { recursive: true });
});

const said = (env: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
};
const client = (credentials: ApiCredentials, cloud: StandInCloud, idleMs = 30_000) => {
  server.cloud = cloud;
  return anthropicClient({ credentials, baseURL, clock: systemClock, deadlineMs: 60_000, idleMs });
};
const onBedrock = { bedrock: { region: REGION, apiKey: null } };
const bedrockId = request({ model: 'global.anthropic.claude-opus-5-5' });
const noKeys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };

/** As the cluster says it to a Pod: an identity token in a file, by IRSA or by EKS Pod Identity. */
async function identity(way: 'irsa' | 'pod identity'): Promise<void> {
  const token = join(folder, 'token');
  await writeFile(token, 'of-the-pod');
  const { env } = await bedrockRig();
  const irsa = {
    AWS_ROLE_ARN: 'arn:aws:iam::1:role/claude',
    AWS_WEB_IDENTITY_TOKEN_FILE: token,
    AWS_REGION: REGION,
    AWS_ENDPOINT_URL_STS: await sts.listen(),
  };
  const agent = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${irsa.AWS_ENDPOINT_URL_STS}/v1/credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token,
  };
  said({ ...env, ...noKeys, ...(way === 'irsa' ? irsa : agent) });
}

describe('on Amazon Bedrock', () => {
  test.each(['irsa', 'pod identity'] as const)('a Pod of EKS asks without a key, by %s', async (way) => {
    await identity(way);
    const asking = client(onBedrock, amazonBedrock(REGION, sts.given));
    expect(await asking.probe(bedrockId.model, never)).toMatchObject({ kind: 'facts' });
    expect(await asking.ask(bedrockId, never)).toMatchObject({ kind: 'answered' });
    expect(new Set(sts.asked)).toEqual(
      new Set([way === 'irsa' ? 'arn:aws:iam::1:role/claude' : 'the agent']),
    );
  });

  test('a token that is not accepted lasts, and says what to do; trouble with the exchange passes', async () => {
    await identity('irsa');
    sts.accepted = [];
    const asking = client(onBedrock, amazonBedrock(REGION, sts.given));
    const lasts = {
      kind: 'failed',
      fault: 'key',
      reason: 'identity',
      free: true,
      sentence: expect.stringMatching(/^no credentials of AWS were found \(.*no such token.*\); set AWS_/),
    };
    expect(await asking.ask(bedrockId, never)).toMatchObject(lasts);
    expect(await asking.probe(bedrockId.model, never)).toMatchObject(lasts);
    await sts.close();
    expect(await asking.ask(bedrockId, never)).toMatchObject({
      fault: 'passing',
      reason: 'exchange',
      free: true,
    });
  });

  test('who gives credentials and says nothing is not waited for beyond the silence', async () => {
    await identity('irsa');
    sts.trouble = 0;
    const asking = client(onBedrock, amazonBedrock(REGION, sts.given), 200);
    expect(await asking.ask(bedrockId, never)).toMatchObject({ fault: 'passing', reason: 'idle' });
  });

  test('no credentials at all are found out before anything is asked', async () => {
    said({ ...(await bedrockRig()).env, ...noKeys });
    const asking = client(onBedrock, amazonBedrock(REGION, {}));
    const sentence = expect.stringMatching(/^no credentials of AWS were found \(.+\); set AWS_ACCESS_KEY_ID/);
    expect(await asking.probe(bedrockId.model, never)).toMatchObject({ fault: 'key', sentence });
    expect(await asking.ask(bedrockId, never)).toMatchObject({ fault: 'key', free: true, sentence });
    expect(server.asked).toHaveLength(0);
  });

  test.each(['irsa', 'pod identity'] as const)(
    'a file of a token that is not there lasts, by %s',
    async (way) => {
      await identity(way);
      await rm(join(folder, 'token'));
      expect(await client(onBedrock, amazonBedrock(REGION, sts.given)).ask(bedrockId, never)).toMatchObject({
        fault: 'key',
        sentence: expect.stringMatching(/^no credentials of AWS were found \(.*ENOENT.*\); set AWS_/),
      });
    },
  );

  test('credentials that were there once may come back', async () => {
    const { env, cloud } = await bedrockRig();
    said(env);
    const asking = client(onBedrock, cloud);
    expect(await asking.ask(bedrockId, never)).toMatchObject({ kind: 'answered' });
    said(noKeys);
    expect(await asking.ask(bedrockId, never)).toMatchObject({
      fault: 'passing',
      reason: 'exchange',
      free: true,
    });
    said(AWS_KEYS);
    expect(await asking.ask(bedrockId, never)).toMatchObject({ kind: 'answered' });
  });

  test('a key of Bedrock is sent instead of a signature', async () => {
    said({ ...(await bedrockRig()).env, ...noKeys });
    const credentials = { bedrock: { region: REGION, apiKey: 'bedrock-key' } };
    const asking = client(credentials, amazonBedrock(REGION, {}, 'bedrock-key'));
    expect(await asking.probe(bedrockId.model, never)).toMatchObject({ kind: 'facts' });
    expect(await asking.ask(bedrockId, never)).toMatchObject({ kind: 'answered' });
  });

  test('a secret that is wrong signs what is not accepted', async () => {
    const { env, cloud } = await bedrockRig();
    said({ ...env, AWS_SECRET_ACCESS_KEY: 'another' });
    expect(await client(onBedrock, cloud).ask(bedrockId, never)).toMatchObject({ fault: 'key', free: true });
  });
});

describe('on Google Vertex AI', () => {
  test('a Pod of GKE asks without a key; its token is kept, and renewed once where it is shut', async () => {
    const rig = await vertexRig();
    said(rig.env);
    const asking = client(rig.credentials, rig.cloud);
    for (let n = 0; n < 3; n++)
      expect(await asking.ask(request(), never)).toMatchObject({ kind: 'answered' });
    expect(rig.metadata.given).toBe(1);
    rig.metadata.revoke();
    expect(await asking.ask(request(), never)).toMatchObject({ kind: 'answered' });
    expect(rig.metadata.given).toBe(2);
    await rig.close();
  });

  test('no credentials at all are found out before anything is asked, and may come', async () => {
    const rig = await vertexRig();
    said({ ...rig.env, GOOGLE_APPLICATION_CREDENTIALS: '', METADATA_SERVER_DETECTION: 'none' });
    const asking = client(rig.credentials, rig.cloud);
    const sentence = expect.stringMatching(/^no credentials of Google were found \(.+\); run gcloud auth/);
    expect(await asking.probe('claude-opus-5-5', never)).toMatchObject({ fault: 'key', sentence });
    expect(await asking.ask(request(), never)).toMatchObject({ fault: 'key', free: true, sentence });
    said({ METADATA_SERVER_DETECTION: 'assume-present' });
    expect(await asking.ask(request(), never)).toMatchObject({ kind: 'answered' });
    await rig.close();
  });

  test('a file of credentials that is not there lasts, and is named', async () => {
    const rig = await vertexRig();
    said({ ...rig.env, GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'missing.json') });
    expect(await client(rig.credentials, rig.cloud).ask(request(), never)).toMatchObject({
      fault: 'key',
      sentence: expect.stringMatching(
        /^no credentials of Google were found \(.*missing\.json.*\); run gcloud/,
      ),
    });
    await rig.close();
  });

  test('who gives tokens and says nothing is not waited for beyond the silence', async () => {
    const rig = await vertexRig();
    said(rig.env);
    rig.metadata.trouble = 0;
    expect(await client(rig.credentials, rig.cloud, 300).ask(request(), never)).toMatchObject({
      reason: 'idle',
    });
    await rig.close();
  });
});

test('no variable leads a call elsewhere, or makes it another', async () => {
  const rig = await vertexRig();
  said({
    ...rig.env,
    ...AWS_KEYS,
    ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
    ANTHROPIC_BEDROCK_BASE_URL: 'http://127.0.0.1:9',
    ANTHROPIC_VERTEX_BASE_URL: 'http://127.0.0.1:9',
    ANTHROPIC_VERTEX_PROJECT_ID: 'of-somebody',
    ANTHROPIC_API_KEY: 'sk-of-anthropic',
    ANTHROPIC_AUTH_TOKEN: 'of-anthropic',
    AWS_BEARER_TOKEN_BEDROCK: 'of-somebody',
    AWS_REGION: 'eu-west-9',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://127.0.0.1:9',
    CLOUD_ML_REGION: 'eu-west9',
  });
  const seen: string[] = [];
  const watched: typeof fetch = async (input, init) => {
    const { authorization = '', ...others } = Object.fromEntries(new Headers(init?.headers));
    seen.push(`${input} ${authorization.split('/', 3).join('/')}`, JSON.stringify(others));
    return new Response('{}', { status: 400, headers: { 'content-type': 'application/json' } });
  };
  const body = { model: 'x', max_tokens: 1, messages: [], stream: true as const };
  for (const platform of [
    bedrock({ region: REGION, apiKey: null }),
    vertex({ region: REGION, project: PROJECT }),
    vertex({ region: 'global', project: PROJECT }),
  ]) {
    const opened = await platform.open({ baseURL: null, timeoutMs: 1000 });
    await expect(opened.streams(watched).create(body)).rejects.toThrow();
  }
  const models = `projects/${PROJECT}/locations`;
  expect(seen.filter((_, i) => i % 2 === 0)).toEqual([
    expect.stringMatching(
      /^https:\/\/bedrock-runtime\.us-east-1\.amazonaws\.com\/model\/x\/invoke-with-response-stream AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d+\/us-east-1$/,
    ),
    `https://us-east-1-aiplatform.googleapis.com/v1/${models}/us-east-1/publishers/anthropic/models/x:streamRawPredict Bearer ya29.given-1`,
    `https://aiplatform.googleapis.com/v1/${models}/global/publishers/anthropic/models/x:streamRawPredict Bearer ya29.given-2`,
  ]);
  expect(seen.join('\n')).not.toMatch(/of-somebody|of-anthropic/);
  await rig.close();
});
