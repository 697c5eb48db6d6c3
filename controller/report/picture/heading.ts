// The words above a progress picture: what it is, how far it got, whether that is real, what the marks mean.
import type { Decision } from '../../core/decision.ts';
import { COLOURS, type Dot, type Frame } from './frame.ts';
import { cut } from './labels.ts';
import { cross, diamond, ring, tick } from './marks.ts';
import { element, label, px } from './svg.ts';

const NAME_CHARACTERS = 24;
const SHORT_NAME = 8;
/** Of 12 units, as wide as DejaVu draws them: other fonts are narrower. */
const CHARACTER = 6.6;
const GAP = 32;
const LINE = 19;
/** Of the width, for the words on the left: their characters are 13 units high. */
const LEFT_SHARE = 0.52 / 6.95;
/** Made once: making one takes longer than drawing the picture's dots. */
const number = new Intl.NumberFormat('en');

/** `24 experiments, 5 kept improvements`; the baseline is neither. */
export function headline(decisions: readonly Dot[], kept: readonly Dot[]): string {
  const count = (n: number, one: string) => `${number.format(n)} ${one}${n === 1 ? '' : 's'}`;
  const [tried, improved] = [decisions.length - 1, kept.length - 1].map((n) => Math.max(n, 0));
  return `${count(tried!, 'experiment')}, ${count(improved!, 'kept improvement')}`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** `5 s of training each, CPU, 28 Nov 2026`: of the baseline, and when the last one ended (UTC); '' of nothing. */
export function factsOf(
  decisions: readonly Pick<Decision, 'trainingSeconds' | 'gpu' | 'timestampMs'>[],
): string {
  const [first, last] = [decisions[0], decisions.at(-1)];
  if (!first || !last) return '';
  const { trainingSeconds, gpu } = first;
  const time =
    trainingSeconds >= 120
      ? `${Math.round(trainingSeconds / 60)} min`
      : `${Number(trainingSeconds.toFixed(trainingSeconds < 10 ? 1 : 0))} s`;
  const date = new Date(last.timestampMs);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${time} of training each, ${gpu.replace(/^NVIDIA /, '') || 'CPU'}, ${day}`;
}

interface Heading {
  /** The lane. */
  readonly title: string;
  readonly facts: string;
  readonly again: string | null;
}

export function heading(
  { title, facts, again }: Heading,
  decisions: readonly Dot[],
  kept: readonly Dot[],
  { plot }: Frame,
): string {
  const left = { x: plot.left };
  const right = { x: plot.right, 'text-anchor': 'end' };
  const small = { 'font-size': 13, fill: COLOURS.quiet };
  const room = Math.floor((plot.right - plot.left) * LEFT_SHARE);
  // The lane's name gives way to what each experiment was.
  const forName = room - `lane , ${facts}`.length;
  const name = `lane ${cut(title, Math.min(NAME_CHARACTERS, Math.max(SHORT_NAME, forName)))}`;
  const parts = [
    label(`autoresearch: ${headline(decisions, kept)}`, {
      ...left,
      y: 38,
      'font-size': 20,
      'font-weight': 600,
    }),
    label('An agent edits train.py; an edit that lowers the loss is kept.', { ...left, y: 60, ...small }),
    label(cut(facts ? `${name}, ${facts}` : name, room), { ...left, y: 78, ...small }),
  ];
  const [baseline, best] = [kept[0]?.valBpb, kept.at(-1)?.valBpb];
  if (baseline != null && best != null) {
    parts.push(
      label(best.toFixed(4), { ...right, y: 40, 'font-size': 26, 'font-weight': 600, fill: COLOURS.label }),
    );
    const gain = baseline - best;
    const words =
      gain > 0
        ? `val_bpb, ${gain.toFixed(4)} (${((100 * gain) / baseline).toFixed(1)} %) below the baseline's ${baseline.toFixed(4)}`
        : 'val_bpb of the baseline';
    parts.push(label(words, { ...right, y: 60, ...small }));
    if (gain > 0) parts.push(label(again ?? 'not measured again yet', { ...right, y: 78, ...small }));
  }
  return parts.join('\n');
}

/** A mark with its words for everything that is in the picture. */
export function legend(
  decisions: readonly Dot[],
  kept: readonly Dot[],
  shown: {
    readonly above: number;
    readonly running: number;
    readonly sigma: boolean;
    readonly floor: boolean;
  },
  { plot }: Frame,
): string {
  const count = (n: number) => number.format(n);
  const crashed = decisions.filter(({ status }) => status === 'crash').length;
  const discarded = decisions.filter(({ status }) => status === 'discard').length - shown.above;
  const dash = (stroke: string, dashes: string) =>
    element('path', { d: 'M-9,0H9', stroke, 'stroke-width': '2', 'stroke-dasharray': dashes });
  const entries: [there: boolean, mark: string, words: string][] = [
    [kept.length > 0, diamond(0, 0), 'baseline'],
    [
      true,
      element('circle', { r: 5, fill: COLOURS.keep, stroke: COLOURS.keepEdge, 'stroke-width': '0.8' }),
      `kept (${count(Math.max(kept.length - 1, 0))})`,
    ],
    [true, element('circle', { r: 3.2, fill: COLOURS.discard }), `discarded (${count(discarded)})`],
    [
      shown.above > 0,
      element('path', { d: tick(0, 3), fill: COLOURS.discard }),
      `far above (${count(shown.above)})`,
    ],
    [true, cross(0, 0), `crashed (${count(crashed)})`],
    [true, dash(COLOURS.best, 'none'), 'best so far'],
    [shown.running > 0, ring(0, 0), `running (${count(shown.running)})`],
    [
      shown.sigma,
      element('rect', { x: -9, y: -5, width: 18, height: 10, fill: COLOURS.best, opacity: '0.2' }),
      '± 2 σ of a measurement',
    ],
    [shown.floor, dash(COLOURS.floor, '4 3'), 'entropy floor'],
  ];
  const there = entries.filter(([shown]) => shown);
  let [x, line] = [plot.left + 6, 0];
  const places = there.map(([, , words]) => {
    const width = GAP + words.length * CHARACTER;
    if (x + width > plot.right + GAP) [x, line] = [plot.left + 6, line + 1];
    x += width;
    return { x: x - width, line };
  });
  return there
    .map(([, mark, words], i) => {
      const entry = mark + label(words, { x: 14, y: 4, 'font-size': 12, fill: COLOURS.quiet });
      const y = plot.top - 24 - (line - places[i]!.line) * LINE;
      return element('g', { transform: `translate(${px(places[i]!.x)},${y})` }, entry);
    })
    .join('\n');
}
