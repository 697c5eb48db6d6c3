// The Pods that hold the images of pools on their nodes are where runs may be; and what a mirror has to hold is listed.
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { jobManifest } from '../../../controller/adapters/kubernetes/manifest/job.ts';
import { poolSchema } from '../../../controller/adapters/kubernetes/manifest/pool.ts';
import { intentLike } from '../../double/rig.ts';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';
import { lane } from './chart-values.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [] };
const pools = [
  { name: 'gpu', image: 'trainer:1', nodeSelector: { lab: 'gpu' }, imagePullSecrets: ['reg'] },
  {
    name: 'shared',
    image: 'trainer:2',
    gpu: { resource: 'nvidia.com/gpu.shared' },
    runAsUser: 1_000_660_000,
  },
  {
    name: 'mig',
    image: 'trainer:2',
    gpu: { resource: 'nvidia.com/mig-1g.10gb', count: 1 },
    affinity: { nodeAffinity },
  },
  {
    name: 'claim',
    image: 'trainer:2',
    gpu: { claimTemplate: 'one' },
    volumes: [{ name: 'text', image: { reference: 'text:1' } }],
  },
  { name: 'cpu', image: 'trainer:3', gpu: { count: 0 }, tolerations: [{ key: 'sku', operator: 'Exists' }] },
];
const values = { lanes: [{ ...lane, pool: 'cpu' }], pools, prePull: { enabled: true } };

beforeAll(() => buildTools(['helm']));

async function pullers() {
  const args = ['template', 'lab', join(root, 'charts', 'autoresearch'), '--values', '-'];
  const { stdout } = await execa('helm', args, { env: withTools(), input: stringify(values) });
  const objects = parseAllDocuments(stdout).map((one) => one.toJS());
  return objects.filter((one) => one?.kind === 'DaemonSet').map(({ spec }) => spec.template);
}

test('an image is pulled wherever a run of its pool may be, as a Pod that the restricted level admits', async () => {
  const templates = await pullers();
  expect(templates.length).toBe(pools.length);
  for (const [i, pool] of pools.entries()) {
    const options = { namespace: 'r', anchor: null, leakGuardHours: 1, nonce: '0'.repeat(32), avoid: [] };
    const run = jobManifest(intentLike(), poolSchema.parse(pool), options).spec!.template;
    const { spec, metadata } = templates[i];
    // A DaemonSet's Pods stay on a node that does not answer without being told so.
    const lasting = run.spec!.tolerations!.filter(({ tolerationSeconds }) => tolerationSeconds === undefined);
    expect(spec.tolerations ?? []).toEqual(lasting);
    expect(spec.nodeSelector ?? {}).toEqual(run.spec!.nodeSelector);
    expect(spec.affinity?.nodeAffinity).toEqual(run.spec!.affinity!.nodeAffinity);
    expect(spec.imagePullSecrets ?? []).toEqual(run.spec!.imagePullSecrets);
    const [[puller], [trainer]] = [spec.containers, run.spec!.containers];
    expect(puller.image).toBe(trainer!.image);
    const { privileged: _, ...restricted } = trainer!.securityContext!;
    expect(puller.securityContext).toEqual(restricted);
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    // No run of a lane: the controller would take it for one.
    expect(metadata.labels['app.kubernetes.io/component']).not.toBe('experiment');
  }
  const own = templates.map(({ spec }) => spec.securityContext.runAsUser);
  expect(own).toEqual([65_532, 1_000_660_000, 65_532, 65_532, 65_532]);
});

test('images/list.sh names each image of an installation once', async () => {
  const { stdout } = await execa(join(root, 'images', 'list.sh'), ['-f', '-'], { input: stringify(values) });
  expect(stdout.split('\n')).toEqual([
    'autoresearch-controller:0.1.0',
    'text:1',
    'trainer:1',
    'trainer:2',
    'trainer:3',
  ]);
});
