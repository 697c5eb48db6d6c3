// Claude as the proposer, as a person runs it: the real command, trainer, supervisor, repository and store; the real SDK
// talks to the stand-in for the Messages API.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
import { type Asked, MessagesServer, type Said } from '../messages/server.ts';
import { main } from './command.ts';

const KEY = 'sk-ant-a-key-that-must-not-show-up-anywhere';
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'claude-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const edit = (description: string, ...edits: [search: string, replace: string][]) => ({
  answer: {
    ideas: [
      {
        description,
        hypothesis: 'It should help.',
        file: 'train.py',
        edits: edits.map(([search, replace]) => ({ search, replace })),
        rewrite: null,
      },
    ],
  },
});

/** What this Claude proposes, one after the other; a repair where it is shown a log. */
const ideas: Said[] = [
  edit('LEARNING_RATE: larger steps', ['LEARNING_RATE = 0.005 ', 'LEARNING_RATE = 0.0100 ']),
  edit('CLIP: not in the file', ['CLIP = 77', 'CLIP = 78']),
  edit('CLIP: a slip that is seen', ['length = math.sqrt(sum(', 'length = maths.sqrt(sum(']),
  edit('CLIP: gradients are believed less', ['CLIP = 1.0 ', 'CLIP = 0.5 ']),
  edit('w_in: a slip that nobody sees', ['gathered.T @ dz, dz.sum', 'gathered @ dz, dz.sum']),
  edit('WARMDOWN_RATIO: shorter', ['WARMDOWN_RATIO = 0.2 ', 'WARMDOWN_RATIO = 0.1 ']),
];
const repair = edit('w_in: the slip is mended', [
  'gathered @ dz, dz.sum(axis=0)',
  'gathered.T @ dz, 0.9 * dz.sum(axis=0)',
]);

function script({ messages }: Asked): Said {
  if (messages[0]!.content.includes('<log>')) return repair;
  return ideas[proposed++] ?? edit('nothing is left', ['no such text', 'x']);
}
let proposed = 0;

async function run(...args: string[]) {
  const env = { ANTHROPIC_API_KEY: KEY };
  const { exitCode, stdout, stderr } = await execa(process.execPath, [main, ...args], { reject: false, env });
  return { code: exitCode, out: stdout, err: stderr };
}

test('its edits are measured, what cannot be used goes back to it, and a slip is mended once', async () => {
  const server = new MessagesServer(script);
  const config = join(dir, 'claude.yaml');
  await writeFile(
    config,
    `proposer: { kind: anthropic, baseURL: "${await server.listen()}", maxUsd: 50, ahead: 0 }\n`,
  );
  const flags = ['--clock', 'virtual', '--budget', '0.5s', '--plain', '--experiments', '4'];
  const said = await run('dev', '--config', config, '--dir', join(dir, 'lane'), ...flags);
  await server.close();
  expect(said.code, said.err).toBe(0);
  const store = join(dir, 'lane', 'store', 'main');
  const read = decode(await readFile(join(store, 'results.tsv'), 'utf8'));
  if (read.kind !== 'rows') throw new Error('results.tsv cannot be read');
  expect(read.rows.map((row) => [row.description, row.source, Number(row.attempts)])).toEqual([
    ['baseline', 'builtin', 1],
    ['LEARNING_RATE: larger steps', 'anthropic', 1],
    ['CLIP: gradients are believed less', 'anthropic', 1],
    ['w_in: a slip that nobody sees', 'anthropic', 2],
    ['WARMDOWN_RATIO: shorter', 'anthropic', 1],
  ]);
  expect(read.rows.map((row) => row.status)).not.toContain('crash');
  const refused = server.asked[3]!.messages.filter((message) => message.role === 'user');
  expect(refused[1]!.content).toMatch(/edit 1 is not in train.py: "CLIP = 77"/);
  expect(refused[2]!.content).toMatch(/would crash: line 180: maths is not defined/);

  const proposal = JSON.parse(await readFile(join(store, 'experiments', '000002', 'proposal.json'), 'utf8'));
  expect(proposal.cost).toMatchObject({ model: 'claude-opus-5-5', calls: 3 });
  const spent = await spends(join(store, 'spend'));
  const { charged } = server;
  expect(server.asked).toHaveLength(7);
  expect(spent.usd).toBeCloseTo(
    (charged.input * 4 + charged.read * 0.2 + charged.written * 8 + charged.output * 20) / 1e6,
    6,
  );
  expect(spent.reserved).toBe(7);

  const [status] = JSON.parse((await run('status', '--dir', join(dir, 'lane'), '-o', 'json')).out);
  const kept = read.rows.filter((row) => row.status === 'keep').length - 1;
  expect(status).toMatchObject({ spent_usd: spent.usd.toFixed(4), cap_usd: 50, calls: 7 });
  expect(status.usd_per_gain).toBe(kept === 0 ? null : (spent.usd / kept).toFixed(4));
  const show = async (id: string) =>
    JSON.parse((await run('show', id, '--dir', join(dir, 'lane'), '-o', 'json')).out)[0];
  const [shown, mended, baseline] = await Promise.all(['2', '3', '0'].map(show));
  expect(shown).toMatchObject({
    model: 'claude-opus-5-5',
    modelCalls: 3,
    proposalUsd: expect.stringMatching(/^0\.\d{6}$/),
  });
  expect(shown.inputTokens).toBeGreaterThan(shown.cachedTokens);
  expect(shown.cachedTokens).toBeGreaterThan(20_000);
  expect(Number(mended.fixUsd)).toBeGreaterThan(0);
  expect(mended.tried).toMatchObject([
    { attempt: 1, cause: 'first', ended: 'crashed', reason: 'shape', valBpb: null },
    { attempt: 2, cause: 'fix', ended: 'finished', reason: '', valBpb: mended.valBpb },
  ]);
  expect(baseline).not.toHaveProperty('model');

  const lane = ['--dir', join(dir, 'lane')];
  const answers = JSON.parse((await run('list', '--refused', '-o', 'json', ...lane)).out);
  expect(answers).toMatchObject([
    {
      call: 2,
      ideas: [{ description: 'CLIP: not in the file', sentence: expect.stringContaining('CLIP = 77') }],
    },
    { call: 3, ideas: [{ sentence: expect.stringContaining('maths is not defined') }] },
  ]);
  expect(answers[0].answer).toContain('CLIP = 78');
  expect((await run('show', '2', ...lane)).out).toMatch(
    /refused before +call 2: .*CLIP = 77.*; call 3: .*maths/,
  );
  expect((await run('show', '3', ...lane)).out).toMatch(
    /^attempt 1 +crashed: shape: .*\nattempt 2 +\d\.\d{6} on seed \d+$/m,
  );
  // The baseline cost nothing: what it lacks the others have all the same.
  const [header] = (await run('show', '0..2', '-o', 'tsv', ...lane)).out.split('\n');
  expect(header!.split('\t')).toEqual(
    expect.arrayContaining(['experiment', 'valBpb', 'model', 'proposalUsd']),
  );
  expect((await run('status', ...lane)).out).toMatch(/refused answers +2; autoresearch list --refused/);

  // What was sent after each verdict, as the server got it: calls 1, 2, 5 and 7.
  const printed = (...args: string[]) => run('prompt', '--config', config, '-o', 'json', ...lane, ...args);
  for (const [at, call] of [0, 1, 2, 3].map((id, i) => [id, [1, 2, 5, 7][i]!])) {
    const { apiKey, ...body } = server.asked[call! - 1]!;
    expect(JSON.parse((await printed('--at', String(at))).out), `after ${at}`).toEqual(body);
  }
  const next = JSON.parse((await printed()).out);
  expect(next.messages[0].content).toContain('WARMDOWN_RATIO: shorter');
  expect(JSON.parse((await printed('--at', '4')).out)).toEqual(next);
  const shownAsText = await run('prompt', '--config', config, ...lane);
  expect(shownAsText.out).toContain(next.messages[0].content);
  expect(shownAsText.err).toMatch(/── system, cached up to here \(\d+ bytes\)/);

  for (const file of await readdir(join(dir, 'lane'), { recursive: true, withFileTypes: true }))
    if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain(KEY);
  expect(said.out + said.err).not.toContain(KEY);
});

async function spends(folder: string) {
  let [usd, reserved] = [0, 0];
  for (const name of await readdir(folder))
    if (name.endsWith('-settled.json'))
      usd += JSON.parse(await readFile(join(folder, name), 'utf8')).nanoUsd / 1e9;
    else if (/^\d+\.json$/.test(name)) reserved++;
  return { usd, reserved };
}

describe('a key that merely lies in the environment spends nothing', () => {
  const dry = ['--experiments', '0', '--clock', 'virtual', '--budget', '0.3s', '--plain'];

  test('without the flag the built-in proposer has the ideas', async () => {
    const said = await run('dev', ...dry, '--dir', join(dir, 'free'));
    expect(said).toMatchObject({ code: 0, err: expect.stringContaining('no key is used') });
    expect(await readdir(join(dir, 'free', 'store', 'main'))).not.toContain('spend');
  });

  test.each<[string, string[], RegExp]>([
    ['without a cap', ['--proposer', 'anthropic'], /say how much at most, by --max-usd/],
    [
      'with a cap of nothing',
      ['--proposer', 'anthropic', '--max-usd', '0'],
      /Too small[\s\S]*proposer\.maxUsd/,
    ],
    ['with a cap for a proposer that is free', ['--proposer', 'random', '--max-usd', '1'], /anthropic/],
    [
      'with a model whose price is not known',
      ['--proposer', 'anthropic', '--max-usd', '1', '--model', 'claude-9'],
      /price of claude-9 is not known/,
    ],
  ])('%s nothing begins', async (_, flags, words) => {
    const said = await run('dev', ...dry, '--dir', join(dir, 'refused'), ...flags);
    expect(said).toMatchObject({ code: 2, err: expect.stringMatching(words) });
  });

  test('a key that is not accepted ends it before the baseline', async () => {
    const server = new MessagesServer(() => ({ answer: '' }));
    server.silent = () => 'key_revoked';
    const config = join(dir, 'revoked.yaml');
    await writeFile(
      config,
      `proposer: { kind: anthropic, baseURL: "${await server.listen()}", maxUsd: 5 }\n`,
    );
    const said = await run('dev', ...dry, '--dir', join(dir, 'revoked'), '--config', config);
    await server.close();
    expect(said).toMatchObject({ code: 3, err: expect.stringMatching(/set a valid ANTHROPIC_API_KEY/) });
    expect(said.err.match(/set a valid/g)).toHaveLength(1);
    expect(await readdir(join(dir, 'revoked', 'store', 'main'))).not.toContain('experiments');
    expect(server.asked).toEqual([]);
  });

  test('headers that the environment would add to every call are refused', async () => {
    const env = { ANTHROPIC_API_KEY: KEY, ANTHROPIC_CUSTOM_HEADERS: 'anthropic-beta: fast-mode-2026-02-01' };
    const args = ['dev', ...dry, '--dir', join(dir, 'headers'), '--proposer', 'anthropic', '--max-usd', '1'];
    const said = await execa(process.execPath, [main, ...args], { reject: false, env });
    expect(said).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/unset it, then start again/) });
  });

  test('and without a key nothing begins either', async () => {
    const env = { ANTHROPIC_API_KEY: '' };
    const args = ['dev', ...dry, '--dir', join(dir, 'refused'), '--proposer', 'anthropic', '--max-usd', '1'];
    const said = await execa(process.execPath, [main, ...args], { reject: false, env });
    expect(said).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('ANTHROPIC_API_KEY') });
  });
});
