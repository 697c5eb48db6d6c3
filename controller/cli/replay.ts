// `autoresearch replay`: are the keeps real? Baseline and tip are measured again, in turn, on fresh seeds.

import { Failure } from '../failure.ts';
import { conclude, measurementsOf, type Replayed, type ReplayMeasurement } from '../replay/analysis.ts';
import { clear, measureAll, type ReplayObserver, type ReplayRunner } from '../replay/measure.ts';
import { replayOf, StoredReplays, storeReplay } from '../replay/stored.ts';
import type { LaneReader, LaneSelector } from '../wiring/lane-reader.ts';
import { openReplay, type ReplayRunnerFlags } from '../wiring/replay-bench.ts';
import { interruptedBy } from './interrupt.ts';
import { redraw } from './read/export.ts';
import { type Output, printRecords } from './terminal/print.ts';
import { talk } from './terminal/terminal.ts';

export interface ReplayFlags extends ReplayRunnerFlags {
  /** How often each of the two. */
  readonly times: number;
  /** Somebody is at the other end of stdin; when that ends, nothing more is begun. */
  readonly attended: boolean;
}

/** A line at least this often: a connection through which nothing is said for minutes is cut. */
const HEARTBEAT_MS = 60_000;
/** What a run waits for is told once it has waited this long for it. */
const LASTING_MS = 10_000;

/** Measures both `times` times under the lane's own budget and stores what came of it; the lane's caps do not count it. */
export async function replay(where: LaneSelector, flags: ReplayFlags, output: Output): Promise<void> {
  const { times } = flags;
  if (!Number.isInteger(times) || times < 2 || times > 100) throw new Failure(2, '--times takes 2 to 100');
  const ending = new AbortController();
  const deaf = interruptedBy(ending);
  const left = new AbortController();
  if (flags.attended) process.stdin.once('close', () => left.abort()).resume();
  try {
    const { reader, runner, close } = await openReplay(where, flags);
    try {
      await measure(reader, runner, times, { ending: ending.signal, left: left.signal }, output);
      await redraw(reader);
    } finally {
      await close();
    }
  } finally {
    // While it is open this process would not end.
    if (flags.attended) process.stdin.destroy();
    deaf();
  }
}

async function measure(
  { lane, store, view: { kept } }: LaneReader,
  runner: ReplayRunner,
  times: number,
  { ending, left }: { ending: AbortSignal; left: AbortSignal },
  output: Output,
): Promise<void> {
  const [baseline, tip] = [kept[0], kept.at(-1)];
  if (!baseline || !tip || baseline === tip)
    throw new Failure(
      3,
      'nothing beyond the baseline is kept yet, so there is nothing to replay; run more experiments first',
    );
  const earlier = (await new StoredReplays(store, lane).all()).flatMap(({ measured }) => measured).length / 2;
  const measurements = measurementsOf(baseline, tip, times, earlier);
  const startedMs = runner.clock.now();
  const { budgetSeconds } = runner.clocks;
  talk(
    `${measurements.length} runs of ${budgetSeconds} s of training, ${runner.width} at a time; the caps of the lane do not count them`,
  );
  const outcomes = await measureAll(
    measurements,
    runner,
    replayObserver(measurements.length),
    AbortSignal.any([ending, left]),
  );
  if (ending.aborted) {
    await clear(runner);
    throw new Failure(130, 'interrupted; its runs are removed');
  }
  if (left.aborted && outcomes.length < measurements.length)
    throw new Failure(130, 'stopped; it starts nothing more, and goes on when you call it again');
  const measured = outcomes.map(({ measurement, outcome }) => ({ side: measurement.side, outcome }));
  const claimed = baseline.decision.valBpb! - tip.decision.valBpb!;
  const at = { startedMs, endedMs: runner.clock.now() };
  const n = await storeReplay(store, lane, {
    ...replayOf(baseline.decision, tip.decision, outcomes, budgetSeconds),
    ...at,
  });
  talk(`stored as replay ${n} of the lane; autoresearch status tells what is known of its noise`);
  const said = conclude(measured, budgetSeconds, claimed, tip.decision.conditions);
  if ('why' in said) throw new Failure(1, said.why);
  report(said, output);
}

function replayObserver(all: number): ReplayObserver<ReplayMeasurement> {
  let heardMs = performance.now();
  let waits = { sentence: '', sinceMs: 0, told: true };
  const heard = (line: string) => {
    heardMs = performance.now();
    talk(line);
  };
  return {
    measured({ id, side, seed }, { kind, sealed, sentence }) {
      const number = sealed?.val_bpb?.toFixed(6) ?? `${kind}: ${sentence}`;
      heard(`${Number(id)} of ${all}: ${side}, seed ${seed}: ${number}`);
    },
    looked(left, running, sentence) {
      if (sentence !== waits.sentence)
        waits = { sentence, sinceMs: performance.now(), told: sentence === '' };
      const lasts = !waits.told && performance.now() - waits.sinceMs >= LASTING_MS;
      if (!lasts && (left === 0 || performance.now() - heardMs < HEARTBEAT_MS)) return;
      waits.told = true;
      heard(`${left} to go, ${running} under way${sentence && `; ${sentence}`}`);
    },
    trouble: talk,
  };
}

function report({ sides, gain, error, low, high, sentence, elsewhere }: Replayed, output: Output): void {
  const cell = (bpb: number) => bpb.toFixed(6);
  const lines = sides.map(({ side, n, failed, mean, deviation, error }) => ({
    what: side as string,
    n,
    failed,
    mean: cell(mean),
    deviation: cell(deviation),
    error: cell(error),
    low: '',
    high: '',
  }));
  const [n, failed] = [Math.min(...sides.map((side) => side.n)), sides[0].failed + sides[1].failed];
  const of = {
    n,
    failed,
    mean: cell(gain),
    deviation: '',
    error: cell(error),
    low: cell(low),
    high: cell(high),
  };
  printRecords([...lines, { what: 'gain', ...of }], output);
  if (elsewhere) talk(`measured under other conditions than the rows: ${elsewhere}`);
  talk(sentence);
}
