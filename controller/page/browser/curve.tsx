// The loss while it trained, over that of the experiment that it is compared with.
import { useEffect, useState } from 'preact/hooks';
import type { Curve, PageRow } from '../schema.ts';
import type { Client } from './facts/lane-client.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [640, 200, 52, 22];
/** The first losses are far above all others, and say nothing. */
const SKIPPED = 0.05;

interface CurvesProps {
  readonly lane: string;
  readonly row: PageRow;
  readonly other: PageRow | undefined;
  readonly client: Client;
}

export function Curves({ lane, row, other, client }: CurvesProps) {
  const [own, theirs] = [useCurve(client, lane, row), useCurve(client, lane, other)];
  if (own.length < 3) return null;
  return (
    <>
      <h3>Loss while it trained</h3>
      <svg class="curve" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="loss over the training">
        <Plot curves={[theirs, own]} />
      </svg>
      <p class="quiet">
        <span class="line own" /> #{Number(row.experiment)}{' '}
        {other && theirs.length > 2 && (
          <>
            <span class="line other" /> #{Number(other.experiment)}
          </>
        )}
      </p>
    </>
  );
}

function useCurve(client: Client, lane: string, row: PageRow | undefined): Curve['points'] {
  const [points, setPoints] = useState<Curve['points']>([]);
  useEffect(() => {
    setPoints([]);
    if (row) client.curve(lane, row.experiment).then((curve) => setPoints(curve?.points ?? []));
  }, [row?.experiment]);
  return points;
}

function Plot({ curves }: { curves: readonly Curve['points'][] }) {
  const told = curves.map((points) => points.filter(([share]) => share >= SKIPPED));
  const losses = told.flat().map(([, loss]) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const x = (share: number) => LEFT + share * (WIDTH - LEFT - 8);
  const y = (loss: number) => 8 + ((high - loss) / (high - low || 1)) * (HEIGHT - BOTTOM - 14);
  const path = (points: Curve['points']) =>
    points.map(([share, loss], i) => `${i ? 'L' : 'M'}${x(share).toFixed(1)},${y(loss).toFixed(1)}`).join('');
  return (
    <>
      {[low, (low + high) / 2, high].map((loss) => (
        <g key={loss}>
          <path class="grid" d={`M${LEFT},${y(loss)}H${WIDTH - 8}`} />
          <text x={LEFT - 6} y={y(loss) + 4} text-anchor="end">
            {loss.toFixed(3)}
          </text>
        </g>
      ))}
      {[0, 0.5, 1].map((share) => (
        <text key={share} x={x(share)} y={HEIGHT - 6} text-anchor={share === 1 ? 'end' : 'middle'}>
          {100 * share} %
        </text>
      ))}
      <path class="other" d={path(told[0]!)} />
      <path class="own" d={path(told[1]!)} />
    </>
  );
}
