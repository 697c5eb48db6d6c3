// The frame of a progress picture: its shape, colours, scales and axes.
import { max, median, min } from 'd3-array';
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import type { Decision } from '../../core/decision.ts';
import { element, label, px } from './svg.ts';

/** What is drawn of a decision. */
export type Dot = Pick<Decision, 'experiment' | 'status' | 'valBpb' | 'description' | 'reason' | 'error'>;

/** Measures of a picture, in its own units: of a card they are shown larger than a pixel. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  /** Where results are drawn. */
  readonly plot: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
}

export const WIDE: Frame = {
  width: 1280,
  height: 680,
  plot: { left: 78, right: 1244, top: 124, bottom: 588 },
};

/** For a post: fewer units in about as many pixels, so that words are larger. */
export const CARD: Frame = {
  width: 960,
  height: 540,
  plot: { left: 72, right: 936, top: 146, bottom: 452 },
};

/** Right of the last dot, for the label of the newest gain. */
const LABEL_ROOM = 104;
const LANE_HALF = 11;

/** Crashes have no metric: they are marked in a lane below the plot, in the middle of which this is. */
export function laneY({ plot }: Frame): number {
  return plot.bottom + 17;
}

export const COLOURS = {
  paper: '#ffffff',
  ink: '#1f2933',
  quiet: '#5d6975',
  grid: '#e8ebee',
  discard: '#a9b1ba',
  keep: '#2ecc71',
  keepEdge: '#14532d',
  best: '#27ae60',
  label: '#1a7a3a',
  crash: '#d64545',
  lane: '#fbf1f1',
  running: '#2f6fde',
  floor: '#7c5cc4',
} as const;
/** Made once, as in the heading. */
const number = new Intl.NumberFormat('en');
const QUIET = { 'font-size': 12, fill: COLOURS.quiet };

/** What lies across: another measure of how far the lane is than its experiments. */
export interface Across {
  /** Of each decision, growing. */
  readonly at: readonly number[];
  readonly words: string;
  /** '' where a value is not shown. */
  readonly tick: (value: number) => string;
  /** Where ticks stand between two values; left out: where numbers are round. */
  readonly ticks?: (from: number, to: number) => readonly number[];
}

const BY_EXPERIMENT: Omit<Across, 'at'> = {
  words: 'experiments, in the order of their verdicts',
  tick: (value) => (Number.isInteger(value) ? number.format(value) : ''),
};

export interface Scales {
  readonly frame: Frame;
  /** From the number of an experiment to pixels. */
  readonly x: ScaleLinear<number, number>;
  /** From bits per byte to pixels. */
  readonly y: ScaleLinear<number, number>;
}

/** From a little above the baseline to a little below the best, as in karpathy's notebook. `span`: the first and the last x. */
export function scalesOf(
  decisions: readonly Dot[],
  kept: readonly Dot[],
  span: readonly [number, number],
  floor: number | null,
  sigma: number | null,
  frame = WIDE,
): Scales {
  const { left, right, top, bottom } = frame.plot;
  const x = scaleLinear(span, [left + 14, right - LABEL_ROOM]);
  const measured = decisions.flatMap((d) => d.valBpb ?? []);
  const baseline = kept[0]?.valBpb ?? max(measured) ?? 1;
  const best = min(kept, (d) => d.valBpb!) ?? baseline;
  const gain = baseline - best;
  const worse =
    gain === 0 ? median(measured.filter((bpb) => bpb > baseline).map((bpb) => bpb - baseline)) : 0;
  const margin = Math.max(gain * 0.15, 3 * (sigma ?? 0), baseline * 0.002, worse ?? 0);
  // The floor is shown in its place only where the gains still fill about half of the height.
  const near = floor !== null && floor <= best && best - floor < gain;
  const least = near ? Math.min(best - margin, floor - margin / 2) : best - margin;
  return { frame, x, y: scaleLinear([least, baseline + margin], [bottom, top]) };
}

/** Grid, ticks, the crash lane and the words along both sides. */
export function axes({ frame, x, y }: Scales, count: number, across: Across | null): string {
  const { words, tick: tickOf, ticks } = across ?? BY_EXPERIMENT;
  const [from, to] = x.domain();
  const places = ticks?.(from!, to!) ?? x.ticks(Math.min(12, Math.max(count, 2)));
  const { left, right, top, bottom } = frame.plot;
  const lane = laneY(frame);
  const format = y.tickFormat(8);
  const rows = y
    .ticks(8)
    .flatMap((tick) => [
      element('path', { d: `M${left},${px(y(tick))}H${right}`, stroke: COLOURS.grid }),
      label(format(tick), { x: left - 10, y: y(tick) + 4, 'text-anchor': 'end', ...QUIET }),
    ]);
  const columns = places
    .filter((tick) => tickOf(tick) !== '')
    .map((tick) => label(tickOf(tick), { x: x(tick), y: lane + 30, 'text-anchor': 'middle', ...QUIET }));
  const middle = { x: (left + right) / 2, y: (top + bottom) / 2 };
  const side = { 'text-anchor': 'middle', 'font-size': 13, fill: COLOURS.quiet };
  return [
    ...rows,
    element('rect', {
      x: left,
      y: lane - LANE_HALF,
      width: right - left,
      height: 2 * LANE_HALF,
      fill: COLOURS.lane,
      rx: 3,
    }),
    label('crash', { x: left - 10, y: lane + 4, 'text-anchor': 'end', ...QUIET, fill: COLOURS.crash }),
    ...columns,
    label(words, { x: middle.x, y: frame.height - 14, ...side }),
    label('validation bits per byte (lower is better)', {
      transform: `translate(20,${px(middle.y)}) rotate(-90)`,
      ...side,
    }),
  ].join('\n');
}

const FLOOR_FONT_PX = 11;

function floorY(floor: number, { frame: { plot }, y }: Pick<Scales, 'frame' | 'y'>): number {
  return Math.min(y(floor), plot.bottom);
}

/** Where the words above that line begin: nothing else is written from there on down. */
export function floorTop(floor: number, scales: Pick<Scales, 'frame' | 'y'>): number {
  return floorY(floor, scales) - 6 - FLOOR_FONT_PX;
}

/** The entropy of the text as a dashed line; where it lies below the picture, words at the lower edge only. */
export function floorLine(floor: number, { frame, y }: Scales): string {
  const { left, right, bottom } = frame.plot;
  const inside = y(floor) <= bottom;
  const at = floorY(floor, { frame, y });
  const style = { stroke: COLOURS.floor, 'stroke-width': '1.5', 'stroke-dasharray': '6 4' };
  return [
    inside ? element('path', { d: `M${left},${px(at)}H${right}`, ...style }) : '',
    label(
      `entropy floor ${floor.toFixed(4)} of made-up text, no language${inside ? '' : ', further down ↓'}`,
      {
        x: left + 8,
        y: at - 6,
        'font-size': FLOOR_FONT_PX,
        fill: COLOURS.floor,
      },
    ),
  ].join('');
}
