// The Pods that are known, by owner, and those that are gone as they were seen last: an end that was seen stays seen.
import { isTerminal, type Pod } from '../client/objects.ts';

export class PodCache {
  readonly #pods = new Map<string, Pod>();
  readonly #names = new Map<string, Set<string>>();
  readonly #deleted = new Map<string, Pod[]>();
  /** As a watch showed them, until they are read: of some it is the last that is ever seen. */
  readonly #seen = new Map<string, Pod>();
  /** By name: which of all that watches told was told of it last. What was asked for before that is older. */
  readonly #told = new Map<string, number>();
  #tellings = 0;

  /** Those of the owner with this uid, oldest first. */
  ownedBy(uid: string): Pod[] {
    return [...(this.#names.get(uid) ?? [])].map((name) => this.#pods.get(name)!).sort(byAge);
  }

  /** Those of the owner that are gone, oldest first. */
  deletedFrom(uid: string): Pod[] {
    return (this.#deleted.get(uid) ?? []).sort(byAge);
  }

  /** Its last word is known already; nothing that happens to the object later changes it. */
  hasEnded(pod: Pod): boolean {
    const known = this.#pods.get(pod.metadata!.name!);
    const running = known?.status?.containerStatuses?.some(({ state }) => state?.running !== undefined);
    return known?.metadata?.uid === pod.metadata?.uid && known !== undefined && isTerminal(known) && !running;
  }

  /** When it is now: the `asOf` of what is asked for next. */
  get now(): number {
    return this.#tellings;
  }

  /** Notes what a watch showed, for the case that nothing is left when it is read. */
  noteSeen(pod: Pod): void {
    this.#seen.set(pod.metadata!.name!, pod);
    this.#told.set(pod.metadata!.name!, ++this.#tellings);
  }

  /** Takes a watch at its word. */
  believe(pod: Pod): void {
    this.set(pod.metadata!.name!, pod);
    this.#told.set(pod.metadata!.name!, ++this.#tellings);
  }

  /** The Pod of this name as it was read by a request of `asOf`; null: there is none. */
  set(name: string, pod: Pod | null, asOf = this.now): void {
    if ((this.#told.get(name) ?? 0) > asOf) return;
    this.#told.delete(name);
    const known = this.#pods.get(name);
    const before = this.#seen.get(name) ?? known;
    this.#seen.delete(name);
    this.#pods.delete(name);
    if (before) this.#names.get(ownerOf(before))?.delete(name);
    if (before && before.metadata?.uid !== pod?.metadata?.uid) this.#markDeleted(before);
    if (!pod) return;
    const owner = ownerOf(pod);
    this.#pods.set(name, unchanged(known, pod));
    this.#names.set(owner, (this.#names.get(owner) ?? new Set()).add(name));
    if (this.#deleted.has(owner)) this.#deleted.set(owner, this.#without(owner, pod));
  }

  /** All Pods as they were listed by a request of `asOf`. What belonged to an owner not in `owners` is forgotten. */
  replace(pods: readonly Pod[], owners: ReadonlySet<string>, asOf: number): void {
    const here = new Set(pods.map((pod) => pod.metadata!.name!));
    for (const name of [...this.#pods.keys(), ...this.#seen.keys()])
      if (!here.has(name)) this.set(name, null, asOf);
    for (const pod of pods) this.set(pod.metadata!.name!, pod, asOf);
    for (const uid of this.#deleted.keys()) if (!owners.has(uid)) this.#deleted.delete(uid);
    for (const [uid, names] of this.#names) if (names.size === 0) this.#names.delete(uid);
  }

  #markDeleted(pod: Pod): void {
    const owner = ownerOf(pod);
    this.#deleted.set(owner, [...this.#without(owner, pod), pod]);
  }

  #without(owner: string, pod: Pod): Pod[] {
    return (this.#deleted.get(owner) ?? []).filter((one) => one.metadata?.uid !== pod.metadata?.uid);
  }
}

/** The object that is known already where the API server has told of no other version of it: so it shows that nothing changed. */
export function unchanged<T extends Pick<Pod, 'metadata'>>(known: T | undefined, told: T): T {
  if (!known) return told;
  const [before, now] = [known.metadata!, told.metadata!];
  const same = before.uid === now.uid && before.resourceVersion === now.resourceVersion;
  return same && now.resourceVersion !== undefined ? known : told;
}

function byAge(a: Pod, b: Pod): number {
  const created = (pod: Pod) => pod.metadata?.creationTimestamp ?? '';
  return created(a).localeCompare(created(b));
}

function ownerOf(pod: Pod): string {
  return pod.metadata?.ownerReferences?.find((owner) => owner.controller)?.uid ?? '';
}
