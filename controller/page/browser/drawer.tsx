// One experiment: the verdict in a sentence, the edit, the log, and commands to go on with.
import { useEffect, useRef, useState } from 'preact/hooks';
import { againWords, sigmasOf, worthOf } from '../../report/noise-words.ts';
import type { Detail, LaneSummary, PageRow } from '../schema.ts';
import { Command } from './command.tsx';
import { Against, Beside, otherOf } from './compare.tsx';
import { Curves } from './curve.tsx';
import { Edit } from './diff.tsx';
import type { Client, ReportFile } from './facts/lane-client.ts';
import { changeOf } from './facts/rows.ts';
import { arrows, bpb, duration, signed, usd, visible, when } from './facts/words.ts';
import { Log } from './log.tsx';
import { Told } from './told.tsx';
import type { UrlState } from './url-state.ts';

interface DrawerProps {
  readonly lane: string;
  readonly row: PageRow;
  readonly rows: readonly PageRow[];
  readonly noise: LaneSummary['noise'];
  readonly client: Client;
  readonly file: ReportFile | null;
  readonly close: () => void;
  readonly url: UrlState;
  readonly change: (part: Partial<UrlState>) => void;
}

export function Drawer({ lane, row, rows, noise, client, file, close, url, change }: DrawerProps) {
  const id = Number(row.experiment);
  const [detail, setDetail] = useState<Detail | null>(file?.details[row.experiment] ?? null);
  const closing = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    closing.current?.focus();
    if (!file) client.detail(lane, row.experiment).then(setDetail, () => {});
  }, []);
  const sigmas = sigmasOf(changeOf(row), noise?.noise ?? null);
  const found = noise?.reproduction?.commit === row.commit ? noise.reproduction : null;
  const parent = rows.find(({ commit, status }) => status === 'keep' && commit === row.base);
  const other = otherOf(url.against, row, rows);
  return (
    <div class="drawer" role="dialog" aria-label={`experiment ${id}`}>
      <button type="button" class="close" ref={closing} onClick={close} aria-label="close">
        ✕
      </button>
      <h2>
        #{id} <span class={`chip ${row.status}`}>{row.status}</span> {bpb(row.valBpb)}{' '}
        <span class="quiet">
          {signed(changeOf(row), 6)}
          {sigmas !== null && ` (${signed(sigmas, 1)} σ)`}
        </span>
      </h2>
      <p>
        <b>{arrows(visible(row.description))}</b>
      </p>
      <p>{visible(row.sentence)}</p>
      {found && (
        <p>
          Against the baseline {againWords(found)}: {worthOf(found)}.
        </p>
      )}
      {detail?.hypothesis && <p class="quiet">Why it should help: {visible(detail.hypothesis)}</p>}
      <Facts row={row} parent={parent} detail={detail} />
      <h3>Edit</h3>
      <Against row={row} rows={rows} url={url} change={change} />
      {other && <Beside row={row} other={other} noise={noise} />}
      <Edit lane={lane} row={row} other={other} detail={detail} client={client} report={file !== null} />
      {!file && (
        <>
          <Curves lane={lane} row={row} other={other ?? parent} client={client} />
          <Log lane={lane} experiment={row.experiment} attempts={row.attempts} client={client} />
        </>
      )}
      <h3>Commands</h3>
      {commandsFor(id, row, lane).map((command) => (
        <Command key={command} text={command} />
      ))}
    </div>
  );
}

function commandsFor(id: number, row: PageRow, lane: string): string[] {
  return [
    `./autoresearch show ${id} --lane ${lane} --diff`,
    `./autoresearch show ${id} --lane ${lane} --train-py > train.py`,
    `./autoresearch logs ${id} --lane ${lane}`,
    ...(row.status === 'keep' ? [`git show ${row.commit}`] : []),
  ];
}

function Facts({
  row,
  parent,
  detail,
}: {
  row: PageRow;
  parent: PageRow | undefined;
  detail: Detail | null;
}) {
  const base =
    row.base === null
      ? 'the first file'
      : `${parent ? `#${Number(parent.experiment)}, ` : ''}${bpb(row.baseBpb)}`;
  const cost = detail?.cost;
  const facts: [string, string][] = [
    ['made on', base],
    [
      'idea by',
      row.source + (cost ? ` (${visible(cost.model)}, ${usd(cost.usd)}, ${cost.calls} calls)` : ''),
    ],
    ['attempts', `${row.attempts}${row.attempts > 1 ? `, the last one for: ${row.lastCause}` : ''}`],
    ['trained, in all', `${row.trainingSeconds.toFixed(1)} s, ${duration(row.spentSeconds / 3600)}`],
    ['memory', row.status === 'crash' ? '' : `${row.memoryMb.toFixed(0)} MiB`],
    ['error', visible(row.error)],
    ['unseen text', row.unseenBpb === null ? '' : bpb(row.unseenBpb)],
    ['GPU', visible(row.gpu)],
    ['sealed', row.sealed],
    ['decided', when(row.timestampMs, Date.now())],
    ['commit', row.commit],
  ];
  return <Told facts={facts} />;
}
