// The log of a run, whole, in part, or gone; it never changes the metric.
import { afterEach, describe, expect, test } from 'vitest';
import { Unreachable } from '../../../controller/adapters/kubernetes/client/api.ts';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import { intentLike, outcomeOf, Rig } from '../../double/rig.ts';
import { run, trailer } from '../../double/script.ts';
import { settle } from '../../double/time.ts';

const intent = intentLike();
const JOB = jobName(intent);
const LOG = 'step 1\rstep 2\rstep 3\n---\nval_bpb: 1.500000\n';
const rigs: Rig[] = [];

async function begin() {
  const rig = await Rig.start((given) => run(given, 30, LOG));
  rigs.push(rig);
  const executor = rig.open();
  await executor.launch(intent);
  return { rig, cluster: rig.cluster, faults: rig.cluster.api.faults, time: rig.cluster.time, executor };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

/** What is answered while time goes on, and after how many seconds. */
async function after(time: Rig['cluster']['time'], answer: Promise<Uint8Array | null>) {
  const fromMs = time.nowMs;
  let over = false;
  const settled = answer.finally(() => {
    over = true;
  });
  settled.catch(() => {});
  while (!over) await time.advance(1000);
  return { log: await settled, afterS: (time.nowMs - fromMs) / 1000 };
}

const text = (log: Uint8Array | null) => log && Buffer.from(log).toString();

describe('the log', () => {
  test('of a run that ended is whole, to the byte', async () => {
    const { rig, executor } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    expect(text(await executor.log(ended))).toBe(LOG + trailer(LOG));
  });

  test('of a run that waits is empty, and of one that runs what it has said', async () => {
    const { rig, executor } = await begin();
    const [waiting] = await executor.list('main');
    expect(waiting?.state.kind).toBe('pending');
    expect(text(await executor.log(waiting!))).toBe('');
    expect(text(await executor.log(await rig.runOnce(executor, 'running'), 18))).toBe('val_bpb: 1.500000\n');
  });

  test('that is cut on its way is read again', async () => {
    const { rig, executor, faults } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'truncate' }, { path: /log$/, times: 3 });
    expect(text(await executor.log(ended))).toBe(LOG + trailer(LOG));
  });

  test('whose last lines come late is read again, until they are there', async () => {
    const { rig, executor, cluster, time } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    const pod = cluster.podOf(JOB);
    cluster.kubelets.loseLog(pod, LOG);
    time.after(1500, () => cluster.kubelets.loseLog(pod, LOG + trailer(LOG)));
    expect(text(await executor.log(ended))).toBe(LOG + trailer(LOG));
  });

  test('that was rotated away is given as far as it is there', async () => {
    const { rig, executor, cluster } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    cluster.kubelets.loseLog(cluster.podOf(JOB), 'the last megabytes');
    expect(text(await executor.log(ended))).toBe('the last megabytes');
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
  });

  test.each([
    ['its node has thrown it away', (c: Rig['cluster']) => c.kubelets.loseLog(c.podOf(JOB))],
    ['its Pod is deleted', (c: Rig['cluster']) => c.objects.vanish('pods', c.podOf(JOB))],
  ])('is gone where %s', async (_, lose) => {
    const { rig, executor, cluster } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    lose(cluster);
    expect(await executor.log(ended)).toBeNull();
    expect(await rig.open().log(ended)).toBeNull();
  });

  test('is gone where its kubelet goes on answering 500 for minutes, and not before', async () => {
    const { rig, executor, cluster } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    const back = cluster.api.faults.arm({ kind: 'status', status: 500 }, { path: /log$/, times: 1000 });
    expect(await after(cluster.time, executor.log(ended))).toEqual({
      log: null,
      afterS: expect.closeTo(130, -1),
    });
    const late = executor.log(ended);
    await cluster.time.advance(60_000);
    back();
    expect(text((await after(cluster.time, late)).log)).toBe(LOG + trailer(LOG));
  });

  test('whose kubelet does not answer is not waited for by who looks at its end, nor by who is ended', async () => {
    const { rig, executor, cluster } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    cluster.api.faults.arm({ kind: 'status', status: 500 }, { path: /log$/, times: 1000 });
    await expect(executor.log(ended, 18)).rejects.toThrow(Unreachable);
    const ending = new AbortController();
    const asked = executor.log(ended, undefined, ending.signal);
    ending.abort();
    await expect(asked).rejects.toThrow(Unreachable);
  });

  test('that a silent kubelet owes is not waited for once the controller is ended', async () => {
    const { rig, cluster, faults } = await begin();
    const api = rig.api();
    const executor = rig.open({ api });
    const ended = await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'silent' }, { path: /log$/, times: 1000 });
    const ending = new AbortController();
    const asked = executor.log(ended, undefined, ending.signal);
    while (cluster.api.silenced === 0) await settle();
    ending.abort();
    await expect(asked).rejects.toThrow(Unreachable);
    expect(api.waiting).toBe(0);
  });

  test('of a hundred silent machines leaves room for all else that is asked of the API server', async () => {
    const { rig, executor, cluster, faults } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'silent' }, { path: /log$/, times: 1000 });
    const asked = Promise.allSettled(Array.from({ length: 100 }, () => executor.log(ended)));
    while (cluster.api.silenced < 20) await settle();
    expect(await executor.launch(intentLike({ experiment: '000002' }))).toEqual({ kind: 'launched' });
    await rig.close();
    rigs.splice(0);
    await asked;
  });

  test('is gone likewise where its Pod does not say when it ended, or its node’s clock is wrong', async () => {
    for (const atMs of [() => 0, (nowMs: number) => nowMs, (nowMs: number) => nowMs + 3_600_000]) {
      const { rig, executor, cluster, time } = await begin();
      const { state, ...run } = await rig.runOnce(executor, 'ended');
      if (state.kind !== 'ended') throw new Error('it has not ended');
      const asked = () =>
        executor.log({ ...run, state: { ...state, ending: { ...state.ending, atMs: atMs(time.nowMs) } } });
      cluster.api.faults.arm({ kind: 'status', status: 500 }, { path: /log$/, times: 1000 });
      expect(await after(time, asked())).toEqual({ log: null, afterS: expect.closeTo(130, -1) });
    }
  });

  test('is gone where its kubelet swallows for minutes what it is asked, and not before', async () => {
    const { rig, executor, faults, time } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    faults.arm({ kind: 'silent' }, { path: /log$/, times: 1000 });
    const server = faults.arm({ kind: 'silent' }, { path: /pods\/[^/]*$/, times: 1000 });
    await expect(after(time, executor.log(ended))).rejects.toThrow(Unreachable);
    server();
    const { log, afterS } = await after(time, executor.log(ended));
    expect(log).toBeNull();
    expect(afterS).toBeGreaterThan(120);
  });

  test('is not called gone where it may not be read: it is there when the right is given back', async () => {
    const { rig, executor, cluster } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    cluster.api.denied.add('get pods/log');
    await expect(executor.log(ended)).rejects.toThrow(
      /^a log cannot be read: .*cannot get resource "pods.*; give the controller the verbs that autoresearch doctor lists$/,
    );
    cluster.api.denied.clear();
    expect(text(await executor.log(ended))).toBe(LOG + trailer(LOG));
  });

  test('is not called gone where the API server is away', async () => {
    const { rig, executor, faults } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    const back = faults.arm({ kind: 'drop' }, { times: 100 });
    await expect(executor.log(ended)).rejects.toThrow(Unreachable);
    back();
    expect(text(await executor.log(ended))).toContain('val_bpb');
  });

  test('is not called gone for what its kubelet said before the API server was away', async () => {
    const { rig, executor, faults, time } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    const unanswered = () => faults.arm({ kind: 'status', status: 502 }, { path: /log$/, times: 5 });
    unanswered();
    const back = faults.arm({ kind: 'drop' }, { times: 1000 });
    await expect(after(time, executor.log(ended))).rejects.toThrow(Unreachable);
    await time.advance(150_000);
    back();
    unanswered();
    expect(text((await after(time, executor.log(ended))).log)).toBe(LOG + trailer(LOG));
  });

  test('of a flood is read up to a bound', async () => {
    const { rig, executor, cluster } = await begin();
    const ended = await rig.runOnce(executor, 'ended');
    cluster.kubelets.loseLog(cluster.podOf(JOB), `${'y'.repeat(1023)}\n`.repeat(12 * 1024));
    expect((await executor.log(ended))?.length).toBe(8 << 20);
  });
});
