// The dots and lines of a progress picture. Beyond some hundred of a kind they become one path without words, so that
// a picture of any length stays small.
import { area, curveStepAfter, line } from 'd3-shape';
import { COLOURS, type Dot, type Frame, laneY, type Scales } from './frame.ts';
import { cut } from './labels.ts';
import { element, escaped, px } from './svg.ts';

/** A decision and where it is drawn; `y` means something only where it has a metric. */
export interface PlottedDot {
  readonly dot: Dot;
  readonly i: number;
  readonly x: number;
  readonly y: number;
}

const WITH_WORDS = 400;

/** Results worse than the picture reaches are ticks at its upper edge. */
export function discards(at: readonly PlottedDot[], { plot }: Frame): string {
  const inside = at.filter((a) => a.y >= plot.top).map((a) => ({ ...a, y: Math.min(a.y, plot.bottom) }));
  const above = at.filter((a) => a.y < plot.top);
  const fill = COLOURS.discard;
  if (at.length <= WITH_WORDS)
    return [
      ...inside.map((a) =>
        element('circle', { cx: a.x, cy: a.y, r: 3.2, fill, 'fill-opacity': '0.7' }, words(a)),
      ),
      ...above.map((a) => element('path', { d: tick(a.x, plot.top - 1), fill }, words(a))),
    ].join('\n');
  const ticks = distinct(above.map((a) => tick(even(a.x), plot.top - 1)));
  return (
    points(inside, { stroke: fill, 'stroke-width': '5', 'stroke-opacity': '0.35' }) +
    element('path', { d: ticks, fill })
  );
}

/** A small triangle that stands on the point. */
export function tick(x: number, y: number): string {
  return `M${px(x - 3)},${px(y)}l3,-6l3,6z`;
}

/** The best so far as steps, to where the last experiment stands; around it what noise alone can do. */
export function bestLine(
  kept: readonly PlottedDot[],
  end: number,
  sigma: number | null,
  { frame: { plot }, y }: Scales,
): string {
  const last = kept.at(-1);
  if (!last) return '';
  const corners = [...kept.map((a) => [a.x, a.dot.valBpb!]), [end, last.dot.valBpb!]] as [number, number][];
  const within = (bpb: number) => Math.min(plot.bottom, Math.max(plot.top, y(bpb)));
  const spread = 2 * (sigma ?? 0);
  const band = area<[number, number]>()
    .x(([x]) => x)
    .y0(([, bpb]) => within(bpb - spread))
    .y1(([, bpb]) => within(bpb + spread))
    .curve(curveStepAfter)
    .digits(1);
  const steps = line<[number, number]>()
    .y(([, bpb]) => y(bpb))
    .curve(curveStepAfter)
    .digits(1);
  return [
    spread > 0 ? element('path', { d: band(corners)!, fill: COLOURS.best, opacity: '0.13' }) : '',
    element('path', {
      d: steps(corners)!,
      fill: 'none',
      stroke: COLOURS.best,
      'stroke-width': '2.2',
      'stroke-opacity': '0.8',
      'stroke-linejoin': 'round',
    }),
  ].join('\n');
}

/** The baseline and the improvements on it. */
export function keeps(at: readonly PlottedDot[]): string {
  const first = at[0]?.i === 0 ? diamond(at[0].x, at[0].y, words(at[0])) : '';
  const better = first === '' ? at : at.slice(1);
  if (at.length === 0) return '';
  if (better.length > WITH_WORDS)
    return points(better, { stroke: COLOURS.best, 'stroke-width': '7' }) + first;
  const style = { r: 5.5, fill: COLOURS.keep, stroke: COLOURS.keepEdge, 'stroke-width': '0.8' };
  const dots = better.map((a) => element('circle', { cx: a.x, cy: a.y, ...style }, words(a)));
  return [first, ...dots].join('\n');
}

/** What was there before anything was tried. */
export function diamond(x: number, y: number, inner = ''): string {
  const style = { fill: COLOURS.paper, stroke: COLOURS.keepEdge, 'stroke-width': '1.6' };
  return element('path', { d: `M${px(x)},${px(y - 6.5)}l6.5,6.5l-6.5,6.5l-6.5,-6.5z`, ...style }, inner);
}

/** A cross per crash, in their lane. */
export function crashes(at: readonly PlottedDot[], frame: Frame): string {
  const level = laneY(frame);
  if (at.length === 0) return '';
  if (at.length <= WITH_WORDS) return at.map((a) => cross(a.x, level, words(a))).join('\n');
  const lines = distinct(at.map((a) => `M${even(a.x)},${level - 4}v8`));
  return element('path', { d: lines, stroke: COLOURS.crash, 'stroke-width': '1.2', 'stroke-opacity': '0.5' });
}

export function cross(x: number, y: number, inner = ''): string {
  const d = `M${px(x - 3.5)},${px(y - 3.5)}l7,7m-7,0l7,-7`;
  return element('path', { d, stroke: COLOURS.crash, 'stroke-width': '1.6', fill: 'none' }, inner);
}

/** What runs has no result yet: rings at the frontier's height, which they must get below. */
export function runs(
  running: readonly { readonly experiment: string; readonly description: string; readonly x: number }[],
  y: number,
): string {
  return running
    .slice(0, WITH_WORDS)
    .map(({ experiment, description, x }) =>
      ring(x, y, element('title', {}, escaped(`#${Number(experiment)} running: ${cut(description, 200)}`))),
    )
    .join('\n');
}

export function ring(x: number, y: number, inner = ''): string {
  const style = { r: 5, fill: COLOURS.paper, stroke: COLOURS.running, 'stroke-width': '2' };
  return element('circle', { cx: x, cy: y, ...style }, inner);
}

/** What a browser shows when the mouse rests on the dot. */
function words({ dot }: PlottedDot): string {
  const result = dot.status === 'crash' ? dot.error || dot.reason : `${dot.valBpb!.toFixed(6)} ${dot.reason}`;
  return element(
    'title',
    {},
    escaped(`#${Number(dot.experiment)} ${dot.status} ${result}: ${cut(dot.description, 200)}`),
  );
}

/** Dots as one path; those on the same two pixels are drawn once. */
function points(at: readonly PlottedDot[], style: Readonly<Record<string, string>>): string {
  const d = distinct(at.map((a) => `M${even(a.x)},${even(a.y)}h0`));
  return element('path', { d, fill: 'none', 'stroke-linecap': 'round', ...style });
}

function distinct(pieces: readonly string[]): string {
  return [...new Set(pieces)].join('');
}

function even(value: number): number {
  return Math.round(value / 2) * 2;
}
