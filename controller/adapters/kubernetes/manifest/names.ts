// What a run is called in the cluster: the Job's name, its labels, and the annotations that carry the intent.
import { sha256Hex } from '../../../intent.ts';

const PREFIX = 'autoresearch.dev';

/** Who our Events are from. */
export const COMPONENT = 'autoresearch';

export const label = {
  lane: `${PREFIX}/lane`,
  experiment: `${PREFIX}/experiment`,
  attempt: `${PREFIX}/attempt`,
  pool: `${PREFIX}/pool`,
  /** Set when the experiment is decided: keep, discard or crash. A Job that has it is nobody's concern any more. */
  status: `${PREFIX}/status`,
  valBpb: `${PREFIX}/val-bpb`,
  partOf: 'app.kubernetes.io/part-of',
  component: 'app.kubernetes.io/component',
  managedBy: 'app.kubernetes.io/managed-by',
  instance: 'app.kubernetes.io/instance',
  queue: 'kueue.x-k8s.io/queue-name',
} as const;

export const annotation = {
  /** JSON, as the supervisor reads it; on the pod template. */
  intent: `${PREFIX}/intent.json`,
  /** gzip, then base64; on the pod template. */
  train: `${PREFIX}/train.py.gz.b64`,
  /** sha256 of the pool and the options the Job was made from; on the Job. */
  template: `${PREFIX}/template`,
} as const;

export interface RunKey {
  readonly lane: string;
  readonly experiment: string;
  readonly attempt: number;
}

const LONGEST_NAME = 63;

/**
 * `ar-lab-main-000042-a1`: at most 63 characters, the same for the same run, legal whatever the lane is called. Without
 * a release `ar-main-000042-a1`.
 */
export function jobName(key: RunKey, release = ''): string {
  return namedAfter(key, release, isAmbiguous(key.lane, release));
}

/** What older controllers called it: without the release, or as if no other lane of a release could be called so. */
export function olderJobNames(key: RunKey, release: string): string[] {
  return release === '' ? [] : [jobName(key), namedAfter(key, release, false)];
}

function namedAfter({ lane, experiment, attempt }: RunKey, release: string, hashed: boolean): string {
  const end = `-${experiment}-a${attempt}`;
  const whose = hashed ? `${release}/${lane}` : whoseOf(lane, release);
  const plain =
    /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(whose) && whose.length + end.length + 3 <= LONGEST_NAME;
  return `ar-${plain ? whose : shortened(whose, LONGEST_NAME - end.length - 3)}${end}`;
}

/** A lane's Lease: two releases may have lanes of one name in one namespace. */
export function leaseName(lane: string, release: string): string {
  const whose = isAmbiguous(lane, release) ? `${release}/${lane}` : whoseOf(lane, release);
  return `autoresearch-${laneLabel(whose).toLowerCase()}`;
}

function whoseOf(lane: string, release: string): string {
  return release === '' ? lane : `${release}-${lane}`;
}

/** Lane b of release lab-a would be called as lane a-b of release lab is. */
function isAmbiguous(lane: string, release: string): boolean {
  return release !== '' && lane.includes('-');
}

/** The lane as a label's value: itself where that is legal, else shortened with a hash. */
export function laneLabel(lane: string): string {
  const legal = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(lane) && lane.length <= LONGEST_NAME;
  return legal ? lane : shortened(lane, LONGEST_NAME);
}

/** Which of these lanes an object is labelled with; null: none of them. */
export function laneIn(
  lanes: readonly string[],
  { metadata }: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } },
): string | null {
  const labelled = metadata.labels?.[label.lane];
  return lanes.find((lane) => laneLabel(lane) === labelled) ?? null;
}

/** Lower case, digits and dashes, with eight digits of the lane's sha256 against collisions. */
function shortened(lane: string, most: number): string {
  const words = lane.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const head = words.slice(0, most - 9).replace(/^-+|-+$/g, '');
  return `${head || 'x'}-${sha256Hex(lane).slice(0, 8)}`;
}

/** Selects the runs of these lanes; with `unsettled`, only Jobs whose experiment is not decided yet. */
export function selectorOf(lanes: readonly string[], unsettled: boolean): string {
  return selector(`in (${valuesOf(lanes)})`, unsettled);
}

/** Selects the unsettled Jobs of all other lanes. */
export function orphanSelector(lanes: readonly string[]): string {
  return selector(`notin (${valuesOf(lanes)})`, true);
}

function valuesOf(lanes: readonly string[]): string {
  return lanes.map(laneLabel).sort().join(',');
}

function selector(lanes: string, unsettled: boolean): string {
  const parts = [`${label.partOf}=autoresearch`, `${label.component}=experiment`, `${label.lane} ${lanes}`];
  if (unsettled) parts.push(`!${label.status}`);
  return parts.join(',');
}

/** Path of the Jobs of a namespace, or of one. */
export function jobsPath(namespace: string, name?: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs${name === undefined ? '' : `/${name}`}`;
}
