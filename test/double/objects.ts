// The objects of a cluster with what clients can see of their making: uids, resource versions, history, finalizers.
import { stampOf, type VirtualTime } from './time.ts';

interface Meta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
}

/** Any Kubernetes object; parts that only one kind has are looked at by those who know the kind. */
export interface Thing {
  apiVersion?: string;
  kind?: string;
  metadata: Meta;
  // biome-ignore lint/suspicious/noExplicitAny: the double holds objects of every kind, as the API's storage does
  spec?: any;
  // biome-ignore lint/suspicious/noExplicitAny: see spec
  status?: any;
  [part: string]: unknown;
}

export interface Change {
  readonly version: number;
  readonly plural: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: Thing;
  /** As it was before; null for a new object. */
  readonly before: Thing | null;
}

/** A refusal, as the API's Status object tells it. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export class Objects {
  readonly time: VirtualTime;
  readonly #kinds = new Map<string, Map<string, Thing>>();
  readonly #listeners = new Set<(change: Change) => void>();
  /** All changes since the last compaction. */
  history: Change[] = [];
  /** Changes up to this version are forgotten. */
  compacted = 0;
  version = 1000;
  #uids = 0;
  readonly #owned = new Map<string, Set<string>>();
  readonly #placed = new Map<string, Set<string>>();

  constructor(time: VirtualTime) {
    this.time = time;
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get(plural: string, namespace: string, name: string): Thing | undefined {
    return this.#of(plural).get(`${namespace}/${name}`);
  }

  all(plural: string, namespace?: string): Thing[] {
    const things = [...this.#of(plural).values()];
    return namespace === undefined
      ? things
      : things.filter((thing) => thing.metadata.namespace === namespace);
  }

  /** Pods that belong to the owner with this uid. */
  podsOwnedBy(uid: string): Thing[] {
    return [...(this.#owned.get(uid) ?? [])].map((key) => this.#of('pods').get(key)!);
  }

  podsOn(node: string): Thing[] {
    return [...(this.#placed.get(node) ?? [])].map((key) => this.#of('pods').get(key)!);
  }

  create(plural: string, thing: Thing): Thing {
    const { name, namespace = '' } = thing.metadata;
    if (this.get(plural, namespace, name))
      throw new Refused(409, 'AlreadyExists', `${plural} "${name}" already exists`);
    this.#uids++;
    const metadata: Meta = {
      ...thing.metadata,
      uid: `00000000-0000-4000-8000-${String(this.#uids).padStart(12, '0')}`,
      creationTimestamp: this.time.stamp,
    };
    return this.#put(plural, { ...thing, metadata }, null);
  }

  /** Puts an object of another cluster's storage here as it was there, uid and all. */
  restore(plural: string, thing: Thing): Thing {
    const made = Number(thing.metadata.uid?.split('-').at(-1));
    this.#uids = Math.max(this.#uids, made || 0);
    return this.#put(plural, thing, null);
  }

  /** Puts what `change` makes of it; nothing happens where it returns the same object. */
  update(plural: string, thing: Thing, change: (thing: Thing) => Thing): Thing {
    const { name, namespace = '' } = thing.metadata;
    const before = this.get(plural, namespace, name);
    if (!before || before.metadata.uid !== thing.metadata.uid) return thing;
    const after = change(before);
    if (after === before) return before;
    if (after.metadata.deletionTimestamp && canGo(plural, after)) return this.#remove(plural, after);
    return this.#put(plural, after, before);
  }

  /** As a DELETE does: gone at once, or marked until finalizers and grace allow. */
  delete(plural: string, thing: Thing, graceSeconds?: number): void {
    this.update(plural, thing, (now) => {
      const grace = plural === 'pods' ? graceOf(now, graceSeconds) : 0;
      const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = now.metadata;
      if (deletionTimestamp && deletionGracePeriodSeconds <= grace)
        return canGo(plural, now) ? { ...now } : now;
      const stamp = stampOf(this.time.nowMs + grace * 1000);
      return {
        ...now,
        metadata: { ...now.metadata, deletionTimestamp: stamp, deletionGracePeriodSeconds: grace },
      };
    });
  }

  /** Takes an object out of storage without a word to finalizers: what a restored backup does. */
  vanish(plural: string, thing: Thing): void {
    this.#of(plural).delete(`${thing.metadata.namespace ?? ''}/${thing.metadata.name}`);
    if (plural === 'pods') this.#index(thing, false);
    this.version++;
  }

  /** Forgets history, so that watches and pages from before have to begin anew. */
  compact(): void {
    this.compacted = this.version;
    this.history = [];
  }

  /** The objects of a kind as they were at an older version. */
  at(plural: string, version: number): Thing[] {
    const things = new Map(this.#of(plural));
    for (const change of [...this.history].reverse()) {
      if (change.version <= version) break;
      if (change.plural !== plural) continue;
      const key = `${change.object.metadata.namespace ?? ''}/${change.object.metadata.name}`;
      if (change.before) things.set(key, change.before);
      else things.delete(key);
    }
    return [...things.values()];
  }

  #of(plural: string): Map<string, Thing> {
    let things = this.#kinds.get(plural);
    if (!things) {
      things = new Map();
      this.#kinds.set(plural, things);
    }
    return things;
  }

  #index(pod: Thing, here: boolean): void {
    const key = `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
    const entries = [
      [this.#owned, pod.metadata.ownerReferences?.find((reference) => reference.controller)?.uid],
      [this.#placed, pod.spec.nodeName],
    ] as const;
    for (const [index, value] of entries) {
      if (!value) continue;
      const keys = index.get(value) ?? new Set();
      if (here) index.set(value, keys.add(key));
      else if (keys.delete(key) && keys.size === 0) index.delete(value);
    }
  }

  #put(plural: string, thing: Thing, before: Thing | null): Thing {
    const stored = { ...thing, metadata: { ...thing.metadata, resourceVersion: String(++this.version) } };
    this.#of(plural).set(`${thing.metadata.namespace ?? ''}/${thing.metadata.name}`, stored);
    if (plural === 'pods') this.#index(stored, true);
    this.#tell({
      version: this.version,
      plural,
      type: before ? 'MODIFIED' : 'ADDED',
      object: stored,
      before,
    });
    return stored;
  }

  #remove(plural: string, thing: Thing): Thing {
    const { name, namespace = '' } = thing.metadata;
    const before = this.get(plural, namespace, name)!;
    this.#of(plural).delete(`${namespace}/${name}`);
    if (plural === 'pods') this.#index(thing, false);
    const object = { ...thing, metadata: { ...thing.metadata, resourceVersion: String(++this.version) } };
    this.#tell({ version: this.version, plural, type: 'DELETED', object, before });
    return object;
  }

  #tell(change: Change): void {
    this.history.push(change);
    if (this.history.length > 20_000) {
      this.history = this.history.slice(-10_000);
      this.compacted = this.history[0]!.version - 1;
    }
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** A Pod on a node goes when its kubelet says so (grace 0); anything goes only without finalizers. */
function canGo(plural: string, { metadata }: Thing): boolean {
  if ((metadata.finalizers?.length ?? 0) > 0) return false;
  return plural !== 'pods' || metadata.deletionGracePeriodSeconds === 0;
}

function graceOf(pod: Thing, asked: number | undefined): number {
  const { phase } = pod.status ?? {};
  if (!pod.spec?.nodeName || phase === 'Succeeded' || phase === 'Failed') return 0;
  return asked ?? pod.spec.terminationGracePeriodSeconds ?? 30;
}
