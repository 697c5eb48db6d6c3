// One experiment beside any other: their numbers, and with whom it is compared.
import { sigmasOf } from '../../report/noise-words.ts';
import type { LaneSummary, PageRow } from '../schema.ts';
import { bpb, signed, visible } from './facts/words.ts';
import type { UrlState } from './url-state.ts';

/** The experiment that `against` names; null: its parent, or none that is there. */
export function otherOf(against: string, row: PageRow, rows: readonly PageRow[]): PageRow | null {
  const named = {
    '': undefined,
    baseline: rows.find(({ status }) => status === 'keep'),
    tip: rows.findLast(({ status }) => status === 'keep'),
  };
  const other =
    against in named
      ? named[against as keyof typeof named]
      : rows.find(({ experiment }) => Number(experiment) === Number(against));
  return other && other !== row ? other : null;
}

interface AgainstProps {
  readonly row: PageRow;
  readonly rows: readonly PageRow[];
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
}

const NAMES = { '': 'its parent', baseline: 'the baseline', tip: 'the newest keep' };

/** With whom it is compared. */
export function Against({ row, rows, url: { against }, change }: AgainstProps) {
  const typed = against in NAMES ? '' : against;
  return (
    <div class="bar" role="toolbar" aria-label="compared with">
      <span class="quiet">against</span>
      {Object.entries(NAMES).map(([key, label]) => (
        <button
          type="button"
          key={key}
          aria-pressed={against === key}
          onClick={() => change({ against: key })}
        >
          {label}
        </button>
      ))}
      <input
        class="number"
        type="text"
        inputMode="numeric"
        placeholder="# …"
        aria-label="number of another experiment"
        value={typed}
        onChange={(e) => change({ against: e.currentTarget.value.replace(/\D/g, '') })}
      />
      {typed !== '' && otherOf(against, row, rows) === null && (
        <span class="quiet">there is no such other one</span>
      )}
    </div>
  );
}

interface BesideProps {
  readonly row: PageRow;
  readonly other: PageRow;
  readonly noise: LaneSummary['noise'];
}

/** Only what differs. */
export function Beside({ row, other, noise }: BesideProps) {
  const delta = row.valBpb === null || other.valBpb === null ? null : row.valBpb - other.valBpb;
  const sigmas = sigmasOf(delta, noise?.noise ?? null);
  const facts: [string, string, string][] = [
    ['val_bpb', bpb(row.valBpb), bpb(other.valBpb)],
    ['unseen text', bpb(row.unseenBpb), bpb(other.unseenBpb)],
    ['MiB', row.memoryMb.toFixed(0), other.memoryMb.toFixed(0)],
    ['seconds', row.wallSeconds.toFixed(1), other.wallSeconds.toFixed(1)],
    ['GPU', visible(row.gpu), visible(other.gpu)],
    ['verdict', row.status, other.status],
  ];
  return (
    <table class="beside">
      <caption>
        #{Number(row.experiment)} is {signed(delta, 6) || 'not comparable'}
        {sigmas !== null && ` (${signed(sigmas, 1)} σ)`} against #{Number(other.experiment)}
      </caption>
      <tbody>
        {facts
          .filter(([, mine, theirs]) => mine !== theirs)
          .map(([name, mine, theirs]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{mine}</td>
              <td>{theirs}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
