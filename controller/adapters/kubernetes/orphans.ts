// Jobs of an anchor whose lane has no controller any more: nobody would settle them, and one that is pending goes on
// asking for a node.
import { type Api, unreachableFor } from './client/api.ts';
import type { Job } from './client/objects.ts';
import { Jobs } from './jobs.ts';
import type { Anchor } from './manifest/job.ts';
import { jobsPath, orphanSelector } from './manifest/names.ts';

interface OrphanScope {
  readonly api: Api;
  readonly namespace: string;
  readonly anchor: Anchor;
  /** All that have a controller. */
  readonly lanes: readonly string[];
}

/** Deletes the anchor's unsettled Jobs of all other lanes and tells their names. Throws Unreachable. */
export async function deleteOrphans({ api, namespace, anchor, lanes }: OrphanScope): Promise<string[]> {
  const query = { labelSelector: orphanSelector(lanes) };
  const found = await api.list<Job>(jobsPath(namespace), query);
  if (found.kind === 'refused') throw unreachableFor('runs cannot be listed', found);
  const jobs = new Jobs(api, namespace, () => {});
  const ours = found.value.filter(({ metadata }) =>
    metadata?.ownerReferences?.some(({ uid }) => uid === anchor.uid),
  );
  for (const job of ours) await jobs.delete(job);
  return ours.map(({ metadata }) => metadata!.name!);
}
