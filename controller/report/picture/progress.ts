// progress.svg: what karpathy's notebook draws, as one pure function from decisions to text.
import { axes, COLOURS, type Dot, floorLine, HEIGHT, PLOT, scalesOf, WIDTH } from './frame.ts';
import { heading, headline, legend } from './heading.ts';
import { cut, FONT_PX, placeLabels, SLANT } from './labels.ts';
import { bestLine, crashes, discards, keeps, type PlottedDot, runs } from './marks.ts';
import { element, escaped, label, px } from './svg.ts';

interface Picture {
  readonly title: string;
  /** In the order of the decisions; the first one kept is the baseline. */
  readonly decisions: readonly Dot[];
  /** What is on trial now. */
  readonly running?: readonly { readonly description: string }[];
  /** Entropy of the text in bits per byte, below which no honest model can go; null where it is not known. */
  readonly floorBpb?: number | null;
  /** Standard deviation of one measurement in bits per byte; null where it is not known. */
  readonly sigma?: number | null;
}

const FONTS = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif";
const LABELS_AT_MOST = 24;
const DESCRIPTION_CHARACTERS = 45;

/** The picture as a complete SVG document of 1280 by 680 pixels, on white; at most 2,000 elements. */
export function progressSvg({
  title,
  decisions,
  running = [],
  floorBpb = null,
  sigma = null,
}: Picture): string {
  const count = decisions.length + running.length;
  const kept = decisions.filter(({ status, valBpb }) => status === 'keep' && valBpb !== null);
  const scales = scalesOf(decisions, kept, count, floorBpb, sigma);
  const at = decisions.map(
    (dot, i): PlottedDot => ({ dot, i, x: scales.x(i), y: scales.y(dot.valBpb ?? 0) }),
  );
  const measured = (status: Dot['status']) =>
    at.filter(({ dot }) => dot.status === status && dot.valBpb !== null);
  const keptAt = measured('keep');
  const parts = [
    element('title', {}, escaped(`${title}: ${headline(decisions, kept)}`)),
    element('rect', { width: WIDTH, height: HEIGHT, fill: '#ffffff' }),
    heading(title, decisions, kept),
    legend(decisions, running.length, sigma, floorBpb !== null && scales.y(floorBpb) <= PLOT.bottom),
    axes(scales, count),
    floorBpb === null ? '' : floorLine(floorBpb, scales),
    discards(measured('discard')),
    bestLine(keptAt, scales.x(Math.max(count - 1, 0)), sigma, scales),
    crashes(at.filter(({ dot }) => dot.status === 'crash')),
    keeps(keptAt),
    runs(running, decisions.length, keptAt.at(-1)?.y ?? PLOT.top, scales),
    labels(keptAt),
  ];
  const size = { width: WIDTH, height: HEIGHT, viewBox: `0 0 ${WIDTH} ${HEIGHT}` };
  const root = {
    xmlns: 'http://www.w3.org/2000/svg',
    ...size,
    role: 'img',
    'font-family': FONTS,
    fill: COLOURS.ink,
  };
  return `${element('svg', root, `\n${parts.filter((part) => part !== '').join('\n')}\n`)}\n`;
}

/** The kept dots' descriptions: the newest in any case, the baseline, then the largest gains, where there is room. */
function labels(kept: readonly PlottedDot[]): string {
  const wanted = kept.map(({ x, y, dot }, i) => ({
    x,
    y,
    text: cut(whatOf(dot.description), DESCRIPTION_CHARACTERS),
    weight: i === kept.length - 1 ? 1e9 : i === 0 ? 1e8 : kept[i - 1]!.dot.valBpb! - dot.valBpb!,
  }));
  const chosen = wanted.toSorted((a, b) => b.weight - a.weight).slice(0, LABELS_AT_MOST);
  const halo = {
    stroke: '#ffffff',
    'stroke-width': '3',
    'stroke-linejoin': 'round',
    'paint-order': 'stroke',
  };
  return placeLabels(chosen, { ...PLOT, right: WIDTH - 8 })
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
