// What every object of the chart has: a name that nothing else in the release has, and what a cluster asks of all objects.
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { RELEASES, unpack } from '../../compatibility/recorded.ts';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';
import { least, type Values } from './chart-values.ts';

const chart = join(import.meta.dirname, '..', '..', '..', 'charts', 'autoresearch');
/** Whatever the chart can make. */
const all = {
  ...least,
  runs: { namespace: 'runs', createNamespace: true },
  anthropic: { apiKey: 'sk' },
  prePull: { enabled: true },
  networkPolicy: { controller: { enabled: true } },
  metrics: { serviceMonitor: { enabled: true }, rules: { enabled: true }, dashboard: { enabled: true } },
  page: {
    enabled: true,
    existingSecret: 'tokens',
    ingress: { enabled: true, host: 'lab.example' },
    httpRoute: { enabled: true, host: 'gw.example', parentRefs: [{ name: 'gw' }] },
  },
};

interface Thing {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly selector: Readonly<Record<string, unknown>>;
    readonly template: Pick<Thing, 'metadata'>;
  };
}

let dir: string;
beforeAll(async () => {
  await buildTools(['helm']);
  dir = await mkdtemp(join(tmpdir(), 'objects-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function objectsOf(folder: string, values: Values, ...args: string[]): Promise<Thing[]> {
  const command = ['template', 'lab', folder, '--namespace', 'lab', '--values', '-', ...args];
  const { stdout } = await execa('helm', command, { env: withTools(), input: stringify(values) });
  return parseAllDocuments(stdout)
    .map((one) => one.toJS() as Thing)
    .filter(Boolean);
}

const keyOf = ({ kind, metadata }: Thing) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;

describe('every object of the chart', () => {
  test('has the common labels and annotations, unless it says otherwise itself', async () => {
    const common = { team: 'lm', 'app.kubernetes.io/name': 'other', 'checksum/config': 'other' };
    const objects = await objectsOf(chart, { ...all, commonLabels: common, commonAnnotations: common });
    expect(objects.length).toBeGreaterThan(14);
    const deployment = objects.find(({ kind }) => kind === 'Deployment')!;
    for (const { metadata } of [...objects, deployment.spec.template]) {
      expect(metadata.labels).toMatchObject({ team: 'lm', 'app.kubernetes.io/name': 'autoresearch' });
      expect(metadata.annotations).toMatchObject({ team: 'lm' });
    }
    expect(deployment.spec.template.metadata.annotations!['checksum/config']).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['in a parent chart under two aliases', {}, ['lab-a', 'lab-b']],
    ['in a parent chart under names of their own', { fullnameOverride: 'own' }, ['own', 'lab-b']],
  ])('differs from those of another of the release: %s', async (_, ofA, names) => {
    const parent = join(dir, 'parent');
    const alias = (name: string) => ({
      name: 'autoresearch',
      alias: name,
      version: '*',
      repository: `file://${chart}`,
    });
    await cp(chart, join(parent, 'charts', 'autoresearch'), { recursive: true });
    const about = { apiVersion: 'v2', name: 'parent', version: '1.0.0' };
    await writeFile(join(parent, 'Chart.yaml'), stringify({ ...about, dependencies: ['a', 'b'].map(alias) }));
    const of = (namespace: string) => ({ ...all, runs: { namespace, createNamespace: true } });
    const objects = await objectsOf(parent, { a: { ...of('a'), ...ofA }, b: of('b') });
    expect(objects.length).toBeGreaterThan(28);
    expect(new Set(objects.map(keyOf)).size).toBe(objects.length);
    const deployments = objects.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([...names].sort());
    // Neither Deployment nor Service selects the other's Pods.
    const services = objects.filter(({ kind }) => kind === 'Service');
    for (const selecting of [services, deployments])
      expect(new Set(selecting.map(({ spec }) => JSON.stringify(spec.selector))).size).toBe(2);
  });
});

describe.each(RELEASES)('the values of the release %s', (release) => {
  test('are taken with --reuse-values, which brings none of the defaults of today', async () => {
    await unpack(release, 'chart', dir);
    const now = join(dir, 'now');
    await cp(chart, now, { recursive: true });
    const today = await objectsOf(chart, all);
    await cp(join(dir, 'defaults.yaml'), join(now, 'values.yaml'));
    const reused = await objectsOf(now, { ...all, networkPolicy: { enabled: true } });
    const withoutNew = today.filter(({ metadata }) => metadata.name !== 'lab-controller');
    expect(reused.map(keyOf)).toEqual(withoutNew.map(keyOf));
    // Only what severity an alert has is another thing than before.
    const ofKind = (objects: Thing[], kind: string) => objects.filter((one) => one.kind === kind);
    for (const kind of ['Deployment', 'Service', 'Role', 'ConfigMap', 'ServiceMonitor'])
      expect(ofKind(reused, kind)).toEqual(ofKind(withoutNew, kind));
  });
});
