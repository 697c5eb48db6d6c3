// The Events that tell a run's story to those who look at its Job.
import { afterEach, describe, expect, test } from 'vitest';
import { Announcer } from '../../../controller/adapters/kubernetes/events.ts';
import type { RunKey } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Decision } from '../../../controller/core/decision.ts';
import { jobEventsObserver } from '../../../controller/observers/job-events.ts';
import { draftLike } from '../../contract/drafts.ts';
import { intentLike, Rig } from '../../double/rig.ts';

const rigs: Rig[] = [];
const key = { lane: 'main', experiment: '000001', attempt: 1 };
const decision: Decision = { ...draftLike({ experiment: '000001', status: 'keep' }), commit: 'c'.repeat(40) };

async function begin() {
  const rig = await Rig.start();
  rigs.push(rig);
  const executor = rig.open();
  await executor.launch(intentLike());
  const { namespace, time } = rig.cluster;
  const options = {
    api: rig.api(),
    clock: time.clock,
    namespace,
    jobOf: (key: RunKey) => executor.jobOf(key),
  };
  const events = () =>
    rig.cluster.objects.all('events').map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
  return { rig, announcer: new Announcer(options), another: new Announcer(options), events };
}

afterEach(async () => {
  await Promise.all(rigs.splice(0).map((rig) => rig.close()));
});

describe('the Events of a Job', () => {
  test('say launched, lost and how it was decided, each with its sentence', async () => {
    const { rig, announcer, events } = await begin();
    announcer.launched(key, 'double the batch');
    announcer.measured(key, { kind: 'lost', reason: 'drained', sentence: 'evicted through the API' });
    announcer.measured(key, { kind: 'finished', reason: '', sentence: '' });
    announcer.decided('main', decision);
    await announcer.settled();
    expect(events()).toEqual([
      'Normal Launched: double the batch',
      'Warning Lost: drained: evicted through the API',
      'Normal Kept: 1.500000 is lower than the frontier. (double the batch)',
    ]);
    const about = rig.cluster.objects.all('events').map((event) => event.involvedObject);
    const { uid } = rig.cluster.job('ar-main-000001-a1').metadata;
    expect(about).toEqual(
      about.map(() => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        name: 'ar-main-000001-a1',
        namespace: 'lab',
        uid,
      })),
    );
  });

  test.each([
    ['keep', 'Normal Kept'],
    ['discard', 'Normal Discarded'],
    ['crash', 'Warning Crashed'],
  ] as const)('tell a %s', async (status, words) => {
    const { announcer, events } = await begin();
    announcer.decided('main', { ...decision, status });
    await announcer.settled();
    expect(events()[0]).toContain(`${words}: `);
  });

  test('say what a run waits for, each reason once', async () => {
    const { announcer, another, events } = await begin();
    announcer.waits(key, '0/3 nodes are available: 3 Insufficient nvidia.com/gpu');
    announcer.waits(key, 'image cannot be pulled: not found');
    await announcer.settled();
    another.waits(key, 'image cannot be pulled: not found');
    await another.settled();
    expect(events()).toEqual([
      'Warning Waiting: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu',
      'Warning Waiting: image cannot be pulled: not found',
    ]);
    expect(another.dropped).toBe(0);
  });

  test('are told once, though a controller that starts again tells them again', async () => {
    const { announcer, another, events } = await begin();
    announcer.decided('main', decision);
    await announcer.settled();
    another.decided('main', decision);
    await another.settled();
    expect(events().length).toBe(1);
    expect(another.dropped).toBe(0);
  });

  test('are given up where they may not be written or nobody answers, and counted', async () => {
    const { rig, announcer, events } = await begin();
    rig.cluster.api.denied.add('create events');
    announcer.launched(key, 'x');
    await announcer.settled();
    rig.cluster.api.denied.clear();
    rig.cluster.api.faults.arm({ kind: 'drop' }, { times: 5 });
    announcer.launched(key, 'x');
    await announcer.settled();
    expect([announcer.dropped, events()]).toEqual([2, []]);
    announcer.launched(key, 'x');
    await announcer.settled();
    expect(events()).toEqual(['Normal Launched: x']);
  });

  test('wait in bounded numbers', async () => {
    const { announcer } = await begin();
    for (let n = 0; n < 1500; n++) announcer.launched(key, `${n}`);
    expect(announcer.dropped).toBeGreaterThan(400);
    await announcer.settled();
  });

  test('of a Deployment say that a lane waits for its machine, and which node runs avoid', async () => {
    const { announcer, events } = await begin();
    const sentence = 'the machine loses every run (deleted), so the lane waits 15 s: its Job was deleted';
    const told = jobEventsObserver('main', announcer, { now: () => 0 }, 'lab/autoresearch');
    told.happened({ kind: 'held', sentence: 'no room in the quota' });
    told.happened({ kind: 'held', sentence, by: 'machine' });
    told.happened({ kind: 'held', sentence, by: 'machine' });
    told.happened({ kind: 'avoided', node: 'n1', sentence: 'node n1 failed 3 experiments in a row' });
    await announcer.settled();
    expect(events()).toEqual([
      `Warning Held: lane main: ${sentence}`,
      'Warning NodeAvoided: node n1 failed 3 experiments in a row',
    ]);
  });

  test('of a Deployment say that a lane has stopped, once, as a warning where a person must help', async () => {
    const { rig, announcer, another, events } = await begin();
    for (const one of [announcer, another]) {
      one.stopped('lab/autoresearch', 'main', 'the budget was 2 s and is 3 s', false);
      one.stopped('lab/autoresearch', 'small', 'the cap of 5 experiments is reached', true);
      await one.settled();
    }
    expect(events()).toEqual([
      'Warning Stopped: lane main has stopped: the budget was 2 s and is 3 s',
      'Normal Stopped: lane small has stopped: the cap of 5 experiments is reached',
    ]);
    const [{ involvedObject, metadata }] = rig.cluster.objects.all('events') as unknown as [
      { involvedObject: object; metadata: { namespace: string } },
    ];
    expect(involvedObject).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'lab',
      name: 'autoresearch',
    });
    expect(metadata.namespace).toBe('lab');
  });
});
