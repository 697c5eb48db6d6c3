// What somebody wants to know in the morning, without a click.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { sigmasOf, sigmaWords } from '../../report/noise-words.ts';
import { trendOf } from '../../report/trend.ts';
import type { LaneSummary, PageRow } from '../schema.ts';
import { digestOf, digestWords, lossesOf, realityOf } from './facts/digest.ts';
import { knobsOf } from './facts/knob-gains.ts';
import { bpb, count, duration, usd, visible, when } from './facts/words.ts';
import { TrialList } from './trial-list.tsx';
import type { UrlState } from './url-state.ts';

interface FirstScreenProps {
  readonly summary: LaneSummary;
  readonly rows: readonly PageRow[];
  /** A file that somebody was given: nobody looked at it before. */
  readonly report: boolean;
  readonly change: (part: Partial<UrlState>) => void;
}

export function FirstScreen({ summary, rows, report, change }: FirstScreenProps) {
  if (rows.length === 0) return <Beginning summary={summary} />;
  return (
    <>
      <section class="night" aria-label="what was gained">
        <p>
          <b>Since the beginning: </b>
          {digestWords(digestOf(rows, 0))}
        </p>
        {!report && <SinceLastLook lane={`${summary.lane} ${rows[0]!.commit}`} rows={rows} />}
      </section>
      <Cards summary={summary} rows={rows} change={change} />
      <TrialList summary={summary} rows={rows} />
    </>
  );
}

const PHASES = {
  nobody: [
    'Nothing was measured here yet',
    'A controller prepares the text, then measures the unmodified train.py. Start one with npm start.',
  ],
  prepares: [
    'The text is being prepared',
    'Next, the unmodified train.py trains: it is the baseline, with which each edit is compared.',
  ],
  measures: [
    'The baseline is being measured',
    'The unmodified train.py trains first: each edit is compared with it. Its row appears here.',
  ],
} as const;

/** Nothing is decided yet: what happens until then. */
function Beginning({ summary: { open, state, why } }: Pick<FirstScreenProps, 'summary'>) {
  const first = open[0];
  const [title, words] =
    PHASES[first ? 'measures' : /^(running|starting)$/.test(state) ? 'prepares' : 'nobody'];
  return (
    <section class="night" aria-label="what happens now">
      <h2>{title}</h2>
      <p>{words}</p>
      <p class="quiet">{visible(first?.waits || first?.says || why)}</p>
    </section>
  );
}

interface Look {
  readonly rows: number;
  readonly atMs: number;
}

/**
 * How much was there when this browser last showed the lane, and when; null where it never did. Two machines may show
 * lanes of one name at one address, so `lane` also says what it began with.
 */
function lastLook(lane: string): Look | null {
  try {
    const kept = JSON.parse(localStorage.getItem(`looked:${lane}`) ?? 'null');
    return typeof kept?.rows === 'number' && typeof kept?.atMs === 'number' ? kept : null;
  } catch {
    return null;
  }
}

function SinceLastLook({ lane, rows }: Pick<FirstScreenProps, 'rows'> & { lane: string }) {
  // What is told stays as long as the page is open; the next visit begins where this one ends.
  const [before] = useState(() => lastLook(lane));
  useEffect(() => {
    const look: Look = { rows: rows.length, atMs: Date.now() };
    try {
      localStorage.setItem(`looked:${lane}`, JSON.stringify(look));
    } catch {
      // a browser that keeps nothing tells the whole every time
    }
  }, [lane, rows]);
  if (before === null || before.rows > rows.length) return null;
  return (
    <p>
      <b>Since you last looked, {when(before.atMs, Date.now())}: </b>
      {digestWords(digestOf(rows, before.rows))}
    </p>
  );
}

interface CardProps {
  readonly label: string;
  readonly value: string;
  readonly more: string;
  readonly tone?: string;
}

function Card({ label, value, more, tone = '' }: CardProps) {
  return (
    <div class="card">
      <span class="quiet">{label}</span>
      <b class={tone}>{value}</b>
      <span class="quiet">{more}</span>
    </div>
  );
}

function Cards({ summary, rows, change }: Omit<FirstScreenProps, 'report'>) {
  const trend = trendOf(rows);
  const { baselineBpb, bestBpb } = trend;
  const gain = baselineBpb !== null && bestBpb !== null ? baselineBpb - bestBpb : 0;
  const real = realityOf(rows, summary.noise);
  const { noise = null } = summary.noise ?? {};
  const sigmas = sigmasOf(-gain, noise);
  const last = rows.findLast(({ status }) => status === 'keep');
  const far =
    gain > 0
      ? `−${gain.toFixed(4)} (${((100 * gain) / baselineBpb!).toFixed(1)} %) from ${bpb(baselineBpb, 4)}`
      : 'the baseline';
  const since = last
    ? `last keep #${Number(last.experiment)}, ${when(last.timestampMs, Date.now())}`
    : 'no keep yet';
  const { value, more } = costOf(summary, trend.kept);
  const broken = brokenOf(rows, trend.crashed, trend.crashes);
  return (
    <section class="cards" aria-label="figures">
      <Card label="best val_bpb" value={bpb(bestBpb, 4)} more={far} tone={gain > 0 ? 'good' : ''} />
      <Card label="is it real?" value={real.answer} more={real.because} tone={real.good ? 'good' : 'doubt'} />
      <Card
        label="noise"
        value={noise ? `σ ${noise.sigma.toFixed(4)}` : '–'}
        more={sigmas === null ? sigmaWords(noise) : `the gain is ${Math.abs(sigmas)} σ of one measurement`}
      />
      <Pays rows={rows} change={change} />
      <Card
        label="experiments"
        value={trend.experiments.toLocaleString('en')}
        more={`${trend.kept} kept, ${trend.discarded} discarded, ${trend.crashed} crashed`}
      />
      <Card label="since the last keep" value={String(trend.plateau)} more={since} />
      <Card label="crashes and losses" value={broken.value} more={broken.more} />
      <Card label="cost" value={value} more={more} />
    </section>
  );
}

/** Which edits took most off the best; a click shows all of them. */
function Pays({ rows, change }: Pick<FirstScreenProps, 'rows' | 'change'>) {
  const paid = useMemo(() => knobsOf(rows).filter(({ gain }) => gain > 0), [rows]);
  const [first, ...others] = paid;
  const words = others.slice(0, 2).map(({ name, gain }) => `${visible(name)} −${gain.toFixed(4)}`);
  return (
    <div class="card">
      <span class="quiet">what pays</span>
      <b class="name">{first ? visible(first.name) : '–'}</b>
      <span class="quiet">
        {first ? `−${first.gain.toFixed(4)} by ${first.kept} of ${first.tries}` : 'nothing was kept yet'}
        {words.length > 0 && `; then ${words.join(', ')}`}
      </span>{' '}
      <button type="button" class="link words" onClick={() => change({ view: 'knobs' })}>
        all edits
      </button>
    </div>
  );
}

function brokenOf(
  rows: readonly PageRow[],
  crashed: number,
  crashes: readonly (readonly [string, number])[],
) {
  const { repeated } = lossesOf(rows);
  const causes = crashes.slice(0, 3).map(([cause, n]) => `${visible(cause).slice(0, 40)} ${n}`);
  const words = [...causes, ...(repeated > 0 ? [`${count(repeated, 'run')} repeated after a loss`] : [])];
  return { value: String(crashed), more: words.join(', ') || 'none' };
}

function costOf({ hours, usd: spent, capsInForce: caps }: LaneSummary, kept: number) {
  const perGain =
    kept > 0 ? `${duration(hours / kept)}${spent === null ? '' : ` and ${usd(spent / kept)}`} a gain` : '';
  const left = [
    ...(caps.hours === null ? [] : [`${duration(Math.max(0, caps.hours - hours))} left`]),
    ...(caps.usd === null ? [] : [`${usd(Math.max(0, caps.usd - (spent ?? 0)))} left`]),
  ];
  const value = spent === null ? duration(hours) : `${usd(spent)}, ${duration(hours)}`;
  return { value, more: [perGain, ...left].filter(Boolean).join(', ') };
}
