// The script on the real repository, store and processes.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import { ProcessExecutor } from '../../controller/adapters/process/executor.ts';
import { alive } from '../../controller/adapters/process/liveness.ts';
import { keys } from '../../controller/core/keys.ts';
import type { LaneContext, Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { Clock } from '../../controller/ports.ts';
import { encode } from '../../controller/report/results-tsv.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { type Intercept, type Parts, tapped } from '../sim/tap.ts';
import { type Remains, remainsOf } from './remains.ts';
import type { Script } from './script.ts';

interface Running {
  readonly stopped: Promise<Stop>;
  /** Lets go of file watches; the loop itself may hang in a call for good. */
  close(): void;
}

/** Begins a controller on the folder, whose calls go through `intercept`; it stops after experiment `last`. */
export function begin(dir: string, script: Script, last: number, intercept: Intercept): Running {
  const executor = new ProcessExecutor({
    runs: join(dir, 'runs'),
    python: checkout.python,
    supervise: join(import.meta.dirname, 'supervise.py'),
    harness: import.meta.dirname,
    text: import.meta.dirname,
    sealed: import.meta.dirname,
    clock: 'virtual',
  });
  const { proposer, baseline } = script;
  const lane = script.laneUpTo(last);
  const parts: Parts = {
    lane,
    store: storeIn(dir),
    frontier: frontierIn(dir),
    executor,
    clock: clockOver(join(dir, 'runs')),
    proposer,
    inputs: { trainPy: baseline, prepare: '', program: async () => 'scripted' },
    observer: {
      happened: (event) => {
        // Nothing fails here by itself: trouble would hide behind the loop's patience.
        if (event.kind === 'trouble') throw new Error(event.sentence);
      },
      turn() {},
    },
    publish:
      (store): LaneContext['publish'] =>
      async (all) => {
        await store.put(keys.results(lane.name), new TextEncoder().encode(encode(all)));
        return 0;
      },
    spentUsd: async () => 0,
    pollMs: 60_000,
  };
  const stopped = runLane(tapped(parts, intercept), new AbortController().signal, () => {});
  return { stopped, close: () => executor.close() };
}

const storeIn = (dir: string) => new DirectoryStore(join(dir, 'store'));
const frontierIn = (dir: string) =>
  new GitFrontier({ repo: join(dir, 'frontier.git'), lane: 'sweep', folder: new Map() });

/**
 * Sleep that ends when a run does. The scripted trainer waits for a word before it ends, and the word is given here:
 * so every controller makes the same calls, however fast the machine is.
 */
export function clockOver(runs: string): Clock {
  return {
    now: () => Date.now(),
    sleep: async (_, signal) => {
      const waiting = (await readdir(runs).catch(() => [])).filter(
        (run) => !run.startsWith('.') && !isOver(join(runs, run)),
      );
      for (const run of waiting) await writeFile(join(runs, run, 'go'), '').catch(unlessRemoved);
      while (!signal.aborted && !waiting.some((run) => isOver(join(runs, run))))
        await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
}

/** Of two controllers the other may have taken the run away since it was listed. */
function unlessRemoved(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function isOver(run: string): boolean {
  if (existsSync(join(run, 'result', 'result.json'))) return true;
  const claim = claimOf(run);
  return claim !== null && !alive(claim.pid, claim.startTime);
}

function claimOf(run: string): { pid: number; startTime: string } | null {
  try {
    return JSON.parse(readFileSync(join(run, 'result', 'started.json'), 'utf8'));
  } catch {
    return null; // not claimed yet
  }
}

/** What the folder holds. Throws where git finds fault with the repository. */
export async function remainsIn(dir: string): Promise<Remains> {
  await promisify(execFile)('git', [
    '--git-dir',
    join(dir, 'frontier.git'),
    'fsck',
    '--strict',
    '--no-dangling',
  ]);
  const journal = await readFile(join(dir, 'journal'), 'utf8');
  const left = { begun: journal.trim().split('\n'), runs: await readdir(join(dir, 'runs')) };
  return remainsOf(storeIn(dir), frontierIn(dir), left);
}
