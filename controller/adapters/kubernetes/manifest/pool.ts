// A kind of node, as the person who installs describes it: where runs may go and what they may use there.
import { z } from 'zod';
import { partsShape } from './parts.ts';

const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/, 'must be a quantity such as 500m, 4 or 16Gi');
const plainName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes');

const tolerationSchema = z.strictObject({
  key: z.string().optional().describe('The taint this tolerates; none tolerates every taint.'),
  operator: z.enum(['Exists', 'Equal']).optional().describe('How the value is compared.'),
  value: z.string().optional().describe('Value of the taint, for Equal.'),
  effect: z
    .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
    .optional()
    .describe('Effect of the taint; none means every effect.'),
  tolerationSeconds: z
    .number()
    .int()
    .nonnegative()
    .optional()
    .describe('How long a NoExecute taint is tolerated.'),
});

const gpuSchema = z
  .strictObject({
    resource: z
      .string()
      .regex(/^[a-z0-9.-]+\/[A-Za-z0-9._-]+$/, 'must be a resource name such as nvidia.com/gpu')
      .default('nvidia.com/gpu')
      .describe('Extended resource to ask for; a MIG profile is nvidia.com/mig-1g.10gb or the like.'),
    count: z
      .number()
      .int()
      .nonnegative()
      .max(
        1,
        'an experiment trains on one GPU, and hours count only that one; give 1, and raise width of the lane to use more',
      )
      .default(1)
      .describe('1, which is all that a run uses, or 0 to train on the CPU.'),
    claimTemplate: z
      .string()
      .optional()
      .describe(
        'ResourceClaimTemplate in the namespace of the runs that gives each run its GPU, instead of `resource`. Needs dynamic resource allocation.',
      ),
    compiledClaim: z
      .string()
      .optional()
      .describe(
        'PersistentVolumeClaim in the namespace of the runs that keeps what the baseline of a lane compiled, so that later runs begin sooner. Only the baseline can write there.',
      ),
  })
  .refine(({ count, claimTemplate }) => count > 0 || claimTemplate === undefined, {
    path: ['claimTemplate'],
    error: 'a pool without a GPU claims none; set count to 1, or leave claimTemplate out',
  })
  .refine(({ count, compiledClaim }) => count > 0 || compiledClaim === undefined, {
    path: ['compiledClaim'],
    error: 'a pool without a GPU compiles nothing; set count to 1, or leave compiledClaim out',
  });

// Beside a GPU a run holds CUDA, PyTorch and its compiler in memory, and what was compiled on disk.
const WITH_GPU = { cpu: '4', memory: '24Gi', ephemeralStorage: '8Gi', sharedMemory: '1Gi' };
const WITHOUT = { cpu: '1', memory: '2Gi', ephemeralStorage: '2Gi', sharedMemory: '512Mi' };
const otherwise = (key: keyof typeof WITHOUT) =>
  `Where not given: ${WITH_GPU[key]} with a GPU, ${WITHOUT[key]} without.`;

const resourcesSchema = z.strictObject({
  cpu: quantity.optional().describe(`CPUs requested and allowed. ${otherwise('cpu')}`),
  memory: quantity
    .optional()
    .describe(`Memory requested and allowed, /dev/shm counted in. ${otherwise('memory')}`),
  ephemeralStorage: quantity
    .optional()
    .describe(`Disk for the work directory and the log. ${otherwise('ephemeralStorage')}`),
  sharedMemory: quantity
    .optional()
    .describe(`Size of /dev/shm; a part of memory. ${otherwise('sharedMemory')}`),
});

const poolShape = z.strictObject({
  name: plainName.describe('Name of the pool; lanes refer to it.'),
  image: z
    .string()
    .min(1)
    .describe('Trainer image, best by digest: it is part of what makes numbers comparable.'),
  imagePullPolicy: z
    .enum(['IfNotPresent', 'Always', 'Never'])
    .default('IfNotPresent')
    .describe('When the image is pulled.'),
  imagePullSecrets: z
    .array(z.string())
    .default([])
    .describe('Names of secrets in the namespace of the runs.'),
  clock: z
    .enum(['wall', 'cpu', 'virtual'])
    .default('wall')
    .describe(
      'What the training budget counts: seconds by the wall (GPU) or reference seconds (CPU trainer).',
    ),
  nodeSelector: z
    .record(z.string(), z.string())
    .default({})
    .describe('Labels a node must have; none by default.'),
  tolerations: z.array(tolerationSchema).default([]).describe('Taints the runs tolerate.'),
  affinity: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('Kubernetes affinity, as in a Pod; merged with a preference for other nodes after a loss.'),
  gpu: gpuSchema.prefault({}).describe('The GPU of a run.'),
  resources: resourcesSchema.prefault({}).describe('What a run may use.'),
  priorityClassName: z.string().default('').describe('PriorityClass of the runs.'),
  runtimeClassName: z.string().default('').describe('RuntimeClass of the runs, such as nvidia or gvisor.'),
  schedulerName: z.string().default('').describe('Scheduler other than the default one.'),
  maxParallel: z
    .number()
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('Most runs at a time over all lanes of the pool; null leaves it to the lanes.'),
  readyPlaces: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe(
      'How many runs fit on nodes that are always there. Nodes that an autoscaler adds do not count. Below this number a run need not wait until the last Pod is deleted.',
    ),
  queue: z.string().default('').describe('Kueue LocalQueue that admits the runs; empty runs without Kueue.'),
  pullSeconds: z
    .number()
    .int()
    .positive()
    .default(900)
    .describe('How long pulling the image may take before a Pod is given up.'),
  runAsUser: z
    .number()
    .int()
    .positive()
    .max(2 ** 31 - 1)
    .nullable()
    .default(null)
    .describe(
      'User id of all runs; null gives each Pod one of its own, which bounds its processes. Set it where a cluster prescribes a range.',
    ),
  labels: z.record(z.string(), z.string()).default({}).describe('More labels for Jobs and Pods.'),
  annotations: z.record(z.string(), z.string()).default({}).describe('More annotations for Jobs and Pods.'),
  extraEnv: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z_]\w*$/)
          .describe('Name of the variable.'),
        value: z.string().describe('Its value.'),
      }),
    )
    .default([])
    .describe('More environment for the supervisor. No secrets: the code under test runs beside it.'),
  ...partsShape,
});

export const poolSchema = poolShape.transform((pool) => ({
  ...pool,
  resources: { ...(pool.gpu.count > 0 ? WITH_GPU : WITHOUT), ...given(pool.resources) },
}));

function given(resources: z.infer<typeof resourcesSchema>): Partial<typeof WITHOUT> {
  return Object.fromEntries(Object.entries(resources).filter(([, amount]) => amount !== undefined));
}

/** A pool with every default filled in. */
export type Pool = Readonly<z.infer<typeof poolSchema>>;
