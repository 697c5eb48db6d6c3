// One lane on one screen: what was gained, the picture, the table; and the details of an experiment beside it.
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { LaneSummary, PageRow } from '../schema.ts';
import { Drawer } from './drawer.tsx';
import type { Client, ReportFile } from './facts/lane-client.ts';
import { found, sorted } from './facts/rows.ts';
import { FirstScreen } from './first-screen.tsx';
import { Header } from './header.tsx';
import { Knobs } from './knobs.tsx';
import { Lanes } from './lanes.tsx';
import { Machines } from './machines.tsx';
import { PictureWithBar } from './picture.tsx';
import { SteeringPanel } from './steering.tsx';
import { Table } from './table.tsx';
import { type UrlState, urlState } from './url-state.ts';

interface LanePageProps {
  readonly summary: LaneSummary;
  readonly rows: readonly PageRow[];
  readonly trouble: string;
  readonly lanes: readonly string[];
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
  readonly client: Client;
  readonly file: ReportFile | null;
  readonly mayChange: boolean;
}

const STATUSES = ['', 'keep', 'discard', 'crash'];

export function LanePage(props: LanePageProps) {
  const { summary, rows, trouble, lanes, url, change, client, file, mayChange } = props;
  const { status, text, sort, down } = url;
  const ordered = useMemo(() => sorted(rows, { sort, down }), [rows, sort, down]);
  const list = useMemo(() => found(ordered, { status, text }), [ordered, status, text]);
  const search = useRef<HTMLInputElement>(null);
  const table = useRef<HTMLDivElement>(null);
  const row = rows.find((one) => Number(one.experiment) === Number(url.at || Number.NaN));
  useKeys(list, change, search);
  const pick = (experiment: string) => change({ at: String(Number(experiment)), open: true });
  const close = () => {
    change({ open: false });
    table.current?.focus();
  };
  // As everywhere, the baseline is no experiment: its row is shown and not counted.
  const tried = (some: readonly PageRow[]) => some.filter(({ base }) => base !== null);
  const counts = useMemo(
    () => STATUSES.map((one) => tried(rows).filter((r) => one === '' || r.status === one).length),
    [rows],
  );
  // What each key of a search would draw again, and nobody would see changed.
  const first = useMemo(
    () => <FirstScreen summary={summary} rows={rows} report={file !== null} change={change} />,
    [summary, rows, file],
  );
  const head = (
    <Header summary={summary} lanes={lanes} trouble={trouble} file={file} url={url} change={change} />
  );
  if (url.view !== '')
    return (
      <>
        {head}
        <main>
          {url.view === 'knobs' && <Knobs rows={rows} change={change} />}
          {url.view === 'machines' && !file && <Machines client={client} />}
          {url.view === 'lanes' && !file && <Lanes lanes={lanes} client={client} change={change} />}
        </main>
      </>
    );
  return (
    <>
      {head}
      <main>
        {first}
        {!file && <SteeringPanel summary={summary} client={client} mayChange={mayChange} />}
        {rows.length > 0 && (
          <>
            <PictureWithBar
              summary={summary}
              rows={rows}
              at={row ?? null}
              url={url}
              change={change}
              pick={pick}
              client={client}
              report={file !== null}
            />
            <div class="bar" role="toolbar" aria-label="filter">
              {STATUSES.map((one, i) => (
                <button
                  type="button"
                  key={one}
                  aria-pressed={status === one}
                  onClick={() => change({ status: one })}
                >
                  {one || 'all'} {counts[i]}
                </button>
              ))}
              <input
                ref={search}
                type="search"
                placeholder="search edits, errors, commits ( / )"
                aria-label="search"
                value={text}
                onInput={(e) => change({ text: e.currentTarget.value })}
              />
              <span class="quiet" role="status">
                {tried(list).length.toLocaleString('en')} shown
              </span>
            </div>
            <Table
              table={table}
              list={list}
              pinned={pinnedOf(rows)}
              at={row ?? null}
              url={url}
              change={change}
              pick={pick}
            />
            <p class="quiet wide">Keys: j and k move, Enter opens, / searches, Escape closes.</p>
          </>
        )}
      </main>
      {row && url.open && (
        <Drawer
          key={row.experiment}
          lane={summary.lane}
          row={row}
          rows={rows}
          noise={summary.noise}
          client={client}
          file={file}
          close={close}
          url={url}
          change={change}
        />
      )}
    </>
  );
}

/** The baseline, and what the next edit is made on. */
function pinnedOf(rows: readonly PageRow[]): PageRow[] {
  const [baseline, tip] = [
    rows.find(({ status }) => status === 'keep'),
    rows.findLast(({ status }) => status === 'keep'),
  ];
  return [...new Set([tip, baseline])].filter((row) => row !== undefined);
}

/** Keys work wherever the focus is, but in a field. */
function useKeys(
  list: readonly PageRow[],
  change: (part: Partial<UrlState>) => void,
  search: RefObject<HTMLInputElement | null>,
) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as Element).tagName);
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { key } = event;
      if (key === 'Escape') {
        if (typing) return (event.target as HTMLElement).blur();
        return change({ open: false });
      }
      if (typing) {
        if (key === 'Enter' && event.target === search.current) search.current?.blur();
        return;
      }
      const at = list.findIndex((row) => Number(row.experiment) === Number(urlState().at || Number.NaN));
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[key];
      const arrows = key.startsWith('Arrow') && !(event.target as Element).closest('.table');
      if (step !== undefined && !arrows) {
        const next = list[Math.max(0, Math.min(list.length - 1, at + step))];
        if (next) change({ at: String(Number(next.experiment)) });
      } else if (key === 'Enter' && at >= 0 && !(event.target as Element).closest('button, a'))
        change({ open: true });
      else if (key === '/') search.current?.focus();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, [list]);
}
