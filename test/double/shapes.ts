// Jobs and Pods in states that real nodes leave them in, and how they are read.

import type { Job, Pod } from '../../controller/adapters/kubernetes/client/objects.ts';
import { jobManifest } from '../../controller/adapters/kubernetes/manifest/job.ts';
import { type JobView, observedRun } from '../../controller/adapters/kubernetes/state/run-state.ts';
import { intentLike, poolLike } from './rig.ts';

export const START = Date.parse('2026-11-23T00:00:00Z');
export const at = (seconds: number) => new Date(START + 1000 * seconds).toISOString().replace('.000Z', 'Z');
export const sealed = (status: string, reason = '') => JSON.stringify({ status, reason });

const manifest = jobManifest(intentLike(), poolLike(), {
  namespace: 'lab',
  anchor: null,
  leakGuardHours: 24,
  nonce: 'a'.repeat(32),
  avoid: [],
});

export function jobLike(status: object = {}, spec: object = {}): Job {
  const base = JSON.parse(JSON.stringify(manifest)) as Job;
  return {
    ...base,
    metadata: { ...base.metadata, uid: 'job', creationTimestamp: at(-10) },
    spec: { ...base.spec!, ...spec },
    status: status as NonNullable<Job['status']>,
  };
}

export type State = { running?: object; waiting?: object; terminated?: object };

/** A Pod that was acknowledged at 0; its container is in `state`. */
export function podLike(
  phase: string,
  state: State | null,
  changes: { status?: object; metadata?: object; container?: object } = {},
): Pod {
  const container = {
    name: 'trainer',
    containerID: 'containerd://1',
    imageID: `x@sha256:${'2'.repeat(64)}`,
    state,
    ...changes.container,
  };
  const metadata = { name: 'pod', uid: 'pod', creationTimestamp: at(-5), ...changes.metadata };
  const spec = { nodeName: 'n1', activeDeadlineSeconds: 1530, containers: [] };
  const status = { phase, startTime: at(0), containerStatuses: state ? [container] : [], ...changes.status };
  return { metadata, spec, status } as unknown as Pod;
}

export const terminated = (exitCode: number, more: object = {}) => ({
  terminated: {
    exitCode,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    startedAt: at(5),
    finishedAt: at(100),
    ...more,
  },
});

export function stand(pods: readonly Pod[], seconds: number, changes: Partial<JobView> = {}): string {
  const seen = { started: false, waiting: false, podlessMs: null };
  const view = {
    job: jobLike(),
    pods,
    deletedPods: [],
    seen,
    nowMs: START + 1000 * seconds,
    stuckMs: 60_000,
    ...changes,
  };
  const { state } = observedRun(view)!;
  if (state.kind === 'ended')
    return `ended ${state.ending.word || 'as sealed'}${state.occupiesSlot ? ', holding its place' : ''}`;
  return state.kind === 'running' ? `running (${state.phase})` : state.kind;
}

export const disrupted = (reason: string, seconds: number) => ({
  conditions: [{ type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: at(seconds) }],
});
export const deleted = (seconds: number, graceSeconds: number) => ({
  metadata: { deletionTimestamp: at(seconds + graceSeconds), deletionGracePeriodSeconds: graceSeconds },
});
