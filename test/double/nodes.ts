// Nodes that come, go and stop answering, and what the control plane does about the Pods on them.
import type { Objects, Thing } from './objects.ts';
import { isOver, tolerates, withCondition } from './scheduler.ts';

const NOTICED_MS = 40_000;
const ORPHANS_MS = 40_000;

export interface NodeOptions {
  readonly labels?: Record<string, string>;
  readonly taints?: { key: string; value?: string; effect: string }[];
  /** Extended resources, such as `{ 'nvidia.com/gpu': '2' }`. */
  readonly allocatable?: Record<string, string>;
}

const UNREACHABLE = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };

export class Nodes {
  readonly #objects: Objects;
  readonly #evictions = new Map<string, () => void>();

  constructor(objects: Objects) {
    this.#objects = objects;
  }

  join(name: string, { labels = {}, taints = [], allocatable = {} }: NodeOptions): void {
    const ready = { type: 'Ready', status: 'True', lastTransitionTime: this.#objects.time.stamp };
    this.#objects.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
      spec: { taints },
      status: { allocatable: { cpu: '8', memory: '32Gi', pods: '110', ...allocatable }, conditions: [ready] },
    });
  }

  /** The node's heartbeat stops; the control plane notices by and by. */
  silent(name: string): void {
    const { time } = this.#objects;
    this.#evictions.set(
      name,
      time.after(NOTICED_MS, () => {
        const node = this.#objects.get('nodes', '', name);
        if (!node) return;
        this.#objects.update('nodes', node, (now) => ({
          ...withCondition(
            now,
            { type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' },
            time.stamp,
          ),
          spec: { ...now.spec, taints: [...now.spec.taints, UNREACHABLE] },
        }));
        for (const pod of this.#objects.podsOn(name)) this.#evictLater(name, pod);
      }),
    );
  }

  answers(name: string): void {
    this.#evictions.get(name)?.();
    this.#evictions.delete(name);
    const node = this.#objects.get('nodes', '', name);
    if (!node) return;
    this.#objects.update('nodes', node, (now) => ({
      ...withCondition(now, { type: 'Ready', status: 'True' }, this.#objects.time.stamp),
      spec: {
        ...now.spec,
        taints: now.spec.taints.filter((taint: { key: string }) => taint.key !== UNREACHABLE.key),
      },
    }));
  }

  /** The node object is deleted; its Pods are orphans. */
  remove(name: string): void {
    const node = this.#objects.get('nodes', '', name)!;
    this.#objects.delete('nodes', node);
    this.#objects.time.after(ORPHANS_MS, () => {
      for (const pod of this.#objects.podsOn(name)) {
        this.disrupt(pod, 'DeletionByPodGC', 'PodGC: node no longer exists');
        this.#objects.update('pods', this.#now(pod), (now) =>
          isOver(now) ? now : { ...now, status: { ...now.status, phase: 'Failed' } },
        );
        this.#objects.delete('pods', this.#now(pod), 0);
      }
    });
  }

  /** Marks a Pod as what a disruption takes away. */
  disrupt(pod: Thing, reason: string, message: string): void {
    this.#objects.update('pods', this.#now(pod), (now) =>
      withCondition(
        now,
        { type: 'DisruptionTarget', status: 'True', reason, message },
        this.#objects.time.stamp,
      ),
    );
  }

  #evictLater(node: string, pod: Thing): void {
    const toleration = (pod.spec.tolerations ?? []).find((one: object) => tolerates(one, UNREACHABLE));
    const seconds: number = toleration ? (toleration.tolerationSeconds ?? Number.POSITIVE_INFINITY) : 0;
    if (!Number.isFinite(seconds)) return;
    const before = this.#evictions.get(node);
    const cancel = this.#objects.time.after(1000 * seconds, () => {
      if (isOver(this.#now(pod))) return;
      this.disrupt(pod, 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint');
      this.#objects.delete('pods', this.#now(pod));
    });
    this.#evictions.set(node, () => {
      before?.();
      cancel();
    });
  }

  #now(pod: Thing): Thing {
    return this.#objects.get('pods', pod.metadata.namespace!, pod.metadata.name) ?? pod;
  }
}
