// Events as controllers write them about an object, the latest of a kind in place of the one before.
import type { Objects, Thing } from './objects.ts';

export function warn(objects: Objects, about: Thing, reason: string, message: string): void {
  const { name, namespace, uid } = about.metadata;
  const { stamp } = objects.time;
  const event = objects.get('events', namespace!, `${name}.${reason}`);
  if (event) {
    objects.update('events', event, (now) => ({ ...now, message, lastTimestamp: stamp }));
    return;
  }
  objects.create('events', {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${reason}`, namespace: namespace! },
    involvedObject: { kind: about.kind, name, namespace, uid },
    type: 'Warning',
    reason,
    message,
    lastTimestamp: stamp,
  });
}
