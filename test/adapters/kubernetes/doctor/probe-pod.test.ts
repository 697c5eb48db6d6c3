// The doctor's Pod on a cluster in this process: what it is asked, how long it is waited for, what is told of it.
import { afterEach, describe, expect, test } from 'vitest';
import { probe } from '../../../../controller/adapters/kubernetes/doctor/probe-pod.ts';
import { IMAGE, poolLike, Rig } from '../../../double/rig.ts';
import { run, type Script } from '../../../double/script.ts';
import { warn } from '../../../double/warning.ts';

const SAYS =
  'best confinement: landlock\ntrain.py can start CUDA: no: no device (error 100); give the run a GPU\n';
const tells =
  (seconds: number, exitCode = 0): Script =>
  (given) => ({
    ...run(given, seconds, SAYS),
    saysLast: '',
    sealed: null,
    exitCode,
  });
const gpuPool = poolLike({ name: 'h100', gpu: { count: 1 }, pullSeconds: 700 });
const gpuNode = { a: { allocatable: { 'nvidia.com/gpu': '1' } } };

let rig: Rig;
afterEach(() => rig.close());

/** What the doctor finds; and after how many seconds. `arrange` is called once the Pod is there. */
async function probed(pool = gpuPool, arrange: () => void = () => {}) {
  const { cluster } = rig;
  cluster.objects.onChange(({ plural, type }) => {
    if (plural === 'pods' && type === 'ADDED') arrange();
  });
  const began = cluster.time.nowMs;
  const checks = await probe(rig.api(), cluster.namespace, pool);
  return { checks, seconds: Math.round((cluster.time.nowMs - began) / 1000) };
}

test('a pool with GPUs is asked for its GPU, and what cannot be done there fails with its fix', async () => {
  rig = await Rig.start(tells(20), gpuNode);
  const args: string[][] = [];
  rig.cluster.objects.onChange(({ plural, type, object }) => {
    if (plural === 'jobs' && type === 'ADDED') args.push(object.spec.template.spec.containers[0].args);
  });
  const { checks } = await probed();
  expect(args).toEqual([['--probe', '--gpu']]);
  await probed({ ...gpuPool, gpu: { ...gpuPool.gpu, compiledClaim: 'compiled' } });
  expect(args.at(-1)).toEqual(['--probe', '--gpu', '--compiled', '/compiled']);
  expect(checks.map(({ result, fix }) => [result, fix])).toEqual([
    ['ok', ''],
    ['ok', ''],
    ['fail', 'give the run a GPU'],
  ]);
  expect(rig.cluster.objects.all('jobs')).toEqual([]);
});

test('a pool without is not, and a CUDA that does not start there is a warning', async () => {
  rig = await Rig.start(tells(20));
  const { checks } = await probed(poolLike());
  expect(checks.map(({ result }) => result)).toEqual(['ok', 'ok', 'warn']);
});

test('an image that does not know the probe fails, with its last line', async () => {
  rig = await Rig.start(tells(1, 2), gpuNode);
  const { checks } = await probed();
  expect(checks).toEqual([
    {
      check: 'a Pod of pool h100',
      result: 'fail',
      found: expect.stringMatching(/exit code 2: train\.py can start CUDA/),
      fix: 'build the image from this release',
    },
  ]);
});

describe('the doctor waits', () => {
  test('for an image that takes ten minutes, and a probe that takes nine', async () => {
    rig = await Rig.start(tells(540), gpuNode);
    rig.cluster.kubelets.pullMs = 600_000;
    const { checks, seconds } = await probed();
    expect(checks[0]).toMatchObject({ result: 'ok' });
    expect(seconds).toBeGreaterThan(1140);
  });

  test.each<[string, RegExp, number, () => void]>([
    [
      'no longer than the pool gives its pull',
      /^after 7\d\d s: image and volumes are being prepared on a$/,
      700,
      () => {
        rig.cluster.kubelets.pullMs = 3_600_000;
      },
    ],
    [
      'two minutes for an image that cannot be pulled',
      /^after 1\d\d s: image cannot be pulled: /,
      120,
      () => rig.cluster.kubelets.missingImages.add(IMAGE),
    ],
    [
      'two minutes for a volume that cannot be mounted',
      /^after 1\d\d s: its Pod cannot start: no such volume$/,
      120,
      () => {
        rig.cluster.kubelets.pullMs = 3_600_000;
        const [pod] = rig.cluster.objects.all('pods');
        warn(rig.cluster.objects, pod!, 'FailedMount', 'no such volume');
      },
    ],
  ])('%s', async (_, found, least, arrange) => {
    rig = await Rig.start(tells(20), gpuNode);
    const { checks, seconds } = await probed(gpuPool, arrange);
    expect(checks).toMatchObject([{ result: 'fail', found: expect.stringMatching(found) }]);
    expect(checks[0]!.fix).not.toBe('');
    expect(seconds).toBeGreaterThanOrEqual(least);
    expect(seconds).toBeLessThan(least + 20);
  });

  test('two minutes for a node, where none has a GPU', async () => {
    rig = await Rig.start(tells(20), { a: {} });
    const { checks, seconds } = await probed();
    expect(checks).toMatchObject([{ result: 'fail', found: expect.stringMatching(/nvidia\.com\/gpu/) }]);
    expect(seconds).toBeLessThan(140);
  });

  test('ten minutes for a probe that does not end', async () => {
    rig = await Rig.start(tells(5000), gpuNode);
    const { checks } = await probed();
    expect(checks).toMatchObject([
      { result: 'fail', found: expect.stringMatching(/^after 60\d s: its probe has not ended$/) },
    ]);
  });
});
