// A lane that a test writes row by row: what the page's server is told.
import type { Decision } from '../../controller/core/decision.ts';
import { type LaneLook, type LaneSource, RefusedWish } from '../../controller/page/lane-source.ts';
import type { Detail, LaneSummary, LogPiece, Tried } from '../../controller/page/schema.ts';
import { commandsFor } from '../../controller/views/steer-commands.ts';
import type { ControlChange, Steering } from '../../controller/views/steering.ts';

export class WrittenLane implements LaneSource {
  readonly lane: string;
  readonly everyMs = 20;
  readonly soonMs = 4;
  state = 'running';
  decisions: Decision[] = [];
  open: LaneSummary['open'] = [];
  noise: LaneSummary['noise'];
  caps: LaneSummary['caps'] = { experiments: null, hours: null, usd: null };
  machine: LaneLook['machine'] = null;
  /** What people did, the newest last. */
  done: Steering[] = [];
  /** The file of each experiment. */
  fileOf = (n: number) => `WIDTH = ${n}\nDEPTH = 4\n`;
  texts: { hypothesis: string; diff: string; log: string } = { hypothesis: '', diff: '', log: '' };

  constructor(lane = 'main') {
    this.lane = lane;
  }

  /** One row more; each keep is a little better. */
  decide(change: Partial<Decision> = {}): Decision {
    const n = this.decisions.length;
    const kept = this.decisions.filter(({ status }) => status === 'keep');
    const base = kept.at(-1) ?? null;
    const status = change.status ?? (n % 5 === 0 ? 'keep' : n % 7 === 3 ? 'crash' : 'discard');
    const bpb = 2.5 - kept.length / 1000;
    const decision: Decision = {
      experiment: String(n).padStart(6, '0'),
      status,
      reason: status === 'keep' ? 'better' : 'worse',
      sentence: status === 'keep' ? '0.001 below the frontier' : 'not below the frontier',
      description: n === 0 ? 'baseline' : `KNOB_${n % 9} ${n} -> ${n + 1}: not moved before`,
      source: 'builtin',
      base: base?.commit ?? null,
      baseBpb: base?.valBpb ?? null,
      tip: base?.commit ?? null,
      valBpb: status === 'crash' ? null : Number((status === 'keep' ? bpb : bpb + 0.01).toFixed(6)),
      unseenBpb: null,
      unseenParts: '',
      memoryMb: 70,
      trainSha256: '',
      proposedSha256: '',
      stackOf: null,
      attempts: 1,
      lastCause: 'first',
      error: status === 'crash' ? 'oom' : '',
      sealed: 'landlock',
      trainingSeconds: 5,
      wallSeconds: 9,
      spentSeconds: 9,
      gpu: '',
      image: '',
      program: '',
      seed: 1,
      conditions: '',
      timestampMs: 1_795_960_000_000 + n * 10_000,
      epoch: 1,
      seq: n + 1,
      commit: n.toString(16).padStart(40, 'a'),
      ...change,
    };
    this.decisions = [...this.decisions, decision];
    return decision;
  }

  async look(): Promise<LaneLook> {
    const summary: LaneSummary = {
      lane: this.lane,
      version: '0.0.0',
      state: this.state,
      why: '',
      decided: this.decisions.length,
      open: this.open,
      guidance: '',
      caps: this.caps,
      capsInForce: this.caps,
      hours: this.decisions.length / 400,
      usd: null,
      calls: 0,
      floorBpb: null,
      begun: null,
      ...(this.noise && { noise: this.noise }),
    };
    return { decisions: this.decisions, summary, machine: this.machine };
  }

  async detail(which: string): Promise<Detail | null> {
    const experiment = which.padStart(6, '0');
    if (!this.decisions.some((d) => d.experiment === experiment)) return null;
    const { hypothesis, diff } = this.texts;
    return { experiment, hypothesis, cost: null, attempts: 1, diff, cut: false };
  }

  async trainPy(experiment: string): Promise<string | null> {
    return (await this.detail(experiment)) && this.fileOf(Number(experiment));
  }

  async spent() {
    return this.decisions.map(({ timestampMs }, i): [number, number] => [timestampMs, i / 10]);
  }

  async steerings(): Promise<readonly Steering[]> {
    return this.done.toReversed();
  }

  async change(asked: ControlChange, who: string): Promise<void> {
    for (const what of commandsFor(asked)) this.done.push({ who, atMs: 0, what });
  }

  async tryOut({ trainPy, message }: Tried, who: string): Promise<string> {
    if (!trainPy.includes('=')) throw new RefusedWish('the file is not Python; correct it and try again');
    this.done.push({ who, atMs: 0, what: `try -m ${message}` });
    return '000099';
  }

  async log(which: string, attempt: number | null, from: number | null): Promise<LogPiece | null> {
    if (!(await this.detail(which))) return null;
    const size = Buffer.byteLength(this.texts.log);
    return { attempt: attempt ?? 1, text: this.texts.log, from: from ?? 0, next: size, size, live: false };
  }
}

/** A lane of so many rows. */
export function longLane(rows: number): WrittenLane {
  const lane = new WrittenLane();
  const decisions = Array.from({ length: Math.min(rows, 200) }, () => lane.decide());
  // Each row of a long lane is a copy: made one by one from all before it, they would take minutes.
  for (let n = decisions.length; n < rows; n++)
    decisions.push({
      ...decisions[(n % 190) + 10]!,
      experiment: String(n).padStart(6, '0'),
      status: 'discard',
      seq: n + 1,
      commit: n.toString(16).padStart(40, 'a'),
    });
  lane.decisions = decisions;
  return lane;
}
