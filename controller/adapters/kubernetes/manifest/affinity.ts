// Which nodes a run should be on: those of its pool, and others than where earlier attempts were lost.
import type { V1Affinity } from '@kubernetes/client-node';
import { label } from './names.ts';
import type { Pool } from './pool.ts';

export function affinityOf(pool: Pool, avoid: readonly string[]): V1Affinity {
  const given = pool.packed ? together(pool.affinity) : (pool.affinity as V1Affinity);
  if (avoid.length === 0) return given;
  const nodes = given.nodeAffinity ?? {};
  // By the node's own name: its hostname label may be another.
  const matchFields = [...avoid]
    .sort()
    .map((node) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] }));
  const elsewhere = { weight: 100, preference: { matchFields } };
  const preferred = [...(nodes.preferredDuringSchedulingIgnoredDuringExecution ?? []), elsewhere];
  return { ...given, nodeAffinity: { ...nodes, preferredDuringSchedulingIgnoredDuringExecution: preferred } };
}

/** A wish below that for another node after a loss. */
function together(given: V1Affinity): V1Affinity {
  const pods = given.podAffinity ?? {};
  const wish = {
    weight: 50,
    podAffinityTerm: {
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: { matchLabels: { [label.partOf]: 'autoresearch', [label.component]: 'experiment' } },
    },
  };
  const preferred = [...(pods.preferredDuringSchedulingIgnoredDuringExecution ?? []), wish];
  return { ...given, podAffinity: { ...pods, preferredDuringSchedulingIgnoredDuringExecution: preferred } };
}

/** The nodes that a Pod of this affinity stays away from where others will do. */
export function avoidedBy(affinity: V1Affinity | undefined): string[] {
  return (affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
    .flatMap(({ preference }) => preference.matchFields ?? [])
    .filter(({ key, operator }) => key === 'metadata.name' && operator === 'NotIn')
    .flatMap(({ values }) => values ?? []);
}
