// What Prometheus reads, after things have happened in a lane.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Metrics } from '../../controller/observers/metrics.ts';
import { run, seen } from '../cli/seen.ts';
import { lane, standing, world as worldWith } from '../core/trials.ts';

async function lines(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n').filter((line) => !line.startsWith('#'));
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

test('a turn says where the lane stands, and how long its Pod took to start', async () => {
  const metrics = new Metrics('1.2.3');
  const { turn } = metrics.observer('main');
  const world = worldWith({
    lane: { ...lane, width: 3, limits: { experiments: null, gpuHours: 24, usd: 20 } },
    control: { paused: true, guidance: '', limits: { experiments: null, gpuHours: 12, usd: null } },
    tip: standing(1.25),
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
  // A run of a second: nobody saw it running.
  turn({ ...world, runs: [run(2, { kind: 'pending', sinceMs: 100_000, sentence: '' })] });
  const ending = { sealed: null, word: '', sentence: '', atMs: 106_000, ranSeconds: 1 };
  turn({ ...world, runs: [run(2, { kind: 'ended', ending })] });
  expect(await lines(metrics)).toEqual(
    expect.arrayContaining([
      'autoresearch_job_startup_seconds_sum{lane="main"} 80',
      'autoresearch_job_startup_seconds_count{lane="main"} 2',
    ]),
  );
  // A person has taken both caps away.
  const none = { experiments: null, gpuHours: null, usd: null };
  turn({ ...world, lane: { ...world.lane, limits: none }, control: { ...world.control, limits: none } });
  expect((await lines(metrics)).filter((line) => line.includes('kind="cap"'))).toEqual([]);
});

test.each([
  'autoresearch_experiments_total{lane="main",status="keep"} 0',
  'autoresearch_experiments_total{lane="main",status="discard"} 0',
  'autoresearch_experiments_total{lane="main",status="crash"} 0',
  'autoresearch_frontier_advances_total{lane="main"} 0',
  'autoresearch_troubles_total{lane="main"} 0',
  'autoresearch_stopped{lane="main",reason="baseline"} 0',
  'autoresearch_last_look_timestamp_seconds{lane="main"} 1000',
])('a lane in which nothing has happened is seen, and its first increase counts: %s', async (line) => {
  const metrics = new Metrics('1.2.3', { now: () => 1_000_000 });
  metrics.observer('main');
  expect(await lines(metrics)).toContain(line);
});

test('a lane that has stopped says why, until it looks again', async () => {
  const metrics = new Metrics('1.2.3');
  const { turn } = metrics.observer('main');
  const stopped = async () =>
    (await lines(metrics)).filter((line) => /^autoresearch_stopped.* 1$/.test(line));
  expect(await stopped()).toEqual([]);
  metrics.stopped('main', { reason: 'foreign', sentence: 'a commit of somebody else' });
  expect(await stopped()).toEqual(['autoresearch_stopped{lane="main",reason="foreign"} 1']);
  metrics.stopped('main', { reason: 'limit', sentence: 'all is spent' });
  expect(await stopped()).toEqual(['autoresearch_stopped{lane="main",reason="limit"} 1']);
  turn(worldWith({}));
  expect(await stopped()).toEqual([]);
});

test('the run that waits longest says for how long, and nobody who is new', async () => {
  let nowMs = 100_000;
  const metrics = new Metrics('1.2.3', { now: () => nowMs });
  const { turn } = metrics.observer('main');
  const waits = (attempt: number, sinceMs: number) =>
    run(attempt, { kind: 'pending', sinceMs, sentence: '' });
  const oldest = async () =>
    (await lines(metrics)).filter((line) => line.startsWith('autoresearch_oldest_pending_seconds'));
  turn(worldWith({ runs: [waits(1, 90_000), waits(2, 40_000)] }));
  expect(await oldest()).toEqual(['autoresearch_oldest_pending_seconds{lane="main"} 60']);
  nowMs = 130_000;
  turn(worldWith({ runs: [waits(1, 90_000)] }));
  expect(await oldest()).toEqual(['autoresearch_oldest_pending_seconds{lane="main"} 40']);
  turn(worldWith({ runs: [run(1, { kind: 'running', sinceMs: 120_000, phase: '' })] }));
  expect(await oldest()).toEqual(['autoresearch_oldest_pending_seconds{lane="main"} 0']);
});

test.each(['templates/alerts.yaml', 'dashboards/autoresearch.json'])(
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
