// Which nodes a pool's Pods may be on: selector, required affinity to nodes, and taints, as the scheduler reads them.
import type { V1Affinity, V1Node, V1NodeSelectorRequirement, V1Taint } from '@kubernetes/client-node';
import type { Serialized } from '../client/objects.ts';
import type { Pool } from '../manifest/pool.ts';
import { tolerationsOf } from '../manifest/resources.ts';

export type Node = Serialized<V1Node>;

/** Selected by the pool's labels and by what its affinity requires of nodes. */
export function isChosen(pool: Pool, node: Node): boolean {
  const labels = node.metadata?.labels ?? {};
  if (!Object.entries(pool.nodeSelector).every(([key, value]) => labels[key] === value)) return false;
  const terms = requiredTerms(pool);
  if (terms === null) return true;
  const named = { 'metadata.name': node.metadata?.name ?? '' };
  return terms.some(({ matchExpressions = [], matchFields = [] }) => {
    const asked = matchExpressions.length + matchFields.length > 0; // a term without any matches nothing
    const met = (wanted: readonly V1NodeSelectorRequirement[], among: Readonly<Record<string, string>>) =>
      wanted.every((one) => meets(one, among[one.key]));
    return asked && met(matchExpressions, labels) && met(matchFields, named);
  });
}

/** Null where no affinity to nodes is required. */
export function requiredTerms({ affinity }: Pool) {
  const required = (affinity as V1Affinity).nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return required ? (required.nodeSelectorTerms ?? []) : null;
}

/** Whether its Pods also look at other Pods, which doctor does not. */
export function looksAtPods({ affinity }: Pool): boolean {
  const { podAffinity, podAntiAffinity } = affinity as V1Affinity;
  return [podAffinity, podAntiAffinity].some(
    (one) => (one?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0,
  );
}

function meets({ operator, values = [] }: V1NodeSelectorRequirement, there: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return there !== undefined && values.includes(there);
    case 'NotIn':
      return there === undefined || !values.includes(there);
    case 'Exists':
      return there !== undefined;
    case 'DoesNotExist':
      return there === undefined;
    case 'Gt':
      return Number(there) > Number(values[0]);
    case 'Lt':
      return Number(there) < Number(values[0]);
    default:
      return false;
  }
}

export function untolerated(pool: Pool, { spec }: Node): Serialized<V1Taint>[] {
  const tolerations = tolerationsOf(pool);
  return (spec?.taints ?? []).filter(
    (taint) =>
      taint.effect !== 'PreferNoSchedule' &&
      !tolerations.some(({ key, operator, value, effect }) => {
        if (effect && effect !== taint.effect) return false;
        if (!key) return operator === 'Exists';
        return key === taint.key && (operator === 'Exists' || (value ?? '') === (taint.value ?? ''));
      }),
  );
}
