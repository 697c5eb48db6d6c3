// What a run directory shows. Reading it changes nothing, so a command may look while a controller works.
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readFile, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import type { FoundRun } from '../../intent.ts';
import type { Run } from '../../ports.ts';
import { codeOf } from '../../std/errno.ts';
import type { Leader } from './kill.ts';
import { alive } from './liveness.ts';
import { parseRunName, type RunName, readIntent } from './rundir.ts';

// A result has at most 1 KiB; what is longer is no result, but its beginning may tell a person what it is.
const RESULT_BYTES = 16_384;

// Where a run is not confined its train.py can put a link or a pipe in the place of any file: neither is followed, and
// opening one must not wait for somebody to write.
const PLAIN_FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Stands in the directory of a run that was ended because its supervisor had not ended it in time. */
export const OVERDUE = 'overdue';

const claimSchema = z.object({
  pid: z.number().int().positive(),
  startTime: z.union([z.string(), z.number()]).transform(String),
  startedMs: z.number(),
});
type Claimed = z.infer<typeof claimSchema>;

/** What lies in the folder of runs; nothing before the first one. Throws where it cannot be read. */
export async function entriesOf(runs: string): Promise<string[]> {
  return readdir(runs).catch((error) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
}

/** The names of the lane's run directories, by experiment and attempt. */
export async function runNames(runs: string, lane: string): Promise<string[]> {
  return (await entriesOf(runs))
    .map((entry) => ({ entry, name: parseRunName(entry) }))
    .filter(({ name }) => name?.lane === lane)
    .sort((a, b) => byAge(a.name!, b.name!))
    .map(({ entry }) => entry);
}

/** Null where the directory is gone. A run that cannot be read any more shows as ended, with the word `gone`. */
export async function observeRun(dir: string, name: RunName): Promise<FoundRun | null> {
  const intent = await readIntent(dir);
  if (intent === null) return null;
  const place = { node: hostname(), image: '' };
  if (intent === 'damaged') {
    const state = await gone(dir, `${join(dir, 'intent.json')} is damaged; it was cut short or edited`);
    return { ...name, intent: '', nonce: '', ...place, state };
  }
  try {
    return {
      ...name,
      intent: intent.intent,
      clocks: intent.clocks,
      nonce: intent.nonce,
      ...place,
      state: await stateOf(dir),
    };
  } catch (error) {
    if ((await readIntent(dir)) === null) return null; // removed while we looked
    throw error;
  }
}

/** Who claimed the run; null where nobody has yet. */
export async function claimant(dir: string): Promise<(Leader & { startedMs: number }) | null> {
  const text = await head(join(dir, 'result', 'started.json'), RESULT_BYTES);
  return text === null ? null : parseClaim(text);
}

async function stateOf(dir: string): Promise<Run['state']> {
  const ended = await result(dir);
  if (ended) return ended;
  const text = await head(join(dir, 'result', 'started.json'), RESULT_BYTES);
  if (text === null) {
    const { mtimeMs } = await stat(join(dir, 'intent.json'));
    return { kind: 'pending', sinceMs: Math.floor(mtimeMs), sentence: 'the supervisor is starting' };
  }
  const claim = parseClaim(text);
  if (claim && alive(claim.pid, claim.startTime)) {
    const phase = await head(join(dir, 'result', 'phase'), 64);
    return { kind: 'running', sinceMs: claim.startedMs, phase: phase?.trim() || 'starting' };
  }
  // It may have ended between the two looks.
  return (
    (await result(dir)) ??
    gone(dir, 'the supervisor is gone without a result: it was killed, or the machine was restarted')
  );
}

async function result(dir: string): Promise<Extract<Run['state'], { kind: 'ended' }> | null> {
  const file = join(dir, 'result', 'result.json');
  const sealed = await head(file, RESULT_BYTES);
  if (sealed === null) return null;
  const { mtimeMs } = await stat(file);
  return { kind: 'ended', ending: { sealed, word: '', sentence: '', atMs: Math.floor(mtimeMs) } };
}

/** The end of a run that left no result, at the time of its last sign of life: the same each time one looks. */
export async function gone(
  dir: string,
  sentence: string,
  word = 'gone',
): Promise<Extract<Run['state'], { kind: 'ended' }>> {
  const said = await lastWords(dir);
  const overdue = await stat(join(dir, OVERDUE)).catch(() => null);
  const why = overdue ? 'it was ended long after its wall, which its supervisor did not enforce' : sentence;
  const ending = {
    sealed: null,
    word: overdue ? 'deadline' : word,
    sentence: said ? `${why}; it said: ${said}` : why,
    ...(!overdue && word === 'unstarted' && { ranSeconds: 0 }),
  };
  return { kind: 'ended', ending: { ...ending, atMs: await lastSign(dir) } };
}

async function lastSign(dir: string): Promise<number> {
  const signs = [
    'intent.json',
    OVERDUE,
    'supervisor.log',
    'result/started.json',
    'result/phase',
    'result/run.log',
  ];
  const seen = await Promise.all(signs.map((sign) => stat(join(dir, sign)).catch(() => null)));
  const times = seen.filter((sign) => sign !== null).map((sign) => Math.floor(sign.mtimeMs));
  return times.length > 0 ? Math.max(...times) : Math.floor((await stat(dir)).mtimeMs);
}

/** The last line that the supervisor itself wrote; '' where it wrote none. */
async function lastWords(dir: string): Promise<string> {
  const log = await readFile(join(dir, 'supervisor.log'), 'utf8').catch(() => '');
  return (log.trimEnd().split('\n').at(-1) ?? '').slice(0, 200);
}

function parseClaim(text: string): Claimed | null {
  try {
    return claimSchema.parse(JSON.parse(text));
  } catch {
    return null; // edited: whoever it was cannot be told from anybody else, so it counts as gone
  }
}

function byAge(a: RunName, b: RunName): number {
  return Number(a.experiment) - Number(b.experiment) || a.attempt - b.attempt;
}

/** At most `bytes` from the beginning, as UTF-8; null where the file is not there. */
export async function head(path: string, bytes: number): Promise<string | null> {
  let file: FileHandle;
  try {
    file = await open(path, PLAIN_FILE);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return null;
    if (codeOf(error) === 'ELOOP') return '';
    throw error;
  }
  try {
    if (!(await file.stat()).isFile()) return '';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
