// What lies across the picture, and which part of the lane it shows.
import { useEffect, useState } from 'preact/hooks';
import type { LaneSummary, PageRow, SpentPoint } from '../schema.ts';
import { Chart } from './chart.tsx';
import { AXES } from './facts/across.ts';
import type { Client } from './facts/lane-client.ts';
import type { UrlState } from './url-state.ts';

const LABELS = { experiment: 'experiments', time: 'time', hours: 'machine hours', usd: 'USD' };
const NEWEST = 200;

interface PictureProps {
  readonly summary: LaneSummary;
  readonly rows: readonly PageRow[];
  readonly at: PageRow | null;
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
  readonly pick: (experiment: string) => void;
  readonly client: Client;
  /** A file without a server does not know when dollars were spent. */
  readonly report: boolean;
}

export function PictureWithBar({ summary, rows, at, url, change, pick, client, report }: PictureProps) {
  const { lane, open, floorBpb, noise, usd } = summary;
  const [spent, setSpent] = useState<readonly SpentPoint[]>([]);
  useEffect(() => {
    if (url.axis === 'usd' && !report) client.spent(lane).then(setSpent, () => setSpent([]));
  }, [url.axis, lane, rows.length]);
  const axes = AXES.filter((axis) => axis !== 'usd' || (usd !== null && !report));
  const place = (number: number) => rows.findIndex(({ experiment }) => Number(experiment) === number);
  const [first, last] = url.part ? url.part.map(place) : [-1, -1];
  const part = first! >= 0 && last! > first! ? ([first!, last!] as const) : null;
  const numberAt = (i: number) => Number(rows[i]!.experiment);
  const zoom = ([from, to]: readonly [number, number]) => change({ part: [numberAt(from), numberAt(to)] });
  return (
    <>
      <div class="bar" role="toolbar" aria-label="picture">
        <span class="quiet">by</span>
        {axes.map((axis) => (
          <button type="button" key={axis} aria-pressed={url.axis === axis} onClick={() => change({ axis })}>
            {LABELS[axis]}
          </button>
        ))}
        {part && (
          <button type="button" onClick={() => change({ part: null })}>
            show all
          </button>
        )}
        {rows.length > NEWEST && (
          <button type="button" onClick={() => zoom([rows.length - NEWEST, rows.length - 1])}>
            the newest {NEWEST}
          </button>
        )}
        <span class="quiet wide">drag over a part to see it larger</span>
      </div>
      <Chart
        title={lane}
        rows={rows}
        open={open}
        floorBpb={floorBpb}
        noise={noise}
        axis={url.axis}
        spent={spent}
        part={part}
        at={at}
        pick={pick}
        zoom={zoom}
      />
    </>
  );
}
