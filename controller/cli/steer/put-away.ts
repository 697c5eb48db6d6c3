// `archive` and `remove`: a lane out of the way, after a question.
import { createInterface } from 'node:readline/promises';
import { Failure } from '../../failure.ts';
import { remoteSettings } from '../../settings/remotes.ts';
import { progressView } from '../../views/overview.ts';
import { type LaneSelector, readLane, selected } from '../../wiring/lane-reader.ts';
import { remotesOf } from '../../wiring/lane-remotes.ts';
import { lock } from '../../wiring/lock.ts';
import { LanePaths } from '../../wiring/paths.ts';
import { archiveLane, inUse, removeLane } from '../../wiring/put-away.ts';
import { sentence, talk } from '../terminal/terminal.ts';

export async function archive(where: LaneSelector, yes: boolean): Promise<void> {
  await taken('archive', where, yes, async (lane, paths) => {
    const to = await archiveLane(lane, paths, new Date().toISOString().slice(0, 10));
    talk(`${lane} lies in ${to}; look at it with autoresearch list --dir ${to}`);
  });
}

export async function remove(where: LaneSelector, yes: boolean): Promise<void> {
  await taken('remove', where, yes, async (lane, paths) => {
    await removeLane(lane, paths);
    talk(`${lane} is removed`);
  });
}

const QUESTIONS = {
  archive: (lane: string) => `Move lane ${lane} out of the way?`,
  remove: (lane: string) => `Delete lane ${lane} for good?`,
};

async function taken(
  what: keyof typeof QUESTIONS,
  where: LaneSelector,
  yes: boolean,
  take: (lane: string, paths: LanePaths) => Promise<void>,
): Promise<void> {
  const lane = await selected(where);
  const paths = new LanePaths(where.dir);
  const { store, frontier } = await remotesOf(paths, lane, remoteSettings(where));
  const far = store.url || frontier.url;
  if (far)
    throw new Failure(
      3,
      `${lane} lies in ${far}, where nothing is deleted from here; delete its objects and its branch autoresearch/${lane} there`,
    );
  // No controller can begin while it is held, nor while the question waits.
  const unlock = await lock(paths.lock);
  try {
    const why = await inUse(lane, paths);
    if (why) throw new Failure(3, why);
    if (
      !yes &&
      !(await answered(`${await summaryOf(where, lane)} ${QUESTIONS[what](lane)} [y/N] `, what, lane))
    )
      throw new Failure(130, `nothing was done; ${lane} is as it was`);
    await take(lane, paths);
  } finally {
    await unlock();
  }
}

/** A lane that cannot be read any more may be what a person wants to be rid of. */
async function summaryOf(where: LaneSelector, lane: string): Promise<string> {
  try {
    const { ledger } = await readLane(where, lane);
    const { experiments, kept, bestBpb } = progressView(ledger.decisions);
    return `It has ${experiments} experiment${experiments === 1 ? '' : 's'}, ${kept} of them kept, best ${bestBpb?.toFixed(6) ?? 'none'}.`;
  } catch (error) {
    return `It cannot be read: ${(error as Error).message}.`;
  }
}

async function answered(question: string, what: string, lane: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Failure(
      2,
      `${what} asks first, and nobody can answer here; add --yes, as in autoresearch ${what} --lane ${lane} --yes`,
    );
  const ended = new AbortController();
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  lines.once('SIGINT', () => ended.abort()).once('close', () => ended.abort());
  try {
    const answer = await lines.question(sentence(question), { signal: ended.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch {
    process.stderr.write('\n');
    return false; // Ctrl-C or Ctrl-D
  } finally {
    lines.close();
  }
}
