// How a Pod ended, in one word. Exit code 137 alone says nothing: the limit, an eviction, a preemption, a drain, a
// deadline and a person's kill all look like it. Who knows best is asked first.
import type { Ending } from '../../../core/run.ts';
import type { Job } from '../client/objects.ts';
import { ms } from '../client/objects.ts';
import { isMeasured, type PodFacts } from './pod-facts.ts';

interface EndingOf {
  readonly facts: PodFacts;
  readonly job: Job;
  readonly wallSeconds: number;
  readonly nowMs: number;
}

type TerminationCause = Pick<Ending, 'word' | 'sentence'>;

/**
 * The order: a measurement that is complete; a disruption; the Pod's own reason; who deleted it; the supervisor's word
 * (then the word is '', and the sealed result tells); the container's reason.
 */
export function endingOf(end: EndingOf): Ending {
  const { facts, nowMs } = end;
  const cause = isMeasured(facts)
    ? supervisor
    : (fromDisruption(facts) ??
      fromStatus(end) ??
      fromDeletion(end) ??
      fromSupervisor(facts) ??
      fromContainer(facts));
  const atMs = facts.finishedMs ?? facts.graceOverMs ?? nowMs;
  const ranSeconds = ranFor(facts);
  return {
    sealed: facts.sealed?.text ?? null,
    ...cause,
    atMs,
    ...(ranSeconds !== null && { ranSeconds }),
  };
}

/** By its node's clock, which tells whole seconds; null where nobody knows. */
function ranFor({ startedMs, finishedMs }: PodFacts): number | null {
  if (startedMs === null || finishedMs === null) return null;
  return Math.max(0, finishedMs - startedMs) / 1000 + 1;
}

const supervisor: TerminationCause = { word: '', sentence: '' };

/** A crash that the supervisor had sealed before the cluster turned on the Pod is the experiment's own. */
function cameTooLate({ sealed, finishedMs }: PodFacts, atMs: number | null): boolean {
  return sealed?.status === 'crashed' && finishedMs !== null && atMs !== null && finishedMs < atMs;
}

const DISRUPTIONS: Readonly<Record<string, readonly [word: string, sentence: string]>> = {
  PreemptionByScheduler: ['preempted', 'preempted by a Pod of higher priority'],
  PreemptionByKubeScheduler: ['preempted', 'preempted by a Pod of higher priority'],
  DeletionByTaintManager: ['node_lost', 'its node stopped answering or was tainted'],
  EvictionByEvictionAPI: ['drained', 'evicted through the API, as a drain does'],
  DeletionByPodGC: ['node_gone', 'its node no longer exists'],
};

function fromDisruption(facts: PodFacts): TerminationCause | null {
  const disruption = facts.pod.status?.conditions?.find(
    (c) => c.type === 'DisruptionTarget' && c.status === 'True',
  );
  if (!disruption || cameTooLate(facts, ms(disruption.lastTransitionTime))) return null;
  const { reason = '', message = '' } = disruption;
  const known = Object.hasOwn(DISRUPTIONS, reason) ? DISRUPTIONS[reason] : undefined;
  if (known) return { word: known[0], sentence: on(facts, `${known[1]}${message ? `: ${message}` : ''}`) };
  // TerminationByKubelet says who, the Pod's reason says why.
  const word = WORDS[facts.pod.status?.reason ?? ''] ?? 'disrupted';
  return { word, sentence: on(facts, facts.pod.status?.message || message || reason) };
}

/** Reasons of a Pod's status that blame the machine. */
const WORDS: Readonly<Record<string, string>> = {
  Evicted: 'evicted',
  Preempting: 'preempted',
  Preempted: 'preempted',
  Terminated: 'shutdown',
  Shutdown: 'shutdown',
  NodeShutdown: 'shutdown',
  NodeLost: 'node_lost',
  NodeAffinity: 'refused_by_node',
  UnexpectedAdmissionError: 'refused_by_node',
};

function fromStatus({ facts, wallSeconds }: EndingOf): TerminationCause | null {
  const { reason = '', message = '' } = facts.pod.status ?? {};
  if (!reason) return null;
  if (reason === 'DeadlineExceeded') return fromDeadline(facts, wallSeconds);
  if (reason === 'Evicted' && brokeOwnDisk(message)) return { word: 'disk', sentence: message };
  const word = WORDS[reason] ?? (reason.startsWith('OutOf') ? 'refused_by_node' : wordOf(reason));
  return { word, sentence: on(facts, message || reason) };
}

/** The kubelet's deadline holds pull, wall and grace: only a container that had its whole wall broke its own limit. */
function fromDeadline(facts: PodFacts, wallSeconds: number): TerminationCause {
  // On a worker that was paused the kubelet's clock went on; its supervisor knows that nothing ran.
  if (facts.sealed?.status === 'refused' && facts.sealed.reason === 'paused') return supervisor;
  const { startedMs, finishedMs } = facts;
  const acknowledgedMs = ms(facts.pod.status?.startTime);
  const endMs = finishedMs ?? (acknowledgedMs ?? 0) + 1000 * (facts.pod.spec?.activeDeadlineSeconds ?? 0);
  const ranSeconds = startedMs === null ? 0 : (endMs - startedMs) / 1000;
  if (ranSeconds >= wallSeconds)
    return { word: 'deadline', sentence: `killed by the Pod's deadline after ${Math.round(ranSeconds)} s` };
  const sentence = `the Pod's deadline came ${Math.round(ranSeconds)} s after the start: pulling the image took too long`;
  return { word: 'slow_start', sentence: on(facts, sentence) };
}

/** A node under pressure is the machine's affair; a Pod over its own limit of disk is the experiment's. */
function brokeOwnDisk(message: string): boolean {
  return /ephemeral local storage usage exceeds|exceeded its local ephemeral storage limit|Usage of EmptyDir volume/.test(
    message,
  );
}

function fromDeletion({ facts, job }: EndingOf): TerminationCause | null {
  const vanished = facts.gone && facts.finishedMs === null;
  if (!vanished && (facts.deletedMs === null || cameTooLate(facts, facts.deletedMs))) return null;
  if (job.spec?.suspend) return { word: 'suspended', sentence: 'its Job was suspended while it ran' };
  const failed = job.status?.conditions?.find((c) => c.type === 'FailureTarget' || c.type === 'Failed');
  if (failed?.reason === 'DeadlineExceeded')
    return { word: 'leak_guard', sentence: 'its Job was older than the leak guard allows' };
  return { word: 'deleted', sentence: on(facts, 'its Pod was deleted from outside') };
}

function fromSupervisor({ sealed }: PodFacts): TerminationCause | null {
  return sealed ? supervisor : null;
}

/** The kubelet's word, and containerd's after the node was switched off. */
const LOST_TRACK = new Set(['ContainerStatusUnknown', 'Unknown']);

function fromContainer(facts: PodFacts): TerminationCause {
  const { containerReason, exitCode } = facts;
  if (containerReason === 'OOMKilled')
    return { word: 'oom', sentence: 'the whole container ran out of memory, the supervisor included' };
  if (LOST_TRACK.has(containerReason) || exitCode === null)
    return {
      word: 'node_lost',
      sentence: on(facts, 'the node was switched off, or lost track of its container'),
    };
  if (exitCode === 137 || exitCode === 143)
    return {
      word: 'killed',
      sentence: on(facts, `killed (exit code ${exitCode}), and nothing says by whom`),
    };
  const sentence = `the supervisor ended with exit code ${exitCode} and left no result; see its log`;
  return { word: 'no_result', sentence };
}

function on({ node }: PodFacts, sentence: string): string {
  return node ? `${sentence} (node ${node})` : sentence;
}

/** `SomeNewReason` → `some_new_reason`: a word nobody has met yet still blames the machine, never the idea. */
function wordOf(reason: string): string {
  return reason
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .toLowerCase()
    .slice(0, 40);
}
