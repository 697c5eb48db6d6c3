// The picture of the report, with what a mouse can ask of it: which experiment is this, and show it.
import { useMemo, useState } from 'preact/hooks';
import { pictureWords } from '../../report/noise-words.ts';
import { laneY, scalesOf, WIDE } from '../../report/picture/frame.ts';
import { factsOf } from '../../report/picture/heading.ts';
import { progressSvg } from '../../report/picture/progress.ts';
import type { LaneSummary, PageRow } from '../schema.ts';
import { bpb, visible } from './words.ts';

const { width: WIDTH, height: HEIGHT, plot: PLOT } = WIDE;
/** As far from a dot as a mouse still means it. */
const REACH_PX = 26;

interface ChartProps {
  readonly title: string;
  readonly rows: readonly PageRow[];
  readonly open: LaneSummary['open'];
  readonly floorBpb: number | null;
  readonly noise: LaneSummary['noise'];
  readonly at: PageRow | null;
  readonly pick: (experiment: string) => void;
}

interface PickableDot {
  readonly x: number;
  readonly y: number;
  readonly row: PageRow;
}

export function Chart({ title, rows, open, floorBpb, noise, at, pick }: ChartProps) {
  const [over, setOver] = useState<PickableDot | null>(null);
  const running = open.length;
  const sigma = noise?.noise?.sigma ?? null;
  const tip = rows.findLast(({ status }) => status === 'keep')?.commit ?? null;
  const again = noise?.reproduction ? pictureWords(noise.reproduction, tip) : null;
  const svg = useMemo(
    () =>
      progressSvg({ title, decisions: rows, facts: factsOf(rows), running: open, floorBpb, sigma, again }),
    [title, rows, running, floorBpb, sigma, again],
  );
  const dots = useMemo(() => dotsOf(rows, running, floorBpb, sigma), [rows, running, floorBpb, sigma]);
  const nearest = (event: MouseEvent): PickableDot | null => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const scale = WIDTH / box.width;
    return nearestOf(dots, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
  };
  const marked = over ?? dots.find(({ row }) => row === at) ?? null;
  return (
    <section class="chart" aria-label="picture" tabIndex={0}>
      <div
        class="picture"
        onMouseMove={(e) => setOver(nearest(e))}
        onMouseLeave={() => setOver(null)}
        onClick={(e) => {
          const dot = nearest(e);
          if (dot) pick(dot.row.experiment);
        }}
      >
        {/* progressSvg escapes every text, and makes no other markup. */}
        <div dangerouslySetInnerHTML={{ __html: svg }} />
        {marked && (
          <svg class="mark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
            <circle cx={marked.x} cy={marked.y} r="9" />
          </svg>
        )}
        {over && <Tip dot={over} />}
      </div>
    </section>
  );
}

function Tip({ dot: { x, y, row } }: { dot: PickableDot }) {
  const side =
    x > WIDTH * 0.65 ? { right: `${(100 * (WIDTH - x)) / WIDTH}%` } : { left: `${(100 * x) / WIDTH}%` };
  const level =
    y > HEIGHT / 2 ? { bottom: `${(100 * (HEIGHT - y)) / HEIGHT}%` } : { top: `${(100 * y) / HEIGHT}%` };
  return (
    <div class="tip" style={{ ...side, ...level }}>
      <b>
        #{Number(row.experiment)} {row.status} {row.valBpb === null ? visible(row.error) : bpb(row.valBpb)}
      </b>
      <br />
      {visible(row.description).slice(0, 160)}
    </div>
  );
}

function dotsOf(
  rows: readonly PageRow[],
  running: number,
  floorBpb: number | null,
  sigma: number | null,
): PickableDot[] {
  const kept = rows.filter(({ status, valBpb }) => status === 'keep' && valBpb !== null);
  const { x, y } = scalesOf(rows, kept, rows.length + running, floorBpb, sigma);
  return rows.map((row, i) => {
    const crashed = row.valBpb === null || row.status === 'crash';
    const level = crashed ? laneY(WIDE) : Math.min(PLOT.bottom, Math.max(PLOT.top - 3, y(row.valBpb!)));
    return { x: x(i), y: level, row };
  });
}

function nearestOf(dots: readonly PickableDot[], x: number, y: number): PickableDot | null {
  let best: PickableDot | null = null;
  let least = REACH_PX ** 2;
  for (const dot of dots) {
    // A keep lies over what stands beside it.
    const distance = ((dot.x - x) ** 2 + (dot.y - y) ** 2) / (dot.row.status === 'keep' ? 4 : 1);
    if (distance >= least) continue;
    least = distance;
    best = dot;
  }
  return best;
}
