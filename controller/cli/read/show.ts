// `show` and `diff`: what an experiment was, and what came of it.
import { createTwoFilesPatch } from 'diff';
import { Failure } from '../../failure.ts';
import { oneLine, plainLine, text } from '../../std/text.ts';
import { attemptWords } from '../../views/attempt.ts';
import type { ExperimentView, OpenView } from '../../views/experiment.ts';
import { deltaText, isLost } from '../../views/row.ts';
import { type LaneReader, type LaneSelector, read } from '../../wiring/lane-reader.ts';
import { editLines, printPatch } from '../terminal/diff.ts';
import { type Cells, fieldsOf, type Output, printRecords, write } from '../terminal/print.ts';
import { colour, print, sentence } from '../terminal/terminal.ts';
import { find, findOne, stored, tellDamaged, viewOf } from './find.ts';
import { measurementCells } from './noise-cells.ts';
import { oldCostKeys } from './old-keys.ts';
import { refusalsBefore } from './refused.ts';

export interface ShowWhat {
  readonly diff?: boolean;
  readonly log?: boolean;
  readonly trainPy?: boolean;
  /** Every field that has a value. */
  readonly all?: boolean;
}

/** Lines of an edit that are shown with the verdict. */
const EDIT_LINES = 10;

/** Shows what `which` names: an id (`42`, `000042`), a commit, `best`, `tip`, `last`, `baseline` or a range (`3..20`). */
export async function show(
  where: LaneSelector,
  which: string,
  what: ShowWhat,
  output: Output,
): Promise<void> {
  const reader = await read(where);
  tellDamaged(reader);
  const ids = find(reader, which);
  const file = what.diff ? 'diff.patch' : what.log ? 'run.log' : what.trainPy ? 'train.py' : null;
  if (file && output === 'table') return showFiles(reader, ids, file);
  const views = await Promise.all(ids.map((id) => viewOf(reader, id)));
  if (output === 'tsv') return printRecords(views.map(cellsOf), output);
  if (output === 'json') {
    const told = views.map(async (view) => ({
      ...oldCostKeys(view),
      ...view,
      ...(file && { [FILE_KEYS[file]]: text(await stored(reader, view.experiment, file)) }),
    }));
    return write(JSON.stringify(await Promise.all(told), null, 1));
  }
  for (const [i, view] of views.entries()) {
    if (i > 0) write('');
    write(what.all ? fieldsOf(cellsOf(view)) : await screenOf(reader, view));
  }
}

/** In JSON a file stands beside the fields. */
const FILE_KEYS = { 'diff.patch': 'diff', 'run.log': 'log', 'train.py': 'trainPy' } as const;

async function showFiles(
  reader: LaneReader,
  ids: readonly string[],
  file: keyof typeof FILE_KEYS,
): Promise<void> {
  for (const id of ids) {
    // The baseline has no edit: in a range that is no trouble.
    if (ids.length > 1 && file === 'diff.patch' && id === '000000') continue;
    if (ids.length > 1) write(headOf(await viewOf(reader, id)));
    const bytes = await stored(reader, id, file);
    if (file === 'diff.patch') printPatch(bytes);
    else await print([bytes], process.stdout, file === 'run.log');
  }
}

/** The verdict with its number and Δ. */
function headOf(view: ExperimentView | OpenView): string {
  if (view.status === 'open') return `${view.experiment}  on trial, attempt ${view.attempts}`;
  const number = view.valBpb === null ? view.error : view.valBpb.toFixed(6);
  const delta = deltaText(view.deltaBpb);
  const word = view.status === 'crash' && isLost(view) ? 'lost' : view.status;
  const painted = colour(view.status === 'keep' ? 'green' : view.status === 'crash' ? 'red' : 'yellow', word);
  return `${view.experiment}  ${painted}  ${number}${delta && `  ${delta}`}  commit ${view.commit.slice(0, 7)}`;
}

/** What a person wants first: the verdict, why, the idea, its edit. */
async function screenOf(reader: LaneReader, view: ExperimentView | OpenView): Promise<string> {
  const decided = view.status === 'open' ? null : view;
  const facts: Cells = {
    'made on': view.base?.slice(0, 7) ?? '',
    source: view.source,
    attempts: view.tried.length < view.attempts && view.attempts > 1 ? view.attempts : '',
    ...(view.attempts > 1 && attemptCells(view)),
    ...(decided && {
      trained: `${decided.trainingSeconds.toFixed(1)} s, ${decided.memoryMb.toFixed(0)} MB${decided.gpu && `, ${decided.gpu}`}`,
      sealed: decided.sealed,
      'unseen text': decided.unseenBpb?.toFixed(6) ?? '',
      decided: decided.timestamp,
      ...(await measurementCells(reader, decided)),
    }),
    cost: view.cost
      ? `${view.cost.usd.toFixed(6)} USD, ${view.cost.model}, ${view.cost.calls} calls, ${view.cost.seconds.toFixed(1)} s`
      : '',
    'refused before': (await refusalsBefore(reader, view.cost?.numbers ?? [])).join('; '),
    repairs: view.fixUsd > 0 ? `${view.fixUsd.toFixed(6)} USD` : '',
  };
  const patch = await stored(reader, view.experiment, 'diff.patch').catch((error) => {
    if (error instanceof Failure) return null; // the baseline has none, and one on trial may not have it yet
    throw error;
  });
  const edit = patch ? editLines(text(patch), EDIT_LINES) : [];
  const why = plainLine(view.hypothesis);
  return [
    headOf(view),
    ...(decided?.sentence ? [sentenceCase(decided.sentence)] : []),
    '',
    plainLine(view.description),
    ...(why ? [`Why: ${why}`] : []),
    ...(edit.length > 0 ? ['', ...edit] : []),
    '',
    fieldsOf(facts),
    sentence(`More: autoresearch show ${Number(view.experiment)} --all, --diff, --log or --train-py`),
  ].join('\n');
}

function sentenceCase(words: string): string {
  const line = oneLine(words);
  return line.charAt(0).toUpperCase() + line.slice(1);
}

/** One value a cell; what has no value is left out. */
function cellsOf(view: ExperimentView | OpenView): Cells {
  const { cost, fixUsd, tried, ...rest } = view;
  const cells = Object.entries(rest).map(([key, value]) => [
    key,
    Array.isArray(value) ? value.join(' ') : key.endsWith('Bpb') ? fixed(value as number | null) : value,
  ]);
  return { ...Object.fromEntries(cells), ...attemptCells(view), ...oldCostKeys(view) };
}

/** A line for each attempt that ended: why it took more than one is the first question of whoever sees that. */
function attemptCells({ tried }: ExperimentView | OpenView): Cells {
  return Object.fromEntries(tried.map((one) => [`attempt ${one.attempt}`, sentence(attemptWords(one))]));
}

function fixed(bpb: number | null): string {
  return bpb?.toFixed(6) ?? '';
}

/** The difference from the file of one experiment to that of another. */
export async function diff(where: LaneSelector, from: string, to: string): Promise<void> {
  const reader = await read(where);
  const [a, b] = [findOne(reader, from), findOne(reader, to)];
  const [before, after] = await Promise.all([stored(reader, a, 'train.py'), stored(reader, b, 'train.py')]);
  const views = await Promise.all([viewOf(reader, a), viewOf(reader, b)]);
  const [of, and] = views.map((view) => plainLine(`${view.experiment}: ${view.description}`, 120));
  printPatch(
    new TextEncoder().encode(
      createTwoFilesPatch('a/train.py', 'b/train.py', text(before), text(after), of, and),
    ),
  );
}
