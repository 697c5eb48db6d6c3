// Calls to an API server that answers late, wrongly, in part, or not at all.
import { afterEach, describe, expect, test } from 'vitest';
import { Api, Unreachable } from '../../../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../../../controller/adapters/kubernetes/client/credentials.ts';
import type { Thing } from '../../../double/objects.ts';
import { Rig } from '../../../double/rig.ts';

const rigs: Rig[] = [];

async function begin() {
  const rig = await Rig.start();
  rigs.push(rig);
  return {
    rig,
    cluster: rig.cluster,
    time: rig.cluster.time,
    faults: rig.cluster.api.faults,
    api: rig.api(),
  };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

const config = (name: string): Thing => ({ kind: 'ConfigMap', metadata: { name, namespace: 'lab' } });
const CONFIGS = '/api/v1/namespaces/lab/configmaps';

describe('a call', () => {
  test('is made again after a connection that was cut before it arrived', async () => {
    const { api, faults, cluster } = await begin();
    faults.arm({ kind: 'drop' }, { method: 'POST' });
    const answer = await api.call({ method: 'POST', path: CONFIGS, body: config('a') });
    expect(answer.kind).toBe('ok');
    expect(cluster.objects.all('configmaps').length).toBe(1);
  });

  test('is made again where the answer ends in the middle', async () => {
    const { api, faults, cluster } = await begin();
    cluster.objects.create('configmaps', config('a'));
    faults.arm({ kind: 'truncate' }, { times: 2 });
    expect(await api.get(`${CONFIGS}/a`)).toMatchObject({ kind: 'ok', value: { metadata: { name: 'a' } } });
    expect(api.calls).toBe(3);
  });

  test('waits for as long as a 429 asks for, and then once is enough', async () => {
    const { api, faults, cluster, time } = await begin();
    cluster.objects.create('configmaps', config('a'));
    const beganMs = time.nowMs;
    faults.arm({ kind: 'status', status: 429, retryAfterSeconds: 20 });
    expect((await api.get(`${CONFIGS}/a`)).kind).toBe('ok');
    expect(api.calls).toBe(2);
    expect(time.nowMs - beganMs).toBeGreaterThanOrEqual(20_000);
    expect(time.nowMs - beganMs).toBeLessThan(21_000);
  });

  test('waits no longer than half a minute, whatever a server asks for', async () => {
    const { api, faults, cluster, time } = await begin();
    cluster.objects.create('configmaps', config('a'));
    const beganMs = time.nowMs;
    faults.arm({ kind: 'status', status: 503, retryAfterSeconds: 86_400 });
    expect((await api.get(`${CONFIGS}/a`)).kind).toBe('ok');
    expect(time.nowMs - beganMs).toBe(30_000);
  });

  test.each([[429], [500], [503], [504]])(
    'gives up after five answers of %i, and says so',
    async (status) => {
      const { api, faults } = await begin();
      faults.arm({ kind: 'status', status, message: 'etcd is slow' }, { times: 100 });
      const failure = await api.get(CONFIGS).catch((error) => error);
      expect(failure).toBeInstanceOf(Unreachable);
      expect(failure.message).toBe(`GET ${CONFIGS}: ${status} etcd is slow`);
      expect(failure.status).toBe(status);
      expect(faults.struck).toBe(5);
    },
  );

  test('has a deadline, after which it is made again', async () => {
    const { api, faults, cluster, time } = await begin();
    cluster.objects.create('configmaps', config('a'));
    faults.arm({ kind: 'silent' });
    const answer = api.get(`${CONFIGS}/a`);
    while (faults.struck === 0) await time.advance(0);
    await time.advance(15_000);
    expect((await answer).kind).toBe('ok');
    expect(api.calls).toBe(2);
  });

  test('that is refused is not made again, and the refusal is a value', async () => {
    const { api } = await begin();
    expect(await api.get(`${CONFIGS}/none`)).toEqual({
      kind: 'refused',
      status: 404,
      reason: 'NotFound',
      message: 'configmaps "none" not found',
    });
    expect(api.calls).toBe(1);
  });

  test('reads its credentials anew, once, when the server no longer knows us', async () => {
    const { cluster, time } = await begin();
    let loads = 0;
    const credentials = new Credentials(() => cluster.kubeConfig(`token-${++loads}`));
    const api = new Api({ credentials, clock: time.driver, deadline: time.deadline, random: () => 0.5 });
    cluster.api.tokens = new Set(['token-1']);
    expect((await api.get('/version')).kind).toBe('ok');
    cluster.api.tokens = new Set(['token-2']);
    expect((await api.get(CONFIGS)).kind).toBe('ok');
    expect(loads).toBe(2);
    cluster.api.tokens = new Set(['another']);
    expect(await api.get(CONFIGS)).toMatchObject({ kind: 'refused', status: 401 });
    expect(loads).toBe(3);
    await credentials.close();
  });

  test.each<[string, () => Promise<never>]>([
    ['fails', async () => Promise.reject(new Error('the plugin failed'))],
    ['never ends', () => new Promise(() => {})],
  ])(
    'whose credentials come from a program that %s ends as Unreachable, not in silence',
    async (_, plugin) => {
      const { cluster, time } = await begin();
      const config = cluster.kubeConfig();
      config.applyToHTTPSOptions = plugin;
      const credentials = new Credentials(() => config);
      const api = new Api({ credentials, clock: time.driver, deadline: time.deadline, random: () => 0.5 });
      let said: unknown;
      api.get(CONFIGS).catch((error) => {
        said = error;
      });
      for (let seconds = 0; said === undefined && seconds < 300; seconds++) await time.advance(1000);
      expect(said).toBeInstanceOf(Unreachable);
      await credentials.close();
    },
  );

  test('is made again where the credentials cannot be read anew just then', async () => {
    const { cluster, time } = await begin();
    let loads = 0;
    const credentials = new Credentials(() => {
      if (++loads === 2) throw new Error('the kubeconfig ends in the middle');
      return cluster.kubeConfig(`token-${loads}`);
    });
    const api = new Api({ credentials, clock: time.driver, deadline: time.deadline, random: () => 0.5 });
    cluster.api.tokens = new Set(['token-3']);
    expect((await api.get(CONFIGS)).kind).toBe('ok');
    await credentials.close();
  });

  test('of many, one after another, shares one connection; of many at once, a bounded number', async () => {
    const { api, cluster } = await begin();
    for (let n = 0; n < 50; n++) await api.get(CONFIGS);
    // undici may open a second one while the first answer is still being read to its end.
    expect(cluster.api.connections).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 300 }, () => api.get(CONFIGS)));
    expect(cluster.api.connections).toBeLessThanOrEqual(24);
  });
});

describe('a list', () => {
  test('is read page by page, all of one moment', async () => {
    const { api, cluster } = await begin();
    for (let n = 0; n < 600; n++)
      cluster.objects.create('configmaps', config(`c${String(n).padStart(3, '0')}`));
    const answer = await api.list<Thing>(CONFIGS);
    expect(answer.kind === 'ok' && new Set(answer.value.map((one) => one.metadata.name)).size).toBe(600);
    expect(api.calls).toBe(3);
  });

  test('begins again where its pages have expired', async () => {
    const { api, cluster, faults } = await begin();
    for (let n = 0; n < 300; n++) cluster.objects.create('configmaps', config(`c${n}`));
    // The second page comes too late.
    let pages = 0;
    faults.arm(
      { kind: 'status', status: 410, message: 'too old' },
      { path: { test: () => ++pages === 2 } as unknown as RegExp },
    );
    const answer = await api.list<Thing>(CONFIGS);
    expect(answer.kind === 'ok' && answer.value.length).toBe(300);
    expect(api.calls).toBe(4);
  });
});
