// The bench's own pictures: what is gained beside one experiment after another, by width.
import { element, label, px } from '../../../controller/report/picture/svg.ts';

export interface Line {
  readonly name: string;
  readonly colour: string;
  readonly points: readonly { readonly width: number; readonly value: number; readonly error: number }[];
}

interface Words {
  readonly title: string;
  readonly below: string;
  /** Top of the scale. */
  readonly most: number;
}

const [WIDTH, HEIGHT] = [760, 400];
const PLOT = { left: 60, right: WIDTH - 190, top: 60, bottom: HEIGHT - 56 } as const;
const WIDTHS = [1, 4, 16, 64, 256, 1000];
const QUIET = { 'font-size': 12, fill: '#6b7785' };
const GRID = '#e8ebee';
const APART = 17;

/** Widths on a logarithmic scale, each value with its standard error over the seeds; 1.0 is one after another. */
export function picture(lines: readonly Line[], { title, below, most }: Words): string {
  const x = (width: number) =>
    PLOT.left + 20 + (Math.log(width) / Math.log(1000)) * (PLOT.right - PLOT.left - 40);
  const y = (value: number) => PLOT.bottom - (Math.min(value, most) / most) * (PLOT.bottom - PLOT.top);
  const rows = Array.from({ length: Math.floor(most / 0.2 + 1e-9) + 1 }, (_, i) => i / 5).map(
    (value) =>
      element('path', {
        d: `M${PLOT.left},${px(y(value))}H${PLOT.right}`,
        stroke: value === 1 ? '#6b7785' : GRID,
        ...(value === 1 && { 'stroke-dasharray': '5 4' }),
      }) + label(value.toFixed(1), { x: PLOT.left - 8, y: y(value) + 4, 'text-anchor': 'end', ...QUIET }),
  );
  const columns = WIDTHS.map((width) =>
    label(width.toLocaleString('en'), {
      x: x(width),
      y: PLOT.bottom + 20,
      'text-anchor': 'middle',
      ...QUIET,
    }),
  );
  const drawn = lines.map(({ points, colour }) => {
    const path = points.map(({ width, value }) => `${px(x(width))},${px(y(value))}`).join('L');
    const marks = points.map(({ width, value, error }) => {
      const bar = `M${px(x(width))},${px(y(value - error))}V${px(y(value + error))}`;
      return (
        element('path', { d: bar, stroke: colour, 'stroke-opacity': '0.4', 'stroke-width': '3' }) +
        element('circle', { cx: x(width), cy: y(value), r: 3.5, fill: colour })
      );
    });
    return (
      element('path', { d: `M${path}`, stroke: colour, 'stroke-width': '2', fill: 'none' }) + marks.join('')
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, -apple-system, 'Segoe UI', sans-serif" fill="#1f2933">`,
    `<title>${title}</title>`,
    element('rect', { width: WIDTH, height: HEIGHT, fill: '#ffffff' }),
    label(title, { x: PLOT.left, y: 32, 'font-size': 17, 'font-weight': 600 }),
    ...rows,
    ...columns,
    label(below, { x: (PLOT.left + PLOT.right) / 2, y: HEIGHT - 14, 'text-anchor': 'middle', ...QUIET }),
    ...drawn,
    ...named(lines, y),
    '</svg>\n',
  ].join('\n');
}

/** Names at the ends of their lines, moved apart where they would cover each other. */
function named(lines: readonly Line[], y: (value: number) => number): string[] {
  let above = Number.NEGATIVE_INFINITY;
  const ends = lines
    .filter(({ points }) => points.length > 0)
    .map(({ name, colour, points }) => ({ name, colour, at: y(points.at(-1)!.value) }))
    .sort((a, b) => a.at - b.at);
  return ends.map(({ name, colour, at }) => {
    above = Math.max(at + 4, above + APART);
    return label(name, { x: PLOT.right + 8, y: above, 'font-size': 13, 'font-weight': 600, fill: colour });
  });
}
