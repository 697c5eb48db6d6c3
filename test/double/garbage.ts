// Background deletion: what belonged to an object goes after it.
import type { Objects, Thing } from './objects.ts';

const LATENCY_MS = 10;

export function collectGarbage(objects: Objects): void {
  objects.onChange(({ type, object }) => {
    if (type !== 'DELETED') return;
    const uid = object.metadata.uid!;
    const owned = (thing: Thing) =>
      thing.metadata.ownerReferences?.some((reference) => reference.uid === uid);
    const jobs = objects.all('jobs').filter(owned);
    const pods = objects.podsOwnedBy(uid);
    objects.time.after(LATENCY_MS, () => {
      for (const job of jobs) objects.delete('jobs', job);
      for (const pod of pods) objects.delete('pods', pod);
    });
  });
}
