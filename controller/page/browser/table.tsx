// The table. Only the rows in view are in the document, so 10,000 scroll as 20 do.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageRow } from '../schema.ts';
import { changeOf, type SortKey } from './facts/rows.ts';
import { arrows, bpb, signed, visible, when } from './facts/words.ts';
import type { UrlState } from './url-state.ts';

const ROW_PX = 30;
/** PageRows kept ready above and below those in view. */
const SPARE = 6;

const COLUMNS: readonly [SortKey, string, string][] = [
  ['experiment', '#', ''],
  ['status', 'verdict', ''],
  ['valBpb', 'val_bpb', 'num'],
  ['change', 'change', 'num wide'],
  ['description', 'edit', 'edit'],
  ['timestampMs', 'decided', 'num wide'],
  ['memoryMb', 'MiB', 'num wide'],
  ['wallSeconds', 'seconds', 'num wide'],
];

interface TableProps {
  readonly table: RefObject<HTMLDivElement | null>;
  readonly list: readonly PageRow[];
  /** Always in view. */
  readonly pinned: readonly PageRow[];
  readonly at: PageRow | null;
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
  readonly pick: (experiment: string) => void;
}

export function Table({ table, list, pinned, at, url, change, pick }: TableProps) {
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(440);
  useEffect(() => {
    const box = table.current!;
    const watching = new ResizeObserver(() => setHeight(box.clientHeight));
    watching.observe(box);
    return () => watching.disconnect();
  }, []);
  const index = at ? list.indexOf(at) : -1;
  useEffect(() => {
    const box = table.current!;
    if (index < 0) return;
    const above = (1 + pinned.length) * ROW_PX;
    const [upper, lower] = [index * ROW_PX, index * ROW_PX + ROW_PX + above];
    if (upper < box.scrollTop) box.scrollTop = upper;
    else if (lower > box.scrollTop + box.clientHeight) box.scrollTop = lower - box.clientHeight;
  }, [index]);
  const from = Math.max(0, Math.floor(top / ROW_PX) - SPARE);
  const to = Math.min(list.length, Math.ceil((top + height) / ROW_PX) + SPARE);
  return (
    <div
      class="table"
      ref={table}
      role="grid"
      tabIndex={0}
      aria-label="experiments"
      aria-rowcount={list.length + 1}
      onScroll={(e) => setTop(e.currentTarget.scrollTop)}
    >
      <div class="head" role="row" aria-rowindex={1} tabIndex={-1}>
        {COLUMNS.map(([key, label, kind]) => (
          <Head key={key} of={key} label={label} kind={kind} url={url} change={change} />
        ))}
      </div>
      <div role="rowgroup" class="pins">
        {pinned.map((row) => (
          <div
            key={row.experiment}
            class="pin"
            role="row"
            tabIndex={-1}
            aria-selected={row === at}
            onClick={() => pick(row.experiment)}
          >
            <Cells row={row} note={row.base === null ? 'baseline' : 'newest'} />
          </div>
        ))}
      </div>
      <div role="rowgroup" class="rows" style={{ height: `${list.length * ROW_PX}px` }}>
        {list.slice(from, to).map((row, i) => (
          <Line key={row.experiment} row={row} index={from + i} chosen={row === at} pick={pick} />
        ))}
      </div>
    </div>
  );
}

interface HeadProps {
  readonly of: SortKey;
  readonly label: string;
  readonly kind: string;
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
}

function Head({ of, label, kind, url: { sort, down }, change }: HeadProps) {
  const order = sort === of ? (down ? 'descending' : 'ascending') : 'none';
  const arrow = { descending: ' ↓', ascending: ' ↑', none: '' }[order];
  return (
    <span role="columnheader" tabIndex={-1} class={kind} aria-sort={order}>
      <button type="button" onClick={() => change({ sort: of, down: sort === of ? !down : false })}>
        {label}
        {arrow}
      </button>
    </span>
  );
}

interface LineProps {
  readonly row: PageRow;
  readonly index: number;
  readonly chosen: boolean;
  readonly pick: (experiment: string) => void;
}

function Line({ row, index, chosen, pick }: LineProps) {
  return (
    <div
      class="row"
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      style={{ top: `${index * ROW_PX}px` }}
      onClick={() => pick(row.experiment)}
    >
      <Cells row={row} note="" />
    </div>
  );
}

/** `note` says why it is always in view. */
function Cells({ row, note }: { row: PageRow; note: string }) {
  const { experiment, status, valBpb, description, error, memoryMb, wallSeconds, timestampMs } = row;
  const words = arrows(visible(error ? `${description} (${error})` : description));
  const cells: preact.ComponentChildren[] = [
    Number(experiment),
    <span class={`chip ${status}`}>{note || status}</span>,
    bpb(valBpb),
    signed(changeOf(row)),
    words,
    when(timestampMs, Date.now()),
    status === 'crash' ? '' : memoryMb.toFixed(0),
    wallSeconds.toFixed(1),
  ];
  return (
    <>
      {cells.map((content, i) => (
        <span key={COLUMNS[i]![0]} role="gridcell" tabIndex={-1} class={COLUMNS[i]![2]}>
          {content}
        </span>
      ))}
    </>
  );
}
