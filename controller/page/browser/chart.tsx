// The picture of the report, with what a mouse can ask of it: which experiment is this, show it, show this part.
import { useMemo, useRef, useState } from 'preact/hooks';
import { pictureWords } from '../../report/noise-words.ts';
import { laneY, WIDE } from '../../report/picture/frame.ts';
import { factsOf } from '../../report/picture/heading.ts';
import { layoutOf, type Picture, progressSvg } from '../../report/picture/progress.ts';
import type { LaneSummary, PageRow, SpentPoint } from '../schema.ts';
import { type Axis, acrossOf } from './facts/across.ts';
import { bpb, visible } from './facts/words.ts';

const { width: WIDTH, height: HEIGHT, plot: PLOT } = WIDE;
/** As far from a dot as a mouse still means it. */
const REACH_PX = 26;
/** A mouse that moved less has clicked. */
const DRAG_PX = 12;

interface ChartProps {
  readonly title: string;
  readonly rows: readonly PageRow[];
  readonly open: LaneSummary['open'];
  readonly floorBpb: number | null;
  readonly noise: LaneSummary['noise'];
  readonly axis: Axis;
  readonly spent: readonly SpentPoint[];
  /** Places of the first and the last row that are shown; null: all. */
  readonly part: readonly [number, number] | null;
  readonly at: PageRow | null;
  readonly pick: (experiment: string) => void;
  readonly zoom: (part: readonly [number, number]) => void;
}

interface PickableDot {
  readonly x: number;
  readonly y: number;
  readonly i: number;
  readonly row: PageRow;
}

export function Chart(props: ChartProps) {
  const { at, pick, zoom } = props;
  const [over, setOver] = useState<PickableDot | null>(null);
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const began = useRef<number | null>(null);
  const { svg, dots } = usePicture(props);
  const place = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const scale = WIDTH / box.width;
    return { x: (event.clientX - box.left) * scale, y: (event.clientY - box.top) * scale };
  };
  const moved = (event: MouseEvent) => {
    const { x, y } = place(event);
    setOver(nearestOf(dots, x, y));
    setDrag(began.current !== null && Math.abs(x - began.current) > DRAG_PX ? [began.current, x] : null);
  };
  const ended = (event: MouseEvent) => {
    const { x, y } = place(event);
    const within = drag && dots.filter((dot) => dot.x >= Math.min(...drag) && dot.x <= Math.max(...drag));
    if (within && within.length > 1) zoom([within[0]!.i, within.at(-1)!.i]);
    else if (!drag) {
      const dot = nearestOf(dots, x, y);
      if (dot) pick(dot.row.experiment);
    }
    began.current = null;
    setDrag(null);
  };
  const marked = over ?? dots.find(({ row }) => row === at) ?? null;
  return (
    <section class="chart" aria-label="picture" tabIndex={0} ref={toTheNewest}>
      <div
        class="picture"
        onMouseDown={(e) => {
          began.current = place(e).x;
          e.preventDefault();
        }}
        onMouseMove={moved}
        onMouseUp={ended}
        onMouseLeave={() => {
          setOver(null);
          setDrag(null);
          began.current = null;
        }}
      >
        {/* progressSvg escapes every text, and makes no other markup. */}
        <div dangerouslySetInnerHTML={{ __html: svg }} />
        <svg class="mark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
          {drag && (
            <rect
              x={Math.min(...drag)}
              y={PLOT.top}
              width={Math.abs(drag[1] - drag[0])}
              height={PLOT.bottom - PLOT.top}
            />
          )}
          {marked && <circle cx={marked.x} cy={marked.y} r="9" />}
        </svg>
        {over && !drag && <Tip dot={over} />}
      </div>
    </section>
  );
}

/** Where it is wider than the screen, what came last is seen first. */
function toTheNewest(box: HTMLElement | null): void {
  if (box && box.scrollLeft === 0) box.scrollLeft = box.scrollWidth;
}

function usePicture({ title, rows, open, floorBpb, noise, axis, spent, part }: ChartProps) {
  const sigma = noise?.noise?.sigma ?? null;
  const tip = rows.findLast(({ status }) => status === 'keep')?.commit ?? null;
  const again = noise?.reproduction ? pictureWords(noise.reproduction, tip) : null;
  const said = open.map(({ description }) => description).join('\n');
  return useMemo(() => {
    const across = acrossOf(axis, rows, spent);
    const picture: Picture = {
      title,
      decisions: rows,
      facts: factsOf(rows),
      running: open,
      floorBpb,
      sigma,
      again,
      across,
      part,
    };
    return { svg: progressSvg(picture), dots: dotsOf(picture, rows) };
  }, [title, rows, said, floorBpb, sigma, again, axis, spent, part?.[0], part?.[1]]);
}

function dotsOf(picture: Picture, rows: readonly PageRow[]): PickableDot[] {
  return layoutOf(picture).at.map(({ x, y, i }) => {
    const row = rows[i]!;
    const crashed = row.valBpb === null || row.status === 'crash';
    const level = crashed ? laneY(WIDE) : Math.min(PLOT.bottom, Math.max(PLOT.top - 3, y));
    return { x, y: level, i, row };
  });
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
