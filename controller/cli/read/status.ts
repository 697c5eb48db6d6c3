// `autoresearch status`: trend and trouble of each lane.
import { Failure } from '../../failure.ts';
import { readStatus } from '../../observers/status-file.ts';
import { version } from '../../settings/checkout.ts';
import { inWords } from '../../std/errno.ts';
import type { LaneOverview } from '../../views/overview.ts';
import { type LaneSelector, lanesIn, readLane } from '../../wiring/lane-reader.ts';
import { LanePaths } from '../../wiring/paths.ts';
import { type Cells, fieldsOf, type Output, printRecords, write } from '../terminal/print.ts';
import { talk } from '../terminal/terminal.ts';
import { noiseCells } from './noise-cells.ts';
import { oldStatusKeys } from './old-keys.ts';
import { overviewOf } from './overview.ts';

export async function status(where: LaneSelector, output: Output): Promise<void> {
  const lanes = await lanesOf(where);
  const looks = await Promise.allSettled(lanes.map((lane) => lookAt(where, lane)));
  const seen = looks.flatMap((look) => (look.status === 'fulfilled' ? [look.value] : []));
  tell(seen, output);
  const failed = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason] : []));
  for (const error of failed.slice(1)) talk(`autoresearch: ${inWords(error)}`);
  if (failed.length > 0) throw failed[0];
}

interface Look {
  readonly view: LaneOverview;
  readonly noise: Cells;
}

async function lookAt(where: LaneSelector, lane: string): Promise<Look> {
  const reader = await readLane(where, lane);
  return { view: await overviewOf(reader, version()), noise: await noiseCells(reader) };
}

/** What can be told: a lane that cannot be read hides no other. */
function tell(seen: readonly Look[], output: Output): void {
  const views = seen.map(({ view }) => view);
  if (seen.length === 0) return;
  if (output === 'json')
    return write(
      JSON.stringify(
        views.map((view) => ({ ...oldStatusKeys(view), ...view })),
        null,
        1,
      ),
    );
  if (output === 'tsv') return printRecords(views.map(oldStatusKeys), output);
  for (const [i, { view, noise }] of seen.entries())
    write(`${i > 0 ? '\n' : ''}${fieldsOf({ ...cellsOf(view), ...noise })}`);
}

/** The lane that was named, also one that waits and is not begun yet; else all that there are. */
async function lanesOf(where: LaneSelector): Promise<string[]> {
  const { lane } = where;
  if (lane && (await readStatus(new LanePaths(where.dir).status(lane)))?.alive) return [lane];
  const lanes = await lanesIn(where);
  if (!lane) return lanes;
  if (!lanes.includes(lane))
    throw new Failure(3, `there is no lane ${lane}; name one that is there with --lane: ${lanes.join(', ')}`);
  return [lane];
}

/** As a person reads it; what has no value is left out. */
function cellsOf(view: LaneOverview): Cells {
  const { capsInForce: caps, spend, tip, baselineBpb, bestBpb, keepRate, gainPerHour } = view;
  const fell = baselineBpb !== null && bestBpb !== null && view.kept > 0 ? baselineBpb - bestBpb : null;
  const queued = view.open.filter(({ experiment, waits }) => !waits && !view.training.includes(experiment));
  return {
    lane: view.lane,
    state: view.state,
    why: view.why === view.state ? '' : view.why,
    running: some(view.training, ' '),
    waiting: some(
      view.waits.map(({ experiment, sentence }) => `${experiment}: ${sentence}`),
      '; ',
    ),
    open: some(
      queued.map(({ experiment }) => experiment),
      ' ',
    ),
    experiments: `${of(view.experiments, caps.experiments)} beyond the baseline: ${became(view)}`,
    baseline: baselineBpb?.toFixed(6) ?? '',
    best:
      bestBpb === null
        ? ''
        : bestBpb.toFixed(6) + (fell === null ? '' : `, ${fell.toFixed(6)} below the baseline`),
    tip: tip ? `${tip.experiment} (${tip.commit.slice(0, 7)}): ${tip.description}` : '',
    'since the last keep': view.kept > 0 ? view.sinceLastKeep : '',
    'keep rate': keepRate === null ? '' : `${(100 * keepRate).toFixed(1)} %`,
    crashes: view.crashCauses.map(({ error, count }) => `${error} ${count}`).join(', '),
    hours: `${of(view.hours.toFixed(3), caps.hours)} of machine time`,
    'gain per hour': gainPerHour === null || fell === null ? '' : gainPerHour.toFixed(6),
    spent: spend ? `${spend.usd.toFixed(4)} of ${caps.usd ?? spend.capUsd} USD in ${spend.calls} calls` : '',
    'refused answers': spend?.refused ? `${spend.refused}; autoresearch list --refused says why` : '',
    'USD per keep': spend?.usdPerKeep?.toFixed(4) ?? '',
    guidance: view.guidance,
    ...begunCells(view.begun),
  };
}

/** However wide a lane is, a person reads so many. */
const SHOWN_AT_MOST = 20;

function some(all: readonly string[], between: string): string {
  const left = all.length - SHOWN_AT_MOST;
  return all.slice(0, SHOWN_AT_MOST).join(between) + (left > 0 ? ` … and ${left} more` : '');
}

function of(value: string | number, cap: number | null): string {
  return cap === null ? String(value) : `${value} of ${cap}`;
}

function became({ kept, discarded, crashed, lost }: LaneOverview): string {
  return `${kept} kept, ${discarded} discarded, ${crashed} crashed${lost > 0 ? `, ${lost} lost` : ''}`;
}

function begunCells(begun: LaneOverview['begun']): Cells {
  if (!begun) return {};
  const { trainer, budgetSeconds, clock, seed, confirm, evidence, requireSealed, text, firstFile } = begun;
  return {
    trainer,
    budget: budgetSeconds === null ? '' : `${budgetSeconds}s`,
    clock,
    seed,
    confirm: confirm || '',
    evidence: evidence || '',
    'require sealed': requireSealed ? 'yes' : '',
    text,
    'first train.py': firstFile ?? '',
  };
}
