// A container as its machine knows it, and as its kubelet reports it.
import type { Thing } from './objects.ts';
import type { Behaviour } from './script.ts';
import { stampOf } from './time.ts';

export interface Container {
  readonly behaviour: Behaviour;
  readonly startedMs: number;
  ended: { atMs: number; exitCode: number; reason: string; message: string | null } | null;
  readonly cancels: (() => void)[];
}

const MESSAGE_AT_MOST = 4096;

/** Of a container that runs or ended. One that its node lost track of has no times. */
export function statusOf(pod: Thing, { ended, startedMs }: Container) {
  const { name, image } = pod.spec.containers[0] as { name: string; image: string };
  const known = ended?.reason !== 'ContainerStatusUnknown';
  const state = ended
    ? {
        terminated: {
          exitCode: ended.exitCode,
          reason: ended.reason,
          ...(ended.message !== null && { message: ended.message.slice(0, MESSAGE_AT_MOST) }),
          ...(known && { startedAt: stampOf(startedMs), finishedAt: stampOf(ended.atMs) }),
        },
      }
    : { running: { startedAt: stampOf(startedMs) } };
  const imageID = image.includes('@') ? image : `${image}@sha256:${'1'.repeat(64)}`;
  const containerID = `containerd://${pod.metadata.uid}`;
  return { name, image, imageID, containerID, ready: !ended, restartCount: 0, state };
}

/** Of a container that has not started. */
export function waiting(pod: Thing, reason: string, message: string) {
  const { name, image } = pod.spec.containers[0];
  return { name, image, imageID: '', ready: false, restartCount: 0, state: { waiting: { reason, message } } };
}
