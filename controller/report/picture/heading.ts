// The words above a progress picture: what it is, how far it got, what the marks mean.
import { COLOURS, type Dot, PLOT } from './frame.ts';
import { cut } from './labels.ts';
import { cross, ring } from './marks.ts';
import { element, label, px } from './svg.ts';

const TITLE_CHARACTERS = 60;
const LEGEND_Y = 88;
const CHARACTER_PX = 6.4;
/** Made once: making one takes longer than drawing the picture's dots. */
const number = new Intl.NumberFormat('en');

/** `41 experiments, 12 kept improvements`; the baseline is an experiment but no improvement. */
export function headline(decisions: readonly Dot[], kept: readonly Dot[]): string {
  const count = (n: number, one: string) => `${number.format(n)} ${one}${n === 1 ? '' : 's'}`;
  return `${count(decisions.length, 'experiment')}, ${count(Math.max(kept.length - 1, 0), 'kept improvement')}`;
}

export function heading(title: string, decisions: readonly Dot[], kept: readonly Dot[]): string {
  const left = { x: PLOT.left };
  const right = { x: PLOT.right, 'text-anchor': 'end' };
  const small = { 'font-size': 13, fill: COLOURS.quiet };
  const parts = [
    label(cut(title, TITLE_CHARACTERS), { ...left, y: 38, 'font-size': 22, 'font-weight': 600 }),
    label(headline(decisions, kept), { ...left, y: 60, ...small }),
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
  }
  return parts.join('\n');
}

/** A mark with its words for everything that is in the picture. */
export function legend(
  decisions: readonly Dot[],
  running: number,
  sigma: number | null,
  floorShown: boolean,
): string {
  const count = (status: Dot['status']) => number.format(decisions.filter((d) => d.status === status).length);
  const dash = (stroke: string, dashes: string) =>
    element('path', { d: 'M-9,0H9', stroke, 'stroke-width': '2', 'stroke-dasharray': dashes });
  const entries = [
    [
      element('circle', { r: 5, fill: COLOURS.keep, stroke: COLOURS.keepEdge, 'stroke-width': '0.8' }),
      `kept (${count('keep')})`,
    ],
    [element('circle', { r: 3.2, fill: COLOURS.discard }), `discarded (${count('discard')})`],
    [cross(0, 0), `crashed (${count('crash')})`],
    [dash(COLOURS.best, 'none'), 'best so far'],
    ...(running > 0 ? [[ring(0, 0), `running (${running})`]] : []),
    ...(sigma
      ? [
          [
            element('rect', { x: -9, y: -5, width: 18, height: 10, fill: COLOURS.best, opacity: '0.2' }),
            '± 2 σ of a measurement',
          ],
        ]
      : []),
    ...(floorShown ? [[dash(COLOURS.floor, '4 3'), 'entropy floor']] : []),
  ] as [string, string][];
  let x = PLOT.left + 6;
  return entries
    .map(([mark, words]) => {
      const entry = mark + label(words, { x: 15, y: 4, 'font-size': 12, fill: COLOURS.quiet });
      const group = element('g', { transform: `translate(${px(x)},${LEGEND_Y})` }, entry);
      x += 44 + words.length * CHARACTER_PX;
      return group;
    })
    .join('\n');
}
