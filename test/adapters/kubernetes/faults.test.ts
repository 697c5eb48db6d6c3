// What becomes of a run when the cluster does to it what clusters do. Each case goes through HTTP, as it would.
import { afterEach, describe, expect, test } from 'vitest';
import { jobName } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Run } from '../../../controller/ports.ts';
import type { Cluster } from '../../double/cluster.ts';
import type { NodeOptions } from '../../double/nodes.ts';
import { intentLike, outcomeOf, Rig } from '../../double/rig.ts';
import { run, type Script } from '../../double/script.ts';

const intent = intentLike();
const JOB = jobName(intent);
const rigs: Rig[] = [];

async function begin(script?: Script, nodes?: Record<string, NodeOptions>) {
  const rig = await Rig.start(script, nodes);
  rigs.push(rig);
  return { rig, cluster: rig.cluster, executor: rig.open({}, true) };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

const lasting: Script = (given) => run(given, 500, 'step 1\n');
/** Ends at the first SIGTERM without a word: a supervisor that was not asked nicely enough. */
const mute: Script = (given) => ({ ...run(given, 500, 'step 1\n'), onTerm: null });

describe('a run that was under way', () => {
  const podOf = (cluster: Cluster) => cluster.podOf(JOB);
  const cases: readonly (readonly [
    name: string,
    script: Script,
    fault: (cluster: Cluster) => void,
    outcome: string,
  ])[] = [
    ['is drained', lasting, (c) => c.drain(podOf(c)), 'lost: drained'],
    ['is preempted', lasting, (c) => c.preempt(podOf(c)), 'lost: preempted'],
    ['is preempted and killed without a word', mute, (c) => c.preempt(podOf(c)), 'lost: preempted'],
    ['is evicted from a node under pressure', lasting, (c) => c.evict(podOf(c)), 'lost: evicted'],
    ['is on a node that shuts down', lasting, (c) => c.shutDown(podOf(c)), 'lost: shutdown'],
    ['fills its own disk', lasting, (c) => c.fillDisk(podOf(c)), 'crashed: disk'],
    ['has its Pod deleted by hand', lasting, (c) => c.deletePod(podOf(c)), 'lost: deleted'],
    ['has its Pod deleted by force', mute, (c) => c.deletePod(podOf(c), 0), 'lost: deleted'],
    ['is killed by who knows whom', lasting, (c) => c.kubelets.kill(podOf(c), 137, 'Error'), 'lost: killed'],
    ['has its Job suspended', lasting, (c) => c.suspend(JOB), 'lost: suspended'],
    ['is on a node that dies', lasting, (c) => c.loseNode(podOf(c).spec.nodeName, 'dead'), 'lost: node_lost'],
    [
      'is on a node that is taken away',
      lasting,
      (c) => c.removeNode(podOf(c).spec.nodeName),
      'lost: node_gone',
    ],
    [
      'runs out of memory, supervisor and all',
      (g) => ({ ...run(g, 90, 'x\n'), oom: true }),
      () => {},
      'crashed: oom',
    ],
    [
      'runs out of memory, the supervisor lives to tell',
      (g) =>
        run(g, 90, 'x\n', {
          status: 'crashed',
          reason: 'memory',
          sentence: 'more than 2 GiB',
          val_bpb: null,
        }),
      () => {},
      'crashed: oom',
    ],
    [
      'does not heed its wall, nor its supervisor',
      (g) => ({ ...run(g, Number.POSITIVE_INFINITY, 'x\n'), onTerm: null }),
      () => {},
      'crashed: timeout',
    ],
    [
      'is killed by the deadline of its Pod, though the supervisor says a last word',
      (g) => run(g, Number.POSITIVE_INFINITY, 'x\n'),
      () => {},
      'crashed: timeout',
    ],
    ['leaves no result', (g) => ({ ...run(g, 90, 'x\n'), sealed: null }), () => {}, 'lost: no_result'],
    [
      'leaves half a result',
      (g) => ({ ...run(g, 90, 'x\n'), sealed: run(g, 90, '').sealed!.slice(0, 200) }),
      () => {},
      'lost: bad_result',
    ],
    [
      'leaves words of the kubelet',
      (g) => ({ ...run(g, 90, 'x\n'), exitCode: 1, sealed: 'OCI runtime failed' }),
      () => {},
      'lost: no_result',
    ],
    [
      "leaves another run's result",
      (g) => run(g, 90, 'x\n', { nonce: 'f'.repeat(32) }),
      () => {},
      'lost: nonce',
    ],
    ['finishes', (g) => run(g, 90, 'x\n'), () => {}, 'finished'],
  ];
  test.each(cases)('%s', async (_, script, fault, outcome) => {
    const { rig, cluster, executor } = await begin(script);
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    fault(cluster);
    const ended = await rig.runOnce(executor, 'ended');
    expect(outcomeOf(ended)).toBe(outcome);
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe(outcome);
  });

  test('keeps its measurement when its Pod is disrupted right after it ended', async () => {
    const { rig, cluster, executor } = await begin((given) => run(given, 60, 'x\n'));
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.jobs.paused = true; // so that the Pod stays to be deleted
    await rig.runOnce(executor, 'ended');
    cluster.drain(cluster.podOf(JOB));
    const [ended] = await executor.list('main');
    expect(outcomeOf(ended!)).toBe('finished');
  });

  test('keeps the crash that was sealed before its Pod was deleted', async () => {
    const { rig, cluster, executor } = await begin((given) =>
      run(given, 60, 'x\n', {
        status: 'crashed',
        reason: 'noncausal',
        sentence: 'it looks ahead',
        val_bpb: null,
      }),
    );
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.jobs.paused = true;
    await rig.runOnce(executor, 'ended');
    await cluster.time.advance(5000);
    cluster.deletePod(cluster.podOf(JOB));
    await cluster.time.advance(5000);
    const [ended] = await executor.list('main');
    expect(outcomeOf(ended!)).toBe('crashed: noncausal');
  });

  test.each(cases.filter(([, , , outcome]) => outcome.startsWith('lost')))(
    '%s, while no controller watches: it is lost all the same',
    async (_, script, fault) => {
      const { rig, cluster, executor } = await begin(script);
      await executor.launch(intent);
      await rig.runOnce(executor, 'running');
      fault(cluster);
      await cluster.time.advance(600_000);
      const [late] = await rig.open().list('main');
      expect(outcomeOf(late!)).toMatch(/^lost: /);
    },
  );

  test('is lost when its Job is deleted by hand', async () => {
    const { rig, cluster, executor } = await begin(lasting);
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.deleteJob(JOB);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('lost: deleted');
    await rig.until(() => !cluster.busy);
  });

  test('survives a node that is cut off for a minute', async () => {
    const { rig, cluster, executor } = await begin(lasting);
    await executor.launch(intent);
    const { node } = await rig.runOnce(executor, 'running');
    cluster.loseNode(node, 'cut off');
    await cluster.time.advance(60_000);
    cluster.findNode(node);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('is lost for good when its node comes back after that was said', async () => {
    const { rig, cluster, executor } = await begin(lasting);
    await executor.launch(intent);
    const { node } = await rig.runOnce(executor, 'running');
    cluster.loseNode(node, 'cut off');
    const ended = await rig.runOnce(executor, 'ended');
    expect(outcomeOf(ended)).toBe('lost: node_lost');
    // The next attempt ends what is left of this one, and stays away from the node.
    const next = { ...intent, attempt: 2 };
    expect(await executor.launch(next)).toEqual({ kind: 'launched' });
    cluster.findNode(node);
    await cluster.time.advance(60_000);
    expect(cluster.objects.get('jobs', 'lab', JOB)).toBeUndefined();
    const runs = await executor.list('main');
    expect(runs.map((run) => [run.attempt, run.node === node])).toEqual([[2, false]]);
  });

  test('counts the first sealed result where the cluster started it twice', async () => {
    let starts = 0;
    const { rig, cluster, executor } = await begin((given) => {
      starts++;
      return run(given, starts === 1 ? 100 : 30, `${starts}\n`, { val_bpb: starts });
    });
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.jobs.startAnother(cluster.job(JOB));
    const ended = await rig.runOnce(executor, 'ended');
    const bpb = (run: Run) => run.state.kind === 'ended' && JSON.parse(run.state.ending.sealed!).val_bpb;
    expect(bpb(ended)).toBe(2);
    await cluster.time.advance(100_000);
    expect(bpb((await executor.list('main'))[0]!)).toBe(2);
    expect(Buffer.from((await executor.log(ended))!).toString()).toContain('2\n');
  });

  test('waits for its second Pod where the first one left nothing', async () => {
    let starts = 0;
    const { rig, cluster, executor } = await begin((given) => {
      starts++;
      return starts === 1 ? { ...run(given, 30, 'a\n'), sealed: null } : run(given, 90, 'b\n');
    });
    await executor.launch(intent);
    await rig.runOnce(executor, 'running');
    cluster.jobs.startAnother(cluster.job(JOB));
    await cluster.time.advance(40_000);
    expect((await executor.list('main'))[0]).toMatchObject({ state: { kind: 'running' } });
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });
});
