// I6 and I9 on a cluster: whatever is done to a run at whatever moment of its controller's work, the lane leaves what it
// leaves undisturbed, or what its twin does: the lane in which that very attempt was lost, or ran out of memory.
import { beforeAll, describe, expect, test } from 'vitest';
import { label } from '../../../controller/adapters/kubernetes/manifest/names.ts';
import type { Cluster } from '../../double/cluster.ts';
import { type Disturb, EVERY, endOf, sweep, type Undisturbed, undisturbed } from '../../double/disturbed.ts';
import { LaneOnCluster } from '../../double/lane.ts';
import type { Thing } from '../../double/objects.ts';
import { IMAGE } from '../../double/rig.ts';
import { isOver } from '../../double/scheduler.ts';

let clean: Undisturbed;

beforeAll(async () => {
  clean = await undisturbed();
});

/** Attempts of the script: one that the kernel ends, supervisor and all, and one whose Pod is drained while it runs. */
const WORDLESS = '000007/1';
const DRAINED = '000006/1';

type Fate = 'lost' | 'oom';
const twins = new Map<string, Promise<string[]>>();

/** What is left where the container of this attempt (`000003/2`) met its fate ten seconds after it started. */
function twin(attempt: string, fate: Fate): Promise<readonly string[]> {
  const key = `${attempt} ${fate}`;
  const known = twins.get(key) ?? makeTwin(attempt, fate);
  twins.set(key, known);
  return known;
}

async function makeTwin(attempt: string, fate: Fate): Promise<string[]> {
  const lane = await LaneOnCluster.start((lane, given) => {
    if (`${given.experiment}/${given.attempt}` !== attempt) return;
    const { cluster } = lane.rig;
    cluster.time.after(10_000, () => {
      const pod = activePod(cluster)!;
      if (fate === 'oom') outOfMemory(cluster, pod);
      else cluster.drain(pod);
    });
  });
  try {
    return await endOf(lane, [lane.begin()]);
  } finally {
    await lane.rig.close();
  }
}

/** The kernel ends the whole container, supervisor and all. */
function outOfMemory(cluster: Cluster, pod: Thing): void {
  cluster.kubelets.kill(pod, 137, 'OOMKilled');
}

/** The Pod that has not ended; the lane has one run at a time. */
function activePod(cluster: Cluster): Thing | undefined {
  return cluster.objects.all('pods', cluster.namespace).find((pod) => !isOver(pod));
}

function attemptOf(thing: Thing): string {
  const labels = thing.metadata.labels!;
  return `${labels[label.experiment]}/${labels[label.attempt]}`;
}

function isRunning(pod: Thing): boolean {
  return pod.status?.containerStatuses?.[0]?.state?.running !== undefined;
}

/** Its container has ended, and its kubelet is putting it away. */
function isLeaving(pod: Thing): boolean {
  return !isOver(pod) && pod.status?.containerStatuses?.[0]?.state?.terminated !== undefined;
}

/**
 * Does something to the Pod that is there. What ran then meets this fate; what had not started yet is made anew, and
 * nobody notices.
 */
function toPod(fate: Fate, strike: (cluster: Cluster, pod: Thing) => void, waits = true): Disturb {
  return ({ rig }) => {
    const pod = activePod(rig.cluster);
    if (!pod || (!waits && !isRunning(pod))) return null;
    const [ran, ended] = [isRunning(pod), isLeaving(pod)];
    // The script drains it already, and whatever comes on top of that may be seen or not.
    const drained = pod.metadata.deletionTimestamp !== undefined;
    strike(rig.cluster, pod);
    // What has left its last word is not struck any more; of one that left none this may be the first word.
    const attempt = attemptOf(pod);
    if (ended && attempt !== WORDLESS)
      return Promise.resolve([clean.remains, withoutLog(clean.remains, attempt)]);
    if (!ran && !ended) return Promise.resolve([clean.remains]);
    // The drain of the script comes on top of an end that its kubelet has not told yet.
    const both = drained || ended || (attempt === DRAINED && fate === 'oom');
    return twin(attempt, fate).then((one) => (both ? [one, clean.remains] : [one]));
  };
}

/** Does it to the node of the Pod that is there. */
const toNode = (strike: (cluster: Cluster, node: string) => void): Disturb => {
  const hit = toPod('lost', (cluster, pod) => strike(cluster, pod.spec.nodeName));
  return (lane, request, hands) =>
    activePod(lane.rig.cluster)?.spec.nodeName ? hit(lane, request, hands) : null;
};

/** Does something that costs nothing but time. */
function harmless(strike: (cluster: Cluster) => void): Disturb {
  return async ({ rig }) => {
    strike(rig.cluster);
    return [clean.remains];
  };
}

/** The youngest Job that nobody has settled yet: an attempt's Job stays until its experiment is decided. */
function activeJob(cluster: Cluster): Thing | undefined {
  return cluster.objects
    .all('jobs', cluster.namespace)
    .findLast(({ metadata }) => !metadata.labels?.[label.status] && !metadata.deletionTimestamp);
}

/** These remains, but the log of this attempt went with its Pod before anybody read it, and the row says so. */
function withoutLog(remains: readonly string[], attempt: string): string[] {
  return remains.map((line) =>
    line.startsWith(`${attempt}: `)
      ? line.replace('; ', '  the log is gone; ').replace(/run\.log,(train\.py) \w+$/, '$1')
      : line,
  );
}

/** The containers of these remains, but this attempt's so many times. */
function withContainers(remains: readonly string[], attempt: string, times: 0 | 2): string[] {
  const mended = (one: string) => (one !== attempt ? [one] : times === 0 ? [] : [`${one}×2`]);
  return remains.map((line) =>
    line.startsWith('containers: ') ? line.split(' ').flatMap(mended).join(' ') : line,
  );
}

/** With its Job goes all that the run has left; whether it had started nobody can tell then. */
const jobDeleted: Disturb = ({ rig, starts }) => {
  const job = activeJob(rig.cluster);
  if (!job) return null;
  const attempt = attemptOf(job);
  const started = starts.includes(attempt);
  const pod = activePod(rig.cluster);
  rig.cluster.deleteJob(job.metadata.name);
  return twin(attempt, 'lost').then((one) => {
    if (!started) return [withContainers(one, attempt, 0), clean.remains];
    return pod && isRunning(pod) ? [one] : [one, clean.remains];
  });
};

/** For a minute. What was suspended before it started may have run for all that is left to see. */
const suspended: Disturb = ({ rig }) => {
  const { cluster } = rig;
  const pod = activePod(cluster);
  const job = activeJob(cluster);
  if (!job || !pod) return null;
  const { name } = job.metadata;
  cluster.suspend(name);
  cluster.time.after(60_000, () => {
    if (cluster.objects.get('jobs', cluster.namespace, name)) cluster.suspend(name, false);
  });
  const lost = twin(attemptOf(job), 'lost');
  return lost.then((one) => (isRunning(pod) ? [one] : [one, clean.remains]));
};

/**
 * Beside the one that runs. Of two that end well one counts; its container is the only thing that is there twice. Where
 * one ends without a word and takes the other with it, nobody can say which of them was the attempt: it is lost.
 */
const secondPod: Disturb = ({ rig }) => {
  const pod = activePod(rig.cluster);
  const job = activeJob(rig.cluster);
  if (!pod || !job || !isRunning(pod)) return null;
  rig.cluster.jobs.startAnother(job);
  const attempt = attemptOf(pod);
  const one = [withContainers(clean.remains, attempt, 2), clean.remains];
  if (attempt !== WORDLESS) return Promise.resolve(one);
  return twin(attempt, 'lost').then((lost) => [...one, withContainers(lost, attempt, 2)]);
};

function forAMinute(begin: (cluster: Cluster) => void, end: (cluster: Cluster) => void): Disturb {
  return harmless((cluster) => {
    begin(cluster);
    cluster.time.after(60_000, () => end(cluster));
  });
}

const nodesCutOff = forAMinute(
  (c) => ['n1', 'n2', 'n3'].forEach((node) => void c.loseNode(node, 'cut off')),
  (c) => ['n1', 'n2', 'n3'].forEach((node) => void c.findNode(node)),
);

/** Nobody can drain what is cut off: that attempt would end by itself, and the script be another one. */
const cutOff: Disturb = (lane, request, hands) => {
  const pod = activePod(lane.rig.cluster);
  return pod && attemptOf(pod) === DRAINED ? null : nodesCutOff(lane, request, hands);
};

const points: readonly (readonly [string, Disturb])[] = [
  ['whose run is out of memory, supervisor and all', toPod('oom', outOfMemory, false)],
  ['whose Pod is evicted from a node under pressure', toPod('lost', (c, pod) => c.evict(pod))],
  ['whose Pod is drained', toPod('lost', (c, pod) => c.drain(pod))],
  ['whose Pod is preempted', toPod('lost', (c, pod) => c.preempt(pod))],
  ['whose Pod a person deletes', toPod('lost', (c, pod) => c.deletePod(pod))],
  ['whose Pod a person deletes by force', toPod('lost', (c, pod) => c.deletePod(pod, 0))],
  ['whose node is taken away', toNode((c, node) => c.removeNode(node))],
  ['whose node dies', toNode((c, node) => c.loseNode(node, 'dead'))],
  ['whose Job a person deletes', jobDeleted],
  ['whose Job a person suspends for a minute', suspended],
  ['whose Job gets a second Pod', secondPod],
  ['whose nodes are all cut off for a minute', cutOff],
  [
    'whose quota is zero for a minute',
    forAMinute(
      (c) => c.quota('none', { pods: '0', 'count/jobs.batch': '0' }),
      (c) => c.quota('none', null),
    ),
  ],
  [
    'whose image cannot be pulled for a minute',
    forAMinute(
      (c) => c.kubelets.missingImages.add(IMAGE),
      (c) => c.kubelets.missingImages.delete(IMAGE),
    ),
  ],
];

describe('a controller', () => {
  test.each(points)(
    '%s, at any of its requests, leaves what it should',
    {
      timeout: 7_200_000,
    },
    async (name, disturb) => {
      const kind = points.findIndex(([other]) => other === name);
      const { points: count, wrong } = await sweep(clean, disturb, kind);
      console.log(`sweep on the double: ${count} points, a controller ${name}`);
      expect(wrong).toEqual([]);
      expect(count).toBeGreaterThan(EVERY === 1 ? clean.requests.length / 4 : 0);
    },
  );
});
