// One experiment: the verdict in a sentence, the edit, the log, and commands to go on with.
import { useEffect, useRef, useState } from 'preact/hooks';
import { againWords, sigmasOf, worthOf } from '../../report/noise-words.ts';
import { printable } from '../../std/text.ts';
import type { Detail, LaneSummary, LogPiece, PageRow } from '../schema.ts';
import type { Client, ReportFile } from './lane-client.ts';
import { changeOf } from './rows.ts';
import { bpb, duration, signed, usd, visible } from './words.ts';

interface DrawerProps {
  readonly lane: string;
  readonly row: PageRow;
  readonly rows: readonly PageRow[];
  readonly noise: LaneSummary['noise'];
  readonly client: Client;
  readonly file: ReportFile | null;
  readonly close: () => void;
}

export function Drawer({ lane, row, rows, noise, client, file, close }: DrawerProps) {
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
        <b>{visible(row.description)}</b>
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
      {detail === null ? (
        <p class="quiet">{file ? 'The report does not hold it.' : 'Reading …'}</p>
      ) : (
        <Diff detail={detail} />
      )}
      {!file && <Log lane={lane} row={row} client={client} />}
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
    ['decided', new Date(row.timestampMs).toISOString().replace('T', ' ').slice(0, 19)],
    ['commit', row.commit],
  ];
  return (
    <dl>
      {facts
        .filter(([, value]) => value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Diff({ detail: { diff, cut } }: { detail: Detail }) {
  if (diff === null) return <p class="quiet">There is none: it is the file that everything began with.</p>;
  const kind = (line: string) =>
    /^(\+\+\+|---|@@|={4,}|Index:)/.test(line)
      ? 'quiet'
      : line[0] === '+'
        ? 'added'
        : line[0] === '-'
          ? 'gone'
          : '';
  return (
    <pre tabIndex={0}>
      {diff.split('\n').map((line, i) => (
        <div key={i} class={kind(line)}>
          {visible(line.replace(/\r$/, '')) || ' '}
        </div>
      ))}
      {cut && <div class="quiet">… it is longer; the commands below show all of it</div>}
    </pre>
  );
}

/** The end of the log; a run under way writes on, and is read on from where it was. */
function Log({ lane, row, client }: Pick<DrawerProps, 'lane' | 'row' | 'client'>) {
  const [piece, setPiece] = useState<LogPiece | null | undefined>(undefined);
  const earlier = piece && piece.from > 0;
  const more = async () => {
    const before = await client.log(lane, row.experiment, Math.max(0, piece!.from - 65_536));
    if (before) setPiece({ ...before, text: before.text });
  };
  useEffect(() => void client.log(lane, row.experiment, null).then(setPiece), []);
  if (piece === undefined) return null;
  return (
    <>
      <h3>Log</h3>
      {piece === null ? (
        <p class="quiet">There is none.</p>
      ) : (
        <>
          {earlier && (
            <button type="button" onClick={more}>
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

function Command({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <p class="command">
      <code>{text}</code>
      {navigator.clipboard && (
        <button type="button" onClick={() => navigator.clipboard.writeText(text).then(() => setCopied(true))}>
          {copied ? 'copied' : 'copy'}
        </button>
      )}
    </p>
  );
}
