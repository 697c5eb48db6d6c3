// From a Job and its Pods to how its attempt stands. Pure: the same objects at the same time say the same.
import type { Run } from '../../../core/run.ts';
import type { FoundRun, IntentFile } from '../../../intent.ts';
import type { Job } from '../client/objects.ts';
import { isTerminal, ms, type Pod } from '../client/objects.ts';
import { readIntentFile } from '../manifest/annotations.ts';
import { label } from '../manifest/names.ts';
import { condition, factsOf, isMeasured, type PodFacts, whyPodWaits } from './pod-facts.ts';
import { endingOf } from './termination.ts';

/** What this controller saw of a Job before; none of it is needed after a restart, only sharper with it. */
export interface SeenBefore {
  /** Its container was running or had run. */
  readonly started: boolean;
  /** It was seen waiting, by this controller, and never started. */
  readonly waiting: boolean;
  /** Since when it has been without any Pod though it should have one; null while it has. */
  readonly podlessMs: number | null;
}

export interface JobView {
  readonly job: Job;
  readonly pods: readonly Pod[];
  /** Pods of the Job that are gone, as they were seen last. */
  readonly deletedPods: readonly Pod[];
  readonly seen: SeenBefore;
  readonly nowMs: number;
  /** How long a Pod may be Terminating, or gone without its Job's notice, before the attempt is lost. */
  readonly stuckMs: number;
}

type ObservedState =
  | Run['state']
  /** Over without the supervisor ever having started: uses up no attempt. */
  | { readonly kind: 'unstarted'; readonly sentence: string };

/** A run as far as the Job tells who it is, with the Pod that counts. Null: no run of ours, whatever its labels say. */
export interface ObservedRun {
  readonly run: Omit<Run, 'state'>;
  readonly state: ObservedState;
  readonly pod: PodFacts | null;
  /** All of it, while it runs: the same object again tells the loop that nothing has changed. */
  readonly working: Run | null;
}

export function observedRun(view: JobView): ObservedRun | null {
  const { job } = view;
  const file = readIntentFile(job.spec?.template.metadata?.annotations);
  const who = identityOf(job, file);
  if (!who) return null;
  // One that went before it started says nothing: another may come in its place.
  const deletedPods = view.deletedPods.map((pod) => factsOf(pod, true)).filter((facts) => facts.started);
  const all = [...deletedPods, ...view.pods.map((pod) => factsOf(pod))];
  const pod = countingPod(all, view);
  const run = { ...who, node: pod?.node ?? '', image: pod?.image ?? '' };
  const state = pod ? stateOf(pod, view, file) : stateWithoutPod(view);
  return { run, state, pod, working: state.kind === 'running' ? { ...run, state } : null };
}

/** A Job whose annotations were damaged still has labels: its attempt can then be lost by name, never adopted. */
function identityOf(
  job: Job,
  file: IntentFile | null,
): Pick<FoundRun, 'lane' | 'experiment' | 'attempt' | 'intent' | 'clocks' | 'nonce'> | null {
  if (file) {
    const { lane, experiment, attempt, intent, clocks, nonce } = file;
    return { lane, experiment, attempt, intent, clocks, nonce };
  }
  const labels = job.metadata?.labels ?? {};
  const [lane, experiment, attempt] = [label.lane, label.experiment, label.attempt].map(
    (key) => labels[key] ?? '',
  );
  if (!lane || !/^\d{6,}$/.test(experiment!) || !/^[1-9]\d*$/.test(attempt!)) return null;
  return { lane, experiment: experiment!, attempt: Number(attempt), intent: '', nonce: '' };
}

/**
 * Of all Pods of a Job exactly one counts (I2): the first that left a sealed result; while there is none, the one that
 * may still leave it; after that the oldest that started.
 */
function countingPod(all: readonly PodFacts[], view: JobView): PodFacts | null {
  const sealed = all.filter((facts) => facts.sealed && isOver(facts, view));
  if (sealed.length > 0) return sealed.reduce((a, b) => ((b.finishedMs ?? 0) < (a.finishedMs ?? 0) ? b : a));
  const alive = all.filter((facts) => !isOver(facts, view));
  return (
    alive.find((facts) => facts.started) ?? alive[0] ?? all.find((facts) => facts.started) ?? all[0] ?? null
  );
}

/** Nothing more is to be expected of the Pod: its containers ended, or its node has not answered for too long. */
function isOver(facts: PodFacts, view: JobView): boolean {
  const { gone, running, graceOverMs, finishedMs, pod } = facts;
  const { nowMs, stuckMs } = view;
  const terminal = isTerminal(pod);
  if (gone || (terminal && !running) || isLeaving(facts, view)) return true;
  // A Pod may be called Failed while its container lives on for a while; the slot is not free before it ended.
  const acknowledgedMs = ms(pod.status?.startTime);
  const deadlineMs =
    terminal && acknowledgedMs !== null
      ? acknowledgedMs + 1000 * (pod.spec?.activeDeadlineSeconds ?? 0)
      : null;
  const endsMs = graceOverMs ?? finishedMs ?? deadlineMs;
  return endsMs !== null && nowMs > endsMs + stuckMs;
}

/**
 * Its container has ended with a measurement, and the kubelet, which takes a second or so to put the Pod away, has not
 * said so yet. Until then the scheduler counts what it requested: a Pod that needed it would be called unschedulable,
 * and an autoscaler might buy a node for it. One that takes too long is not put away by itself: its kubelet hangs, or
 * another container lives on in it.
 */
export function isLeaving(facts: PodFacts, { nowMs, stuckMs }: Pick<JobView, 'nowMs' | 'stuckMs'>): boolean {
  const { gone, graceOverMs, finishedMs, pod } = facts;
  if (gone || isTerminal(pod) || finishedMs === null || !isMeasured(facts)) return false;
  return nowMs <= (graceOverMs ?? finishedMs) + stuckMs;
}

function stateOf(facts: PodFacts, view: JobView, file: IntentFile | null): ObservedState {
  const { job, nowMs } = view;
  if (isOver(facts, view)) {
    const ending = endingOf({
      facts,
      job,
      nowMs,
      wallSeconds: file?.clocks.wallSeconds ?? Number.POSITIVE_INFINITY,
    });
    if (!facts.started && !view.seen.started && job.spec?.suspend) return stateWithoutPod(view);
    if (!facts.started && !view.seen.started)
      return { kind: 'unstarted', sentence: neverStarted(facts, ending.sentence) };
    if (isLeaving(facts, view)) return { kind: 'ended', ending, occupiesSlot: true };
    const told = facts.gone || facts.finishedMs !== null || isTerminal(facts.pod) || isMeasured(facts);
    if (told || ending.word === 'node_lost' || ending.word === 'node_gone') return { kind: 'ended', ending };
    const sentence = `${ending.sentence}; it has been Terminating for too long, its node does not answer`;
    return { kind: 'ended', ending: { ...ending, word: ending.word || 'stuck', sentence } };
  }
  if (!facts.started) return pending(job, whyPodWaits(facts));
  const { placedMs } = facts;
  return {
    kind: 'running',
    sinceMs: facts.startedMs ?? nowMs,
    phase: facts.pod.metadata?.deletionTimestamp ? 'stopping' : 'running',
    ...(placedMs !== null && { placedMs }),
  };
}

function neverStarted(facts: PodFacts, sentence: string): string {
  const { initContainerStatuses: first = [], containerStatuses } = facts.pod.status ?? {};
  const failed = first.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (failed)
    return `its init container ${failed.name} ended with exit code ${failed.state!.terminated!.exitCode}; its log says why`;
  const terminated = containerStatuses?.[0]?.state?.terminated;
  const { reason = '', message = '' } = terminated ?? {};
  const why = reason && reason !== 'ContainerStatusUnknown' ? `${reason}: ${message}` : sentence;
  return `it ended before the supervisor started: ${why}`;
}

function stateWithoutPod(view: JobView): ObservedState {
  const { job, seen, nowMs, stuckMs } = view;
  const lost = (word: string, sentence: string, atMs: number | null): ObservedState => ({
    kind: 'ended',
    ending: { sealed: null, word, sentence, atMs: atMs ?? nowMs },
  });
  const failed = condition(job, 'Failed') ?? condition(job, 'FailureTarget');
  if (job.spec?.suspend) {
    const suspended = ms(condition(job, 'Suspended')?.lastTransitionTime);
    const queue = job.metadata?.labels?.[label.queue];
    // It was active once; nobody saw it wait; nobody but a person suspends it where there is no queue.
    const active = !queue && !seen.waiting && job.status?.startTime !== undefined;
    if (seen.started || active) return lost('suspended', 'its Job was suspended while it ran', suspended);
    return pending(
      job,
      queue ? `waiting in Kueue queue ${queue}` : 'its Job is suspended; resume or delete it',
    );
  }
  if (failed) {
    const atMs = ms(failed.lastTransitionTime);
    const why = failed.message || failed.reason || 'its Job failed';
    // The leak guard's hours are far beyond any Pod's deadline: what it ends has not started.
    const waited = failed.reason === 'DeadlineExceeded' || seen.waiting;
    if (waited && !seen.started)
      return { kind: 'unstarted', sentence: `its Job ended before it started: ${why}` };
    return lost('deleted', `its Pod is gone, and nothing was left to read: ${why}`, atMs);
  }
  const complete = condition(job, 'Complete');
  if (complete)
    return lost(
      'no_result',
      'its Job is complete, but its Pod is gone with the result',
      ms(complete.lastTransitionTime),
    );
  if (seen.started && seen.podlessMs !== null && nowMs > seen.podlessMs + stuckMs)
    return lost('deleted', 'its Pod is gone, and its Job has not noticed', seen.podlessMs);
  return pending(job, seen.started ? 'its Pod is gone; waiting for the cluster to notice' : NO_POD);
}

/** Said of a Job that has no Pod yet; the events of the Job may know more. */
export const NO_POD = 'no Pod was created yet';

function pending(job: Job, sentence: string): ObservedState {
  return { kind: 'pending', sinceMs: ms(job.metadata?.creationTimestamp) ?? 0, sentence };
}
