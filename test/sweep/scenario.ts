// Six experiments that end in six ways, on the real repository, store and processes with a scripted trainer.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../../controller/adapters/clock.ts';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import { ProcessExecutor } from '../../controller/adapters/process/executor.ts';
import { checkout } from '../../controller/cli/place.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { encode } from '../../controller/core/rows.ts';
import type { Loop } from '../../controller/loop.ts';
import { runLane, type Stop } from '../../controller/loop.ts';
import type { Proposer } from '../../controller/ports.ts';
import { type Call, type Intercept, type Parts, tapped } from '../sim/tap.ts';

const LANE = 'sweep';
export const EXPERIMENTS = 6;

const lane: Lane = {
  name: LANE,
  width: 1,
  seed: 7,
  clocks: { budgetSeconds: 1, startSeconds: 60, wallSeconds: 60 },
  confirm: 0,
  requireSealed: false,
  ahead: 0,
  limits: { experiments: EXPERIMENTS, gpuHours: null, usd: null },
};

const file = (what: string) => `# scripted\n${what}\n`;

/** By id: a keep, a discard, a crash that is fixed, one that is not, a timeout, a run that is lost once. */
const SCRIPT: readonly string[] = [
  file('BPB = 2.0'),
  file('BPB = 1.9'),
  file('BPB = 1.95'),
  file('CRASH = "name"'),
  file('CRASH = "syntax"'),
  file('WALL = True'),
  file('LOSE_FIRST = True\nBPB = 1.8'),
];
const REPAIRED = file('BPB = 1.85');

const proposer: Proposer = {
  propose: async ({ next, tip }) => {
    const trainPy = SCRIPT[next]!;
    const idea = {
      description: `idea ${next}`,
      hypothesis: '',
      source: 'builtin' as const,
      base: tip,
      trainPy,
      stackOf: null,
    };
    return { kind: 'ideas', ideas: [idea] };
  },
  fix: async ({ reason }) => (reason === 'name' ? REPAIRED : null),
};

export interface Started {
  readonly stopped: Promise<Stop>;
  /** Lets go of file watches; the loop itself may hang in a call for good. */
  close(): void;
}

/** Begins a controller on the folder. `wanted` calls go through `intercept`. */
export function begin(dir: string, intercept: Intercept): Started {
  let wake = () => {};
  const executor = new ProcessExecutor({
    runs: join(dir, 'runs'),
    python: checkout.python,
    supervise: join(import.meta.dirname, 'supervise.py'),
    harness: import.meta.dirname,
    text: import.meta.dirname,
    sealed: import.meta.dirname,
    clock: 'virtual',
    onChange: () => wake(),
  });
  const parts: Parts = {
    lane,
    store: new DirectoryStore(join(dir, 'store')),
    frontier: new GitFrontier({ repo: join(dir, 'frontier.git'), lane: LANE, folder: new Map() }),
    executor,
    clock: systemClock,
    proposer,
    brought: { trainPy: SCRIPT[0]!, prepare: '', program: async () => 'scripted' },
    watcher: { happened() {}, turn() {} },
    publish:
      (store): Loop['publish'] =>
      (all) =>
        store.put(keys.results(LANE), new TextEncoder().encode(encode(all))),
    spentUsd: async () => 0,
    pollMs: 100,
  };
  const loop = tapped(parts, intercept);
  const stopped = runLane(loop, new AbortController().signal, (now) => {
    wake = now;
  });
  return { stopped, close: () => executor.close() };
}

/** The calls that reach out of the process. */
export function isExternal(call: Call): boolean {
  return (
    call.port === 'store' || call.port === 'frontier' || call.port === 'executor' || call.port === 'proposer'
  );
}

/** Where the sweep's scripted supervisor writes what it began. */
export async function journal(dir: string): Promise<string[]> {
  return (await readFile(join(dir, 'journal'), 'utf8')).trim().split('\n');
}
