// What the crash points of a real cluster are played in. `plain`: a baseline, a keep, a discard, a crash that is repaired
// and kept, and one beyond repair. `evidence`: a gain that boards, the train that keeps it, and one that does not board.
// The metric is a function of file and seed, so that runs repeat to the bit.
import type { Lane } from '../../../controller/core/experiment.ts';
import type { Proposer } from '../../../controller/ports.ts';
import { scripted } from '../../sweep/scripted.ts';

export const LANE = 'sweep';

/** The lane of this script up to and with that experiment. */
export function laneUpTo(script: Script, last: number): Lane {
  return {
    name: LANE,
    width: 1,
    evidence: scripts[script].evidence,
    seed: 7,
    clocks: { budgetSeconds: 1, startSeconds: 120, wallSeconds: 120 },
    confirm: 0,
    requireSealed: true,
    ahead: 0,
    limits: { experiments: last, gpuHours: null, usd: null },
  };
}

/** Counts how bytes follow each other in the beginning of the text: the longer, the better. */
const file = (bytes: number | string, noise = 0) => `import os
import numpy as np
from prepare import SEED, Tokenizer, evaluate_bpb
text = np.fromfile(os.path.join(os.environ["AUTORESEARCH_TEXT"], "train.bin"), np.uint8)[:${bytes}].astype(np.int64)
counts = np.bincount(text[:-1] * 256 + text[1:], minlength=65536).reshape(256, 256) + 0.02 + ${noise} * (SEED % 7)
table = np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
bpb = evaluate_bpb(lambda x: table[x], Tokenizer(), 64)
print(f"---\\nval_bpb:          {bpb:.6f}\\nnum_steps:        1")
`;

const NOISE = 0.0005;

/** Files by id, the baseline's first; a train takes the ids between. */
const scripts = {
  plain: {
    evidence: 0,
    files: {
      0: file(20_000),
      1: file(100_000),
      2: file(50_000),
      3: file('misspelt'),
      4: 'this is no Python\n',
    },
  },
  evidence: {
    evidence: 2,
    files: { 0: file(20_000, NOISE), 1: file(100_000, NOISE), 3: file(50_000, NOISE) },
  },
} satisfies Readonly<Record<string, { evidence: number; files: Readonly<Record<number, string>> }>>;
export type Script = keyof typeof scripts;

const REPAIRED = file(400_000);

export const baselineOf = (script: Script): string => scripts[script].files[0];
export const lastOf = (script: Script): number => Math.max(...Object.keys(scripts[script].files).map(Number));
export const proposerOf = (script: Script): Proposer => scripted(scripts[script].files, REPAIRED);
