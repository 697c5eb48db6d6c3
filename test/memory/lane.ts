// One controller's lane on parts in memory, where time passes while it sleeps.
import type { Lane } from '../../controller/core/experiment.ts';
import type { LaneContext } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import type { Proposer } from '../../controller/ports.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryMachine } from './executor.ts';
import { MemoryFrontier } from './frontier.ts';
import { sealedRun } from './sealed.ts';
import { MemoryStore } from './store.ts';

interface Settings {
  readonly trainPy?: string;
  readonly rules?: Partial<Lane>;
  /** How long the run of an experiment takes; a second when left out. */
  readonly durationMs?: (experiment: string) => number;
  /** The lane ends after more than so many; 10 when left out. */
  readonly troubles?: number;
  /** What is otherwise than usual. */
  readonly parts?: (usual: LaneContext, time: VirtualTime) => Partial<LaneContext>;
}

/** The rules of a lane of three experiments beyond the baseline, of a second each. */
export const quick: Lane = {
  name: 'main',
  width: 1,
  seed: 1,
  clocks: { budgetSeconds: 1, startSeconds: 10, wallSeconds: 10 },
  confirm: 0,
  requireSealed: false,
  ahead: 0,
  limits: { experiments: 3, gpuHours: null, usd: null },
};

/** Appends the number of the experiment to the file. */
export const appending: Proposer = {
  async propose({ tip, trainPy, next }) {
    const idea = { description: `edit ${next}`, hypothesis: '', source: 'builtin', stackOf: null } as const;
    return { kind: 'ideas', ideas: [{ ...idea, base: tip, trainPy: `${trainPy}# ${next}\n` }] };
  },
  fix: async () => null,
};

/** Of a file that names what it lacks. */
export const SLIP = 'undefined_name\n';

/** A lane of three experiments beyond the baseline, each of them better than the last; SLIP is a trivial crash. */
export function laneOf({
  trainPy = 'print(1)\n',
  rules,
  durationMs = () => 1000,
  troubles: most = 10,
  parts,
}: Settings = {}) {
  const time = new VirtualTime();
  const real = new MemoryFrontier();
  const measured: string[] = [];
  let bpb = 2.5;
  const machine = new MemoryMachine((intent, { nonce }) => {
    measured.push(intent.trainPy);
    bpb -= 0.01;
    const run = sealedRun(intent.trainPy, nonce, Number(bpb.toFixed(6)), 1);
    const slipped = intent.trainPy.includes(SLIP);
    const sealed = slipped ? { ...run, status: 'crashed', reason: 'exit', exit_code: 1, val_bpb: null } : run;
    const ending = { word: '', sentence: '', sealed: JSON.stringify(sealed) };
    return { durationMs: durationMs(intent.experiment), log: slipped ? TRACEBACK : 'step 1\n', ending };
  }, time.driver);
  const happened: LaneEvent[] = [];
  const troubles = () => happened.flatMap((what) => (what.kind === 'trouble' ? [what.sentence] : []));
  const ending = new AbortController();
  let n = 0;
  const proposer: Proposer = {
    async propose({ tip, trainPy }) {
      const idea = { description: `edit ${++n}`, hypothesis: '', source: 'builtin', stackOf: null } as const;
      return { kind: 'ideas', ideas: [{ ...idea, base: tip, trainPy: `${trainPy}# ${n}\n` }] };
    },
    fix: async () => null,
  };
  const usual: LaneContext = {
    lane: { ...quick, ...rules },
    store: new MemoryStore(),
    frontier: real,
    executor: machine.open(),
    clock: time.driver,
    proposer,
    inputs: { trainPy, prepare: '', program: async () => '' },
    observer: {
      happened(what) {
        happened.push(what);
        if (troubles().length > most) ending.abort();
      },
      turn() {},
    },
    publish: async () => 0,
    spentUsd: async () => 0,
    pollMs: 1000,
  };
  const loop = { ...usual, ...parts?.(usual, time) };
  /** `measured`: every train.py that was launched, in order. */
  return { real, time, happened, measured, troubles, run: () => runLane(loop, ending.signal, () => {}) };
}

const TRACEBACK =
  'Traceback (most recent call last):\n  File "train.py", line 1, in <module>\nNameError: name \'undefined_name\' is not defined\n';
