// Which nodes a run should be on: those of its pool, and others than where earlier attempts were lost.
import type { V1Affinity, V1NodeSelectorTerm } from '@kubernetes/client-node';
import { label } from './names.ts';
import type { Pool } from './pool.ts';

/** `avoid`: where others will do. `never`: rather than there a run waits. Both are none where the pool names no nodes. */
export function affinityOf(pool: Pool, avoid: readonly string[], never: readonly string[] = []): V1Affinity {
  const packed = pool.packed ? together(pool.affinity) : (pool.affinity as V1Affinity);
  if (pool.avoidNodes === false) return packed;
  const given = never.length > 0 ? without(packed, never) : packed;
  if (avoid.length === 0) return given;
  const nodes = given.nodeAffinity ?? {};
  // By the node's own name: its hostname label may be another.
  const elsewhere = { weight: 100, preference: { matchFields: otherThan(avoid) } };
  const preferred = [...(nodes.preferredDuringSchedulingIgnoredDuringExecution ?? []), elsewhere];
  return { ...given, nodeAffinity: { ...nodes, preferredDuringSchedulingIgnoredDuringExecution: preferred } };
}

function otherThan(nodes: readonly string[]) {
  return [...nodes].sort().map((node) => ({ key: 'metadata.name', operator: 'NotIn', values: [node] }));
}

/** Of the terms that a node must meet one is enough, so each of them leaves these out. */
function without(given: V1Affinity, never: readonly string[]): V1Affinity {
  const nodes = given.nodeAffinity ?? {};
  const terms = nodes.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const nodeSelectorTerms = terms.map((term) => ({
    ...term,
    matchFields: [...(term.matchFields ?? []), ...otherThan(never)],
  }));
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return { ...given, nodeAffinity: { ...nodes, requiredDuringSchedulingIgnoredDuringExecution } };
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
  const wishes = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return namedBy(wishes.map(({ preference }) => preference));
}

/** Whether it shuts out a node that neither its pool nor `never` does now. */
export function barsInVain(affinity: V1Affinity | undefined, pool: Pool, never: readonly string[]): boolean {
  const barred = (of: V1Affinity | undefined) =>
    namedBy(of?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []);
  const now = new Set([...barred(pool.affinity as V1Affinity), ...never]);
  return barred(affinity).some((node) => !now.has(node));
}

function namedBy(terms: readonly V1NodeSelectorTerm[]): string[] {
  return terms
    .flatMap(({ matchFields }) => matchFields ?? [])
    .filter(({ key, operator }) => key === 'metadata.name' && operator === 'NotIn')
    .flatMap(({ values }) => values ?? []);
}
