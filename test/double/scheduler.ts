// The scheduler: a node for every Pod that fits one, and for every other the sentence a person would see.
import type { Objects, Thing } from './objects.ts';

const LATENCY_MS = 20;

export class Scheduler {
  readonly #objects: Objects;
  readonly #waiting = new Set<string>();
  #planned = false;

  constructor(objects: Objects) {
    this.#objects = objects;
    objects.onChange(({ plural, object, type }) => {
      const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      if (plural === 'pods' && type !== 'DELETED' && !object.spec.nodeName) this.#waiting.add(key);
      // Room may have been made, or a node joined.
      const over = plural === 'pods' && (type === 'DELETED' || isOver(object));
      if (this.#waiting.size > 0 && (plural === 'nodes' || over || this.#waiting.has(key))) this.#plan();
    });
  }

  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    this.#objects.time.after(LATENCY_MS, () => {
      this.#planned = false;
      for (const key of [...this.#waiting]) this.#schedule(key);
    });
  }

  #schedule(key: string): void {
    const [namespace, name] = key.split('/') as [string, string];
    const pod = this.#objects.get('pods', namespace, name);
    if (!pod || pod.spec.nodeName || pod.metadata.deletionTimestamp || isOver(pod)) {
      this.#waiting.delete(key);
      return;
    }
    const nodes = this.#objects.all('nodes');
    const reasons = new Map<string, number>();
    const fits = nodes.filter((node) => {
      const reason = this.#whyNot(pod, node);
      if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      return !reason;
    });
    if (fits.length > 0) {
      const score = (node: Thing) => preference(pod, node) * 1000 - this.#podsOn(node).length;
      const best = fits.reduce((a, b) => (score(b) > score(a) ? b : a));
      this.#waiting.delete(key);
      this.#objects.update('pods', pod, (now) => ({
        ...withCondition(now, { type: 'PodScheduled', status: 'True' }, this.#objects.time.stamp),
        spec: { ...now.spec, nodeName: best.metadata.name },
      }));
      return;
    }
    const why = [...reasons]
      .map(([reason, count]) => `${count} ${reason}`)
      .sort()
      .join(', ');
    const message = `0/${nodes.length} nodes are available: ${why}. no new claims to deallocate, preemption: 0/${nodes.length} nodes are available: ${nodes.length} Preemption is not helpful for scheduling.`;
    const before = pod.status?.conditions?.find((c: { type: string }) => c.type === 'PodScheduled');
    if (before?.message === message) return;
    this.#objects.update('pods', pod, (now) =>
      withCondition(
        now,
        { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message },
        this.#objects.time.stamp,
      ),
    );
  }

  #whyNot(pod: Thing, node: Thing): string | null {
    const untolerated = (node.spec.taints ?? []).find(
      (taint: Taint) =>
        taint.effect !== 'PreferNoSchedule' &&
        !(pod.spec.tolerations ?? []).some((t: Toleration) => tolerates(t, taint)),
    );
    if (untolerated) return `node(s) had untolerated taint {${untolerated.key}: ${untolerated.value ?? ''}}`;
    const wanted = Object.entries<string>(pod.spec.nodeSelector ?? {});
    if (wanted.some(([key, value]) => node.metadata.labels?.[key] !== value) || !isAllowed(pod, node))
      return "node(s) didn't match Pod's node affinity/selector";
    const limits: Record<string, string> = pod.spec.containers[0].resources?.limits ?? {};
    for (const [resource, amount] of Object.entries(limits)) {
      if (!resource.includes('/')) continue;
      const used = this.#podsOn(node).reduce(
        (sum, other) => sum + Number(other.spec.containers[0].resources?.limits?.[resource] ?? 0),
        0,
      );
      if (used + Number(amount) > Number(node.status.allocatable?.[resource] ?? 0))
        return `Insufficient ${resource}`;
    }
    return this.#podsOn(node).length < Number(node.status.allocatable?.pods ?? 110) ? null : 'Too many pods';
  }

  #podsOn(node: Thing): Thing[] {
    return this.#objects.podsOn(node.metadata.name).filter((pod) => !isOver(pod));
  }
}

interface Taint {
  key: string;
  value?: string;
  effect: string;
}

interface Toleration {
  key?: string;
  operator?: string;
  value?: string;
  effect?: string;
  tolerationSeconds?: number;
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key, operator = 'Equal', value, effect } = toleration;
  if (effect && effect !== taint.effect) return false;
  if (!key) return operator === 'Exists';
  return key === taint.key && (operator === 'Exists' || (value ?? '') === (taint.value ?? ''));
}

export function isOver(pod: Thing): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** The Pod with this condition in place of the one of its type. */
export function withCondition(thing: Thing, condition: Record<string, string>, stamp: string): Thing {
  const others = (thing.status?.conditions ?? []).filter((c: { type: string }) => c.type !== condition.type);
  const conditions = [...others, { ...condition, lastTransitionTime: stamp }];
  return { ...thing, status: { ...thing.status, conditions } };
}

/** How well the node suits the Pod's soft wishes: names to stay away from are all that a run has. */
function preference(pod: Thing, node: Thing): number {
  const wishes = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  let score = 0;
  for (const { weight, preference } of wishes) if (isMet(preference, node)) score += weight;
  return score;
}

/** Whether one of the terms that its node must meet holds; of expressions runs have none. */
function isAllowed(pod: Thing, node: Thing): boolean {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const terms: Term[] | undefined = required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => isMet(term, node));
}

interface Term {
  matchFields?: { key: string; operator: string; values: string[] }[];
}

function isMet({ matchFields = [] }: Term, node: Thing): boolean {
  return matchFields.every(
    ({ operator, values }) => values.includes(node.metadata.name) === (operator === 'In'),
  );
}
