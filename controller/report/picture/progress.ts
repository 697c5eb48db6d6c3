// progress.svg: what karpathy's notebook draws, as one pure function from decisions to text.
import {
  type Across,
  axes,
  CARD,
  COLOURS,
  type Dot,
  type Frame,
  floorLine,
  floorTop,
  type Scales,
  scalesOf,
  WIDE,
} from './frame.ts';
import { heading, headline, legend } from './heading.ts';
import { cut, FONT_PX, placeLabels, SLANT } from './labels.ts';
import { bestLine, crashes, discards, keeps, type PlottedDot, runs } from './marks.ts';
import { element, escaped, label, px } from './svg.ts';

export interface Picture {
  /** The lane. */
  readonly title: string;
  /** In the order of the decisions; the first one kept is the baseline. */
  readonly decisions: readonly Dot[];
  /** What each did, as `factsOf` tells it. */
  readonly facts?: string;
  /** What is on trial now. */
  readonly running?: readonly { readonly experiment: string; readonly description: string }[];
  /** Entropy of the text in bits per byte, below which no honest model can go; null where it is not known. */
  readonly floorBpb?: number | null;
  /** Standard deviation of one measurement in bits per byte; null where it is not known. */
  readonly sigma?: number | null;
  /** What a replay found, in words; null where there was none. */
  readonly again?: string | null;
  /** Left out: by experiment. */
  readonly across?: Across | null;
  /** Only these of the decisions, by the places of the first and the last; left out: all. */
  readonly part?: readonly [number, number] | null;
}

const FONTS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
const LABELS_AT_MOST = 24;
const DESCRIPTION_CHARACTERS = 45;

/** The picture as a complete SVG document of 1280 by 680 pixels, on white; at most 2,000 elements. */
export function progressSvg(picture: Picture): string {
  return drawn(picture, WIDE, WIDE);
}

/** The same for a post: 1200 by 675 pixels, with larger words. */
export function cardSvg(picture: Picture): string {
  return drawn(picture, CARD, { width: 1200, height: 675 });
}

function drawn(picture: Picture, frame: Frame, { width, height }: Pick<Frame, 'width' | 'height'>): string {
  const { title, decisions, facts = '', floorBpb = null, sigma = null, again = null } = picture;
  const { at, scales, running, ends } = layoutOf(picture, frame);
  const kept = decisions.filter(({ status, valBpb }) => status === 'keep' && valBpb !== null);
  const measured = (status: Dot['status']) =>
    at.filter(({ dot }) => dot.status === status && dot.valBpb !== null);
  const [keptAt, discardedAt] = [measured('keep'), measured('discard')];
  const { plot } = frame;
  const shown = {
    above: discardedAt.filter(({ y }) => y < plot.top).length,
    running: running.length,
    sigma: Boolean(sigma) && kept.length > 0,
    floor: floorBpb !== null && scales.y(floorBpb) <= plot.bottom,
  };
  // On a post what lies elsewhere is no mark.
  const floor = frame === CARD && !shown.floor ? null : floorBpb;
  const lowest = floor === null ? plot.bottom : floorTop(floor, scales);
  const parts = [
    element('title', {}, escaped(`${title}: ${headline(decisions, kept)}`)),
    element('rect', { width: frame.width, height: frame.height, fill: COLOURS.paper }),
    heading({ title, facts, again }, decisions, kept, frame),
    legend(decisions, kept, shown, frame),
    axes(scales, at.length + running.length, picture.across ?? null),
    floor === null ? '' : floorLine(floor, scales),
    discards(discardedAt, frame),
    bestLine(keptAt, ends, sigma, scales),
    crashes(
      at.filter(({ dot }) => dot.status === 'crash'),
      frame,
    ),
    keeps(keptAt),
    runs(running, keptAt.at(-1)?.y ?? plot.top),
    labels(keptAt, { ...frame, plot: { ...plot, bottom: lowest } }),
  ];
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${frame.width} ${frame.height}`,
    role: 'img',
    'font-family': FONTS,
    fill: COLOURS.ink,
  };
  return `${element('svg', root, `\n${parts.filter((part) => part !== '').join('\n')}\n`)}\n`;
}

interface Layout {
  readonly scales: Scales;
  readonly at: readonly PlottedDot[];
  readonly running: readonly {
    readonly experiment: string;
    readonly description: string;
    readonly x: number;
  }[];
  /** How far to the right the line of the best goes. */
  readonly ends: number;
}

/** Where everything lies. A part of the lane begins with the keep that was the best before it, at the left edge. */
export function layoutOf(
  { decisions, running = [], floorBpb = null, sigma = null, across = null, part = null }: Picture,
  frame: Frame = WIDE,
): Layout {
  const place = (i: number) => across?.at[i] ?? i;
  const [first, last] = part ?? [0, decisions.length - 1];
  const before = decisions.slice(0, first).findLastIndex(isKept);
  const shown = decisions.slice(first, last + 1);
  const begins = before < 0 ? shown : [decisions[before]!, ...shown];
  const now = last >= decisions.length - 1 ? running : [];
  const whole = across ? place(last) : last + now.length;
  const end = Math.max(whole, place(first) + (across || part ? 1e-9 : 10));
  const scales = scalesOf(begins, begins.filter(isKept), [place(first), end], floorBpb, sigma, frame);
  const plotted = (dot: Dot, i: number): PlottedDot => {
    return { dot, i, x: scales.x(Math.max(place(i), place(first))), y: scales.y(dot.valBpb ?? 0) };
  };
  const at = shown.map((dot, n) => plotted(dot, first + n));
  const right = scales.x(place(last));
  const apart = across ? 12 : scales.x(1) - scales.x(0);
  const rings = now.map(({ experiment, description }, n) => {
    return { experiment, description, x: right + (n + 1) * apart };
  });
  return {
    scales,
    at: before < 0 ? at : [plotted(decisions[before]!, before), ...at],
    running: rings,
    ends: rings.at(-1)?.x ?? right,
  };
}

function isKept({ status, valBpb }: Dot): boolean {
  return status === 'keep' && valBpb !== null;
}

/** The kept dots' descriptions: the newest in any case, the baseline, then the largest gains, where there is room. */
function labels(kept: readonly PlottedDot[], { width, plot }: Frame): string {
  const wanted = kept.map(({ x, y, dot }, i) => ({
    x,
    y,
    text: cut(whatOf(dot.description), DESCRIPTION_CHARACTERS),
    weight: i === kept.length - 1 ? 1e9 : i === 0 ? 1e8 : kept[i - 1]!.dot.valBpb! - dot.valBpb!,
  }));
  const chosen = wanted.toSorted((a, b) => b.weight - a.weight).slice(0, LABELS_AT_MOST);
  const halo = {
    stroke: COLOURS.paper,
    'stroke-width': '3',
    'stroke-linejoin': 'round',
    'paint-order': 'stroke',
  };
  return placeLabels(chosen, { ...plot, right: width - 8 })
    .map(({ x, y, text, anchor }) => {
      const transform = `translate(${px(x)},${px(y)}) rotate(-${SLANT})`;
      return label(text, {
        transform,
        'text-anchor': anchor,
        'font-size': FONT_PX,
        fill: COLOURS.label,
        ...halo,
      });
    })
    .join('\n');
}

/** What was changed, without why: a description reads `what: why`. */
function whatOf(description: string): string {
  return (description.split(': ')[0]!.trim() || description).replaceAll(' -> ', ' → ');
}
