// Values that every small release on kind has: a pool whose runs need little, and the image that was loaded.

/** A pool of one CPU trainer at a time. It counts work: what is beside it neither slows it nor has its pace refused. */
export const cpuPool = (image: string, name = 'a') => ({
  name,
  image,
  imagePullPolicy: 'Never',
  clock: 'virtual',
  gpu: { count: 0 },
  resources: { cpu: '200m', memory: '1Gi', ephemeralStorage: '1Gi', sharedMemory: '128Mi' },
});

/** The controller's image as the chart takes it; `image` is NAME:TAG. */
export function imageOf(image: string): { repository: string; tag: string } {
  const colon = image.lastIndexOf(':');
  return { repository: image.slice(0, colon), tag: image.slice(colon + 1) };
}
