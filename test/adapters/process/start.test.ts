import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { ProcessOptions } from '../../../controller/adapters/process/executor.ts';
import { parseRunName, prepareRun, runName } from '../../../controller/adapters/process/rundir.ts';
import { ended, intentOf } from '../../contract/executor.ts';
import { Ground, type Mischief, supervisors } from './ground.ts';

const LANE = 'suite';
const grounds: Ground[] = [];
const begin = async (...mischief: Mischief[]) => {
  const ground = await Ground.make(supervisors.standIn, mischief);
  grounds.push(ground);
  return ground;
};
afterEach(() => Promise.all(grounds.splice(0).map((ground) => ground.close())));

describe('a launch is held back, and uses nothing up,', () => {
  const none = (ground: Ground) => join(ground.dir, 'none');
  test.each<[string, RegExp, (ground: Ground) => Partial<ProcessOptions>]>([
    ['without Python', /Python of the trainer .* npm start/, (ground) => ({ python: none(ground) })],
    ['without a supervisor', /supervisor .* git checkout/, (ground) => ({ supervise: none(ground) })],
    ['without a harness', /harness .* git checkout/, (ground) => ({ harness: none(ground) })],
    ['without a training text', /training text .* npm start/, (ground) => ({ text: none(ground) })],
    ['without a validation text', /validation text .* npm start/, (ground) => ({ sealed: none(ground) })],
    [
      'with a Python that may not be run',
      /Python of the trainer .* cannot be used/,
      (ground) => ({ python: join(ground.dir, 'plain') }),
    ],
    [
      'with a Python whose interpreter is gone',
      /cannot be started \(ENOENT\).* npm start/,
      (ground) => ({ python: join(ground.dir, 'hollow') }),
    ],
    [
      'with a file where the runs should be',
      /is a file, not a folder .* --dir/,
      (ground) => ({ runs: join(ground.dir, 'plain', 'runs') }),
    ],
  ])('%s', async (_, sentence, change) => {
    const ground = await begin();
    await writeFile(join(ground.dir, 'plain'), 'a file');
    await writeFile(join(ground.dir, 'hollow'), '#!/nowhere/python\n', { mode: 0o755 });
    const executor = ground.open(change(ground));
    const answer = await executor.launch(intentOf(ground, 'ends'));
    expect(answer).toEqual({ kind: 'held', sentence: expect.stringMatching(sentence) });
    expect(await readdir(ground.options.runs).catch(() => [])).toEqual([]);
    // Nothing was used up: the same intent runs once the harness is whole.
    const whole = ground.open();
    expect(await whole.launch(intentOf(ground, 'ends'))).toEqual({ kind: 'launched' });
    await ended(ground, whole);
  });

  test('in a folder that this user may not write', async () => {
    const ground = await begin();
    await mkdir(ground.options.runs, { recursive: true });
    await chmod(ground.dir, 0o755);
    await chmod(ground.options.runs, 0o555);
    const executor = ground.open({
      python: '/bin/sh',
      text: '/',
      sealed: '/',
      harness: '/',
      supervise: '/etc/passwd',
    });
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid!(65534); // permissions bind everybody but root
    try {
      const answer = await executor.launch(intentOf(ground, 'ends'));
      expect(answer).toEqual({
        kind: 'held',
        sentence: expect.stringMatching(/this user may not use it .* --dir/),
      });
    } finally {
      if (root) process.seteuid!(0);
      await chmod(ground.options.runs, 0o755);
    }
  });

  test('also where its directory was made but its supervisor cannot be started any more', async () => {
    const ground = await begin();
    const intent = intentOf(ground, 'ends');
    await prepareRun(ground.options.runs, intent, 'cpu');
    const executor = ground.open({ python: join(ground.dir, 'none') });
    const [run] = await executor.list(LANE);
    expect(run!.state).toMatchObject({ kind: 'pending', sentence: expect.stringMatching(/npm start/) });
    await ended(ground, ground.open());
  });
});

describe('a supervisor that ends before it begins its run', () => {
  test('leaves a run that is gone, with its last words, for this controller and the next', async () => {
    const ground = await begin('die-early');
    const executor = ground.open();
    expect(await executor.launch(intentOf(ground, 'ends'))).toEqual({ kind: 'launched' });
    const words = /exit code 1.*before it began.*no module named numpy/;
    for (const one of [executor, ground.open()]) {
      const run = await ended(ground, one);
      expect(run.state).toMatchObject({
        ending: { word: 'unstarted', sealed: null, sentence: expect.stringMatching(words) },
      });
      expect(await one.log(run)).toBeNull();
    }
  });

  test('does not keep its run from being started anew', async () => {
    const ground = await begin('die-early');
    await ground.open().launch(intentOf(ground, 'ends'));
    await ended(ground, ground.open());
    await rm(join(ground.dir, 'misbehave'));
    const next = ground.open();
    await ground.until(async () => {
      const [run] = await next.list(LANE);
      return run?.state.kind === 'ended' && run.state.ending.sealed !== null;
    });
  });
});

describe('the name of a run', () => {
  test('can be read back, whatever the lane is called', () => {
    const lane = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,40}$/);
    const experiment = fc.nat(10_000_000).map((n) => String(n).padStart(6, '0'));
    const names = fc.record({ lane, experiment, attempt: fc.integer({ min: 1, max: 1000 }) });
    fc.assert(
      fc.property(names, (name) => {
        expect(parseRunName(runName(name))).toEqual(name);
      }),
    );
  });

  test.each(['', '.', '..', '.hidden', 'a/b', '../up', 'a b', 'ü', '-a', 'a\n'])(
    'is refused for the lane %j',
    (lane) => {
      expect(() => runName({ lane, experiment: '000001', attempt: 1 })).toThrow(/cannot name a file/);
    },
  );

  test.each([
    '.new-abc',
    '.gone-suite-000001-a1-7',
    'suite',
    'suite-1-a1',
    'suite-000001-a0',
    'suite-000001',
  ])('is not %j', (name) => {
    expect(parseRunName(name)).toBeNull();
  });
});
