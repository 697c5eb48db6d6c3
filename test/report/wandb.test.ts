// The program that makes W&B's runs, in a Python that reads files as the machine's own language has them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { WANDB_PROGRAM, wandbLines } from '../../controller/report/wandb.ts';
import { WrittenLane } from '../page/written-lane.ts';

/** In the place of W&B's package: it prints what it is told. */
const PACKAGE = `import contextlib, json
@contextlib.contextmanager
def init(notes, **what):
    print(json.dumps(notes))
    yield type("Run", (), {"log": lambda self, values: None})()
`;

test('the edits are told whatever language the machine has, and however their lines end', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'wandb-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const lane = new WrittenLane();
  const descriptions = ['WIDTH 4 → 8', 'one line\u2028to JSON, two to Python'];
  for (const description of descriptions) lane.decide({ description });
  await writeFile(join(dir, 'wandb.jsonl'), wandbLines('main', lane.decisions, false));
  await writeFile(join(dir, 'wandb-offline.py'), WANDB_PROGRAM);
  await writeFile(join(dir, 'wandb.py'), PACKAGE);
  const env = { LC_ALL: 'C', PYTHONCOERCECLOCALE: '0' };
  const { stdout } = await execa('python3', ['-X', 'utf8=0', join(dir, 'wandb-offline.py')], { env });
  expect(stdout.split('\n').map((line) => JSON.parse(line))).toEqual(descriptions);
});
