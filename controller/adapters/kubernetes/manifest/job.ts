// The Job of one attempt: one literal, so that what runs in a cluster can be read here from top to bottom.
import type { V1Job, V1Volume, V1VolumeMount } from '@kubernetes/client-node';
import { intentFile, sha256Hex } from '../../../intent.ts';
import type { Intent } from '../../../ports.ts';
import { affinityOf } from './affinity.ts';
import { PACKED_AT_MOST, pack } from './annotations.ts';
import { compiledParts } from './compiled.ts';
import { annotation, jobName, label, laneLabel } from './names.ts';
import { podParts } from './parts.ts';
import type { Pool } from './pool.ts';
import { amountOf } from './quantity.ts';
import { claimsOf, resourcesOf, tolerationsOf } from './resources.ts';

/** The object that owns all Jobs: when it goes, the cluster deletes them. */
export interface Anchor {
  readonly name: string;
  readonly uid: string;
}

/** The release whose chart made the anchor; '' without one. Its Jobs and Leases carry it, and are no other's. */
export function releaseOf(anchor: Pick<Anchor, 'name'> | null): string {
  return anchor?.name.replace(/-anchor$/, '') ?? '';
}

export interface JobOptions {
  readonly namespace: string;
  /** ConfigMap in the same namespace; null where Jobs shall outlive everything. */
  readonly anchor: Anchor | null;
  /** Whole hours after which the cluster ends a Job that nobody watches any more; as many after its end it deletes it. */
  readonly leakGuardHours: number;
  /** 32 hex digits that only the supervisor and this controller know. */
  readonly nonce: string;
  /** train.py as `pack` gives it, where that is known already. */
  readonly packed?: string;
  /** Names of nodes to stay away from where others will do. */
  readonly avoid: readonly string[];
  /** Names of nodes that it never goes to. */
  readonly never?: readonly string[];
}

export const CONTAINER = 'trainer';
/** From SIGTERM to SIGKILL, seconds; the supervisor needs a part of it to end its tree and say so. */
const TERMINATION_SECONDS = 15;
/** Between the supervisor's hard wall and the kubelet's, seconds: the supervisor shall have the word first. */
const DEADLINE_GRACE_SECONDS = 30;
/** Who may read the sealed text in the image. */
const TRAINER_GID = 10001;
/** From here on no distribution gives uids to people or daemons; the supervisor knows this number, too. */
const OWN_UIDS = 0x70000000;
const MOST_UIDS = 2 ** 24;

/** Seconds from the kubelet's acknowledgement to the kubelet's kill; image pull included, waiting for a node not. */
export function podDeadlineSeconds(pool: Pool, clocks: Intent['clocks']): number {
  return Math.ceil(pool.pullSeconds + clocks.wallSeconds + DEADLINE_GRACE_SECONDS);
}

/** Changes whenever a Job made now would differ from one made before by more than intent, nonce and nodes to avoid. */
export function templateSha(
  pool: Pool,
  { namespace, leakGuardHours }: Pick<JobOptions, 'namespace' | 'leakGuardHours'>,
): string {
  const { maxParallel: _, readyPlaces: __, ...shape } = pool;
  return sha256Hex(JSON.stringify([shape, namespace, leakGuardHours])).slice(0, 16);
}

/** What train.py may leave on disk, MiB: a tenth below the kubelet's limit, which not every node enforces. */
function diskMib({ resources }: Pool): number {
  return Math.floor((0.9 * amountOf(resources.ephemeralStorage)) / 2 ** 20);
}

/**
 * The kernel bounds how many processes a user may have on a node, over all of its Pods. A user that no other Pod has makes
 * that a bound for this Pod, which a fork bomb meets within milliseconds.
 */
function ownUid(job: string): number {
  return OWN_UIDS + (Number.parseInt(sha256Hex(job).slice(0, 8), 16) % MOST_UIDS);
}

/** Throws on a train.py that does not fit; ask `pack` before. */
export function jobManifest(intent: Intent, pool: Pool, options: JobOptions): V1Job {
  const { lane, experiment, attempt, clocks } = intent;
  const packed = options.packed ?? pack(intent.trainPy);
  if (packed === null)
    throw new Error(`train.py of ${experiment} takes more than ${PACKED_AT_MOST} bytes packed`);
  const release = releaseOf(options.anchor);
  const name = jobName(intent, release);
  const compiled = compiledParts(intent, pool, release);
  const labels: Record<string, string> = {
    ...pool.labels,
    'app.kubernetes.io/name': 'autoresearch',
    [label.partOf]: 'autoresearch',
    [label.component]: 'experiment',
    [label.managedBy]: 'autoresearch',
    ...(release && { [label.instance]: release }),
    [label.lane]: laneLabel(lane),
    [label.experiment]: experiment,
    [label.attempt]: String(attempt),
    [label.pool]: pool.name,
  };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace: options.namespace,
      // Kueue suspends a new Job by itself when it has this label; suspending it here would be a person's hand.
      labels: pool.queue ? { ...labels, [label.queue]: pool.queue } : labels,
      annotations: { ...pool.annotations, [annotation.template]: templateSha(pool, options) },
      ...(options.anchor && { ownerReferences: [ownedBy(options.anchor)] }),
    },
    spec: {
      completions: 1,
      parallelism: 1,
      // One Job is one attempt: trying again is the loop's decision, with a number and a row of its own.
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      // Counts from the Job's start, pending included, and takes the log with it: a guard against leaks, no budget.
      activeDeadlineSeconds: options.leakGuardHours * 3600,
      // A deadline ends a Job and leaves it. Whoever settles it shortens this.
      ttlSecondsAfterFinished: options.leakGuardHours * 3600,
      template: {
        metadata: {
          labels,
          annotations: {
            ...pool.annotations,
            'karpenter.sh/do-not-disrupt': 'true',
            'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
            [annotation.intent]: JSON.stringify(intentFile(intent, options.nonce, pool.clock)),
            [annotation.train]: packed,
          },
        },
        spec: {
          restartPolicy: 'Never',
          activeDeadlineSeconds: podDeadlineSeconds(pool, clocks),
          terminationGracePeriodSeconds: TERMINATION_SECONDS,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          shareProcessNamespace: false,
          hostNetwork: false,
          hostPID: false,
          hostIPC: false,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: pool.runAsUser ?? ownUid(name),
            // No fsGroup: a cluster may prescribe one, and whoever runs here can use its volumes without.
            runAsGroup: TRAINER_GID,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          nodeSelector: pool.nodeSelector,
          tolerations: tolerationsOf(pool),
          affinity: affinityOf(pool, options.avoid, options.never),
          imagePullSecrets: pool.imagePullSecrets.map((name) => ({ name })),
          ...(pool.priorityClassName && { priorityClassName: pool.priorityClassName }),
          ...(pool.runtimeClassName && { runtimeClassName: pool.runtimeClassName }),
          ...(pool.schedulerName && { schedulerName: pool.schedulerName }),
          ...claimsOf(pool),
          ...podParts(pool),
          containers: [
            {
              name: CONTAINER,
              image: pool.image,
              imagePullPolicy: pool.imagePullPolicy,
              // The image's entrypoint is its supervisor, which becomes PID 1; where things lie in the image is its own affair.
              args: [
                ...['--intent', '/intent/intent.json', '--train', '/intent/train.py.gz.b64'],
                ...['--work', '/work', '--result', '/dev/termination-log'],
                ...['--disk-mb', String(diskMib(pool))],
                ...(pool.gpu.count > 0 ? ['--gpu', ...compiled.args] : []),
              ],
              env: [
                ...pool.extraEnv,
                // Without a GPU of its own a container shall see none, whatever the node's runtime gives away.
                ...(pool.gpu.count === 0 ? [{ name: 'NVIDIA_VISIBLE_DEVICES', value: 'void' }] : []),
              ],
              resources: resourcesOf(pool),
              securityContext: {
                allowPrivilegeEscalation: false,
                privileged: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              // The sealed result; File, because the log's tail must never pass for it.
              terminationMessagePath: '/dev/termination-log',
              terminationMessagePolicy: 'File',
              volumeMounts: [
                { name: 'intent', mountPath: '/intent', readOnly: true },
                { name: 'work', mountPath: '/work' },
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'shm', mountPath: '/dev/shm' },
                ...compiled.mounts,
                ...((pool.volumeMounts ?? []) as unknown as V1VolumeMount[]),
              ],
            },
          ],
          volumes: [
            {
              name: 'intent',
              downwardAPI: { defaultMode: 0o444, items: [file('intent.json'), file('train.py.gz.b64')] },
            },
            { name: 'work', emptyDir: { sizeLimit: pool.resources.ephemeralStorage } },
            { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
            { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: pool.resources.sharedMemory } },
            ...compiled.volumes,
            ...((pool.volumes ?? []) as unknown as V1Volume[]),
          ],
        },
      },
    },
  };
}

export function ownedBy({ name, uid }: Anchor) {
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, controller: false, blockOwnerDeletion: false };
}

function file(path: string) {
  return { path, fieldRef: { fieldPath: `metadata.annotations['autoresearch.dev/${path}']` } };
}
