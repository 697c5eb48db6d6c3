// The Job that a run becomes, to the letter; and what its names and annotations can hold.
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import {
  PACKED_AT_MOST,
  pack,
  readIntent,
  unpack,
} from '../../../../controller/adapters/kubernetes/manifest/annotations.ts';
import {
  type JobOptions,
  jobManifest,
  podDeadlineSeconds,
} from '../../../../controller/adapters/kubernetes/manifest/job.ts';
import { jobName, laneLabel } from '../../../../controller/adapters/kubernetes/manifest/names.ts';
import { poolSchema } from '../../../../controller/adapters/kubernetes/manifest/pool.ts';
import { intentSha256 } from '../../../../controller/intent.ts';
import { IMAGE, intentLike, noise, poolLike } from '../../../double/rig.ts';

const options: JobOptions = {
  namespace: 'runs',
  anchor: { name: 'autoresearch-anchor', uid: '11111111-2222-3333-4444-555555555555' },
  leakGuardHours: 24,
  nonce: '0123456789abcdef0123456789abcdef',
  avoid: [],
};

const plain = poolLike();
const everything = poolSchema.parse({
  name: 'h100',
  image: IMAGE,
  imagePullSecrets: ['registry'],
  nodeSelector: { 'example.com/pool': 'h100' },
  tolerations: [{ key: 'sku', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 1, preference: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] } },
      ],
    },
    podAntiAffinity: {},
  },
  gpu: { resource: 'nvidia.com/mig-1g.10gb', count: 1 },
  resources: { cpu: '8', memory: '64Gi', ephemeralStorage: '20Gi', sharedMemory: '8Gi' },
  priorityClassName: 'research',
  runtimeClassName: 'nvidia',
  schedulerName: 'volcano',
  queue: 'lab-queue',
  labels: { team: 'lm' },
  annotations: { 'sidecar.istio.io/inject': 'false' },
  extraEnv: [{ name: 'NCCL_DEBUG', value: 'WARN' }],
});

/** As YAML; the packed file is shown by what it holds, for another zlib may pack it otherwise. */
function shown(...args: Parameters<typeof jobManifest>): string {
  const job = jobManifest(...args);
  const annotations = job.spec!.template.metadata!.annotations!;
  annotations['autoresearch.dev/train.py.gz.b64'] =
    `<packed ${unpack(annotations['autoresearch.dev/train.py.gz.b64']!)}>`;
  return stringify(job, { lineWidth: 0 });
}

describe('the Job of a run', () => {
  test('of a plain CPU pool', async () => {
    await expect(shown(intentLike(), plain, options)).toMatchFileSnapshot(
      '../../../fixtures/kubernetes/job-cpu.yaml',
    );
  });

  test('of a pool where everything is set, after a loss, without an anchor', async () => {
    const intent = intentLike({ lane: 'Big_Lane', attempt: 3, parent: null, requireSealed: false });
    const settings = { ...options, anchor: null, avoid: ['node-b', 'node-a'] };
    await expect(shown(intent, everything, settings)).toMatchFileSnapshot(
      '../../../fixtures/kubernetes/job-gpu.yaml',
    );
  });

  test('is the same each time', () => {
    expect(jobManifest(intentLike(), everything, options)).toEqual(
      jobManifest(intentLike(), everything, options),
    );
  });

  test.each([
    ['GPUs it has', everything, []],
    ['none it has not', plain, [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' }]],
  ])('shows the container the %s', (_, pool, env) => {
    const [container] = jobManifest(intentLike(), pool, options).spec!.template.spec!.containers;
    expect(container!.env!.filter(({ name }) => name.startsWith('NVIDIA'))).toEqual(env);
  });

  test('gives each attempt a user of its own, so that the limit on its processes is its own', () => {
    const uidOf = (attempt: number, pool = plain) =>
      jobManifest(intentLike({ attempt }), pool, options).spec!.template.spec!.securityContext!.runAsUser!;
    const uids = Array.from({ length: 200 }, (_, i) => uidOf(i + 1));
    expect(new Set(uids).size).toBe(200);
    expect(Math.min(...uids)).toBeGreaterThanOrEqual(0x70000000);
    expect(Math.max(...uids)).toBeLessThan(2 ** 31);
    expect(uidOf(1, poolLike({ runAsUser: 1_000_660_000 }))).toBe(1_000_660_000);
  });

  test('leaves the group of its volumes to the cluster, which may prescribe one, and can read them in any', () => {
    const { securityContext, volumes } = jobManifest(intentLike(), plain, options).spec!.template.spec!;
    expect(securityContext).not.toHaveProperty('fsGroup');
    expect(volumes!.find(({ name }) => name === 'intent')!.downwardAPI!.defaultMode).toBe(0o444);
  });

  test('gives the kubelet the last word, after pull, wall and grace', () => {
    const clocks = { budgetSeconds: 300, startSeconds: 400, wallSeconds: 600.5 };
    expect(podDeadlineSeconds(poolLike({ pullSeconds: 900 }), clocks)).toBe(1531);
  });
});

describe('a name', () => {
  const lanes = fc.oneof(
    fc.string({ minLength: 1, maxLength: 200 }),
    fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/),
  );
  const runs = fc.record({
    lane: lanes,
    experiment: fc.nat(99_999_999).map((n) => String(n).padStart(6, '0')),
    attempt: fc.integer({ min: 1, max: 99 }),
  });

  test('is legal and short enough, whatever the lane is called', () => {
    fc.assert(
      fc.property(runs, (run) => {
        expect(jobName(run)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(laneLabel(run.lane)).toMatch(/^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/);
      }),
    );
  });

  test('belongs to one run only', () => {
    fc.assert(
      fc.property(runs, runs, (a, b) => {
        const same = a.lane === b.lane && a.experiment === b.experiment && a.attempt === b.attempt;
        expect(jobName(a) === jobName(b)).toBe(same);
        expect(laneLabel(a.lane) === laneLabel(b.lane)).toBe(a.lane === b.lane);
      }),
    );
  });

  test('says what it is of where it can', () => {
    expect(jobName({ lane: 'main', experiment: '000042', attempt: 1 })).toBe('ar-main-000042-a1');
    expect(jobName({ lane: 'My_Lane', experiment: '000042', attempt: 1 })).toMatch(
      /^ar-my-lane-[0-9a-f]{8}-000042-a1$/,
    );
  });
});

describe('an intent', () => {
  const annotationsOf = (intent = intentLike()) =>
    jobManifest(intent, plain, options).spec!.template.metadata!.annotations!;

  test('comes back from the annotations as it went in', () => {
    const intents = fc.record({
      lane: fc.string({ minLength: 1, maxLength: 80 }),
      trainPy: fc.string({ unit: 'binary', maxLength: 2000 }),
      seed: fc.nat(),
      attempt: fc.integer({ min: 1, max: 99 }),
      parent: fc.option(fc.constant('b'.repeat(40))),
      requireSealed: fc.boolean(),
    });
    fc.assert(
      fc.property(intents, (changes) => {
        const intent = intentLike(changes);
        // A lone surrogate is no text: it cannot be in a file, and what stands for it can.
        fc.pre(intent.trainPy.isWellFormed() && intent.lane.isWellFormed());
        expect(readIntent(annotationsOf(intent))).toEqual(intent);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['another file', { 'autoresearch.dev/train.py.gz.b64': pack('print("another")\n')! }],
    ['a file that is no gzip', { 'autoresearch.dev/train.py.gz.b64': 'aGVsbG8=' }],
    ['no file', { 'autoresearch.dev/train.py.gz.b64': undefined }],
    ['no JSON', { 'autoresearch.dev/intent.json': '{' }],
    [
      'another seed',
      {
        'autoresearch.dev/intent.json': JSON.stringify({
          ...JSON.parse(annotationsOf()['autoresearch.dev/intent.json']!),
          seed: 8,
        }),
      },
    ],
    ['nothing', { 'autoresearch.dev/intent.json': undefined }],
  ])('is not read from annotations that hold %s', (_, damage) => {
    const annotations = { ...annotationsOf(), ...damage } as Record<string, string>;
    expect(readIntent(annotations)).toBeNull();
  });

  test('names itself by its sha, which the nonce is no part of', () => {
    const read = (nonce: string) =>
      JSON.parse(
        jobManifest(intentLike(), plain, { ...options, nonce }).spec!.template.metadata!.annotations![
          'autoresearch.dev/intent.json'
        ]!,
      );
    expect(read('a'.repeat(32)).intent).toBe(intentSha256(intentLike()));
    expect(read('b'.repeat(32)).intent).toBe(intentSha256(intentLike()));
  });

  test('holds a train.py of a usual size many times over, and one that is too large is told', () => {
    const usual = Array.from(
      { length: 700 },
      (_, n) => `x_${n} = layer(${n}, width=${n * 7})  # line ${n}`,
    ).join('\n');
    expect(gunzipSync(Buffer.from(pack(usual)!, 'base64')).toString()).toBe(usual);
    expect(pack(usual)!.length).toBeLessThan(PACKED_AT_MOST / 4);
    const large = noise(80_000);
    expect(pack(large)).toBeNull();
    expect(() => jobManifest(intentLike({ trainPy: large }), plain, options)).toThrow(
      /more than 65536 bytes packed/,
    );
  });
});

describe('a pool', () => {
  test.each([
    ['an unknown key', { nodeselector: {} }, /nodeselector/i],
    ['a number for a quantity', { resources: { cpu: 4 } }, /resources/],
    ['a quantity nobody can read', { resources: { memory: '4 gigs' } }, /must be a quantity/],
    ['a GPU resource without its domain', { gpu: { resource: 'gpu' } }, /nvidia\.com\/gpu/],
    ['a name with capitals', { name: 'H100' }, /lower-case/],
    ['no image', { image: '' }, /image/],
    ['less than one run', { maxParallel: 0 }, /maxParallel/],
  ])('with %s is refused, and the key is named', (_, change, words) => {
    const { error } = poolSchema.safeParse({ name: 'p', image: IMAGE, ...change });
    expect(JSON.stringify(error?.issues)).toMatch(words);
  });

  test('needs a name and an image, and asks for one GPU', () => {
    expect(poolSchema.parse({ name: 'p', image: IMAGE })).toMatchObject({
      gpu: { resource: 'nvidia.com/gpu', count: 1 },
      nodeSelector: {},
      maxParallel: null,
    });
  });

  test.each([
    [1, {}, { cpu: '4', memory: '24Gi', ephemeralStorage: '8Gi', sharedMemory: '1Gi' }],
    [0, {}, { cpu: '1', memory: '2Gi', ephemeralStorage: '2Gi', sharedMemory: '512Mi' }],
    [1, { memory: '9Gi' }, { cpu: '4', memory: '9Gi', ephemeralStorage: '8Gi', sharedMemory: '1Gi' }],
  ])('with %i GPUs and the resources %j gets what a trainer of that kind needs', (count, resources, all) => {
    expect(poolSchema.parse({ name: 'p', image: IMAGE, gpu: { count }, resources }).resources).toEqual(all);
  });
});
