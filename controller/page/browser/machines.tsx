// What whoever runs the machines wants to know: who works, what waits and why, where the hours went, what was lost.
import { useEffect, useState } from 'preact/hooks';
import type { PageHealth, PageRow } from '../schema.ts';
import { Command } from './command.tsx';
import { lossesOf } from './facts/digest.ts';
import type { Client } from './facts/lane-client.ts';
import { machineWords, waitWords } from './facts/machine-words.ts';
import { count, duration, usd, visible, when } from './facts/words.ts';
import { Told } from './told.tsx';

const AGAIN_MS = 5000;

type LaneHealth = PageHealth['lanes'][number];

export function Machines({ client }: { client: Client }) {
  const [health, setHealth] = useState<PageHealth | null>(null);
  const [rows, setRows] = useState<ReadonlyMap<string, readonly PageRow[]>>(new Map());
  const [trouble, setTrouble] = useState('');
  useEffect(() => {
    const known = new Map<string, readonly PageRow[]>();
    const look = async () => {
      const next = await client.health();
      setHealth(next);
      // Ten thousand rows are sent again only where there are more.
      for (const { summary } of next.lanes)
        if (known.get(summary.lane)?.length !== summary.decided)
          known.set(summary.lane, await client.rows(summary.lane));
      setRows(new Map(known));
      setTrouble('');
    };
    const tried = () => look().catch((error: Error) => setTrouble(error.message));
    void tried();
    const timer = setInterval(tried, AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  if (trouble) return <p role="alert">{visible(trouble)}</p>;
  if (!health) return <p>Reading …</p>;
  return (
    <>
      {health.lanes.map((one) => (
        <Lane key={one.summary.lane} health={one} rows={rows.get(one.summary.lane) ?? []} />
      ))}
      <p class="quiet">
        autoresearch {health.version}; {count(health.watchers, 'page')} open, 32 at most. The same as JSON:{' '}
        <code>/api/v1/health</code>
      </p>
      {health.links.length > 0 && (
        <p class="links">
          See also{' '}
          {health.links.map(({ name, url }) => (
            <a key={url} href={url} target="_blank" rel="noopener noreferrer">
              {visible(name)}
            </a>
          ))}
        </p>
      )}
    </>
  );
}

function Lane({ health, rows }: { health: LaneHealth; rows: readonly PageRow[] }) {
  const { summary } = health;
  return (
    <section class="machine" aria-label={`lane ${summary.lane}`}>
      <h2>
        {summary.lane}{' '}
        <span class={`chip ${summary.state === 'running' ? 'run' : 'warn'}`}>{visible(summary.state)}</span>{' '}
        <span class="quiet">{visible(summary.why)}</span>
      </h2>
      <Runs summary={summary} />
      <Told facts={factsOf(health, rows)} />
      {health.machine?.commands.map((command) => (
        <Command key={command} text={command} />
      ))}
    </section>
  );
}

function Runs({ summary: { open } }: Pick<LaneHealth, 'summary'>) {
  if (open.length === 0) return <p class="quiet">No run is on trial.</p>;
  return (
    <ul class="runs">
      {open.map(({ experiment, attempt, waits, waitsSinceMs, sinceMs }) => (
        <li key={experiment}>
          <span class={`chip ${waits ? 'warn' : 'run'}`}>
            #{Number(experiment)}, attempt {attempt}
          </span>{' '}
          {waits
            ? `${waitWords(waitsSinceMs, Date.now())}: ${visible(waits)}`
            : sinceMs === null
              ? 'open'
              : `runs for ${duration(Math.max(0, Date.now() - sinceMs) / 3_600_000)}`}
        </li>
      ))}
    </ul>
  );
}

function factsOf(
  { summary, machine, conditions, image, look }: LaneHealth,
  rows: readonly PageRow[],
): [string, string][] {
  const { capsInForce: caps, hours } = summary;
  const cap = caps.hours === null ? '' : ` of ${duration(caps.hours)}`;
  const spent =
    summary.usd === null
      ? ''
      : `${usd(summary.usd)}${caps.usd === null ? '' : ` of ${usd(caps.usd)}`}, ${count(summary.calls, 'call')}`;
  const looked = look.atMs === 0 ? 'not yet' : `${when(look.atMs, Date.now())}, in ${look.tookMs} ms`;
  const facts: [string, string][] = [
    ...machineWords(machine, summary, Date.now()),
    ['machine hours', `${duration(hours)}${cap}`],
    ['where they went', sharesOf(rows)],
    ['losses', lossWords(rows)],
    ['ideas', spent],
    ['sealing', tally(rows.map(({ sealed }) => sealed))],
    ['GPUs', tally(rows.map(({ gpu }) => gpu || 'none'))],
    ['git and store', look.trouble ? `trouble: ${look.trouble}` : `read well ${looked}`],
    ['begun with', begunWords(summary.begun)],
    ['image', image],
    ['conditions', conditions],
  ];
  return facts.map(([name, value]) => [name, visible(value)]);
}

/** Of the time that runs took: training, the rest of the runs, and attempts that did not count. */
function sharesOf(rows: readonly PageRow[]): string {
  const sum = (value: (row: PageRow) => number) => rows.reduce((all, row) => all + value(row), 0);
  const all = sum((row) => row.spentSeconds);
  if (all === 0) return '';
  const trained = sum((row) => Math.min(row.trainingSeconds, row.spentSeconds));
  const ran = sum((row) => Math.min(row.wallSeconds, row.spentSeconds));
  const percent = (part: number) => `${((100 * Math.max(0, part)) / all).toFixed(0)} %`;
  return `${percent(trained)} training, ${percent(ran - trained)} starting and evaluating, ${percent(all - ran)} other attempts and waiting`;
}

function lossWords(rows: readonly PageRow[]): string {
  const { repeated, byCause } = lossesOf(rows);
  const causes = byCause.map(([cause, n]) => `${cause} ${n}`);
  return [...causes, ...(repeated > 0 ? [`${count(repeated, 'run')} repeated`] : [])].join(', ') || 'none';
}

function tally(values: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([value, n]) => `${value} (${n})`)
    .join(', ');
}

function begunWords(begun: LaneHealth['summary']['begun']): string {
  if (!begun) return '';
  const { trainer, budgetSeconds, clock, seed, confirm, requireSealed } = begun;
  return Object.entries({
    trainer,
    budget: budgetSeconds && `${budgetSeconds} s`,
    clock,
    seed,
    confirm,
    sealed: requireSealed && 'required',
  })
    .filter(([, value]) => value !== null && value !== false)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
