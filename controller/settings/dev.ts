// The settings of `autoresearch dev`: a file, then flags; one schema reads both and says which key is wrong.
import { readFile } from 'node:fs/promises';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { frontierSchema } from './frontier.ts';
import { proposerGiven, proposerSchema } from './proposer.ts';
import { storeSchema } from './store.ts';
import { trainerNames, trainers } from './trainers.ts';

/** `5`, `5s`, `5m` or `1h` in seconds. */
const duration = z.union([z.number(), z.string().regex(/^\d+(\.\d+)?(s|m|h)?$/)]).transform((text) => {
  const unit = { s: 1, m: 60, h: 3600 }[String(text).slice(-1)];
  return Number.parseFloat(String(text)) * (unit ?? 1);
});

export const laneName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, 'a lane is named by 1 to 32 of a-z, 0-9 and -');

const devShape = z.strictObject({
  dir: z.string().min(1).default('.autoresearch').describe('folder of lanes, store and runs'),
  ephemeral: z.boolean().default(false).describe('use a temporary folder and remove it at the end'),
  lanes: z
    .array(laneName)
    .min(1)
    .default(['main'])
    .describe('research lines, each with its own frontier and rows'),
  experiments: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .default(null)
    .describe('stop after this many beyond the baseline'),
  hours: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('cap on machine hours of all runs of a lane'),
  trainer: z.enum(trainerNames).default('cpu').describe('which of the built-in trainers begins the lane'),
  trainPy: z.string().nullable().default(null).describe("your own first train.py instead of the trainer's"),
  budget: duration
    .pipe(z.number().positive())
    .nullable()
    .default(null)
    .describe('training seconds of one run; null: 5 on the CPU, 300 on a GPU'),
  width: z.number().int().min(1).max(256).default(1).describe('runs at a time, per lane'),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(42)
    .describe('of the lane: training and built-in proposer'),
  confirm: z
    .number()
    .int()
    .min(0)
    .max(20)
    .default(0)
    .describe('measure a win this many more times on fresh seeds'),
  requireSealed: z.boolean().default(false).describe('refuse numbers that no confinement stands behind'),
  proposer: proposerSchema.describe('who has the ideas'),
  store: storeSchema.prefault({}).describe('where results live: s3://BUCKET/PREFIX, or a folder of `dir`'),
  frontier: frontierSchema
    .prefault({})
    .describe('https://…, ssh://… or a path of a bare repository, or one beside the lanes'),
  text: z.string().nullable().default(null).describe('your own text instead of the made one'),
  prepare: z
    .string()
    .default('')
    .describe('more options of the trainer\'s prepare.py, such as "--seq 512 --vocab 4096"'),
  clock: z
    .enum(['cpu', 'wall', 'virtual'])
    .nullable()
    .default(null)
    .describe('what the budget counts; null: as the trainer does. virtual is for tests'),
});

const devSchema = devShape.transform((config) => ({
  ...config,
  budget: config.budget ?? trainers[config.trainer].budgetSeconds,
  clock: config.clock ?? trainers[config.trainer].clock,
}));
export type DevConfig = Readonly<z.infer<typeof devSchema>>;

/** The file's settings overlaid with the flags that were given. Throws Failure 2 with the key and what it takes. */
export async function readConfig(
  file: string | undefined,
  flags: Record<string, unknown>,
): Promise<DevConfig> {
  const { proposer, maxUsd, model, ...others } = flags;
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  const written: { proposer?: unknown } = file ? await fromFile(file) : {};
  const who = proposerGiven(written.proposer, { kind: proposer, maxUsd, model });
  const parsed = devSchema.safeParse({ ...overlaid(written, given), proposer: who });
  if (parsed.success) return parsed.data;
  const origin = file ? `${file} or the flags` : 'the flags';
  throw new Failure(
    2,
    `${origin} cannot be used:\n${z.prettifyError(parsed.error)}\nSee autoresearch dev --help.`,
  );
}

/** The file's keys, and over them the flags'; where both hold keys of their own, those are overlaid in turn. */
function overlaid(file: Record<string, unknown>, flags: Record<string, unknown>): Record<string, unknown> {
  const all = { ...file };
  for (const [key, value] of Object.entries(flags)) {
    const below =
      (key === 'store' || key === 'frontier') && typeof all[key] === 'string' ? { url: all[key] } : all[key];
    all[key] = isObject(value) && isObject(below) ? { ...below, ...value } : value;
  }
  return all;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

async function fromFile(file: string): Promise<Record<string, unknown>> {
  let content: string;
  try {
    content = await readFile(file, 'utf8');
  } catch {
    throw new Failure(2, `there is no config file ${file}; check the path after --config`);
  }
  let value: unknown;
  try {
    value = parseYaml(content);
  } catch (error) {
    throw new Failure(2, `${file} is not YAML: ${(error as Error).message.split('\n')[0]}; mend that line`);
  }
  if (!isObject(value)) throw new Failure(2, `${file} holds no settings; write lines such as "width: 2"`);
  return value;
}
