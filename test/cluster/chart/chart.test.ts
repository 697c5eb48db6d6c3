// What every value of the chart does, as helm renders it, and what it refuses. Nothing is installed.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { seen } from '../../cli/seen.ts';
import { withTools } from '../bring-up/cache.ts';
import { needsCluster, present, theCluster } from '../fixture.ts';
import { lane, least, SHOWN, THRESHOLDS, type Values, valueAt } from './chart-values.ts';

const chart = join(import.meta.dirname, '..', '..', '..', 'charts', 'autoresearch');
/** Both majors that the chart is for; the newer one takes minutes to build, so it is left to the long run. */
const HELMS = process.env.TIER === 'cluster-long' ? ['helm', 'helm4'] : ['helm'];

type Document = Readonly<Record<string, unknown>>;

const found = await theCluster(HELMS);
beforeEach(needsCluster(found));

async function render(helm: string, values: Values, ...args: string[]) {
  const all = ['template', 'lab', chart, '--namespace', 'lab', '--values', '-', ...args];
  const input = stringify({ ...least, ...values });
  const { stdout, stderr, exitCode } = await execa(helm, all, { env: withTools(), input, reject: false });
  return { documents: parseAllDocuments(stdout).map((one) => one.toJS() as Document), stderr, exitCode };
}

/** What a person reads after an install; `helm template` does not show it. */
async function notes(helm: string, values: Values): Promise<string> {
  const { context } = present(found);
  const where = ['--kube-context', context, '--namespace', 'lab', '--dry-run=client', '--values', '-'];
  const input = stringify({ ...least, ...values });
  const { stdout } = await execa(helm, ['install', 'lab', chart, ...where], { env: withTools(), input });
  return stdout.slice(stdout.indexOf('\nNOTES:'));
}

/** What stands at `Kind/a.0.b`; undefined where there is no such thing. */
function look(documents: readonly Document[], where: string): unknown {
  const slash = where.indexOf('/');
  const document = documents.find(({ kind }) => kind === where.slice(0, slash));
  const keys = where.slice(slash + 1).split('.');
  return keys.reduce<unknown>((at, key) => Object(at)[key], document);
}

/** The controller's own file, or the dashboard: they stand in a ConfigMap as text. */
function inText(documents: readonly Document[], where: string): unknown {
  const named = (name: string) =>
    documents.find((one) => one.kind === 'ConfigMap' && look([one], 'ConfigMap/metadata.name') === name)!;
  if (where === 'config') {
    const texts = documents.map((one) => look([one], 'ConfigMap/data') as Record<string, string> | undefined);
    return parse(texts.find((data) => data?.['config.yaml'])!['config.yaml']!);
  }
  if (where === 'page service')
    return documents.find((one) => look([one], 'Service/metadata.name') === 'lab-page');
  if (where === 'readers')
    return documents.find((one) => look([one], 'RoleBinding/metadata.name') === 'lab-readers');
  if (where === 'controller policy')
    return look(
      documents.filter((one) => look([one], 'NetworkPolicy/metadata.name') === 'lab-controller'),
      'NetworkPolicy/spec',
    );
  const dashboard = named('lab-dashboard');
  if (where.startsWith('dashboard ')) return look([dashboard], `ConfigMap/metadata.${where.slice(10)}`);
  return JSON.parse(Object(dashboard.data)['autoresearch.json']).title;
}

/** PromQL of the rules, or of the dashboard's panels, whichever was rendered. */
function expressions(documents: readonly Document[]): string[] {
  const rules = look(documents, 'PrometheusRule/spec.groups.0.rules') as { expr: string }[] | undefined;
  if (rules) return rules.map(({ expr }) => expr);
  const board = documents.find((one) => look([one], 'ConfigMap/metadata.name') === 'lab-dashboard')!;
  const { panels } = JSON.parse(Object(board.data)['autoresearch.json']);
  return panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr));
}

/** The labels of each metric, as a scrape shows them. */
async function labelsByMetric(): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const line of (await seen().text()).split('\n').filter((one) => !one.startsWith('#'))) {
    const [, name, labels] = /^(\w+?)(?:_bucket|_sum|_count)?\{(.*)\}/.exec(line) ?? [];
    if (!name) continue;
    const names = [...labels!.matchAll(/(\w+)="/g)].map(([, label]) => label!);
    found.set(name, new Set([...(found.get(name) ?? []), ...names]));
  }
  return found;
}

describe.each(HELMS)('the chart, by %s', (helm) => {
  test.each(SHOWN)('%s = %j shows at %s', async (path, value, where, shows, also = {}) => {
    const { documents, stderr, exitCode } = await render(helm, deep(also, valueAt(path, value)));
    expect(exitCode, stderr).toBe(0);
    const there = where.includes('/') ? look(documents, where) : inText(documents, where);
    const among = /labels|annotations$/.test(where) && typeof shows === 'object';
    if (where.includes('/') && !among) expect(there).toEqual(shows);
    else if (typeof shows === 'string') expect(there).toBe(shows);
    else expect(there).toMatchObject(shows as object);
  });

  test.each<[string, Values, RegExp]>([
    ['an unknown key', { lane: [] }, /additional properties 'lane' not allowed/],
    ['an unknown key of a lane', { lanes: [{ ...lane, witdh: 2 }] }, /witdh/],
    ['a wrong type', { lanes: [{ ...lane, width: 'two' }] }, /\/lanes\/0\/width.*got string, want integer/s],
    ['no lane', { lanes: [] }, /\/lanes.*minItems/s],
    ['a lane without a cap', { lanes: [{ name: 'main', pool: 'gpu' }] }, /missing property 'limits'/],
    ['a lane whose caps lack hours', { lanes: [{ ...lane, limits: {} }] }, /missing property 'maxGpuHours'/],
    ['a pool without an image', { pools: [{ name: 'gpu' }] }, /missing property 'image'/],
    [
      'two lanes on one branch',
      { lanes: [lane, lane] },
      /lanes\[1\]\.name: two lanes on one branch: main; give each/,
    ],
    [
      'a lane without its pool',
      { lanes: [{ ...lane, pool: 'tpu' }] },
      /lanes\[0\]\.pool: there is no pool tpu; add it/,
    ],
    [
      'two pools of one name',
      { pools: [...least.pools, ...least.pools] },
      /pools\[1\]\.name: two pools are named gpu; give each/,
    ],
    [
      'a wall that ends every run',
      { lanes: [{ ...lane, wallSeconds: 599.5 }] },
      /lanes\[0\]\.wallSeconds: 599\.5 s leave no time.*give at least 600, or leave it out/,
    ],
    [
      'a wall in minutes that ends every run',
      { lanes: [{ ...lane, budgetSeconds: '5m', wallSeconds: '9m' }] },
      /lanes\[0\]\.wallSeconds: 540 s leave no time.*give at least 600, or leave it out/,
    ],
    [
      'GPUs that a lane names itself',
      { lanes: [{ ...lane, gpus: '2,3' }] },
      /lanes\[0\]\.gpus: a cluster gives each run its GPU; leave gpus out/,
    ],
    [
      'a leak guard that ends a run',
      { lanes: [{ ...lane, budgetSeconds: 1500 }], runs: { leakGuardHours: 1 } },
      /runs\.leakGuardHours: after 1 h.*lane main, which may take 3930 s/,
    ],
    [
      'more GPUs than a run uses',
      { pools: [{ ...least.pools[0], gpu: { count: 8 } }] },
      /\/pools\/0\/gpu\/count.*maximum/s,
    ],
    [
      'readers of a page that is off',
      { rbac: { readers: [{ kind: 'Group', name: 'research' }] } },
      /rbac\.readers: they read the page, and there is none; set page\.enabled/,
    ],
    [
      'Claude without a key',
      { proposer: { kind: 'anthropic', maxUsd: 1 } },
      /name its Secret in anthropic\.existingSecret/,
    ],
    [
      'a cloud that is named in no way it has',
      { proposer: { kind: 'anthropic', maxUsd: 1, bedrock: { region: 'us-east-1', project: 'p' } } },
      /proposer/,
    ],
    [
      'a federation without a token',
      { proposer: { kind: 'anthropic', maxUsd: 1, federation: { rule: 'fdrl_1', organization: 'o' } } },
      /name its audience in anthropic\.identityToken\.audience/,
    ],
    ['Claude without a cap', { proposer: { kind: 'anthropic' }, anthropic: { apiKey: 'k' } }, /maxUsd/],
    [
      'rights for the account that every Pod of the namespace has',
      { serviceAccount: { create: false } },
      /serviceAccount\.name: .*name yours/,
    ],
    [
      'a name that is none of a Service',
      { fullnameOverride: '1lab' },
      /fullnameOverride: 1lab can name no Service; give a name/,
    ],
    [
      'a name that leaves no room for what is behind it',
      { nameOverride: 'a'.repeat(50) },
      /fullnameOverride: lab-a+ can name no Service; give a name of at most 50/,
    ],
    [
      'a namespace that none can have',
      { runs: { namespace: 'Lab' } },
      /runs\.namespace: Lab can name no namespace; use/,
    ],
    [
      'an account that none can have',
      { serviceAccount: { name: 'my_robot' } },
      /serviceAccount\.name: my_robot can name no account; use/,
    ],
    [
      'to make the account that every namespace has',
      { serviceAccount: { name: 'default' } },
      /serviceAccount\.name: every namespace has an account default; give/,
    ],
    [
      'rights for that account by its name',
      { serviceAccount: { create: false, name: 'default' } },
      /serviceAccount\.name: the Role would go to the account that every Pod .*name yours/,
    ],
    [
      'a threshold that always fires',
      { metrics: { rules: { enabled: true, thresholds: { crashShare: 0 } } } },
      /thresholds\/crashShare/,
    ],
    [
      'a page that is open to everybody',
      { page: { enabled: true } },
      /page\.existingSecret: the page is open to nobody without a token; name a Secret/,
    ],
    [
      'a way to a page that is off',
      { page: { ingress: { enabled: true, host: 'h' } } },
      /page\.enabled: there is no page to lead to; set it/,
    ],
    [
      'an Ingress without its host',
      { page: { enabled: true, existingSecret: 's', ingress: { enabled: true } } },
      /page\.ingress\.host: .*give the host/,
    ],
    [
      'a route without its Gateway',
      { page: { enabled: true, existingSecret: 's', httpRoute: { enabled: true, host: 'h' } } },
      /page\.httpRoute: give its host and its parentRefs/,
    ],
    ['a digest that is none', { image: { digest: 'sha256:12' } }, /\/image\/digest.*pattern/s],
  ])('refuses %s, and says where', async (_, values, sentence) => {
    const { stderr, exitCode } = await render(helm, values);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(sentence);
  });

  test.each<[string, Values]>([
    ['minutes', { wallSeconds: '15m' }],
    ["the trainer's own budget", { trainer: 'cpu', budgetSeconds: null, wallSeconds: 120 }],
  ])('takes times as the controller does: %s', async (_, times) => {
    const { stderr, exitCode } = await render(helm, { lanes: [{ ...lane, ...times }] });
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  });

  test.each<[string, unknown, unknown]>([
    ['Claude as documented', { kind: 'anthropic', maxUsd: 20 }, { kind: 'anthropic', maxUsd: 20 }],
    ['nobody', undefined, 'builtin'],
  ])('takes %s as proposer without a warning', async (_, proposer, shown) => {
    const anthropic = { existingSecret: 'claude' };
    const { documents, stderr } = await render(helm, proposer ? { proposer, anthropic } : {});
    expect(stderr).toBe('');
    expect(inText(documents, 'config')).toMatchObject({ proposer: shown });
  });

  test.each<[string, Values, boolean]>([
    ['a model of one’s own', { kind: 'openai', model: 'm', prices: 0, baseURL: 'http://llm' }, true],
    ['a mix without Claude', { mix: { random: 1, builtin: 1 } }, true],
    [
      'Claude on Bedrock',
      { kind: 'anthropic', maxUsd: 1, bedrock: { region: 'us-east-1' }, model: 'm' },
      true,
    ],
    [
      'a mix with Claude on Vertex',
      {
        mix: { anthropic: 1, builtin: 1 },
        maxUsd: 1,
        anthropic: { vertex: { region: 'global', project: 'p' } },
      },
      true,
    ],
    ['a mix with Claude', { mix: { anthropic: 1, builtin: 1 }, maxUsd: 1 }, false],
  ])('%s needs a key of Claude only where it asks Claude', async (_, proposer, works) => {
    const { stderr, exitCode } = await render(helm, { proposer });
    expect(exitCode === 0, stderr).toBe(works);
  });

  test('begins its controller anew where the key that it was given is another', async () => {
    const annotations = async (anthropic: Values) =>
      look((await render(helm, { anthropic })).documents, 'Deployment/spec.template.metadata.annotations');
    expect(await annotations({ apiKey: 'a' })).toEqual(await annotations({ apiKey: 'a' }));
    expect(await annotations({ apiKey: 'a' })).not.toEqual(await annotations({ apiKey: 'b' }));
  });

  test('refuses a cluster that is too old for its Jobs', async () => {
    const { stderr, exitCode } = await render(helm, {}, '--kube-version', '1.30.9');
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/requires kubeVersion: >=1\.31/);
  });

  const elsewhere = { store: { url: 's3://bucket/p' }, frontier: { url: 'https://git/x' } };
  test.each<[string, Values, RegExp, boolean]>([
    [
      'that the namespace stays',
      { runs: { namespace: 'r', createNamespace: true } },
      /delete namespace r$/m,
      true,
    ],
    ['nothing of a namespace that it did not make', { runs: { namespace: 'r' } }, /delete namespace/, false],
    [
      'that rows may go',
      { persistence: { enabled: false } },
      /also deletes the frontier and all rows\./,
      true,
    ],
    [
      'that the frontier may go',
      { persistence: { enabled: false }, store: elsewhere.store },
      /also deletes the frontier\./,
      true,
    ],
    [
      'nothing of what is safe elsewhere',
      { persistence: { enabled: false }, ...elsewhere },
      /also deletes/,
      false,
    ],
  ])('its notes say %s', async (_, values, words, said) => {
    expect(words.test(await notes(helm, values))).toBe(said);
  });

  test('lets a parent chart set its globals', async () => {
    expect((await render(helm, { global: { imageRegistry: 'r' } })).exitCode).toBe(0);
  });

  test('asks for nothing that is cluster-wide, and for no Secret', async () => {
    const { documents } = await render(helm, {});
    expect(documents.map(({ kind }) => String(kind)).filter((kind) => kind.startsWith('Cluster'))).toEqual(
      [],
    );
    const rules = look(documents, 'Role/rules') as { resources: string[]; verbs: string[] }[];
    expect(rules.flatMap(({ resources }) => resources)).not.toContain('secrets');
    expect(rules.flatMap(({ resources, verbs }) => [...resources, ...verbs])).not.toContain('*');
  });

  test.each(THRESHOLDS)('threshold %s = %j is in the alert %s', async (key, value, alert, piece) => {
    const rules = { enabled: true, thresholds: { [key]: value } };
    const { documents, stderr } = await render(helm, { metrics: { rules } });
    const all = look(documents, 'PrometheusRule/spec.groups.0.rules') as { alert: string; expr: string }[];
    const { expr } = all.find((one) => one.alert === `Autoresearch${alert}`) ?? { expr: stderr };
    expect(`${expr}\n`).toContain(piece);
  });

  test.each([
    ['rules', '{namespace="lab",service="lab"'],
    ['dashboard', '{namespace=~"$namespace"'],
  ])('its %s ask for what the controller exports, each with %s', async (what, scope) => {
    const { documents } = await render(helm, valueAt(`metrics.${what}.enabled`, true));
    const asked = expressions(documents);
    expect(asked).not.toEqual([]);
    const exported = await labelsByMetric();
    const all = new Set(['namespace', 'le', ...[...exported.values()].flatMap((labels) => [...labels])]);
    for (const expression of asked) {
      const selectors = [...expression.matchAll(/(autoresearch_\w+)(\{[^}]*)?/g)];
      expect(selectors.length, expression).toBeGreaterThan(0);
      for (const [selector, name, inner = ''] of selectors) {
        const labels = exported.get(name!.replace(/_bucket$/, ''));
        expect(labels, name).toBeDefined();
        expect(inner.slice(0, scope.length), selector).toBe(scope);
        const more = [...inner.slice(scope.length).matchAll(/,(\w+)/g)].map(([, label]) => label!);
        expect([...labels!], selector).toEqual(expect.arrayContaining(more));
      }
      const groups = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].map(([, group]) =>
        group!.split(', '),
      );
      for (const group of groups) {
        expect(group, expression).toEqual(expect.arrayContaining(['namespace', 'lane']));
        expect(
          group.filter((label) => !all.has(label)),
          expression,
        ).toEqual([]);
      }
    }
  });

  test('passes its linter with nothing to complain of', async () => {
    const args = ['lint', '--strict', '--quiet', chart, '--values', join(chart, 'ci', 'cpu-values.yaml')];
    const { exitCode, stdout, stderr } = await execa(helm, args, { env: withTools(), reject: false });
    expect(exitCode, stdout + stderr).toBe(0);
  });
});

test('every value of the chart has its place above', async () => {
  const values = parse(await readFile(join(chart, 'values.yaml'), 'utf8'));
  const tested = new Set(SHOWN.map(([path]) => path));
  expect(leaves(values).filter((path) => !tested.has(path))).toEqual([]);
});

/** Paths of what may be set: free-form maps are one value each. */
function leaves(values: unknown, path = ''): string[] {
  // Its own table below has the thresholds.
  const free = /^(resources|strategy|.*Context|.*Probe|metrics\.rules\.severities)$|[lL]abels$/.test(path);
  if (path === 'metrics.rules.thresholds')
    expect(Object.keys(values as object)).toEqual(THRESHOLDS.map(([key]) => key));
  if (path === 'metrics.rules.thresholds') return [];
  if (free || typeof values !== 'object' || values === null || Array.isArray(values)) return [path];
  const entries = Object.entries(values);
  if (entries.length === 0) return [path];
  return entries.flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}

function deep(a: Values, b: Values): Values {
  const merged = Object.entries(b).map(([key, value]) => {
    const there = a[key];
    const both = isMap(there) && isMap(value);
    return [key, both ? deep(there, value) : value];
  });
  return { ...a, ...Object.fromEntries(merged) };
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
