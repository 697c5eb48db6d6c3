// The text of a lane: made once, by the trainer's own prepare.py, from a secret that only the store and the supervisor see.
import { hash, randomBytes } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { runEnvironment } from '../adapters/process/supervisor.ts';
import { keys } from '../core/keys.ts';
import { Failure } from '../failure.ts';
import type { Store } from '../ports.ts';
import { checkout } from '../settings/checkout.ts';
import type { Trainer } from '../settings/trainers.ts';
import { utf8 } from '../std/text.ts';
import { makeTextFolders } from './modes.ts';
import type { LanePaths } from './paths.ts';

const madeSchema = z.looseObject({ data_sha256: z.string(), floor_bpb: z.number().nullable() });

interface Text {
  readonly dataSha256: string;
  /** Entropy of the chain that made the validation text, bits per byte: no model gets below it. Null for a person's text. */
  readonly floorBpb: number | null;
}

// Most of it is a tokenizer's training on gigabytes of somebody's text.
const LONG = { reject: false, timeout: 3_600_000, extendEnv: false } as const;

/** prepare.py takes no shorter one. */
const LEAST_SECRET = 16;

/** A call that is ended with us. */
const until = (ending: AbortSignal | undefined) => (ending ? { cancelSignal: ending } : {});

interface TextSource {
  /** A person's own instead of the made one. */
  readonly text: string | null;
  readonly prepare: string;
}

/** Makes the lane's text, or checks by its sums that it is there. Throws where `ending` aborts meanwhile; the next start goes on. */
export async function prepareText(
  paths: LanePaths,
  lane: string,
  store: Store,
  trainer: Trainer,
  from: TextSource,
  ending?: AbortSignal,
): Promise<Text> {
  const secret = await secretOf(store, lane);
  await refuseAnother(secret, lane, paths.sealed(lane));
  return makeText(trainer, join(paths.dir, lane), paths.sealed(lane), secret, from, ending);
}

/** Makes the public text, into `folder`/text, and the validation text that `secret` says, into `sealed`. */
export async function makeText(
  trainer: Trainer,
  folder: string,
  sealed: string,
  secret: Uint8Array,
  { text, prepare }: TextSource,
  ending?: AbortSignal,
): Promise<Text> {
  await refuseEndless(text);
  await makeTextFolders(folder, sealed);
  const secretFile = join(sealed, `.secret-${process.pid}`);
  try {
    await writeFile(secretFile, secret, { mode: 0o600 });
    const options = ['--text', folder, '--sealed', sealed, '--secret-file', secretFile];
    const more = [...(text ? ['--from', text] : []), ...prepare.split(/\s+/).filter(Boolean)];
    // What no run sees of the shell, its text is not made with: the shell may name another Python's packages.
    const made = await execa(trainer.python, [join(trainer.folder, 'prepare.py'), ...options, ...more], {
      ...LONG,
      ...until(ending),
      env: runEnvironment(folder, null),
    });
    if (made.failed) throw new Failure(3, unmade('prepare.py', made));
    await keepReferences(trainer, join(folder, 'text'), sealed, ending);
    const { data_sha256, floor_bpb } = madeSchema.parse(JSON.parse(made.stdout.trim().split('\n').at(-1)!));
    return { dataSha256: data_sha256, floorBpb: floor_bpb };
  } finally {
    await rm(secretFile, { force: true });
  }
}

/** Why a script made nothing, by its own last words where it could say any, and what to do. */
function unmade(
  script: string,
  {
    stderr,
    signal,
    exitCode,
  }: { stderr: string; signal?: string | undefined; exitCode?: number | undefined },
): string {
  const ended = signal
    ? `${script} was ended by ${signal}, as it is where memory or the disk is full`
    : `${script} ended with exit code ${exitCode} and said nothing`;
  return `${stderr.trim() || ended}\nFix this, then start again.`;
}

/** A device or a pipe has no end that could be waited for, and no second start could read the same. */
async function refuseEndless(text: string | null): Promise<void> {
  const there = text === null ? null : await stat(text).catch(() => null); // what is missing, prepare.py says
  if (there && !there.isFile() && !there.isDirectory())
    throw new Failure(2, `--text ${text} is a device or a pipe; write it to a file first, and name that`);
}

/** What the exam works out about the texts, once: else each run would do so, and a GPU would wait. */
async function keepReferences(
  trainer: Trainer,
  text: string,
  sealed: string,
  ending?: AbortSignal,
): Promise<void> {
  if ((await readdir(sealed)).some((name) => /^reference-.*\.npy$/.test(name))) return;
  const options = ['--references', '--text', text, '--sealed', sealed];
  const made = await execa(trainer.python, ['-I', checkout.supervise, ...options], {
    ...LONG,
    ...until(ending),
    env: runEnvironment(sealed, null),
  });
  if (made.failed) throw new Failure(3, unmade('supervise.py', made));
}

const meta = z.looseObject({ floor_bpb: z.number().nullish(), source: z.string().nullish() });
export type TextMeta = z.infer<typeof meta>;

/** The floor that the lane's text was made with, as recorded beside it; null where there is none. */
export async function floorOf(paths: LanePaths, lane: string): Promise<number | null> {
  return (await metaOf(paths.sealed(lane)))?.floor_bpb ?? null;
}

/** The file that the lane's text was made from, null where no person gave one; undefined where none is made yet. */
export async function sourceOf(paths: LanePaths, lane: string): Promise<string | null | undefined> {
  const made = await metaOf(paths.sealed(lane));
  return made ? (made.source ?? null) : undefined;
}

/** What is recorded beside a text; null where nothing is that can be understood: prepare.py then makes the text again. */
export async function metaOf(folder: string): Promise<TextMeta | null> {
  const bytes = await readFile(join(folder, 'meta.json'), 'utf8').catch(() => null);
  try {
    return bytes === null ? null : meta.parse(JSON.parse(bytes));
  } catch {
    return null;
  }
}

/** Kept in the store, so that a lane resumed elsewhere makes the same text. */
export async function secretOf(store: Store, lane: string): Promise<Uint8Array> {
  const key = keys.sealedSeed(lane);
  await store.putIfAbsent(key, utf8(randomBytes(32).toString('hex')));
  return (await store.get(key))!;
}

/** Another secret makes another text over the one that the lane's rows were measured on: that is refused. */
async function refuseAnother(secret: Uint8Array, lane: string, sealed: string): Promise<void> {
  const made = (await metaOf(sealed))?.secret_sha256;
  if (secret.length >= LEAST_SECRET && (made === undefined || made === hash('sha256', secret))) return;
  const without = `without one, remove it and ${sealed}: a lane with rows then stops, and says how to go on`;
  throw new Failure(
    3,
    `${keys.sealedSeed(lane)} in the store is not what the text of lane ${lane} was made from; restore it from a copy, or ${without}`,
  );
}
