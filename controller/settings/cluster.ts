// The settings of a controller that runs its experiments as Kubernetes Jobs. The chart's values are these and a few more.
import { z } from 'zod';
import { podDeadlineSeconds } from '../adapters/kubernetes/manifest/job.ts';
import { type Pool, poolSchema } from '../adapters/kubernetes/manifest/pool.ts';
import { Failure } from '../failure.ts';
import { type GivenLane, givenIn } from './begun.ts';
import { readSettings } from './file.ts';
import { clusterDefaults, lanesSchema, sharedShape } from './lane.ts';

/** The keys and their types; `clusterSchema` adds what must hold between them. */
export const clusterShape = z.strictObject({
  lanes: lanesSchema(clusterDefaults),
  pools: z.array(poolSchema).min(1).describe('Kinds of node that runs go to.'),
  runs: z
    .strictObject({
      namespace: z.string().default('').describe('Where Jobs are created; empty: where the controller is.'),
      ttlSeconds: z
        .number()
        .int()
        .nonnegative()
        .default(600)
        .describe('A settled Job stays this long to be looked at.'),
      leakGuardHours: z
        .number()
        .int()
        .positive()
        .default(24)
        .describe(
          'After this the cluster ends a Job that nobody watches. The same time after its end it deletes the Job.',
        ),
      anchor: z
        .string()
        .default('')
        .describe('ConfigMap that owns the Jobs: when it is deleted, so are they.'),
      deployment: z
        .string()
        .regex(/^([^/]+\/[^/]+)?$/, 'write namespace/name')
        .default('')
        .describe(
          "The controller's own Deployment, as namespace/name: an Event on it tells when a lane stops.",
        ),
    })
    .prefault({})
    .describe('The Jobs of all lanes.'),
  data: z
    .string()
    .min(1)
    .default('/data')
    .describe('Volume of frontier repositories and store, or of clones.'),
  page: z
    .strictObject({
      port: z
        .number()
        .int()
        .min(1)
        .max(65535)
        .nullable()
        .default(null)
        .describe(
          'Where the page listens, on all addresses; null: there is none. AUTORESEARCH_PAGE_TOKEN lets people read, and AUTORESEARCH_PAGE_STEERING_TOKEN also lets them change lanes.',
        ),
      names: z
        .array(z.string().regex(/^[a-z0-9.-]+(:\d+)?$/, 'a name is a host, perhaps with its port'))
        .default([])
        .describe('Names under which it is reached, each with its port where that is not 80 or 443.'),
      userHeader: z
        .string()
        .regex(/^[A-Za-z0-9-]*$/)
        .default('')
        .describe('Header in which a proxy in front says who asks, for the record of changes.'),
      links: z
        .array(
          z.strictObject({
            name: z.string().min(1).max(40).describe('What is there.'),
            url: z
              .string()
              .regex(
                /^https?:\/\/[^\s"<>]+$/,
                'write a whole address, such as https://grafana.example/d/lanes',
              )
              .describe('Its address.'),
          }),
        )
        .default([])
        .describe('Other pages that the screen of the machines leads to, such as a dashboard of Grafana.'),
    })
    .prefault({})
    .describe('The page of all lanes.'),
  ...sharedShape,
});

const clusterSchema = clusterShape.superRefine(({ lanes, pools, runs }, context) => {
  const refuse = (message: string, ...path: (string | number)[]) =>
    context.addIssue({ code: 'custom', path, message });
  for (const [i, { name }] of pools.entries())
    if (pools.findIndex((pool) => pool.name === name) < i)
      refuse(`two pools are named ${name}; give each its own name`, 'pools', i, 'name');
  for (const [i, lane] of lanes.entries()) {
    const { name, budgetSeconds, wallSeconds } = lane;
    const pool = pools.find((one) => one.name === lane.pool);
    if (!pool) {
      refuse(
        `there is no pool ${lane.pool}; write it under pools, or name one that is there`,
        'lanes',
        i,
        'pool',
      );
      continue;
    }
    const longest = podDeadlineSeconds(pool, { budgetSeconds, startSeconds: wallSeconds, wallSeconds });
    if (runs.leakGuardHours * 3600 <= longest)
      refuse(
        `after ${runs.leakGuardHours} h the cluster deletes runs of lane ${name}, which may take ${longest} s with pulling the image; give at least ${Math.floor(longest / 3600) + 1}`,
        'runs',
        'leakGuardHours',
      );
  }
});
export type ClusterConfig = Readonly<
  Omit<z.infer<typeof clusterSchema>, 'lanes'> & { lanes: readonly GivenLane[] }
>;

/** What a pool decides of the Conditions, as far as its settings tell. */
function measuredWith({ gpu, image }: Pool): Pick<GivenLane, 'gpuResource' | 'imageDigest'> {
  const claimed = gpu.claimTemplate === undefined ? gpu.resource : `claim ${gpu.claimTemplate}`;
  const [, imageDigest] = /@(sha256:[0-9a-f]{64})$/.exec(image) ?? [];
  return { gpuResource: gpu.count > 0 ? claimed : 'none', ...(imageDigest && { imageDigest }) };
}

type Reading = (settings: Record<string, unknown>) => Record<string, unknown>;

/** Throws Failure 2 with the path of the key and what it takes. `read`: what to make of the file first. */
export async function readClusterConfig(
  file: string,
  read: Reading = (settings) => settings,
): Promise<ClusterConfig> {
  const said = read(await readSettings(file));
  const parsed = clusterSchema.safeParse(said);
  if (parsed.success) {
    const written = said.lanes as unknown[];
    const lanes = parsed.data.lanes.map((lane, i) => {
      const measured = measuredWith(parsed.data.pools.find(({ name }) => name === lane.pool)!);
      return { ...lane, ...measured, given: new Set([...givenIn(written[i]), ...givenIn(measured)]) };
    });
    return { ...parsed.data, lanes };
  }
  throw new Failure(
    2,
    `${file} cannot be used:\n${z.prettifyError(parsed.error)}\nCorrect these keys, then start again.`,
  );
}
