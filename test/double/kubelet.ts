// The kubelets of all nodes: they pull, start, stop and report; a node that is lost does none of it.

import { type Container, statusOf, waiting } from './container.ts';
import type { Objects, Thing } from './objects.ts';
import { isOver } from './scheduler.ts';
import { givenOf, type Script } from './script.ts';

const ACKNOWLEDGE_MS = 30;
const STOP_MS = 200;
/** From the end of the container to the Pod's terminal phase; in between the Pod is put away. Measured: 1.0 to 1.3 s. */
const PUT_AWAY_MS = 1100;
const BACK_OFF_MS = 10_000;
const PULL_AGAIN_MS = 15_000;

export class Kubelets {
  readonly #objects: Objects;
  readonly #containers = new Map<string, Container>();
  readonly #logs = new Map<string, string | null>();
  /** Nodes that do not answer: cut off from the network, or dead with all that ran on them. */
  readonly lost = new Map<string, 'cut off' | 'dead'>();
  /** Images that cannot be pulled. */
  readonly missingImages = new Set<string>();
  /** Nodes whose kubelet refuses new Pods, and with what reason. */
  readonly refusing = new Map<string, string>();
  script: Script;
  pullMs = 300;

  constructor(objects: Objects, script: Script) {
    this.#objects = objects;
    this.script = script;
    objects.onChange(({ plural, object, before, type }) => {
      if (plural !== 'pods' || type === 'DELETED' || !object.spec.nodeName) return;
      if (!before?.spec.nodeName) this.#later(ACKNOWLEDGE_MS, object, (pod) => this.#acknowledge(pod));
      if (object.metadata.deletionTimestamp && !before?.metadata.deletionTimestamp)
        this.#later(ACKNOWLEDGE_MS, object, (pod) => this.#stop(pod));
    });
  }

  /** What the log of this Pod's container shows now; null where it is gone; undefined: not started. */
  log(pod: Thing): string | null | undefined {
    const kept = this.#logs.get(pod.metadata.uid!);
    if (kept !== undefined) return kept;
    const container = this.#containers.get(pod.metadata.uid!);
    if (!container) return undefined;
    const { says, saysLast = '' } = container.behaviour;
    return container.ended?.exitCode === 0 ? says + saysLast : says;
  }

  /** Runs what ran in this Pod where it was restored from, from its beginning. */
  resume(pod: Thing): void {
    this.#start(pod);
  }

  /** The log is gone or cut, as rotation or a full disk does. */
  loseLog(pod: Thing, kept: string | null = null): void {
    this.#logs.set(pod.metadata.uid!, kept);
  }

  /** The node answers again. What ran on a dead one is gone; what ran on one cut off went on. */
  found(node: string): void {
    const was = this.lost.get(node);
    this.lost.delete(node);
    for (const pod of this.#objects.podsOn(node)) {
      const container = this.#containers.get(pod.metadata.uid!);
      if (was === 'dead' && container && !container.ended)
        this.#end(pod, container, 137, 'ContainerStatusUnknown', null);
      else if (container?.ended) this.#report(pod, container);
      if (pod.metadata.deletionTimestamp) this.#stop(pod);
      else if (!container && !isOver(pod)) this.#acknowledge(pod);
    }
  }

  /** Ends the container from outside: by the kernel, the runtime or the kubelet itself. */
  kill(pod: Thing, exitCode: number, reason: string, phase?: { reason: string; message: string }): void {
    const container = this.#containers.get(pod.metadata.uid!);
    if (container && !container.ended) this.#end(pod, container, exitCode, reason, null, phase);
    else if (phase) this.#fail(pod, phase);
  }

  /** Sends SIGTERM, as the kubelet does before it kills; `phase` is what it says of the Pod then. */
  terminate(pod: Thing, phase?: { reason: string; message: string }): void {
    const container = this.#containers.get(pod.metadata.uid!);
    if (!container || container.ended) {
      if (phase) this.#fail(pod, phase);
      return;
    }
    const { onTerm } = container.behaviour;
    const grace = 1000 * (pod.spec.terminationGracePeriodSeconds ?? 30);
    const after = onTerm === null ? grace : STOP_MS;
    this.#later(after, pod, (now) => {
      if (container.ended) return;
      if (onTerm === null) this.#end(now, container, 137, 'Error', null, phase);
      else this.#end(now, container, 0, 'Completed', onTerm, phase);
    });
  }

  #later(ms: number, pod: Thing, act: (pod: Thing) => void): () => void {
    const { name, namespace = '', uid } = pod.metadata;
    return this.#objects.time.after(ms, () => {
      const now = this.#objects.get('pods', namespace, name);
      if (now && now.metadata.uid === uid && !this.lost.has(now.spec.nodeName)) act(now);
    });
  }

  #acknowledge(pod: Thing): void {
    if (isOver(pod) || pod.metadata.deletionTimestamp || pod.status?.startTime) return;
    const refused = this.refusing.get(pod.spec.nodeName);
    if (refused) {
      this.#fail(pod, { reason: refused, message: `Pod was rejected: ${refused}` });
      return;
    }
    const { time } = this.#objects;
    this.#status(pod, { startTime: time.stamp, containerStatuses: [waiting(pod, 'ContainerCreating', '')] });
    const seconds: number | undefined = pod.spec.activeDeadlineSeconds;
    if (seconds !== undefined)
      this.#later(1000 * seconds, pod, (now) => {
        if (!isOver(now) && !now.metadata.deletionTimestamp)
          this.terminate(now, {
            reason: 'DeadlineExceeded',
            message: 'Pod was active on the node longer than the specified deadline',
          });
      });
    this.#pull(pod);
  }

  #pull(pod: Thing): void {
    const { image } = pod.spec.containers[0];
    this.#later(this.pullMs, pod, (now) => {
      if (isOver(now) || now.metadata.deletionTimestamp || this.#containers.has(now.metadata.uid!)) return;
      if (!this.missingImages.has(image)) return this.#start(now);
      const message = `Failed to pull image "${image}": not found`;
      this.#status(now, { containerStatuses: [waiting(now, 'ErrImagePull', message)] });
      this.#later(BACK_OFF_MS, now, (later) => {
        if (isOver(later)) return;
        this.#status(later, {
          containerStatuses: [
            waiting(later, 'ImagePullBackOff', `Back-off pulling image "${image}": ${message}`),
          ],
        });
      });
      this.#later(PULL_AGAIN_MS, now, (later) => this.#pull(later));
    });
  }

  #start(pod: Thing): void {
    const given = givenOf(pod);
    if (!given) throw new Error(`Pod ${pod.metadata.name} is none of ours; the double runs nothing else`);
    const { time } = this.#objects;
    const behaviour = this.script(given);
    const container: Container = { behaviour, startedMs: time.nowMs, ended: null, cancels: [] };
    this.#containers.set(pod.metadata.uid!, container);
    this.#report(pod, container);
    if (Number.isFinite(behaviour.seconds)) {
      const { name, namespace = '', uid } = pod.metadata;
      container.cancels.push(
        time.after(1000 * behaviour.seconds, () => {
          const now = this.#objects.get('pods', namespace, name);
          // A dead machine runs nothing; one that is merely cut off does.
          if (this.lost.get(pod.spec.nodeName) === 'dead' || container.ended) return;
          if (!now || now.metadata.uid !== uid) return;
          const { exitCode, sealed, oom } = behaviour;
          if (oom) this.#end(now, container, 137, 'OOMKilled', null);
          else this.#end(now, container, exitCode, exitCode === 0 ? 'Completed' : 'Error', sealed);
        }),
      );
    }
  }

  #end(
    pod: Thing,
    container: Container,
    exitCode: number,
    reason: string,
    message: string | null,
    phase?: { reason: string; message: string },
  ): void {
    for (const cancel of container.cancels) cancel();
    container.ended = { atMs: this.#objects.time.nowMs, exitCode, reason, message };
    if (phase || isOver(pod) || pod.metadata.deletionTimestamp) return this.#report(pod, container, phase);
    this.#status(pod, { containerStatuses: [statusOf(pod, container)] });
    this.#later(PUT_AWAY_MS, pod, (now) => this.#report(now, container));
  }

  /** The Pod stopped being wanted: its container gets SIGTERM, then the API server is told that it may go. */
  #stop(pod: Thing): void {
    const container = this.#containers.get(pod.metadata.uid!);
    if (!container) {
      if (!isOver(pod)) this.#status(pod, { phase: 'Failed' });
      this.#letGo(pod);
      return;
    }
    if (container.ended) {
      this.#report(pod, container);
      this.#letGo(pod);
      return;
    }
    this.terminate(pod);
  }

  /** Its content goes with it: the log of a deleted Pod cannot be read. */
  #letGo(pod: Thing): void {
    this.#logs.set(pod.metadata.uid!, null);
    this.#objects.delete(
      'pods',
      this.#objects.get('pods', pod.metadata.namespace!, pod.metadata.name) ?? pod,
      0,
    );
  }

  #fail(pod: Thing, phase: { reason: string; message: string }): void {
    this.#status(pod, { phase: 'Failed', ...phase });
  }

  #report(pod: Thing, container: Container, phase?: { reason: string; message: string }): void {
    if (this.lost.has(pod.spec.nodeName)) return;
    const { ended } = container;
    const status = statusOf(pod, container);
    const over = ended ? (ended.exitCode === 0 && !phase ? 'Succeeded' : 'Failed') : 'Running';
    // Once said, what a Pod died of stays said.
    const said = isOver(pod) ? { phase: pod.status.phase } : { phase: over, ...phase };
    this.#status(pod, { ...said, containerStatuses: [status] });
    const now = this.#objects.get('pods', pod.metadata.namespace!, pod.metadata.name);
    if (ended && now?.metadata.deletionTimestamp) this.#letGo(now);
  }

  #status(pod: Thing, status: Record<string, unknown>): void {
    if (this.lost.has(pod.spec.nodeName)) return;
    this.#objects.update('pods', pod, (now) => ({ ...now, status: { ...now.status, ...status } }));
  }
}
