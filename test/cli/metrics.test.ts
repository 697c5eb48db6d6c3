// What Prometheus reads, after things have happened in a lane.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Metrics } from '../../controller/cli/metrics.ts';
import type { Run } from '../../controller/core/run.ts';
import { draftLike } from '../contract/drafts.ts';
import { attempts, finished, lane, lost, standing, world as worldWith } from '../core/trials.ts';

const decision = (experiment: string, change: object) => ({
  ...draftLike({ experiment, ...change }),
  commit: 'c'.repeat(40),
});

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => !line.startsWith('#'));
}

function seen(): Metrics {
  const metrics = new Metrics('1.2.3');
  const { happened } = metrics.watcher('main');
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
    happened({ kind: 'measured', experiment: '000003', tried });
  happened({ kind: 'trouble', sentence: 'the store is away' });
  const usage = { inputTokens: 1, cacheReadTokens: 20, cacheWriteTokens: 300, outputTokens: 4000 };
  const used = { usage, nanoUsd: 5, seconds: 1, outcome: 'end_turn' };
  happened({ kind: 'paid', call: { purpose: 'propose', model: 'claude', used } });
  happened({ kind: 'paid', call: { purpose: 'fix', model: 'claude', used: null } });
  return metrics;
}

test.each([
  'autoresearch_build_info{version="1.2.3"} 1',
  'autoresearch_experiments_total{lane="main",status="keep"} 2',
  'autoresearch_frontier_advances_total{lane="main"} 1',
  'autoresearch_crashes_total{lane="main",error="nan"} 1',
  'autoresearch_run_seconds_total{lane="main",gpu="H100"} 507',
  'autoresearch_attempts_lost_total{lane="main",cause="drained"} 1',
  'autoresearch_run_phase_seconds_sum{lane="main",phase="train"} 300',
  'autoresearch_run_phase_seconds_sum{lane="main",phase="evaluate"} 309',
  'autoresearch_troubles_total{lane="main"} 1',
  'autoresearch_llm_calls_total{lane="main",model="claude",outcome="end_turn"} 1',
  'autoresearch_llm_calls_total{lane="main",model="claude",outcome="unknown"} 1',
  'autoresearch_llm_tokens_total{lane="main",model="claude",type="input"} 1',
  'autoresearch_llm_tokens_total{lane="main",model="claude",type="cache_read"} 20',
  'autoresearch_llm_tokens_total{lane="main",model="claude",type="cache_write"} 300',
  'autoresearch_llm_tokens_total{lane="main",model="claude",type="output"} 4000',
])('what happened counts: %s', async (line) => {
  expect(await lines(seen())).toContain(line);
});

const run = (attempt: number, state: Run['state']) => ({ experiment: '000004', attempt, state }) as Run;

test('a turn says where the lane stands, and how long its Pod took to start', async () => {
  const metrics = new Metrics('1.2.3');
  const { turn } = metrics.watcher('main');
  const world = worldWith({
    lane: { ...lane, width: 3, limits: { experiments: null, gpuHours: 24, usd: 20 } },
    control: { paused: true, guidance: '', limits: { experiments: null, gpuHours: 12, usd: null } },
    standing: standing(1.25),
    spentSeconds: 1800,
    spentUsd: 2.5,
  });
  turn({ ...world, runs: [run(1, { kind: 'pending', sinceMs: 10_000, sentence: 'no node' })] });
  turn({ ...world, runs: [run(1, { kind: 'running', sinceMs: 85_000, phase: '' })] });
  turn({ ...world, runs: [run(1, { kind: 'running', sinceMs: 85_000, phase: '' })] });
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'autoresearch_best_val_bpb{lane="main"} 1.25',
      'autoresearch_slots{lane="main"} 3',
      'autoresearch_paused{lane="main"} 1',
      'autoresearch_active_runs{lane="main",state="pending"} 0',
      'autoresearch_active_runs{lane="main",state="running"} 1',
      'autoresearch_gpu_hours{lane="main",kind="spent"} 0.5',
      'autoresearch_gpu_hours{lane="main",kind="cap"} 12',
      'autoresearch_usd{lane="main",kind="spent"} 2.5',
      'autoresearch_usd{lane="main",kind="cap"} 20',
      'autoresearch_job_startup_seconds_sum{lane="main"} 75',
      'autoresearch_job_startup_seconds_count{lane="main"} 1',
    ]),
  );
});

test.each(['templates/monitoring.yaml', 'dashboards/autoresearch.json'])(
  'every metric in the chart, %s, is one of these',
  async (file) => {
    const text = await readFile(`charts/autoresearch/${file}`, 'utf8');
    const asked = new Set(
      [...text.matchAll(/\bautoresearch_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, '')),
    );
    expect(asked.size).toBeGreaterThan(3);
    const there = [...(await new Metrics('1').text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect([...asked].filter((name) => !there.includes(name))).toEqual([]);
  },
);
