// `rebuild` and `export`: the lane's results from git and store alone.
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '../../core/decision.ts';
import { keys } from '../../core/keys.ts';
import { Failure } from '../../failure.ts';
import { StoredReplays } from '../../replay/stored.ts';
import { pictureOf, reportWriter } from '../../report/publish.ts';
import { encode } from '../../report/results-tsv.ts';
import { WANDB_PROGRAM, wandbLines } from '../../report/wandb.ts';
import { version } from '../../settings/checkout.ts';
import { encode as encodeJson } from '../../std/json.ts';
import { floorOf } from '../../wiring/dataset.ts';
import { bundleIn } from '../../wiring/frontier.ts';
import { type LaneReader, type LaneSelector, read, readAt } from '../../wiring/lane-reader.ts';
import { makeFolders } from '../../wiring/modes.ts';
import { storedAt } from '../../wiring/store.ts';
import { talk } from '../terminal/terminal.ts';

/** A controller that decides faster than the lane can be read writes the views itself. */
const LOOKS_AT_MOST = 5;

/**
 * Writes results.tsv and the picture anew; says whether the rows differed from what was there. Throws Failure 1 where
 * a controller decided something during every look.
 */
export async function rebuild(where: LaneSelector): Promise<void> {
  const reader = await read(where);
  refuseForeign(reader);
  const { lane, paths, settings, store } = reader;
  const before = await store.get(keys.results(lane));
  const ledger = await redraw(reader);
  const after = (await store.get(keys.results(lane)))!;
  const same = before !== null && Buffer.from(before).equals(Buffer.from(after));
  const words = same
    ? 'as it was, to the byte'
    : before
      ? 'it differed from what was there'
      : 'there was none';
  talk(
    `${storedAt(settings.store, paths.store, lane)}/results.tsv: ${ledger.decisions.length} rows, ${words}`,
  );
}

/**
 * Publishes the lane until it is what was published. A controller may have decided, and published that, since the lane
 * was read: its rows would be gone until its next ones.
 */
export async function redraw(first: LaneReader): Promise<LaneReader['ledger']> {
  const { lane, paths, settings, store } = first;
  const replays = new StoredReplays(store, lane);
  const publish = reportWriter(lane, store, await floorOf(paths, lane), () => replays.all());
  let { ledger } = first;
  for (let looks = 0; looks < LOOKS_AT_MOST; looks++) {
    await publish(ledger.decisions);
    const now = await readAt(paths, settings, lane);
    if (isDeepStrictEqual(now.ledger.decisions, ledger.decisions)) return ledger;
    ({ ledger } = now);
  }
  throw new Failure(
    1,
    `something was decided while results.tsv was written, ${LOOKS_AT_MOST} times in a row; its controller writes it, too: pause the lane, then run rebuild again`,
  );
}

interface ExportFlags {
  readonly redact: boolean;
  readonly force: boolean;
  /** Address of an MLflow server that is also told. */
  readonly mlflow?: string;
  /** Also write what makes W&B's offline runs. */
  readonly wandb: boolean;
}

/** Writes a git bundle, results.tsv, the picture and the page in one file into a folder that need not exist. Throws Failure 1 where it holds something. */
export async function exportLane(
  where: LaneSelector,
  folder: string,
  { redact, force, mlflow, wandb }: ExportFlags,
): Promise<void> {
  await refuseFull(folder, force);
  const reader = await read(where);
  refuseForeign(reader);
  const { lane, paths, repo, store, ledger } = reader;
  if (!ledger.tip)
    throw new Failure(3, 'nothing is kept yet, so there is nothing to export; run autoresearch dev');
  await makeFolders(folder);
  const bundle = await bundleIn(folder, repo, lane);
  const replays = await new StoredReplays(store, lane).all();
  const picture = pictureOf(lane, ledger.decisions, await floorOf(paths, lane), replays);
  await writeFile(join(folder, 'results.tsv'), encode(ledger.decisions));
  const { pictureFiles } = await import('../../report/raster.ts');
  for (const [name, bytes] of await pictureFiles(picture)) await writeFile(join(folder, name), bytes);
  await writeFile(join(folder, 'replays.json'), encodeJson(replays));
  await writeFile(join(folder, 'report.html'), await reportOf(reader, [...ledger.decisions], redact));
  talk(`${folder}: ${lane}.bundle, results.tsv, progress.svg, report.html, replays.json, pictures as PNG`);
  talk(`To get the code: git clone -b autoresearch/${lane} ${bundle}`);
  if (wandb) {
    await writeFile(join(folder, 'wandb.jsonl'), wandbLines(lane, ledger.decisions, redact));
    await writeFile(join(folder, 'wandb-offline.py'), WANDB_PROGRAM);
    talk(
      `W&B: python ${folder}/wandb-offline.py makes offline runs; then wandb sync ${folder}/wandb/offline-run-*`,
    );
  }
  if (mlflow === undefined) return;
  const { sendToMlflow } = await import('./mlflow.ts');
  const sent = await sendToMlflow(mlflow, lane, ledger.decisions, redact);
  talk(`${mlflow}: ${sent} new runs in the experiment autoresearch/${lane}`);
}

/** Throws Failure 1 where something of a person's could be overwritten. */
export async function refuseFull(folder: string, force: boolean): Promise<void> {
  const there = force ? [] : await readdir(folder).catch(() => []);
  if (there.length > 0)
    throw new Failure(1, `${folder} is not empty; give another folder, or --force to write into it`);
}

async function reportOf(
  reader: LaneReader,
  decisions: readonly Decision[],
  redact: boolean,
): Promise<string> {
  const { reportHtml } = await import('../../page/report.ts');
  const { pageLaneOf } = await import('./page-lane.ts');
  const source = pageLaneOf(reader, version());
  // The rows of results.tsv beside it: a controller may have decided more since.
  const look = { ...(await source.look()), decisions };
  return reportHtml(source, look, { writtenMs: Date.now(), redact });
}

function refuseForeign({ view, damaged }: LaneReader): void {
  const wrong = view.foreign ?? damaged[0];
  if (wrong) throw new Failure(3, wrong);
}
