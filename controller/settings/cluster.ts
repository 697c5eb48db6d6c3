// The settings of a controller that runs its experiments as Kubernetes Jobs. The chart's values are these and a few more.

import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { podDeadlineSeconds } from '../adapters/kubernetes/manifest/job.ts';
import { poolSchema } from '../adapters/kubernetes/manifest/pool.ts';
import { Failure } from '../failure.ts';
import { laneName } from './dev.ts';
import { frontierSchema } from './frontier.ts';
import { proposerSchema } from './proposer.ts';
import { storeSchema } from './store.ts';
import { trainerNames, trainers } from './trainers.ts';

/** Hard wall over budget: below it a run that does nothing wrong would be ended, and its lane with it. */
const WALL_AT_LEAST = 2;
/** Seconds of one that is made: a Pod may have a part of a processor, and CPU seconds then take many times longer by the wall. */
const WALL_MADE_AT_LEAST = 600;

const laneShape = z.strictObject({
  name: laneName.describe('Names the branch autoresearch/<name>, the rows and the Jobs.'),
  pool: z.string().describe('The pool its runs go to.'),
  trainer: z.enum(trainerNames).default('gpu').describe('Which of the built-in trainers begins the lane.'),
  width: z.number().int().min(1).max(4096).default(1).describe('Runs at a time.'),
  budgetSeconds: z.number().positive().default(300).describe('Training seconds of one run.'),
  wallSeconds: z
    .number()
    .positive()
    .optional()
    .describe(
      'Hard wall of one run, from the start of its container; at least twice the budget. Where not given: 600 or twice the budget, with the CPU trainer four times the budget, whichever is more.',
    ),
  seed: z.number().int().min(0).max(2147483647).default(42),
  confirm: z
    .number()
    .int()
    .min(0)
    .max(20)
    .default(0)
    .describe('Measure a win this many more times on fresh seeds.'),
  requireSealed: z.boolean().default(true).describe('Refuse numbers that no confinement stands behind.'),
  limits: z
    .strictObject({
      experiments: z
        .number()
        .int()
        .nonnegative()
        .nullable()
        .default(null)
        .describe('Beyond the baseline; null: no cap.'),
      maxGpuHours: z.number().positive().describe('Hours of all runs of the lane together. Required.'),
    })
    .describe('Caps that are never passed.'),
  program: z.string().default('').describe('Your program.md; empty takes the one in the image.'),
  trainPy: z.string().default('').describe('Your first train.py; empty takes the one in the image.'),
});

const laneSchema = laneShape.transform((lane) => ({
  ...lane,
  wallSeconds:
    lane.wallSeconds ?? Math.max(WALL_MADE_AT_LEAST, trainers[lane.trainer].wallSeconds(lane.budgetSeconds)),
}));

/** The keys and their types; `clusterSchema` adds what must hold between them. */
export const clusterShape = z.strictObject({
  lanes: z.array(laneSchema).min(1).describe('Research lines, each with its own frontier and rows.'),
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
          'After this the cluster ends a Job nobody watches, and as long after its end it deletes it.',
        ),
      anchor: z.string().default('').describe('ConfigMap that owns the Jobs: with it they go.'),
    })
    .prefault({}),
  data: z
    .string()
    .min(1)
    .default('/data')
    .describe('Volume of frontier repositories and store, or of clones.'),
  store: storeSchema.prefault({}).describe('Where rows, records and logs live; a folder of `data`, or S3.'),
  frontier: frontierSchema.prefault({}).describe('Where the frontier lives; in `data`, or on a remote.'),
  proposer: proposerSchema.describe('Who has the ideas.'),
});

const clusterSchema = clusterShape.superRefine(({ lanes, pools, runs }, context) => {
  const refuse = (message: string, ...path: (string | number)[]) =>
    context.addIssue({ code: 'custom', path, message });
  for (const [i, { name }] of pools.entries())
    if (pools.findIndex((pool) => pool.name === name) < i)
      refuse(`two pools are named ${name}; give each its own name`, 'pools', i, 'name');
  for (const [i, lane] of lanes.entries()) {
    const { name, budgetSeconds, wallSeconds } = lane;
    if (lanes.findIndex((other) => other.name === name) < i)
      refuse(`two lanes on one branch: ${name}`, 'lanes', i, 'name');
    if (wallSeconds < WALL_AT_LEAST * budgetSeconds)
      refuse(
        `${wallSeconds} s leave no time to start and to evaluate around ${budgetSeconds} s of training; give at least ${WALL_AT_LEAST * budgetSeconds}, or leave it out`,
        'lanes',
        i,
        'wallSeconds',
      );
    const pool = pools.find((one) => one.name === lane.pool);
    if (!pool) {
      refuse(`there is no pool ${lane.pool}`, 'lanes', i, 'pool');
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
export type ClusterConfig = Readonly<z.infer<typeof clusterSchema>>;
export type ClusterLane = ClusterConfig['lanes'][number];

/** Throws Failure 2 with the path of the key and what it takes. */
export async function readClusterConfig(file: string): Promise<ClusterConfig> {
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) throw new Failure(2, `there is no config file ${file}; check the path after --config`);
  const parsed = clusterSchema.safeParse(parseYaml(text));
  if (parsed.success) return parsed.data;
  throw new Failure(
    2,
    `${file} cannot be used:\n${z.prettifyError(parsed.error)}\nMend these keys, then start again.`,
  );
}
