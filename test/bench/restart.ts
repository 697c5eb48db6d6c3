// From a start to the first decision, with many rows in store and repository.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import type { Draft } from '../../controller/core/decision.ts';
import { experimentId, type Lane } from '../../controller/core/experiment.ts';
import { keys } from '../../controller/core/keys.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { encode } from '../../controller/std/json.ts';
import type { Figure } from './figures.ts';

const ROWS = 10_000;
const KEEPS = 200;

export const lane: Lane = {
  name: 'bench',
  width: 1,
  seed: 1,
  clocks: { budgetSeconds: 5, startSeconds: 60, wallSeconds: 60 },
  confirm: 0,
  requireSealed: false,
  ahead: 0,
  limits: { experiments: null, gpuHours: null, usd: null },
};

export async function restart(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    await fill(dir);
    const before = performance.now();
    const store = new DirectoryStore(join(dir, 'store'));
    const frontier = new GitFrontier({ repo: join(dir, 'frontier.git'), lane: lane.name, folder: new Map() });
    await frontier.claim();
    const ledger = await Ledger.read(lane, store, await frontier.view());
    const seconds = (performance.now() - before) / 1000;
    if (ledger.decisions.length !== ROWS)
      throw new Error(`read ${ledger.decisions.length} of ${ROWS} decisions`);
    return [
      {
        what: `restart to first decision, ${ROWS} rows, ${KEEPS} keeps`,
        value: seconds,
        unit: 's',
        aim: '<= 1',
      },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** A lane of ROWS decisions: every 50th a keep, the others Records, written as the loop writes them. */
async function fill(dir: string): Promise<void> {
  const frontier = new GitFrontier({ repo: join(dir, 'frontier.git'), lane: lane.name, folder: new Map() });
  let claim = await frontier.claim();
  let tip: string | null = null;
  for (let n = 0; n < ROWS; n++) {
    const draft = decisionDraft(n, tip, claim.epoch);
    if (draft.status === 'keep') {
      const kept = await frontier.keep(draft, trainPyOf(n), claim);
      if (kept.kind !== 'kept') throw new Error(kept.sentence);
      tip = kept.commit;
      claim = kept.claim;
      continue;
    }
    const file = join(dir, 'store', keys.record(lane.name, n));
    await mkdir(join(file, '..'), { recursive: true });
    await writeFile(file, encode({ ...draft, commit: '0'.repeat(40) }));
  }
}

function trainPyOf(n: number): string {
  return `LEARNING_RATE = ${n}\n`;
}

export function decisionDraft(n: number, tip: string | null, epoch: number): Draft {
  const keep = n % (ROWS / KEEPS) === 0;
  return {
    experiment: experimentId(n),
    status: keep ? 'keep' : 'discard',
    reason: keep ? 'better' : 'worse',
    sentence: 'a row of the benchmark',
    description: `LEARNING_RATE 0.01 -> ${n}: a row of the benchmark`,
    source: 'builtin',
    base: tip,
    baseBpb: tip === null ? null : 3,
    tip,
    valBpb: keep ? 3 - n / 10 / ROWS : 3.5,
    unseenBpb: null,
    unseenParts: '',
    memoryMb: 100,
    trainSha256: sha256Hex(trainPyOf(n)),
    proposedSha256: sha256Hex(trainPyOf(n)),
    stackOf: null,
    attempts: 1,
    lastCause: 'first',
    error: '',
    sealed: 'landlock',
    trainingSeconds: 5,
    wallSeconds: 6,
    spentSeconds: 6,
    gpu: 'cpu',
    image: '',
    program: '0'.repeat(64),
    seed: 1,
    conditions: 'budget:5s',
    timestampMs: 1_700_000_000_000 + n * 1000,
    epoch,
    seq: n + 1,
  };
}
