// The edit of an experiment: against its parent as it was made, or against any other as it is.
import { useEffect, useState } from 'preact/hooks';
import type { Detail, FileDiff, PageRow } from '../schema.ts';
import { diffLines } from './facts/diff-lines.ts';
import type { Client } from './facts/lane-client.ts';
import { visible } from './facts/words.ts';

interface EditProps {
  readonly lane: string;
  readonly row: PageRow;
  /** The other one; null: its parent. */
  readonly other: PageRow | null;
  readonly detail: Detail | null;
  readonly client: Client;
  /** A file without a server: it holds edits against parents only. */
  readonly report: boolean;
}

export function Edit({ lane, row, other, detail, client, report }: EditProps) {
  const [found, setFound] = useState<FileDiff | null | undefined>(undefined);
  useEffect(() => {
    setFound(undefined);
    if (other && !report)
      client.diff(lane, row.experiment, other.experiment).then(setFound, () => setFound(null));
  }, [other?.experiment, row.experiment]);
  if (other && report)
    return (
      <p class="quiet">
        This file holds edits against parents only. Try ./autoresearch diff {Number(other.experiment)}{' '}
        {Number(row.experiment)}
      </p>
    );
  if (other && found === null) return <p class="quiet">One of the two files is not in the store any more.</p>;
  const shown = other ? found : detail;
  if (!shown) return <p class="quiet">{report ? 'This file does not hold it.' : 'Reading …'}</p>;
  if (shown.diff === null)
    return <p class="quiet">There is none: it is the file that everything began with.</p>;
  return <Lines diff={shown.diff} cut={shown.cut} />;
}

function Lines({ diff, cut }: { diff: string; cut: boolean }) {
  const lines = diffLines(diff);
  if (lines.length === 0) return <p class="quiet">The two files are the same.</p>;
  return (
    <pre tabIndex={0}>
      {lines.map(({ kind, pieces }, i) => (
        <div key={i} class={kind}>
          {{ added: '+', gone: '-', same: ' ', place: '' }[kind]}
          {pieces.map(({ text, changed }, n) =>
            changed ? <mark key={n}>{visible(text)}</mark> : visible(text),
          )}
        </div>
      ))}
      {cut && <div class="place">… it is longer; the commands below show all of it</div>}
    </pre>
  );
}
