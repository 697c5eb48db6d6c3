// Metrics of a lane in which everything that they tell of has happened.

import type { Run } from '../../controller/core/run.ts';
import { Metrics } from '../../controller/observers/metrics.ts';
import { draftLike } from '../contract/drafts.ts';
import { attempts, finished, lost, world } from '../core/trials.ts';

export const run = (attempt: number, state: Run['state']) =>
  ({ experiment: '000004', attempt, state }) as Run;

const decision = (experiment: string, change: object) => ({
  ...draftLike({ experiment, ...change }),
  commit: 'c'.repeat(40),
});

export function seen(): Metrics {
  const metrics = new Metrics('1.2.3');
  const { happened, turn } = metrics.observer('main');
  const lane = { limits: { experiments: null, gpuHours: 1, usd: 1 } };
  turn(world({ lane, runs: [run(1, { kind: 'pending', sinceMs: 0, sentence: '' })] }));
  turn(world({ lane, runs: [run(1, { kind: 'running', sinceMs: 1000, phase: '' })] }));
  happened({
    kind: 'decided',
    decision: decision('000000', { status: 'keep', gpu: 'H100', spentSeconds: 300 }),
  });
  happened({
    kind: 'decided',
    decision: decision('000001', { status: 'keep', gpu: 'H100', spentSeconds: 200 }),
  });
  happened({
    kind: 'decided',
    decision: decision('000002', { status: 'crash', error: 'nan', gpu: 'H100', spentSeconds: 7 }),
  });
  for (const tried of attempts(lost('drained'), finished(1)))
    happened({ kind: 'measured', experiment: '000003', result: tried });
  happened({ kind: 'trouble', sentence: 'the store is away' });
  const usage = { inputTokens: 1, cacheReadTokens: 20, cacheWriteTokens: 300, outputTokens: 4000 };
  const used = { usage, nanoUsd: 5, seconds: 1, outcome: 'end_turn' };
  happened({ kind: 'paid', call: { purpose: 'propose', model: 'claude', used } });
  happened({ kind: 'paid', call: { purpose: 'fix', model: 'claude', used: null } });
  return metrics;
}
