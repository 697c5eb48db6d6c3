// The settings of `autoresearch dev`: a file, then flags; one schema reads both and says which key is wrong.
import { z } from 'zod';
import { Failure } from '../failure.ts';
import { byNewNames, chosen, overlaid } from './aliases.ts';
import { type GivenLane, givenIn } from './begun.ts';
import { readSettings } from './file.ts';
import { lanesSchema, laptopDefaults, sharedShape } from './lane.ts';
import { type ProposerFlags, proposerGiven } from './proposer.ts';
import { refusalOf } from './refusal.ts';

export const devSchema = z.strictObject({
  data: z.string().min(1).default('.autoresearch').describe('Folder of the lanes, the store and the runs.'),
  ephemeral: z.boolean().default(false).describe('Use a temporary folder and remove it at the end.'),
  lanes: lanesSchema(laptopDefaults),
  ...sharedShape,
  text: z.string().nullable().default(null).describe('Your own text to train on; null: the made one.'),
  prepare: z
    .string()
    .default('')
    .describe('More options of the trainer\'s prepare.py, such as "--seq 512 --vocab 4096".'),
  page: z
    .union([z.enum(['auto', 'off']), z.number().int().min(0).max(65535)])
    .default('auto')
    .describe('Port of the page on 127.0.0.1. `auto` is 7878 or the next free one, at a terminal only.'),
  clock: z
    .enum(['cpu', 'wall', 'virtual'])
    .nullable()
    .default(null)
    .describe('What the budget counts; null: as the trainer does. virtual is for tests.'),
});
/** What all lanes are told at once is each one's own from then on. */
export interface DevLane extends GivenLane {
  readonly text: string | null;
  readonly prepare: string;
  readonly clock: z.infer<typeof devSchema>['clock'];
}
export type DevConfig = Readonly<
  Omit<z.infer<typeof devSchema>, 'lanes' | 'text' | 'prepare' | 'clock'> & { lanes: readonly DevLane[] }
>;

/** The file's settings overlaid with the flags that were given. Throws Failure 2 with the key and what it takes. */
export async function readConfig(
  file: string | undefined,
  flags: Record<string, unknown>,
): Promise<DevConfig> {
  const { proposer, maxUsd, model, command, usdPerCall, lanes: names, ...others } = flags;
  const given = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  const written = file ? await readSettings(file) : {};
  const refuse = (why: string) =>
    new Failure(
      2,
      `${file ? `${file} or the flags` : 'the flags'} cannot be used:\n${why}\nSee autoresearch dev --help.`,
    );
  const picked = names === undefined ? written : chosen(written, names as string[]);
  const settings = typeof picked === 'string' ? picked : byNewNames(picked);
  if (typeof settings === 'string') throw refuse(settings);
  const asked = { proposer, maxUsd, model, command, usdPerCall } as ProposerFlags;
  const who = proposerGiven(written.proposer, asked);
  const said = overlaid(settings, given);
  const parsed = devSchema.safeParse({ ...said, proposer: who });
  if (parsed.success) return withOwn(parsed.data, said);
  const typed = { ...given, ...(names !== undefined && { lane: (names as string[]).join(', ') }) };
  throw refuse(refusalOf(parsed.error, typed, written));
}

function withOwn(config: z.infer<typeof devSchema>, said: Record<string, unknown>): DevConfig {
  const { lanes, text, prepare, clock, ...others } = config;
  const shared = givenIn(said).filter((key) => ['text', 'prepare', 'clock'].includes(key));
  const own = (lane: (typeof lanes)[number], i: number) => {
    const given = new Set([...givenIn((said.lanes as unknown[])[i]), ...shared]);
    return { ...lane, text, prepare, clock, given };
  };
  return { ...others, lanes: lanes.map(own) };
}
