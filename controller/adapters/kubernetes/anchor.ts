// The ConfigMap that owns the Jobs, as it is now. One that was deleted and made anew has another uid, and the cluster
// deletes at once what names the old one: so it is read before each Job, not once.
import { type Api, Unreachable, unreachableFor } from './client/api.ts';
import type { Anchor } from './manifest/job.ts';

type Found = { readonly kind: 'ok'; readonly anchor: Anchor } | { readonly kind: 'gone'; sentence: string };

/** Throws Unreachable where it is not known whether it is there. */
export async function readAnchor(api: Api, namespace: string, name: string): Promise<Found> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const found = await api.get<{ metadata: { uid: string } }>(path);
  if (found.kind === 'ok') return { kind: 'ok', anchor: { name, uid: found.value.metadata.uid } };
  const what = `the ConfigMap ${name} in ${namespace}, which owns the Jobs,`;
  if (found.status === 403)
    throw new Unreachable(
      `${what} may not be read: ${found.message}; give the controller's account the verb get on it`,
      403,
    );
  if (found.status !== 404) throw unreachableFor(`${what} cannot be read, so runs`, found);
  return { kind: 'gone', sentence: `${what} is gone; helm upgrade with the same values brings it back` };
}
