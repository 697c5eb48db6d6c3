// Which trainer a lane gets, and what follows from it.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { trainPyReader } from '../../controller/adapters/python-reader.ts';
import type { StaticReport } from '../../controller/llm/static-checks.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { readConfig } from '../../controller/settings/dev.ts';
import { trainers } from '../../controller/settings/trainers.ts';
import { rulesOf } from '../../controller/wiring/lane.ts';
import { trainerNameBehind } from '../../controller/wiring/trainer.ts';

test.each([
  [{}, 5, 120],
  [{ budget: '60s' }, 60, 240],
  [{ trainer: 'gpu' }, 300, 1200],
  [{ trainer: 'gpu', budget: '20m' }, 1200, 2400],
  [{ trainer: 'gpu', clock: 'virtual', budget: '1s' }, 1, 1200],
])('%j trains for %d s, and no run lasts longer than %d s', async (flags, budget, wall) => {
  const config = await readConfig(undefined, flags);
  expect(rulesOf(config.lanes[0]!).clocks).toEqual({
    budgetSeconds: budget,
    startSeconds: wall,
    wallSeconds: wall,
  });
});

describe('the trainer behind a number', () => {
  test.each(['cpu', 'gpu'] as const)('is told by its prepare.py: %s', async (name) => {
    const sum = createHash('sha256').update(await readFile(join(trainers[name].folder, 'prepare.py')));
    const conditions = `prepare:${sum.digest('hex').slice(0, 16)} supervise:0 data:0 image:0 gpu:0 budget:5`;
    expect(trainerNameBehind(conditions)).toBe(name);
  });

  test('is nobody of this release where the prepare.py was another', () => {
    expect(trainerNameBehind('prepare:0123456789abcdef supervise:0 data:0 image:0 gpu:0 budget:5')).toBe(
      undefined,
    );
  });
});

describe('before a run the GPU trainer', () => {
  const read = async (edit: (text: string) => string) => {
    const [prepare, train] = await Promise.all(
      ['prepare.py', 'train.py'].map((file) => readFile(join(checkout.gpu, file), 'utf8')),
    );
    const reader = trainPyReader(checkout.python, checkout.preflight);
    const [reading] = (await reader.read(prepare!, [edit(train!)])) as StaticReport[];
    if (!reading || 'error' in reading) throw new Error(`not read: ${JSON.stringify(reading)}`);
    return reading;
  };

  // The reading Python has no PyTorch, here as in a controller's image.
  test('is found without fault', async () => {
    expect(await read((text) => text)).toMatchObject({
      faults: [],
      evaluations: 1,
      patched: [],
      trouble: [],
    });
  });

  test.each<[string, RegExp, string]>([
    ['a head less than one', /^HEADS = 4 /m, 'HEADS = 0 '],
    ['a name that is nowhere', /normalise\(self\.embed\(x\)\)/, 'normalised(self.embed(x))'],
    ['an activation that is not there', /^ACTIVATION = "relu2"/m, 'ACTIVATION = "reglu"'],
    ['something that prepare.py has not', /peak_flops, /, 'peak_flop, '],
  ])('with %s is refused', async (_, search, replace) => {
    const edited = await read((text) => {
      const changed = text.replace(search, replace);
      expect(changed).not.toBe(text);
      return changed;
    });
    expect(edited.faults).not.toEqual([]);
  });

  test.each<[string, RegExp, string]>([
    ['deeper', /^DEPTH = 8 /m, 'DEPTH = 12 '],
    ['with another optimizer', /^OPTIMIZER = "muon"/m, 'OPTIMIZER = "adamw"'],
    [
      'with a gated MLP',
      /ACTIVATIONS\[ACTIVATION\]\(self\.up\(normalise\(h\)\)\)/,
      'F.silu(self.up(normalise(h)))',
    ],
  ])('%s is found without fault', async (_, search, replace) => {
    const edited = await read((text) => text.replace(search, replace));
    expect(edited.faults).toEqual([]);
  });
});
