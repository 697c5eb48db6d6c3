// One research line as its settings say it. A laptop's is a lane of the pool `local`: the same keys, other defaults.
import { z } from 'zod';
import { frontierSchema } from './frontier.ts';
import { proposerSchema } from './proposer.ts';
import { storeSchema } from './store.ts';
import { type Trainer, type TrainerName, trainerNames, trainers } from './trainers.ts';

/** An intent refuses times of 115 days and more. */
const WALL_BELOW = 1e7;

/** Hard wall over budget: below it a run that does nothing wrong would be ended, and its lane with it. */
const WALL_AT_LEAST = 2;

/** What lies beside the folders of lanes: what removes a lane of such a name would remove all. */
const BESIDE_LANES: ReadonlySet<string> = new Set(['store', 'runs']);

export const laneName = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
    'the name of a lane has 1 to 32 characters of a-z, 0-9 and -',
  )
  .refine(
    (name) => !BESIDE_LANES.has(name),
    'the folders of that name hold what belongs to all lanes; give the lane another name',
  );

const TIME = 'a time is a number of seconds, or text such as 5s, 5m or 1h';
const time = z
  .union([z.number().positive(), z.string().regex(/^\d+(\.\d+)?(s|m|h)?$/, TIME)])
  .transform((text) => {
    const unit = { s: 1, m: 60, h: 3600 }[String(text).slice(-1)];
    return Number.parseFloat(String(text)) * (unit ?? 1);
  })
  .pipe(z.number().positive());

const hours = z.number().positive();

/** What a lane has where its settings do not say, and what they must say. */
interface LaneDefaults {
  readonly pool: z.ZodType<string>;
  readonly trainer: TrainerName;
  /** Its runs are given GPUs by their names; a cluster gives them itself. */
  readonly namesGpus: boolean;
  readonly budgetSeconds: z.ZodType<number | null>;
  /** Hours must be capped. */
  readonly capped: boolean;
  readonly requireSealed: boolean;
  /** The default wall is never below this. */
  readonly wallAtLeast: number;
}

/** Nothing but the name of a lane is needed where its owner sits beside it. */
export const laptopDefaults: LaneDefaults = {
  pool: z
    .literal('local', { error: 'on one machine every lane is in the pool local; leave pool out' })
    .default('local'),
  trainer: 'cpu',
  namesGpus: true,
  budgetSeconds: time.nullable().prefault(null),
  capped: false,
  requireSealed: false,
  wallAtLeast: 0,
};

/** Hours on a cluster cost money: a lane has a cap on them. */
export const clusterDefaults: LaneDefaults = {
  pool: z.string(),
  trainer: 'gpu',
  namesGpus: false,
  budgetSeconds: time.nullable().prefault(300),
  capped: true,
  requireSealed: true,
  // A Pod may have a part of a processor, and CPU seconds then take many times longer by the wall.
  wallAtLeast: 600,
};

export function laneShape(defaults: LaneDefaults) {
  const limits = z.strictObject({
    experiments: z
      .number()
      .int()
      .nonnegative()
      .nullable()
      .default(null)
      .describe('Stop after this many experiments beyond the baseline; null: no cap.'),
    maxGpuHours: (defaults.capped ? hours : hours.nullable().default(null)).describe(
      'Cap on the hours of all runs of the lane together.',
    ),
  });
  return z.strictObject({
    name: laneName.describe('Names the branch `autoresearch/NAME`, the rows and the Jobs.'),
    pool: defaults.pool.describe('The pool its runs go to; on one machine it is always local.'),
    trainer: z
      .enum(trainerNames)
      .default(defaults.trainer)
      .describe('Which of the built-in trainers begins the lane.'),
    width: z.number().int().min(1).max(4096).default(1).describe('Runs at a time.'),
    gpus: z
      .union([z.string(), z.number().int().nonnegative()])
      .transform(String)
      .nullable()
      .prefault(null)
      .describe(
        'On one machine, the GPUs for its runs, each its own, such as "2,3". They are numbers or UUIDs of nvidia-smi -L. Where it is null, those of CUDA_VISIBLE_DEVICES, else all.',
      ),
    budgetSeconds: defaults.budgetSeconds.describe(
      "Training time of one run: seconds, or 5s, 5m, 1h. Where it is null, the trainer's own: 5 s on the CPU and 300 s on a GPU.",
    ),
    wallSeconds: time
      .optional()
      .describe(
        'Hard limit of one run from its start, at least twice the budget. Where not given, it is 1200 s or twice the budget, whichever is more. With the CPU trainer it is four times the budget, or 120 s (on a cluster 600 s) if that is more.',
      ),
    seed: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(42)
      .describe('Seed of training and of the built-in proposer.'),
    confirm: z
      .number()
      .int()
      .min(0)
      .max(20)
      .default(0)
      .describe('Measure a win this many more times on fresh seeds.'),
    evidence: z
      .number()
      .int()
      .min(0)
      .max(4)
      .default(0)
      .describe(
        'Seeds that decide what is kept; 0: the seed of the lane does. A gain on that one then rides in a train. What rides is kept where these say that it is no chance.',
      ),
    requireSealed: z
      .boolean()
      .default(defaults.requireSealed)
      .describe('Refuse numbers measured without a confinement.'),
    limits: (defaults.capped ? limits : limits.prefault({ maxGpuHours: undefined })).describe(
      'Caps that are never passed.',
    ),
    program: z
      .string()
      .default('')
      .describe("Your program.md, as text; empty: this release's, and on one machine the lane's own copy."),
    trainPy: z.string().default('').describe("Your first train.py, as text; empty: the trainer's."),
    trainPyFile: z.string().default('').describe('Path of your first train.py, instead of trainPy.'),
    from: z
      .string()
      .default('')
      .describe(
        'Begin where another lane is: its name, NAME:best or NAME:12, or a commit. Its train.py is the first one here, and what is not given is as there.',
      ),
  });
}

/** The lanes of a file with every default filled in. */
export function lanesSchema(defaults: LaneDefaults) {
  const lane = laneShape(defaults)
    .transform(({ budgetSeconds, wallSeconds, ...lane }) => {
      const trainer = trainers[lane.trainer];
      const budget = budgetSeconds ?? trainer.budgetSeconds;
      return {
        ...lane,
        budgetSeconds: budget,
        wallSeconds: wallSeconds ?? wallOf(trainer, budget, defaults),
      };
    })
    .superRefine((lane, context) => {
      const { trainer, gpus, budgetSeconds, wallSeconds, trainPy, trainPyFile, from } = lane;
      if (lane.confirm > 0 && lane.evidence > 0)
        context.addIssue({
          code: 'custom',
          path: ['evidence'],
          message:
            'confirm and evidence both measure again what is lower; keep evidence, and leave confirm out',
        });
      if (gpus !== null && !(defaults.namesGpus && trainer === 'gpu'))
        context.addIssue({
          code: 'custom',
          path: ['gpus'],
          message: defaults.namesGpus
            ? 'only the GPU trainer uses GPUs; add trainer gpu, or leave gpus out'
            : 'a cluster gives each run its GPU; leave gpus out',
        });
      if (wallSeconds < WALL_AT_LEAST * budgetSeconds)
        context.addIssue({
          code: 'custom',
          path: ['wallSeconds'],
          message: `${wallSeconds} s leave no time to start and to evaluate around ${budgetSeconds} s of training; give at least ${WALL_AT_LEAST * budgetSeconds}, or leave it out`,
        });
      if (wallSeconds >= WALL_BELOW)
        context.addIssue({
          code: 'custom',
          path: ['wallSeconds'],
          message: `${wallSeconds} s for one run are not below ${WALL_BELOW} s; give a shorter budgetSeconds and wallSeconds`,
        });
      if (trainPy && trainPyFile)
        context.addIssue({
          code: 'custom',
          path: ['trainPyFile'],
          message: 'trainPy and trainPyFile say the same; keep one of them',
        });
      if (from && (trainPy || trainPyFile))
        context.addIssue({
          code: 'custom',
          path: ['from'],
          message: 'from and a train.py of your own both name the first file; keep one of them',
        });
    });
  return z
    .array(lane)
    .min(1)
    .superRefine((lanes, context) => {
      for (const [i, { name }] of lanes.entries())
        if (lanes.findIndex((other) => other.name === name) < i)
          context.addIssue({
            code: 'custom',
            path: [i, 'name'],
            message: `two lanes on one branch: ${name}; give each its own name`,
          });
    })
    .describe('Research lines, each with its own frontier, rows and caps.');
}

function wallOf(trainer: Trainer, budgetSeconds: number, { wallAtLeast }: LaneDefaults): number {
  return Math.max(wallAtLeast, trainer.wallSeconds(budgetSeconds));
}

export type LaneSettings = Readonly<z.infer<ReturnType<typeof lanesSchema>>[number]>;

/** What all lanes of a file share, on a laptop and on a cluster. */
export const sharedShape = {
  store: storeSchema.prefault({}).describe('Where rows, records and logs live.'),
  frontier: frontierSchema.prefault({}).describe('Where the frontier lives: the branch of what was kept.'),
  proposer: proposerSchema.describe('Who has the ideas.'),
};

/** What a lane's parts are made from, beside its own settings. */
export type SharedSettings = Readonly<z.infer<z.ZodObject<typeof sharedShape>>>;
