// Who has the ideas, as a person chooses it: the real command, trainer, supervisor, repository and store.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../controller/report/results-tsv.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { autoresearch, heard, main, saidBy, start } from './command.ts';

let dir: string;
const run = ['dev', '--clock', 'virtual', '--budget', '0.5s', '--plain'];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'proposers-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function rows(folder: string) {
  const decoded = decode(await readFile(join(folder, 'store', 'main', 'results.tsv'), 'utf8'));
  if (decoded.kind !== 'rows') throw new Error(decoded.sentence);
  return decoded.rows.map(({ experiment, source, description }) => [experiment, source, description]);
}

test('with none a lane waits for what a person tries, and measures that', async () => {
  const folder = join(dir, 'none');
  const lane = start(...run, '--dir', folder, '--proposer', 'none', '--experiments', '1');
  await heard(lane.stderr, 'autoresearch try FILE -m TEXT');
  await heard(lane.stderr, 'nobody proposes here');
  const file = join(dir, 'mine.py');
  const first = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  await writeFile(file, first.replace('LEARNING_RATE = 0.005 ', 'LEARNING_RATE = 0.006 '));
  const queued = await autoresearch('try', file, '-m', 'a little faster', '--dir', folder);
  expect(queued.code, queued.err).toBe(0);
  const ended = await lane;
  expect(ended.exitCode, ended.stderr).toBe(0);
  expect(await rows(folder)).toEqual([
    ['000000', 'builtin', 'baseline'],
    ['000001', 'human', 'a little faster'],
  ]);
});

test('a command has the ideas, and finds neither the text nor a key that was not named', async () => {
  const folder = join(dir, 'command');
  const script = join(dir, 'agent.py');
  await writeFile(
    script,
    `import json, os, sys
open("looked", "w").write("")
found = [name for name in ("A_SECRET", "A_NAMED_KEY") if name in os.environ]
for root in (${JSON.stringify(folder)},):
    try:
        found += os.listdir(root)
    except OSError:
        pass
text = open("train.py").read()
rate = "LEARNING_RATE = 0.006 " if "0.005 " in text else "LEARNING_RATE = 0.007 "
print(json.dumps({"description": "found " + " ".join(found), "edits": [{"search": "LEARNING_RATE = 0.005 ", "replace": rate}], "usd": 0.02}))
`,
  );
  const config = join(dir, 'command.yaml');
  await writeFile(
    config,
    `proposer: { kind: command, command: "python3 ${script}", usdPerCall: 0.05, maxUsd: 1, env: [A_NAMED_KEY] }\n`,
  );
  const env = { A_SECRET: 's', A_NAMED_KEY: 'k' };
  const said = await saidBy(main, [...run, '--config', config, '--dir', folder, '--experiments', '1'], env);
  expect(said.code, said.err).toBe(0);
  expect(await rows(folder)).toEqual([
    ['000000', 'builtin', 'baseline'],
    ['000001', 'command', 'found A_NAMED_KEY'],
  ]);
  const spent = JSON.parse(await readFile(join(folder, 'store', 'main', 'spend', '1-settled.json'), 'utf8'));
  expect(spent).toMatchObject({ model: 'command', nanoUsd: 2e7, outcome: 'answered' });
});

test.each<[string, string[], RegExp]>([
  [
    'a command that costs and has no cap',
    ['--usd-per-call', '1', '--command', 'true'],
    /say how much at most/,
  ],
  ['no command', [], /command: /],
])('%s is refused before anything begins', async (_, flags, words) => {
  const said = await autoresearch(...run, '--dir', join(dir, 'no'), '--proposer', 'command', ...flags);
  expect(said).toMatchObject({ code: 2, err: expect.stringMatching(words) });
});
