// What one Pod shows of its attempt: whether the supervisor ever started, what it left behind, what holds it back.

import type { Job } from '../client/objects.ts';
import { isTerminal, ms, type Pod } from '../client/objects.ts';
import { CONTAINER } from '../manifest/job.ts';

interface Sealed {
  readonly text: string;
  /** finished, crashed or refused, as the supervisor claims; '' where that cannot be read. */
  readonly status: string;
  /** The word for why there is no number; '' likewise. */
  readonly reason: string;
}

export interface PodFacts {
  readonly pod: Pod;
  /** It no longer exists; this is how it was seen last. */
  readonly gone: boolean;
  readonly phase: string;
  readonly node: string;
  /** The digest of the image that ran, or what the node calls it; '' before it was pulled. */
  readonly image: string;
  /** The container runs now. */
  readonly running: boolean;
  /** Milliseconds since the epoch; null: the supervisor never started, or nobody knows when. */
  readonly startedMs: number | null;
  readonly finishedMs: number | null;
  /** When it got its node. */
  readonly placedMs: number | null;
  /** The supervisor did start, once. */
  readonly started: boolean;
  readonly exitCode: number | null;
  /** What the container's state gives as the reason of its end; '' while it has none. */
  readonly containerReason: string;
  readonly sealed: Sealed | null;
  /** When somebody asked for the Pod's deletion, and when its grace is over. */
  readonly deletedMs: number | null;
  readonly graceOverMs: number | null;
}

/** Ends of a container whose command never ran. */
const NEVER_RAN = new Set([
  'StartError',
  'ContainerCannotRun',
  'CreateContainerError',
  'CreateContainerConfigError',
]);

/** Every look at a lane asks for those of all its Pods, and what is known of a Pod never changes: another is put in its place. */
const known = { here: new WeakMap<Pod, PodFacts>(), gone: new WeakMap<Pod, PodFacts>() };

export function factsOf(pod: Pod, gone = false): PodFacts {
  const facts = known[gone ? 'gone' : 'here'];
  const before = facts.get(pod);
  if (before) return before;
  const now = read(pod, gone);
  facts.set(pod, now);
  return now;
}

function read(pod: Pod, gone: boolean): PodFacts {
  const status = pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER);
  const terminated = status?.state?.terminated;
  const neverRan = NEVER_RAN.has(terminated?.reason ?? '');
  const startedMs = neverRan ? null : startOf(status?.state?.running?.startedAt ?? terminated?.startedAt);
  const graceOverMs = ms(pod.metadata?.deletionTimestamp);
  return {
    pod,
    gone,
    phase: pod.status?.phase ?? 'Pending',
    node: pod.spec?.nodeName ?? '',
    image: digestOf(status?.imageID ?? ''),
    running: !gone && status?.state?.running !== undefined,
    startedMs,
    finishedMs: startOf(terminated?.finishedAt),
    placedMs: placedOf(pod),
    started: startedMs !== null || (Boolean(status?.containerID) && terminated !== undefined && !neverRan),
    exitCode: terminated?.exitCode ?? null,
    containerReason: terminated?.reason ?? '',
    sealed: neverRan ? null : sealedOf(terminated?.message),
    deletedMs:
      graceOverMs === null ? null : graceOverMs - 1000 * (pod.metadata?.deletionGracePeriodSeconds ?? 0),
    graceOverMs,
  };
}

function placedOf({ status }: Pod): number | null {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  return scheduled?.status === 'True' ? ms(scheduled.lastTransitionTime) : null;
}

/** Written last, by a supervisor that then ended well: whatever happens to the Pod comes too late to matter. */
export function isMeasured({ sealed, exitCode }: PodFacts): boolean {
  return sealed?.status === 'finished' && exitCode === 0;
}

/** It waits or runs, and nothing has begun to end it: time alone does not change what it is. */
export function isSteady({ pod, gone, started, startedMs, finishedMs, graceOverMs }: PodFacts): boolean {
  const dated = !started || startedMs !== null;
  return dated && !gone && !isTerminal(pod) && finishedMs === null && graceOverMs === null;
}

/** The supervisor's own word, of a container that ended by itself: nothing that happens to the Pod later changes it. */
export function hasLastWord(pod: Pod): boolean {
  const facts = factsOf(pod);
  const { running, sealed, finishedMs, deletedMs } = facts;
  if (isMeasured(facts)) return true;
  const disrupted = pod.status?.conditions?.some(
    ({ type, status }) => type === 'DisruptionTarget' && status === 'True',
  );
  return (
    isTerminal(pod) && !running && sealed !== null && finishedMs !== null && deletedMs === null && !disrupted
  );
}

/** Some runtimes write the beginning of the epoch where they know no time. */
function startOf(timestamp: string | undefined): number | null {
  const at = ms(timestamp);
  return at === null || at <= 0 ? null : at;
}

/** The kubelet puts words of its own into the message where it has none of ours; ours is a JSON object. */
function sealedOf(message: string | undefined): Sealed | null {
  if (!message?.startsWith('{')) return null;
  try {
    const { status, reason } = JSON.parse(message) as { status?: unknown; reason?: unknown };
    const word = (said: unknown) => (typeof said === 'string' ? said : '');
    return { text: message, status: word(status), reason: word(reason) };
  } catch {
    return { text: message, status: '', reason: '' };
  }
}

/** `docker.io/x/y@sha256:…` → `sha256:…`: the same image has the same digest wherever it was pulled from. */
function digestOf(imageId: string): string {
  return /sha256:[0-9a-f]{64}/.exec(imageId)?.[0] ?? imageId;
}

const PULL = /^(ErrImagePull|ImagePullBackOff|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)$/;

/** Said of a Pod on its node that names no reason itself; the events of the Pod may know one. */
export const PREPARING = 'image and volumes are being prepared on';

/** Why a Pod that has not started is waiting, for a person. */
export function whyPodWaits({ pod, node }: PodFacts): string {
  if (pod.metadata?.deletionTimestamp) return 'the Pod is being deleted before it started';
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') {
    if (scheduled.reason === 'SchedulingGated') return 'held by a scheduling gate';
    return scheduled.message ? withoutPreemption(scheduled.message) : 'waiting for a node';
  }
  if (!node) return 'waiting for the scheduler';
  // An init container comes first: while one waits for its image, the run says only that Pods are being prepared.
  const { initContainerStatuses: first = [], containerStatuses: then = [] } = pod.status ?? {};
  const waiting = [...first, ...then.filter(({ name }) => name === CONTAINER)]
    .map(({ state }) => state?.waiting)
    .find((one) => one?.reason && !/^(ContainerCreating|PodInitializing)$/.test(one.reason));
  const { reason = '', message = '' } = waiting ?? {};
  if (PULL.test(reason)) return `image cannot be pulled: ${message || reason}`;
  if (reason) return `${reason}: ${message}`;
  return `${PREPARING} ${node}`;
}

/** The scheduler's own words, less its thoughts on preemption and, from 1.34 on, on claims. */
function withoutPreemption(message: string): string {
  return message.replace(/\.? *(no new claims to deallocate, *)?preemption: .*$/s, '').replace(/\.$/, '');
}

/** Whether a Job's condition of this type holds. */
export function condition(job: Job, type: string) {
  return job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
}
