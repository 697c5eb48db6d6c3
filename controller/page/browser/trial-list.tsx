// What is on trial now, and how long it has been.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { LaneSummary, PageRow } from '../schema.ts';
import { waitWords } from './facts/machine-words.ts';
import { arrows, duration, visible, when } from './facts/words.ts';

/** What is on trial, and what it says of itself. */
export function TrialList({
  summary: { open, guidance },
  rows,
}: {
  readonly summary: LaneSummary;
  readonly rows: readonly PageRow[];
}) {
  const typical = useMemo(() => typicalSeconds(rows), [rows]);
  useTick();
  if (open.length === 0 && guidance === '') return null;
  return (
    <section class="now" aria-label="running now">
      {open.map(({ experiment, description, attempt, waits, waitsSinceMs, says, sinceMs }) => (
        <p key={experiment}>
          <span class={`chip ${waits ? 'warn' : 'run'}`}>
            #{Number(experiment)}
            {attempt > 1 ? `, attempt ${attempt}` : ''}
          </span>{' '}
          {arrows(visible(description))}{' '}
          {sinceMs !== null && typical !== null && <Until sinceMs={sinceMs} seconds={typical} />}
          <span class="quiet">
            {waits ? `${waitWords(waitsSinceMs, Date.now())}: ${visible(waits)}` : visible(says)}
          </span>
        </p>
      ))}
      {guidance !== '' && <p class="quiet">Guidance: {visible(guidance)}</p>}
    </section>
  );
}

const TICK_MS = 15_000;

/** Draws again now and then: of a run that is stuck nothing comes, and how long it has been goes on. */
function useTick(): void {
  const [, setTicks] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTicks((ticks) => ticks + 1), TICK_MS);
    return () => clearInterval(timer);
  }, []);
}

const RECENT = 20;

/** How long a run took lately, in the middle of them; null where none was measured. */
function typicalSeconds(rows: readonly PageRow[]): number | null {
  const recent = rows.filter(({ valBpb, wallSeconds }) => valBpb !== null && wallSeconds > 0).slice(-RECENT);
  const seconds = recent.map(({ wallSeconds }) => wallSeconds).sort((a, b) => a - b);
  return seconds[Math.floor(seconds.length / 2)] ?? null;
}

/** When it will be over, if it takes as long as others did. */
function Until({ sinceMs, seconds }: { sinceMs: number; seconds: number }) {
  const ran = Math.max(0, Date.now() - sinceMs) / 1000; // A clock may have been set back meanwhile.
  const ends = sinceMs + 1000 * seconds;
  return (
    <>
      <progress max={seconds} value={Math.min(ran, seconds)} aria-label="time of the run" />{' '}
      <span class="quiet">
        {ran < seconds
          ? `until about ${when(ends, Date.now())}`
          : `longer than usual, ${duration(ran / 3600)}`}
        ;{' '}
      </span>
    </>
  );
}
