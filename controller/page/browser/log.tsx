// The log of an attempt. A run under way writes on: it is read on from the byte where it was.
import { useEffect, useState } from 'preact/hooks';
import { printable } from '../../std/text.ts';
import type { LogPiece, PageRow } from '../schema.ts';
import type { Client } from './facts/lane-client.ts';

const AGAIN_MS = 2000;
const EARLIER_BYTES = 65_536;

interface LogProps {
  readonly lane: string;
  readonly experiment: string;
  readonly attempts: PageRow['attempts'];
  readonly client: Client;
}

export function Log({ lane, experiment, attempts, client }: LogProps) {
  const [attempt, setAttempt] = useState(attempts);
  const [piece, setPiece] = useState<LogPiece | null | undefined>(undefined);
  useEffect(() => {
    let ended = false;
    let timer = 0;
    const follow = async (so: LogPiece | null) => {
      const next = await client.log(lane, experiment, attempt, so?.next ?? null);
      if (ended) return;
      const all = so && next ? { ...next, from: so.from, text: so.text + next.text } : (next ?? so);
      setPiece(all);
      if (next?.live) timer = window.setTimeout(() => follow(all), AGAIN_MS);
    };
    setPiece(undefined);
    void follow(null);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [experiment, attempt]);
  const earlier = async (so: LogPiece) => {
    const from = Math.max(0, so.from - EARLIER_BYTES);
    const before = await client.log(lane, experiment, attempt, from);
    if (before) setPiece({ ...so, from, text: before.text.slice(0, so.from - from) + so.text });
  };
  if (piece === undefined) return null;
  return (
    <>
      <h3>Log</h3>
      {attempts > 1 && (
        <div class="bar" role="toolbar" aria-label="attempt">
          {Array.from({ length: attempts }, (_, i) => i + 1).map((n) => (
            <button type="button" key={n} aria-pressed={n === attempt} onClick={() => setAttempt(n)}>
              attempt {n}
            </button>
          ))}
        </div>
      )}
      {piece === null && <p class="quiet">There is none.</p>}
      {piece && (
        <>
          {piece.from > 0 && (
            <button type="button" onClick={() => earlier(piece)}>
              earlier
            </button>
          )}
          <pre tabIndex={0} class="log">
            {logLines(piece.text)}
          </pre>
        </>
      )}
    </>
  );
}

/** As a terminal leaves it: of a line that was drawn over, what was drawn last. */
function logLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => printable(line.split('\r').findLast((part) => part.trim() !== '') ?? ''))
    .join('\n');
}
