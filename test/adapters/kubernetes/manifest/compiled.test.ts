// The volume for what a baseline compiles: who may write there, and whose it is.
import { expect, test } from 'vitest';
import { jobManifest } from '../../../../controller/adapters/kubernetes/manifest/job.ts';
import { poolSchema } from '../../../../controller/adapters/kubernetes/manifest/pool.ts';
import { IMAGE, intentLike, poolLike } from '../../../double/rig.ts';

const withClaim = poolSchema.parse({ name: 'h100', image: IMAGE, gpu: { compiledClaim: 'compiled' } });
const anchorOf = (release: string) => ({
  name: `${release}-anchor`,
  uid: '11111111-2222-3333-4444-555555555555',
});
const BASELINE = { experiment: '000000', attempt: 1 };

function podOf(intent: Parameters<typeof intentLike>[0], pool = withClaim, release = 'lab') {
  const { spec } = jobManifest(intentLike(intent), pool, {
    namespace: 'runs',
    anchor: anchorOf(release),
    leakGuardHours: 24,
    nonce: '0'.repeat(32),
    avoid: [],
  }).spec!.template;
  const [container] = spec!.containers;
  const mount = container!.volumeMounts!.find(({ name }) => name === 'compiled');
  return { args: container!.args!, mount, volume: spec!.volumes!.find(({ name }) => name === 'compiled') };
}

test.each([
  ['the baseline', '000000', 1, false],
  ['a baseline that a proposer may have mended', '000000', 2, true],
  ['an experiment', '000001', 1, true],
])(
  '%s finds what was compiled, and whether it may write there is the kernel’s word',
  (_, experiment, attempt, readOnly) => {
    const { args, mount, volume } = podOf({ experiment, attempt });
    expect(args.slice(-3)).toEqual(['--gpu', '--compiled', '/compiled']);
    expect(mount).toMatchObject({ mountPath: '/compiled', readOnly });
    expect(volume).toEqual({ name: 'compiled', persistentVolumeClaim: { claimName: 'compiled' } });
  },
);

test('every run of a lane finds the same folder; another lane, image or release has one of its own', () => {
  const folder = (...of: Parameters<typeof podOf>) => podOf(...of).mount!.subPath!;
  const own = folder(BASELINE);
  expect(own).toMatch(/^main-[0-9a-f]{16}$/);
  expect(folder({ experiment: '000042', attempt: 3 })).toBe(own);
  const others = [
    folder({ ...BASELINE, lane: 'other' }),
    folder(BASELINE, { ...withClaim, image: `${IMAGE}0` }),
    folder(BASELINE, withClaim, 'lab2'),
  ];
  expect(new Set([own, ...others]).size).toBe(4);
});

test('without a claim, or a GPU, no run has such a volume', () => {
  for (const pool of [poolLike(), poolSchema.parse({ name: 'h100', image: IMAGE })])
    expect(podOf(BASELINE, pool)).toMatchObject({ mount: undefined, volume: undefined });
  const without = poolSchema.safeParse({
    name: 'cpu',
    image: IMAGE,
    gpu: { count: 0, compiledClaim: 'compiled' },
  });
  expect(without.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
    'gpu.compiledClaim: a pool without a GPU compiles nothing; set count to 1, or leave compiledClaim out',
  ]);
});
