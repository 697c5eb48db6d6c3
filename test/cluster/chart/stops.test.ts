// What kubectl shows of a lane that has stopped, for each stop of DESIGN.md's table; and what people may see who may only look.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { asReader, type Reader } from './reader.ts';
import { Release, until } from './release.ts';
import { cpuPool, imageOf } from './small-values.ts';
import { claimVolume, removeVolume } from './volume.ts';

const found = await theCluster(['helm']);
const namespace = `stops-${process.pid}`;
const runs = `${namespace}-runs`;
const MINUTES = 60_000;
const READ_TOKEN = 'read-'.padEnd(40, 'a');
const SUBJECT = { kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' };
const trainPy = await readFile(join(import.meta.dirname, '../../../harness/cpu/train.py'), 'utf8');

let release: Release;
let values: (...lanes: object[]) => object;

const lane = (name: string, differs: object = {}) => ({
  name,
  pool: 'a',
  trainer: 'cpu',
  budgetSeconds: 1,
  wallSeconds: 120,
  limits: { maxGpuHours: 2, experiments: 1 },
  ...differs,
});
const main = lane('main');
const working = lane('main', { limits: { maxGpuHours: 2, experiments: 90 } });

beforeAll(async () => {
  if ('missing' in found) return;
  const [controller, trainer] = [await loadedImage(found, 'controller'), await loadedImage(found, 'trainer')];
  await found.kubectl(['create', 'namespace', namespace]);
  release = new Release(found, namespace);
  const existingClaim = await claimVolume(found, namespace);
  const tokens = [`--from-literal=token=${READ_TOKEN}`, `--from-literal=steering-token=${'s'.repeat(40)}`];
  await release.kubectl('create', 'secret', 'generic', 'page-tokens', ...tokens);
  const pool = cpuPool(trainer);
  values = (...lanes) => ({
    lanes,
    pools: [pool],
    rbac: { readers: [SUBJECT] },
    page: { enabled: true, existingSecret: 'page-tokens' },
    runs: { namespace: runs, createNamespace: true, ttlSeconds: 600 },
    image: imageOf(controller),
    persistence: { existingClaim },
    readinessProbe: { periodSeconds: 1, timeoutSeconds: 10 },
    resources: { requests: { cpu: '50m' } },
  });
}, 30 * MINUTES);

afterAll(async () => {
  if ('missing' in found) return;
  await found.kubectl(['delete', 'namespace', namespace, runs, '--ignore-not-found']);
  await removeVolume(found, namespace);
}, 5 * MINUTES);

interface Shown {
  readonly READY: string;
  readonly event: string;
  readonly why: string;
}

/** What `kubectl get` shows once an Event of the Deployment says this, and what `status` says. */
async function shown(says: RegExp, ready: '1/1' | '0/1', name = 'main'): Promise<Shown> {
  const path = 'jsonpath={range .items[*]}{.reason} {.type}: {.message}{"\\n"}{end}';
  const of = 'involvedObject.kind=Deployment,involvedObject.name=autoresearch';
  const event = await until(`Event like ${says}`, 5, async () => {
    const told = await release.kubectl('get', 'events', '--field-selector', of, '-o', path);
    return told.split('\n').find((line) => says.test(line)) ?? null;
  });
  // The kubelet asks once a second whether it is ready.
  const READY = await until(`a Deployment of ${ready}`, 2, async () => {
    const [column] = (await release.kubectl('get', 'deployment', 'autoresearch', '--no-headers'))
      .split(/\s+/)
      .slice(1);
    return column === ready ? column : null;
  });
  const pod = (await release.pod())!;
  const status = ['autoresearch', 'status', '--lane', name, '-o', 'json', '--dir', '/data'];
  const [{ why }] = JSON.parse(await release.kubectl('exec', pod, '--', ...status));
  return { READY, event, why };
}

const decided = async () => (await release.rows('main')).length;

/** Waits until so many more are decided. */
async function rows(more: number): Promise<void> {
  const before = await decided();
  await until(`${more} more rows`, 10, async () => ((await decided()) >= before + more ? true : null));
}

async function goesOn(): Promise<void> {
  await release.kubectl('rollout', 'restart', 'deployment/autoresearch');
  await release.ready();
  await rows(1);
}

const inPod = async (script: string) =>
  release.kubectl('exec', (await release.pod())!, '--', 'sh', '-ec', script);

describe('a lane that has stopped', { timeout: 15 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('at a cap leaves the controller ready, and says which cap', async () => {
    await release.install(values(main));
    const limit = await shown(/^Stopped Normal: lane main has stopped: .*1 experiment is done/, '1/1');
    expect(limit.why).toMatch(/1 experiment is done; raise .*limits\.experiments/);
  });

  it('without a baseline makes it unready, and says that another first file is wanted', async () => {
    const broken = lane('broken', { trainPy: `raise ValueError("no model")\n${trainPy}` });
    await release.install(values(main, broken));
    const baseline = await shown(/^Stopped Warning: lane broken has stopped: /, '0/1', 'broken');
    expect(baseline.why).toMatch(/no model/);
    // The others go on, and people see why it is unready.
    const [condition] = JSON.parse(
      await release.kubectl('get', 'deployment', 'autoresearch', '-o', 'jsonpath={.status.conditions}'),
    ).filter(({ type }: { type: string }) => type === 'Available');
    expect(condition.status).toBe('False');
    const unhealthy = await until('an Event of the probe', 2, async () => {
      const events = await release.kubectl('get', 'events', '--field-selector', 'reason=Unhealthy');
      return events.includes('Readiness probe failed') ? events : null;
    });
    expect(unhealthy).toMatch(/statuscode: 503/);
  });

  it('under another budget makes it unready and spends nothing; the old budget makes it ready again', async () => {
    const jobs = () => release.kubectl('get', 'jobs', '-n', runs, '-o', 'name');
    await release.install(values(main));
    await shown(/^Stopped Normal: lane main has stopped: .*1 experiment is done/, '1/1');
    const before = await jobs();
    await release.install(values({ ...main, budgetSeconds: 3, limits: { maxGpuHours: 2, experiments: 9 } }));
    const conditions = await shown(/^Stopped Warning: lane main has stopped: .*budget/, '0/1');
    expect(conditions.why).toMatch(/budget/);
    expect(await jobs()).toBe(before);
    await release.install(values(main));
    await shown(/^Stopped Normal: lane main has stopped: .*1 experiment is done/, '1/1');
  });

  it('as the lane is claimed from elsewhere makes it unready; a restart leads it again', async () => {
    await release.install(values(working));
    await rows(1);
    const ref = 'refs/autoresearch/main/writer';
    await inPod(`cd /data/main/frontier.git
old=$(git rev-parse ${ref})
claim() { git cat-file commit $old | sed -n 1p; echo parent $old; git cat-file commit $old | sed -n '/^author/,$p' | sed 's/^Epoch: .*/Epoch: 99/'; }
git update-ref ${ref} $(claim | git hash-object -t commit -w --stdin)`);
    const fenced = await shown(
      /^Stopped Warning: lane main has stopped: another controller has taken over/,
      '0/1',
    );
    expect(fenced.why).toMatch(/Run only one controller per lane/);
    await goesOn();
  });

  it("with somebody else's commit on its branch makes it unready, and says how to put it back", async () => {
    const ref = 'refs/heads/autoresearch/main';
    await inPod(`cd /data/main/frontier.git
git update-ref refs/heads/set-aside ${ref}
export GIT_AUTHOR_NAME=me GIT_AUTHOR_EMAIL=me@localhost GIT_COMMITTER_NAME=me GIT_COMMITTER_EMAIL=me@localhost
git update-ref ${ref} $(git commit-tree -p ${ref} -m mine ${ref}^{tree})`);
    const foreign = await shown(/^Stopped Warning: lane main has stopped: .*"mine"/, '0/1');
    const [, way] = /with git (.*)$/.exec(foreign.why) ?? [];
    await inPod(`git ${way}`);
    await goesOn();
  });

  it('as its Pod was asked to end has no Event, and the next Pod goes on', async () => {
    const pod = (await release.pod())!;
    await release.kubectl('delete', 'pod', pod);
    await release.ready();
    const events = await release.kubectl('get', 'events', '-o', 'jsonpath={.items[*].message}');
    expect(events).not.toContain('stopped as asked');
    expect(await release.pod()).not.toBe(pod);
  });
});

describe('a person who may only look', { timeout: 5 * MINUTES }, () => {
  let reader: Reader;
  beforeEach(needsCluster(found));
  beforeAll(async () => {
    if ('missing' in found) return;
    await release.ready();
    reader = await asReader(present(found), namespace, SUBJECT.name, READ_TOKEN);
  });
  afterAll(() => reader?.end());

  it.each([
    ['status', '/api/v1/lanes/main', /"experiments":/],
    ['the rows', '/api/v1/lanes/main/rows', /"000001"/],
    ['a log', '/api/v1/lanes/main/experiments/0/log', /val_bpb:/],
    ['the page', '/', /<html/],
  ])('reads %s through the port of the page', async (_, path, says) => {
    const { status, text } = await reader.get(path);
    expect({ status, text }).toEqual({ status: 200, text: expect.stringMatching(says) });
  });

  it.each([
    ['get', 'pods', namespace],
    ['get', 'deployments.apps', namespace],
    ['list', 'events', namespace],
    ['watch', 'jobs.batch', runs],
    ['get', 'pods/log', runs],
  ])('may %s %s', async (verb, resource, where) => {
    expect(await reader.may(verb, resource, where)).toBe(true);
  });

  it.each([
    ['create', 'pods/exec', namespace],
    ['create', 'pods/exec', runs],
    ['get', 'secrets', namespace],
    ['get', 'configmaps', namespace],
    ['delete', 'jobs.batch', runs],
    ['delete', 'pods', namespace],
    ['patch', 'deployments.apps', namespace],
    ['create', 'pods/portforward', runs],
    ['get', 'pods/log', namespace],
    ['list', 'pods', 'kube-system'],
  ])('may not %s %s', async (verb, resource, where) => {
    expect(await reader.may(verb, resource, where)).toBe(false);
  });

  it('changes no lane, with the token that reads', async () => {
    const { status, text } = await reader.post('/api/v1/lanes/main/control', { paused: true });
    expect({ status, text }).toMatchObject({ status: 403, text: expect.stringContaining('only reads') });
  });
});
