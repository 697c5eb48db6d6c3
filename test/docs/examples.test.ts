// The examples of docs/proposers.md, run as a lane would run them; the coding agent is played.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkout } from '../../controller/settings/checkout.ts';
import { rigOf } from '../adapters/command/rig.ts';
import { briefOn, never, TRAIN_PY } from '../messages/rig.ts';
import { textOf } from './markdown.ts';

const examples = join(checkout.root, 'docs', 'examples');
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'examples-'));
  // What such an agent does: it is told a task, edits files, and prints its answer with its cost.
  const played = `#!/bin/sh
case "$2" in *"evaluate_bpb"*) ;; *) exit 9 ;; esac
sed -i 's/^RATE = 0.5 /RATE = 0.25 /' train.py
echo "RATE: 0.5 -> 0.25" > idea.txt
echo '{"result": "done", "total_cost_usd": 0.125}'
`;
  await writeFile(join(dir, 'claude'), played);
  await chmod(join(dir, 'claude'), 0o755);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

test('a coding agent edits the file in its folder, and its cost is counted', async () => {
  const env = { PATH: `${dir}:${process.env.PATH}` };
  const rig = rigOf(`sh ${join(examples, 'coding-agent.sh')}`, { env });
  const proposed = await rig.proposer.propose(briefOn(), 1, never);
  expect(proposed).toMatchObject({
    kind: 'ideas',
    ideas: [{ description: 'RATE: 0.5 -> 0.25', trainPy: TRAIN_PY.replace('RATE = 0.5 ', 'RATE = 0.25 ') }],
  });
  expect(await rig.budget.spentUsd()).toBeCloseTo(0.125, 9);
});

test('a plain script turns constants, and corrects itself', async () => {
  const rig = rigOf(`${checkout.python} ${join(examples, 'script.py')}`, { usdPerCall: 0 });
  const proposed = await rig.proposer.propose(briefOn(), 3, never);
  if (proposed.kind !== 'ideas') throw new Error(proposed.sentence);
  expect(new Set(proposed.ideas.map(({ trainPy }) => trainPy)).size).toBe(3);
});

test.each(['coding-agent.sh', 'script.py'])('%s is short, and the page links it', (name) => {
  const lines = textOf(`docs/examples/${name}`)
    .split('\n')
    .filter((line) => /^\s*[^\s#"]/.test(line));
  expect(lines.length).toBeLessThanOrEqual(10);
  expect(textOf('docs/proposers.md')).toContain(`examples/${name}`);
});
