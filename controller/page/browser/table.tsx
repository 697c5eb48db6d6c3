// The table. Only the rows in view are in the document, so 10,000 scroll as 20 do.
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageRow } from '../schema.ts';
import { changeOf, type SortKey } from './rows.ts';
import type { UrlState } from './url-state.ts';
import { bpb, signed, visible } from './words.ts';

const ROW_PX = 30;
/** PageRows kept ready above and below those in view. */
const SPARE = 6;

const COLUMNS: readonly [SortKey, string, string][] = [
  ['experiment', '#', ''],
  ['status', 'verdict', ''],
  ['valBpb', 'val_bpb', 'num'],
  ['change', 'change', 'num wide'],
  ['description', 'edit', ''],
  ['memoryMb', 'MiB', 'num wide'],
  ['wallSeconds', 'seconds', 'num wide'],
];

interface TableProps {
  readonly table: RefObject<HTMLDivElement | null>;
  readonly list: readonly PageRow[];
  readonly at: PageRow | null;
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
  readonly pick: (experiment: string) => void;
}

export function Table({ table, list, at, url, change, pick }: TableProps) {
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
    const [upper, lower] = [index * ROW_PX, (index + 2) * ROW_PX];
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
  const { experiment, status, valBpb, description, error, memoryMb, wallSeconds } = row;
  const cells: [string, preact.ComponentChildren][] = [
    ['', Number(experiment)],
    ['', <span class={`chip ${status}`}>{status}</span>],
    ['num', bpb(valBpb)],
    ['num wide', signed(changeOf(row))],
    ['edit', visible(error ? `${description} (${error})` : description)],
    ['num wide', status === 'crash' ? '' : memoryMb.toFixed(0)],
    ['num wide', wallSeconds.toFixed(1)],
  ];
  return (
    <div
      class="row"
      role="row"
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      style={{ top: `${index * ROW_PX}px` }}
      onClick={() => pick(experiment)}
    >
      {cells.map(([kind, content], i) => (
        <span key={COLUMNS[i]![0]} role="gridcell" tabIndex={-1} class={kind}>
          {content}
        </span>
      ))}
    </div>
  );
}
