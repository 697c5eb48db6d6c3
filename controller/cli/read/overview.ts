// One look at a lane, for `status` and for the page: what git and store say, and what its controller is at.

import { tighter } from '../../core/caps.ts';
import type { Decision } from '../../core/decision.ts';
import { BASELINE, type Limits } from '../../core/experiment.ts';
import { usdOf } from '../../core/money.ts';
import type { Spend } from '../../core/spend.ts';
import { Failure } from '../../failure.ts';
import { refusedCalls } from '../../llm/refused-log.ts';
import { reservationAt } from '../../llm/spend-log.ts';
import { readControl } from '../../loop/outside-changes.ts';
import { type LaneStatus, readStatus } from '../../observers/status-file.ts';
import type { LaneSummary } from '../../page/schema.ts';
import { plainLine, text } from '../../std/text.ts';
import { usdIn } from '../../views/cost.ts';
import { type LaneOverview, progressView, type TrialView } from '../../views/overview.ts';
import { type LaneReader, liveLogOf } from '../../wiring/lane-reader.ts';
import { tailOf } from '../../wiring/live-log.ts';
import { isLocked } from '../../wiring/lock.ts';
import { sentence } from '../terminal/terminal.ts';
import { LaneFacts } from './lane-facts.ts';

const LINE_BYTES = 2048;

export async function overviewOf(reader: LaneReader, version: string): Promise<LaneOverview> {
  const facts = new LaneFacts(reader);
  const now = await currentStatus(reader);
  const summary = await summaryOf(reader, facts, version, now);
  const spend = await spendView(reader, (await facts.spends(reader)).all);
  const { usd } = summary.capsInForce;
  // Of a lane whose controller is elsewhere the last call says what held then.
  const known = now.limits === null && spend ? Math.min(spend.capUsd, usd ?? spend.capUsd) : usd;
  return {
    ...summary,
    capsInForce: { ...summary.capsInForce, usd: known },
    ...progressView(reader.ledger.decisions),
    training: [...now.running],
    waits: now.waiting.map((run) => ({ experiment: run.experiment, sentence: sentence(run.sentence) })),
    spend,
  };
}

/** The part that a page is told, which counts no rows; `facts` remembers what need not be read again. */
export async function summaryOf(
  reader: LaneReader,
  facts: LaneFacts,
  version: string,
  now: Now,
): Promise<LaneSummary> {
  const { lane, store, view, ledger } = reader;
  const { control, trouble } = await readControl(store, lane);
  const { all: spends, damaged } = await facts.spends(reader);
  const begun = await facts.begun(reader).catch(told);
  const unknown = typeof begun === 'string' ? begun : undefined;
  const wrong = view.foreign ?? trouble ?? reader.damaged[0] ?? damaged[0] ?? unknown;
  return {
    lane,
    version,
    state: sentence(wrong ?? (control.paused ? 'paused' : now.state)),
    why: sentence(wrong ?? (control.paused ? pausedWhy(now) : now.why)),
    decided: ledger.decisions.length,
    open: [...ledger.open.keys()].map((id) => trialView(reader, id, now)),
    guidance: control.guidance,
    caps: capsView(control.limits),
    capsInForce: capsView(tighter(now.limits ?? control.limits, control.limits)),
    hours: ledger.spentSeconds / 3600,
    usd: spends.length === 0 ? null : usdIn(spends),
    calls: spends.length,
    begun: typeof begun === 'string' ? null : begun,
    floorBpb: await facts.floor(reader),
    noise: await facts.noise(reader),
  };
}

/** What is wrong, where a person can mend it. */
function told(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error;
}

function capsView({ experiments, gpuHours: hours, usd }: Limits): LaneOverview['caps'] {
  return { experiments, hours, usd };
}

type Now = Pick<LaneStatus, 'why' | 'running' | 'since' | 'waiting' | 'limits' | 'machine'> & {
  readonly state: string;
};

function pausedWhy({ state, why }: Now): string {
  if (why && (state === 'running' || state === 'in trouble')) return why;
  const nobody =
    state === 'not running' ? '; no controller runs, so start one with autoresearch dev, too' : '';
  return `a person paused it; autoresearch resume goes on${nobody}`;
}

/** A controller says what it is at, and a stopped one why it stopped. */
export async function currentStatus({ lane, paths, settings }: LaneReader): Promise<Now> {
  const said = await readStatus(paths.status(lane));
  if (said?.alive) return said;
  const idle = { running: [], since: {}, waiting: [], limits: said?.limits ?? null, machine: null };
  if (await isLocked(paths.lock)) return { ...idle, state: 'running', why: '' };
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

function trialView(reader: LaneReader, experiment: string, now: Now): TrialView {
  const { proposal, results } = reader.ledger.open.get(experiment)!;
  const attempt = results.length + 1;
  const waiting = now.waiting.find((run) => run.experiment === experiment);
  const lines = text(tailOf(liveLogOf(reader, experiment, attempt), LINE_BYTES)).split(/[\r\n]/);
  const says = plainLine(lines.findLast((line) => line.trim() !== '') ?? '', 200);
  const { description, source } = proposal;
  const sinceMs = now.since[experiment] ?? null;
  const waits = sentence(waiting?.sentence ?? '');
  const waitsSinceMs = waiting?.sinceMs ?? null;
  return { experiment, description, source, attempt, waits, waitsSinceMs, says, sinceMs };
}

async function spendView(
  { store, lane, ledger }: LaneReader,
  spends: readonly Spend[],
): Promise<LaneOverview['spend']> {
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
