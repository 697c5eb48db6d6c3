// A watch is a wake-up: it may be late, silent, wrong or dead, and the list still tells the truth.
import { afterEach, describe, expect, test } from 'vitest';
import { jobName } from '../../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Thing } from '../../../double/objects.ts';
import { intentLike, outcomeOf, Rig } from '../../../double/rig.ts';
import { run } from '../../../double/script.ts';
import { settle } from '../../../double/time.ts';

const intent = intentLike();
const rigs: Rig[] = [];

const patient = { budgetSeconds: 300, startSeconds: 9000, wallSeconds: 9000 };

async function begin(seconds = 20) {
  const rig = await Rig.start((given) => run(given, seconds, 'x\n'));
  rigs.push(rig);
  const wakes = { count: 0 };
  const onChange = () => {
    wakes.count++;
  };
  const { cluster } = rig;
  const opened = (plural: string) => cluster.api.counts.get(`watch ${plural}`) ?? 0;
  return { rig, cluster, time: cluster.time, faults: cluster.api.faults, wakes, onChange, opened };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

describe('a watch', () => {
  test('wakes at the end of a run, and at little else', async () => {
    const { rig, time, wakes, onChange, opened } = await begin();
    const executor = rig.open({ onChange }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    await executor.launch(intent);
    await executor.list('main');
    const before = wakes.count;
    await time.advance(15_000);
    expect(wakes.count).toBe(before);
    await time.advance(10_000);
    await rig.until(() => wakes.count > before);
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
  });

  test('costs an experiment five calls, from its launch to its removal', async () => {
    const { rig, cluster, time, opened } = await begin();
    const api = rig.api();
    const executor = rig.open({ api, relistMs: 10_000_000 }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    await executor.list('main');
    const before = api.calls;
    await executor.launch(intent);
    for (let seconds = 0; seconds < 30; seconds++) {
      await executor.list('main');
      await time.advance(1000);
    }
    const [ended] = await executor.list('main');
    await executor.log(ended!);
    await executor.remove(ended!, { status: 'keep', valBpb: 1.5 });
    for (let seconds = 0; seconds < 5; seconds++) {
      await executor.list('main');
      await time.advance(1000);
    }
    const { counts } = cluster.api;
    // Job, log and mark; the rest of the five are two Events.
    expect(api.calls - before, JSON.stringify([...counts])).toBe(3);
  });

  test.each([
    [429, 0],
    [503, 0],
    [410, 2],
  ])('that is refused with %i costs %i lists', async (status, lists) => {
    const { rig, cluster, time, faults, opened } = await begin(9000);
    const executor = rig.open({ relistMs: 10_000_000 }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    await executor.launch(intentLike({ clocks: patient }));
    await executor.list('main');
    const before = cluster.api.counts.get('list jobs') ?? 0;
    // The server ends each watch after forty seconds.
    faults.arm({ kind: 'status', status }, { watch: true, path: /jobs$/ });
    await rig.until(() => faults.struck === 1);
    await rig.until(() => opened('jobs') === 2);
    await time.advance(1000);
    await executor.list('main');
    expect((cluster.api.counts.get('list jobs') ?? 0) - before).toBe(lists);
  });

  test('that says nothing is noticed within a minute, and another one takes its place', async () => {
    const { rig, time, faults, wakes, onChange, opened } = await begin(300);
    faults.arm({ kind: 'silent' }, { watch: true, path: /pods$/ });
    const executor = rig.open({ onChange }, true);
    await rig.until(() => faults.struck === 1);
    await executor.launch(intent);
    await time.advance(60_000);
    await rig.until(() => opened('pods') === 1);
    const before = wakes.count;
    await time.advance(250_000);
    await rig.until(() => wakes.count > before);
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
  });

  test('that says nothing is opened again, and all is listed again, though the clock was set back by an hour', async () => {
    const { rig, time, faults, wakes, onChange, opened } = await begin();
    let stepMs = 0;
    const clock = { ...time.clock, now: () => time.nowMs + stepMs, sleep: time.clock.sleep.bind(time.clock) };
    faults.arm({ kind: 'silent' }, { watch: true, times: 2 });
    const executor = rig.open({ onChange, clock }, true);
    await rig.until(() => faults.struck === 2);
    await executor.launch(intent);
    await executor.list('main');
    const before = { wakes: wakes.count, opened: opened('pods') };
    stepMs = -3_600_000;
    await time.advance(400_000);
    expect(opened('pods')).toBeGreaterThan(before.opened);
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
  });

  test.each([
    ['answered 500', { kind: 'status', status: 500 }],
    ['answered 410', { kind: 'status', status: 410 }],
    ['answered 429', { kind: 'status', status: 429, retryAfterSeconds: 5 }],
    ['cut off', { kind: 'drop' }],
    ['cut in the middle of a line', { kind: 'truncate' }],
    [
      'told that it is too old',
      { kind: 'line', line: '{"type":"ERROR","object":{"kind":"Status","code":410}}' },
    ],
    [
      'told of some other error',
      { kind: 'line', line: '{"type":"ERROR","object":{"kind":"Status","code":500}}' },
    ],
  ] as const)(
    'that is %s, again and again, is opened again and again, and never by two at once',
    async (_, stroke) => {
      const { rig, time, faults, onChange, opened } = await begin(4000);
      faults.arm(stroke, { watch: true, path: /pods$/, times: 30 });
      const executor = rig.open({ onChange }, true);
      await executor.launch({
        ...intent,
        clocks: patient,
      });
      await time.advance(1_200_000);
      expect(faults.struck).toBe(30);
      await rig.until(() => opened('pods') >= 1);
      // With waits of up to 30 s in between: no storm.
      expect(opened('pods')).toBeLessThan(80);
      expect((await executor.list('main'))[0]?.state.kind).toBe('running');
      expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
    },
  );

  test.each([
    ['garbage', 'not json at all'],
    ['JSON of another kind', '[1,2,3]'],
    ['an event without an object', '{"type":"ADDED"}'],
    ['an unknown type', '{"type":"EXPLODED","object":{"metadata":{"name":"x"}}}'],
    [
      'a line of five megabytes',
      `{"type":"ADDED","object":{"metadata":{"name":"x","annotations":{"a":"${'y'.repeat(5 << 20)}"}}}}`,
    ],
  ])('that says %s goes on', async (_, line) => {
    const { rig, faults, onChange, opened } = await begin();
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    faults.arm({ kind: 'line', line }, { watch: true, path: /pods$/ });
    const executor = rig.open({ onChange }, true);
    await rig.until(() => faults.struck === 1);
    await executor.launch(intent);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
    expect(opened('pods')).toBe(1);
    await settle();
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('that breaks off goes on from its bookmark, though the server has forgotten what was before', async () => {
    const { rig, cluster, time, onChange, opened } = await begin(4000);
    const executor = rig.open({ onChange }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    await executor.launch({ ...intent, clocks: patient });
    const lists = cluster.api.counts.get('list pods')!;
    for (let n = 0; n < 20; n++) {
      // Others are busy in this cluster; of ours nothing changes for a long time.
      for (let m = 0; m < 100; m++)
        cluster.objects.create('configmaps', { metadata: { name: `c${n}-${m}` } });
      await time.advance(39_000);
      cluster.objects.compact();
      await time.advance(1000);
    }
    expect(opened('pods')).toBeGreaterThan(15);
    // No new beginning: lists are made by those who look, and nobody did.
    expect(cluster.api.counts.get('list pods')).toBe(lists);
  });

  test('whose first stream cannot be opened tells behind it that something may have been missed', async () => {
    const { rig, faults, wakes, onChange, opened, time } = await begin();
    faults.arm({ kind: 'drop' }, { watch: true, times: 2 });
    rig.open({ onChange }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    expect(faults.struck).toBe(2);
    expect(wakes.count).toBeGreaterThan(0);
  });

  test('that is not allowed leaves the list to tell', async () => {
    const { rig, cluster, onChange } = await begin();
    cluster.api.denied.add('watch pods').add('watch jobs');
    const executor = rig.open({ onChange }, true);
    await executor.launch(intent);
    expect(outcomeOf(await rig.runOnce(executor, 'ended'))).toBe('finished');
  });

  test('asks for bookmarks and for an end', async () => {
    const { rig, cluster } = await begin();
    const asked: string[] = [];
    cluster.api.onRequest = ({ query }) => {
      if (query.get('watch')) asked.push(String(query));
    };
    rig.open({}, true);
    await rig.until(() => asked.length === 2);
    for (const query of asked) {
      expect(query).toContain('allowWatchBookmarks=true');
      expect(query).toMatch(/timeoutSeconds=\d+/);
      expect(query).toMatch(/resourceVersion=\d+/);
    }
  });
});

describe('an event', () => {
  test.each([
    ['with the supervisor’s last word is taken at its word', () => {}, 0],
    ['of a Pod that was killed is read again', (rig: Rig, pod: Thing) => rig.cluster.evict(pod), 1],
    ['of a Pod that was deleted is read again', (rig: Rig, pod: Thing) => rig.cluster.deletePod(pod), 1],
  ])('%s', async (_, happens, reads) => {
    const { rig, cluster, time, wakes, onChange, opened } = await begin();
    const executor = rig.open({ onChange, relistMs: 10_000_000 }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    await executor.list('main');
    await executor.launch(intent);
    await time.advance(10_000);
    happens(rig, cluster.podOf(jobName(intent)));
    await rig.until(() => wakes.count > 0);
    const read = () => cluster.api.counts.get('get pods') ?? 0;
    const before = read();
    expect((await rig.runOnce(executor, 'ended')).state.kind).toBe('ended');
    expect(Math.min(read() - before, 1)).toBe(reads);
  });

  const last: readonly { event: string; happens: (rig: Rig, pod: Thing) => void }[] = [
    { event: 'with the supervisor’s last word', happens: () => {} },
    {
      event: 'of a Pod that is deleted right after it',
      happens: (rig, pod) => rig.cluster.objects.vanish('pods', pod),
    },
  ];
  const asked = [
    { older: 'list', path: /\/pods$/, relistMs: 10_000 },
    { older: 'look at the Pod', path: /\/pods\/[^/]*$/, relistMs: 10_000_000 },
  ];
  test.each(last.flatMap((event) => asked.map((ask) => ({ ...event, ...ask }))))(
    '$event is not undone by the answer to an older $older',
    async ({ happens, path, relistMs }) => {
      const { rig, cluster, time, faults, wakes, onChange, opened } = await begin();
      const pods = () =>
        (cluster.api.counts.get('list pods') ?? 0) + (cluster.api.counts.get('get pods') ?? 0);
      const answer = Promise.withResolvers<void>();
      const executor = rig.open({ onChange, relistMs }, true);
      await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
      await executor.launch(intent);
      await time.advance(3000);
      await executor.list('main');
      cluster.nodes.disrupt(cluster.podOf(jobName(intent)), 'PreemptionByScheduler', 'soon');
      await time.advance(12_000);
      faults.arm({ kind: 'slow', until: answer.promise }, { method: 'GET', path, watch: false });
      const looked = executor.list('main');
      await rig.until(() => cluster.api.silenced === 1, 1);
      const before = wakes.count;
      await time.advance(6000);
      happens(rig, cluster.podOf(jobName(intent)));
      await rig.until(() => wakes.count > before, 1);
      answer.resolve();
      expect(outcomeOf((await looked)[0]!)).toBe('finished');
      const read = pods();
      expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
      expect(pods()).toBe(read);
    },
  );

  test('that never comes is made up for by the next list', async () => {
    const { rig, time, faults, onChange, opened } = await begin(20);
    faults.arm({ kind: 'silent' }, { watch: true, times: Number.POSITIVE_INFINITY });
    const executor = rig.open({ onChange }, true);
    await executor.launch(intent);
    await time.advance(40_000);
    expect(outcomeOf((await executor.list('main'))[0]!)).toBe('finished');
    expect(opened('pods')).toBe(0);
  });

  test('of a Job that is nobody’s concern any more wakes nobody', async () => {
    const { rig, cluster, time, wakes, onChange, opened } = await begin();
    const executor = rig.open({ onChange, ttlSeconds: 30 }, true);
    await rig.until(() => opened('pods') === 1 && opened('jobs') === 1);
    await time.advance(0);
    await executor.launch(intent);
    await executor.remove(await rig.runOnce(executor, 'ended'), { status: 'keep', valBpb: 1.5 });
    await settle();
    const before = wakes.count;
    await time.advance(40_000);
    expect(cluster.objects.get('jobs', 'lab', jobName(intent))).toBeUndefined();
    expect(wakes.count).toBe(before);
  });
});
