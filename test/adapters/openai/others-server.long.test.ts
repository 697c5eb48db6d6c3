// Chat completions of a server that others wrote, from the npm registry: what our own stand-in may have taken for granted.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../controller/adapters/clock.ts';
import type { Answers } from '../../../controller/adapters/openai/body.ts';
import { openaiClient } from '../../../controller/adapters/openai/client.ts';
import { isRefusal, readAnswers } from '../../../controller/llm/answer.ts';
import { edit, never, request, TRAIN_PY } from '../../messages/rig.ts';

const PACKAGE = join(import.meta.dirname, '..', '..', 'completions', 'aimock');
const KEY = 'sk-good';
const idea = JSON.stringify(edit('RATE: slower', 'RATE = 0.5 ', 'RATE = 0.4 ').answer);
const usage = { prompt_tokens: 1200, completion_tokens: 300, total_tokens: 1500 };
const fixtures = [
  { match: { userMessage: 'Propose' }, response: { content: idea, usage } },
  { match: { userMessage: 'at length' }, response: { content: '{"ideas": [', finishReason: 'length' } },
  { match: { userMessage: 'too often' }, response: { error: { message: 'Rate limited' }, status: 429 } },
  { match: { userMessage: 'broken' }, response: { error: { message: 'boom' }, status: 500 } },
];

let dir: string;
let server: ChildProcess;
let baseURL: string;

beforeAll(async () => {
  await execa('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PACKAGE });
  dir = await mkdtemp(join(tmpdir(), 'others-'));
  await writeFile(join(dir, 'fixtures.json'), JSON.stringify({ fixtures }));
  const port = await freePort();
  const cli = join(PACKAGE, 'node_modules', '@copilotkit', 'aimock', 'dist', 'cli.js');
  const args = ['-p', String(port), '-f', join(dir, 'fixtures.json'), '--strict', '--validate-on-load'];
  const env = { ...process.env, AIMOCK_API_KEYS: KEY };
  server = spawn(process.execPath, [cli, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  await once(server.stdout!, 'data');
  baseURL = `http://127.0.0.1:${port}/v1`;
}, 300_000);

afterAll(async () => {
  server?.kill();
  await rm(dir, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const held = createServer().listen(0, '127.0.0.1');
  await once(held, 'listening');
  const { port } = held.address() as { port: number };
  held.close();
  await once(held, 'close');
  return port;
}

const asked = (user: string, answers: Answers, apiKey = KEY) =>
  openaiClient({ apiKey, baseURL, answers, clock: systemClock, deadlineMs: 60_000, idleMs: 60_000 }).ask(
    request({ effort: null, prompt: { system: [{ text: 'the brief', cached: true }], user } }),
    never,
  );

describe.each(['schema', 'json', 'text'] as const)('held to JSON by %s', (answers) => {
  test('an idea is read, with what the server says that it used', async () => {
    const said = await asked('Propose.', answers);
    if (said.kind !== 'answered') throw new Error(said.sentence);
    expect(said).toMatchObject({ stopReason: 'end_turn', usage: { inputTokens: 1200, outputTokens: 300 } });
    const [read] = readAnswers(said.text, TRAIN_PY);
    expect(isRefusal(read!)).toBe(false);
    expect(read).toMatchObject({ trainPy: TRAIN_PY.replace('RATE = 0.5 ', 'RATE = 0.4 ') });
  });

  test.each<[string, object]>([
    ['at length', { kind: 'answered', stopReason: 'max_tokens' }],
    ['too often', { kind: 'failed', fault: 'passing', reason: 'rate_limit' }],
    ['broken', { kind: 'failed', fault: 'passing', reason: 'http_500' }],
    ['what nobody scripted', { kind: 'failed', fault: 'passing', reason: 'http_503' }],
  ])('what is asked %s ends as it should', async (user, wanted) => {
    expect(await asked(user, answers)).toMatchObject(wanted);
  });
});

test('a key that is not accepted says what to do', async () => {
  expect(await asked('Propose.', 'schema', 'sk-bad')).toMatchObject({
    kind: 'failed',
    fault: 'key',
    sentence: expect.stringMatching(/set a valid OPENAI_API_KEY/),
  });
});
