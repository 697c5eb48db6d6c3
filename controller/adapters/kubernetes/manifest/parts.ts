// What a person adds to the Pods of a pool: volumes, containers that come first, and where Pods stand to each other. Given as
// in a Pod and passed on. What is not given is no key at all, so that a Job of an older release is still one of this pool.
import { posix } from 'node:path';
import type { V1Container, V1PodSpec } from '@kubernetes/client-node';
import { z } from 'zod';

/** Where a run's own volumes are: nothing may lie over them, or between them and the supervisor. */
const OWN_MOUNTS = ['/intent', '/work', '/tmp', '/dev', '/compiled'] as const;
const OWN_VOLUMES = ['intent', 'work', 'tmp', 'shm', 'compiled'];

const named = z.looseObject({ name: z.string().min(1).describe('Its name.') });

const volume = named.refine(({ name }) => !OWN_VOLUMES.includes(name), {
  error: `a run has volumes ${OWN_VOLUMES.join(', ')} already; give yours another name`,
});
const mount = named
  .extend({ mountPath: z.string().startsWith('/').describe('Where.') })
  .refine(({ mountPath }) => !isOurs(posix.normalize(mountPath)), {
    error: `a run has its own at ${OWN_MOUNTS.join(', ')}; mount yours elsewhere`,
  });

function isOurs(path: string): boolean {
  return path === '/' || OWN_MOUNTS.some((own) => path === own || path.startsWith(`${own}/`));
}

export const partsShape = {
  volumes: z
    .array(volume)
    .optional()
    .describe('More volumes of a run, as in a Pod. No secrets: the code under test runs beside them.'),
  volumeMounts: z.array(mount).optional().describe('Where its container mounts them.'),
  initContainers: z
    .array(
      named.refine(({ name }) => name !== 'trainer', {
        error: 'the run itself is called trainer; give another name',
      }),
    )
    .optional()
    .describe(
      'Containers that end before a run begins, as in a Pod. A run waits, and is not lost, while they fail.',
    ),
  topologySpreadConstraints: z
    .array(z.looseObject({}))
    .optional()
    .describe('How runs spread over nodes, as in a Pod.'),
  packed: z
    .boolean()
    .optional()
    .describe('Prefer nodes that have runs already, so that whole nodes stay free for others.'),
  avoidNodes: z
    .boolean()
    .optional()
    .describe(
      'Keep runs from nodes that lost some: their Pods then name those nodes. Set it to false where an autoscaler, such as Karpenter 1.2, makes no node for such Pods. A node with a fault then stays in use until you cordon it.',
    ),
};

type PodParts = Readonly<z.infer<z.ZodObject<typeof partsShape>>>;

const RESTRICTED = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
};

/** Keys of the Pod; what its own securityContext leaves out of an init container is restricted as the run's is. */
export function podParts({ initContainers, topologySpreadConstraints }: PodParts): Partial<V1PodSpec> {
  const first = initContainers?.map((one): V1Container => {
    const given = one as unknown as V1Container;
    return { ...given, securityContext: { ...RESTRICTED, ...given.securityContext } };
  });
  return {
    ...(first && { initContainers: first }),
    ...(topologySpreadConstraints && {
      topologySpreadConstraints: topologySpreadConstraints as unknown as never,
    }),
  };
}
