// Why we list, watch and read logs by ourselves: what the installed client library does instead. When one of these
// fails after an upgrade, the library has become better there, and our own way may be reconsidered.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { CoreV1Api, Log, makeInformer, type V1ConfigMap, Watch } from '@kubernetes/client-node';
import { afterEach, describe, expect, test } from 'vitest';
import { intentLike, Rig } from '../../../double/rig.ts';
import { run } from '../../../double/script.ts';
import { settle } from '../../../double/time.ts';

const CONFIGS = '/api/v1/namespaces/lab/configmaps';
const rigs: Rig[] = [];

async function begin() {
  const rig = await Rig.start((given) => run(given, 5, 'one\ntwo\n'));
  rigs.push(rig);
  const { cluster } = rig;
  const config = cluster.kubeConfig();
  return { rig, cluster, faults: cluster.api.faults, config, core: config.makeApiClient(CoreV1Api) };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

/** Turns the event loop until `holds`: for what comes over a socket, not for what comes with time. */
async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 100_000) throw new Error('it never comes to that');
    await settle();
  }
}

describe("the client library's informer", () => {
  async function informing(stroke: Parameters<Rig['cluster']['api']['faults']['arm']>[0], watch: boolean) {
    const { cluster, faults, config, core } = await begin();
    const list = () => core.listNamespacedConfigMap({ namespace: 'lab' });
    const informer = makeInformer<V1ConfigMap>(config, CONFIGS, list);
    const errors: unknown[] = [];
    informer.on('error', (error) => errors.push(error));
    faults.arm(stroke, { watch });
    await informer.start();
    await until(() => errors.length > 0);
    await settle();
    const { counts } = cluster.api;
    return { informer, errors, watches: () => counts.get('watch configmaps') ?? 0 };
  }

  test.each([
    ['an answer of 500', { kind: 'status', status: 500 }, true],
    ['a connection that is cut', { kind: 'drop' }, true],
    ['a list that is answered with 503', { kind: 'status', status: 503 }, false],
  ] as const)('is dead after %s: it says so once and never watches again (B4)', async (_, stroke, watch) => {
    const { informer, errors, watches } = await informing(stroke, watch);
    expect(errors.length).toBe(1);
    expect(watches()).toBe(0);
    await informer.stop();
  });

  test('asks neither for bookmarks nor for an end (B6)', async () => {
    const { cluster, config, core } = await begin();
    let asked: URLSearchParams | null = null;
    cluster.api.onRequest = ({ query }) => {
      if (query.get('watch') === 'true') asked = query;
    };
    const informer = makeInformer<V1ConfigMap>(config, CONFIGS, () =>
      core.listNamespacedConfigMap({ namespace: 'lab' }),
    );
    await informer.start();
    await until(() => asked !== null);
    await informer.stop();
    expect([asked!.get('allowWatchBookmarks'), asked!.get('timeoutSeconds')]).toEqual([null, null]);
  });
});

describe("the client library's watch", () => {
  test('swallows what its callback throws, and lines that cannot be read (B7)', async () => {
    const { cluster, faults, config } = await begin();
    faults.arm({ kind: 'line', line: 'garbage' }, { watch: true });
    let called = 0;
    let done: unknown = 'not yet';
    const watch = new Watch(config);
    const over = await watch.watch(
      CONFIGS,
      {},
      () => {
        called++;
        throw new Error('a mistake of ours');
      },
      (error) => {
        done = error;
      },
    );
    cluster.objects.create('configmaps', { metadata: { name: 'a', namespace: 'lab' } });
    await until(() => called === 1);
    await settle();
    expect(done).toBe('not yet');
    over.abort();
  });

  test('gives up a silent server by itself, after a time without bytes (B2, B3 are mended)', async () => {
    const { faults, config } = await begin();
    faults.arm({ kind: 'silent' }, { watch: true });
    const watch = new Watch(config);
    expect(watch).toMatchObject({ requestTimeoutMs: 30_000 });
    Object.assign(watch, { requestTimeoutMs: 20 });
    const error = await new Promise((resolve) => void watch.watch(CONFIGS, {}, () => {}, resolve));
    expect(error).toMatchObject({ name: 'TimeoutError' });
  });
});

describe("the client library's calls", () => {
  test('open a connection each (B11)', async () => {
    const { cluster, core } = await begin();
    for (let n = 0; n < 20; n++) await core.listNamespacedConfigMap({ namespace: 'lab' });
    expect(cluster.api.connections).toBe(20);
  });

  test.each([[429], [503]])('are not made again after %i, Retry-After or not (B12)', async (status) => {
    const { cluster, faults, core } = await begin();
    faults.arm({ kind: 'status', status, retryAfterSeconds: 1 });
    await expect(core.listNamespacedConfigMap({ namespace: 'lab' })).rejects.toMatchObject({ code: status });
    expect(cluster.api.counts.size).toBe(0);
  });
});

describe("the client library's log", () => {
  test('ends the process when its connection is reset (B10)', async () => {
    const { rig, cluster, faults } = await begin();
    const executor = rig.open();
    await executor.launch(intentLike());
    await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'truncate' }, { path: /log$/ });
    const script = `
      import { KubeConfig, Log } from '@kubernetes/client-node';
      import { PassThrough } from 'node:stream';
      const config = new KubeConfig();
      config.loadFromString(process.env.CONFIG);
      const stream = new PassThrough();
      stream.on('error', () => {});
      stream.resume();
      await new Log(config).log('lab', process.env.POD, 'trainer', stream, {}).catch(() => {});
      setTimeout(() => console.log('still alive'), 60_000);
    `;
    const env = {
      ...process.env,
      CONFIG: cluster.kubeConfig().exportConfig(),
      POD: cluster.podOf('ar-main-000001-a1').metadata.name,
    };
    const cwd = join(import.meta.dirname, '../../../..');
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
      execFile(
        process.execPath,
        ['--input-type=module', '-e', script],
        { cwd, env },
        (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }),
      ),
    );
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/terminated/) });
    // Ours says that it did not get the log, or gets it at the second try.
    faults.arm({ kind: 'truncate' }, { path: /log$/ });
    const [over] = await executor.list('main');
    expect(Buffer.from((await executor.log(over!))!).toString()).toMatch(/^one\ntwo\n\n\[supervisor: end/);
  });

  test('takes a limit of nothing for no limit (B17)', async () => {
    const { rig, cluster, config } = await begin();
    const executor = rig.open();
    await executor.launch(intentLike());
    const ended = await rig.runOnce(executor, 'ended');
    const seen: string[] = [];
    const stream = new Writable({
      write(chunk, _, next) {
        seen.push(String(chunk));
        next();
      },
    });
    const pod = cluster.podOf('ar-main-000001-a1').metadata.name;
    await new Log(config).log('lab', pod, 'trainer', stream, { tailLines: 0 });
    await until(() => seen.length > 0);
    expect(seen.join('')).toContain('one');
    expect(await executor.log(ended, 0)).toEqual(Buffer.alloc(0));
  });
});
