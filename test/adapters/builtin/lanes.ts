// A small trainer with every kind of mark, and its baseline.
import type { Brief, PastExperiment } from '../../../controller/brief.ts';
import { sha256Hex } from '../../../controller/intent.ts';

export const TRAINER = `"""A trainer.

LOOKS_LIKE = 1  # range: 0 .. 2
"""
import math

LEARNING_RATE = 0.01   # range: 0.0001 .. 1.0, log | size of a step
DEPTH = 2              # range: 0 .. 6 | layers
BETA = 0.99            # range: 0.9 .. 0.9999 | memory
ACTIVATION = "tanh"    # one of: "tanh", "relu", "gelu" | what bends
BETAS = (0.8, 0.95)    # one of: (0.8, 0.95), (0.9, 0.99) | both
SEED_FREE = True       # one of: True, False
EVAL_BATCH = 64        # rows per question
TWICE = 1              # range: 0 .. 2
TWICE = 2              # range: 0 .. 2
if True:
    INNER = 3          # range: 0 .. 9
`;

export const baseline: PastExperiment = {
  experiment: '000000',
  description: 'baseline',
  source: 'builtin',
  status: 'keep',
  valBpb: 2,
  baseBpb: null,
  reason: 'baseline',
  error: '',
};

/** What the built-in proposer is asked at the first idea on this file. */
export const briefOn = (trainPy: string, change: Partial<Brief> = {}): Brief => ({
  lane: 'main',
  seed: 1,
  next: 1,
  program: '',
  prepare: '',
  tip: 'a'.repeat(40),
  tipBpb: 2,
  trainPy,
  guidance: '',
  past: [baseline],
  open: [],
  ready: [],
  tried: [sha256Hex(trainPy)],
  inconclusive: [],
  ran: [],
  ...change,
});
