// What the page asks of a lane, wherever it lives.
import type { Decision } from '../core/decision.ts';
import type { MachineView } from '../views/machine.ts';
import type { ControlChange, Steering } from '../views/steering.ts';
import type { Detail, LaneSummary, LogPiece, PageRow, PageRows, SpentPoint, Tried } from './schema.ts';

/** A lane as it was at one moment. */
export interface LaneLook {
  /** In their order. */
  readonly decisions: readonly Decision[];
  readonly summary: LaneSummary;
  /** What its controller tells of its machines; null where none is at work, or it is one of an older release. */
  readonly machine: MachineView | null;
}

export interface LaneSource {
  readonly lane: string;
  /** How often it is looked at while somebody watches. */
  readonly everyMs: number;
  /** How long after something happened in it: what happens meanwhile is looked at together. */
  readonly soonMs: number;
  look(): Promise<LaneLook>;
  /** Null where there is no such experiment. */
  detail(experiment: string): Promise<Detail | null>;
  /** Its last piece where `from` is null. Null where there is no such log. */
  log(experiment: string, attempt: number | null, from: number | null): Promise<LogPiece | null>;
  /** The train.py that it measured; null where there is none. */
  trainPy(experiment: string): Promise<string | null>;
  /** Dollars in all at points of time. */
  spent(): Promise<readonly SpentPoint[]>;
  /** What people did to the lane, the newest first. */
  steerings(): Promise<readonly Steering[]>;
  /** Throws a RefusedWish where it cannot be done. */
  change(asked: ControlChange, who: string): Promise<void>;
  /** The id that it gets. Throws a RefusedWish. */
  tryOut(tried: Tried, who: string): Promise<string>;
}

/** What a person asked for cannot be done, and why. */
export class RefusedWish extends Error {}

const COLUMNS: readonly (keyof PageRow)[] = [
  'experiment',
  'status',
  'reason',
  'sentence',
  'description',
  'source',
  'base',
  'baseBpb',
  'tip',
  'valBpb',
  'unseenBpb',
  'memoryMb',
  'stackOf',
  'attempts',
  'lastCause',
  'error',
  'sealed',
  'trainingSeconds',
  'wallSeconds',
  'spentSeconds',
  'gpu',
  'seed',
  'timestampMs',
  'epoch',
  'seq',
  'commit',
];

export function rowsOf(decisions: readonly Decision[]): PageRows {
  return { columns: [...COLUMNS], rows: decisions.map((d) => COLUMNS.map((column) => cellOf(d[column]))) };
}

/** Ids of the wins that rode together stand in one cell. */
function cellOf(value: Decision[keyof Decision]): string | number | null {
  return typeof value === 'object' && value !== null ? value.join(' ') : (value ?? null);
}
