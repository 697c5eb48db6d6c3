// One look at a lane, for `status` and for the page: what git and store say, and what its controller is at.
import type { Decision } from '../../core/decision.ts';
import { BASELINE } from '../../core/experiment.ts';
import { usdOf } from '../../core/money.ts';
import { refusedCalls } from '../../llm/refused-log.ts';
import { reservationAt, spendsOf } from '../../llm/spend-log.ts';
import { readControl } from '../../loop/outside-changes.ts';
import { type LaneStatus, readStatus } from '../../observers/status-file.ts';
import { plainLine, text } from '../../std/text.ts';
import { usdIn } from '../../views/cost.ts';
import { type LaneOverview, progressView, type TrialView } from '../../views/overview.ts';
import { readBegun } from '../../wiring/begun.ts';
import { floorOf } from '../../wiring/dataset.ts';
import { type LaneReader, liveLogOf } from '../../wiring/lane-reader.ts';
import { isLocked } from '../../wiring/lock.ts';
import { sentence } from '../terminal/terminal.ts';
import { pieceOf } from './log-piece.ts';
import { knownIn } from './noise-cells.ts';

const LINE_BYTES = 2048;

export async function overviewOf(reader: LaneReader, version: string): Promise<LaneOverview> {
  const { lane, store, paths, view, ledger } = reader;
  const now = await currentStatus(reader);
  const { control, trouble } = await readControl(store, lane);
  const { experiments, gpuHours: hours, usd } = control.limits;
  const spend = await spendView(reader);
  const wrong = view.foreign ?? trouble ?? reader.damaged[0];
  return {
    lane,
    version,
    state: sentence(wrong ?? (control.paused ? 'paused' : now.state)),
    why: sentence(wrong ?? (control.paused ? pausedWhy(now) : now.why)),
    ...progressView(ledger.decisions),
    open: await Promise.all([...ledger.open.keys()].map((id) => trialView(reader, id, now))),
    training: [...now.running],
    waits: now.waiting.map((run) => ({ ...run, sentence: sentence(run.sentence) })),
    guidance: control.guidance,
    caps: { experiments, hours, usd },
    hours: ledger.spentSeconds / 3600,
    usd: spend?.usd ?? null,
    calls: spend?.calls ?? 0,
    spend,
    begun: await begunView(reader),
    floorBpb: await floorOf(paths, lane),
    noise: await knownIn(reader),
  };
}

type Now = Pick<LaneStatus, 'why' | 'running' | 'since' | 'waiting'> & { readonly state: string };

function pausedWhy({ state, why }: Now): string {
  const nobody = state === 'running' ? '' : '; no controller runs, so start one with autoresearch dev, too';
  return why && state === 'running' ? why : `a person paused it; autoresearch resume goes on${nobody}`;
}

/** A controller says what it is at, and a stopped one why it stopped. */
export async function currentStatus({ lane, paths, settings }: LaneReader): Promise<Now> {
  const said = await readStatus(paths.status(lane));
  if (said?.alive) return said;
  if (await isLocked(paths.lock)) return { state: 'running', why: '', running: [], since: {}, waiting: [] };
  const idle = { running: [], since: {}, waiting: [] };
  // Of a lane that lives elsewhere this machine knows the results and not who makes them.
  if (settings.frontier.url !== '' || settings.store.url !== '') {
    const why = 'only the results can be read here; --context asks the controller of a cluster';
    return { ...idle, state: 'no controller on this machine; see --context', why };
  }
  const stopped = said?.state === 'stopped' ? said.why : '';
  const gone = said ? 'its controller ended without a word; autoresearch dev goes on' : '';
  const why = stopped || gone || 'no controller has told why; autoresearch dev goes on';
  return { ...idle, state: 'not running', why };
}

async function trialView(reader: LaneReader, experiment: string, now: Now): Promise<TrialView> {
  const { proposal, results } = reader.ledger.open.get(experiment)!;
  const attempt = results.length + 1;
  const waits = now.waiting.find((run) => run.experiment === experiment)?.sentence ?? '';
  const log = await pieceOf(liveLogOf(reader, experiment, attempt), null, LINE_BYTES);
  const lines = log ? text(log.bytes).split(/[\r\n]/) : [];
  const says = plainLine(lines.findLast((line) => line.trim() !== '') ?? '', 200);
  const { description, source } = proposal;
  const sinceMs = now.since[experiment] ?? null;
  return { experiment, description, source, attempt, waits: sentence(waits), says, sinceMs };
}

async function spendView({ store, lane, ledger }: LaneReader): Promise<LaneOverview['spend']> {
  const spends = await spendsOf(store, lane);
  if (spends.length === 0) return null;
  const usd = usdIn(spends);
  const { capNanoUsd } = await reservationAt(store, lane, spends.at(-1)!.n);
  const keeps = ledger.decisions.filter(isGain).length;
  return {
    usd,
    capUsd: usdOf(capNanoUsd),
    usdPerKeep: keeps === 0 ? null : usd / keeps,
    calls: spends.length,
    refused: (await refusedCalls(store, lane)).length,
  };
}

function isGain({ status, experiment }: Decision): boolean {
  return status === 'keep' && experiment !== BASELINE;
}

async function begunView(reader: LaneReader): Promise<LaneOverview['begun']> {
  const begun = await readBegun(reader.lane, reader);
  if (!begun) return null;
  const { trainer, budgetSeconds, clock, seed, confirm, requireSealed, text, evidence, from, trainPy } =
    begun;
  // What an older release began tells its file and not whose it was.
  const own = from === undefined || trainPy === undefined ? '' : 'a file of your own';
  return {
    trainer: trainer ?? null,
    budgetSeconds: budgetSeconds ?? null,
    clock: clock ?? null,
    seed: seed ?? null,
    confirm: confirm ?? null,
    requireSealed: requireSealed ?? null,
    text: text ?? null,
    evidence: evidence ?? null,
    firstFile: from || own,
  };
}
