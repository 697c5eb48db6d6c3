// All lanes side by side: for each one its best so far, drawn small, and how far it is.
import { useEffect, useState } from 'preact/hooks';
import { trendOf } from '../../report/trend.ts';
import type { LaneSummary, PageRow } from '../schema.ts';
import type { Client } from './facts/lane-client.ts';
import { bpb, count, duration, visible } from './facts/words.ts';
import type { UrlState } from './url-state.ts';

const AGAIN_MS = 15_000;
const [WIDTH, HEIGHT] = [300, 80];

interface Shown {
  readonly summary: LaneSummary;
  readonly rows: readonly PageRow[];
}

interface LanesProps {
  readonly lanes: readonly string[];
  readonly client: Client;
  readonly change: (part: Partial<UrlState>) => void;
}

export function Lanes({ lanes, client, change }: LanesProps) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  useEffect(() => {
    const look = () =>
      Promise.all(
        lanes.map(async (lane) => ({ summary: await client.summary(lane), rows: await client.rows(lane) })),
      ).then(setShown, () => {}); // what is wrong is told on the lane's own screen
    void look();
    const timer = setInterval(look, AGAIN_MS);
    return () => clearInterval(timer);
  }, [lanes]);
  const all = shown.flatMap(({ rows }) => stepsOf(rows).map(([, best]) => best));
  const range: [number, number] = [Math.min(...all), Math.max(...all)];
  return (
    <section class="lanes" aria-label="lanes">
      {shown.map(({ summary, rows }) => (
        <button
          type="button"
          class="card"
          key={summary.lane}
          onClick={() => change({ view: '', lane: summary.lane, at: '', open: false })}
        >
          <Small summary={summary} rows={rows} range={range} />
        </button>
      ))}
    </section>
  );
}

function Small({ summary, rows, range }: Shown & { range: [number, number] }) {
  const trend = trendOf(rows);
  const steps = stepsOf(rows);
  const x = (i: number) => (WIDTH * i) / Math.max(1, rows.length - 1);
  // One scale for all of them, so that they can be compared.
  const y = (best: number) => 4 + ((range[1] - best) / (range[1] - range[0] || 1)) * (HEIGHT - 8);
  const path = steps.map(([i, best], n) => `${n ? `H${x(i)}V` : `M${x(i)},`}${y(best)}`).join('');
  return (
    <>
      <span>
        <b>{summary.lane}</b>{' '}
        <span class={`chip ${summary.state === 'running' ? 'run' : ''}`}>{visible(summary.state)}</span>
      </span>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
        <path class="own" d={`${path}H${WIDTH}`} />
      </svg>
      <span class="quiet">
        {bpb(trend.baselineBpb, 4)} → {bpb(trend.bestBpb, 4)}; {count(trend.experiments, 'experiment')},{' '}
        {trend.kept} kept, {duration(summary.hours)}
      </span>
    </>
  );
}

/** The place of each keep, and the best from there on. */
function stepsOf(rows: readonly PageRow[]): [number, number][] {
  return rows.flatMap(({ status, valBpb }, i): [number, number][] =>
    status === 'keep' && valBpb !== null ? [[i, valBpb]] : [],
  );
}
