// Five experiments for the crash points of a real cluster: a baseline, a keep, a discard, a crash that is repaired and
// kept, and one beyond repair. The metric is a function of the file, so that runs repeat to the bit.
import type { Lane } from '../../../controller/core/experiment.ts';
import { scripted } from '../../sweep/scripted.ts';

export const LANE = 'sweep';

/** The lane up to and with that experiment. */
export function laneUpTo(last: number): Lane {
  return {
    name: LANE,
    width: 1,
    seed: 7,
    clocks: { budgetSeconds: 1, startSeconds: 120, wallSeconds: 120 },
    confirm: 0,
    requireSealed: true,
    ahead: 0,
    limits: { experiments: last, gpuHours: null, usd: null },
  };
}

/** Counts how bytes follow each other in the beginning of the text: the longer, the better. */
const file = (bytes: number | string) => `import os
import numpy as np
from prepare import Tokenizer, evaluate_bpb
text = np.fromfile(os.path.join(os.environ["AUTORESEARCH_TEXT"], "train.bin"), np.uint8)[:${bytes}].astype(np.int64)
counts = np.bincount(text[:-1] * 256 + text[1:], minlength=65536).reshape(256, 256) + 0.02
table = np.log(counts / counts.sum(1, keepdims=True)).astype(np.float32)
bpb = evaluate_bpb(lambda x: table[x], Tokenizer(), 64)
print(f"---\\nval_bpb:          {bpb:.6f}\\nnum_steps:        1")
`;

/** By id; the first one is the baseline. */
export const FILES: readonly string[] = [
  file(20_000),
  file(100_000),
  file(50_000),
  file('misspelt'),
  'this is no Python\n',
];
const REPAIRED = file(400_000);

export const proposer = scripted(FILES, REPAIRED);
