// decide: from what is known to what is done next. Pure; the loop carries the actions out and looks again.
//
// I1 every experiment id has, in the end, one verdict and one row     I6 lost is not crash, and never evidence
// I2 one run per attempt                                              I7 a run goes only after its verdict is durable
// I3 rows = verdicts                                                  I8 spending never passes its cap
// I4 the frontier is a chain whose metric strictly falls              I9 killed anywhere, the end state is the same
// I5 only a sealed, matching, finite number can keep                  I10 a commit is byte for byte what was measured

import { needsRepair, nextAttempts } from './attempt.ts';
import { type Attention, attentionOf, changesMore, type Settle, verdictsDue } from './attention.ts';
import { caps, hoursCap, limitSentence, moneyIsSpent } from './caps.ts';
import { seedsOf } from './deciding.ts';
import { beforeAll, type Collecting, endings } from './ending.ts';
import type { Attempt } from './experiment.ts';
import type { Idea, NoMoreIdeas } from './idea.ts';
import { isBeingRemoved, occupiesSlot, type Run } from './run.ts';
import { attemptKey, type OpenExperiment, type World } from './world.ts';

export { caps } from './caps.ts';

export type Action =
  | Collecting
  | Settle
  /** Asks the proposer for the one repair of a trivial crash. */
  | { kind: 'fix'; open: OpenExperiment }
  | { kind: 'launch'; open: OpenExperiment; attempt: Attempt }
  /** Collecting a run that nobody needs any more. */
  | { kind: 'remove'; run: Run }
  /** Carries owed gains onto the tip; own kind, for the merge needs files that only I/O can bring. */
  | { kind: 'stack'; units: readonly string[] }
  /** Gives an idea its id. */
  | { kind: 'allocate'; idea: Idea | null }
  | { kind: 'propose'; count: number }
  /** Rewrites the views: results.tsv and the picture. */
  | { kind: 'publish' }
  /** Nothing is left to do or allowed; the sentence ends with what to do. */
  | { kind: 'stop'; reason: 'baseline' | 'conditions' | 'asked' | NoMoreIdeas; sentence: string };

/** What to do now, in this order. Empty: wait for a run, an idea or a person. */
export function decide(world: World, nowMs: number, attention: Attention = attentionOf(world)): Action[] {
  const runs: Runs = new Map(attention.runs.map((run) => [attemptKey(run.experiment, run.attempt), run]));
  const ends = endings(attention, world.vanished, runs);
  const judged = verdictsDue(attention, world, runs);
  const last = judged.findIndex((settle) => changesMore(settle, world.lane));
  const sure = last < 0 ? judged : judged.slice(0, last + 1);
  const first: readonly (Collecting | Settle)[] = [...ends, ...beforeAll(ends, sure, nowMs)];
  if (sure.at(-1)?.verdict.status === 'keep') return [...first];
  const busy = new Set([...ends, ...judged].map(({ open }) => open));
  // What ends now may cost all that it could until it is counted (I8).
  const ending = [...busy].reduce((sum, open) => sum + placesOf(open, world.lane), 0);
  const others = {
    ...attention,
    open: attention.open.filter((open) => !busy.has(open)),
    working: attention.working + ending,
  };
  const next = refill(world, nowMs);
  const due = [...repairs(world, others), ...launches(world, others, runs, nowMs)];
  // What is free already need not wait for ends, nor for verdicts that leave the tip where it is.
  if (first.length + due.length > 0) return [...first, ...due, ...next.filter(isUrgent)];
  // A free slot costs more than a run or a view that is there a moment longer; but nobody stops before they are in order.
  const urgent = next.some(isUrgent);
  const soon = world.asking > 0 && slots(world) > 0 && nowMs < world.tidyAfterMs;
  if (urgent || (soon && next.length === 0)) return next;
  const tidy = removals(world, attention);
  const stops = next.some(({ kind }) => kind === 'stop');
  if (world.published < world.decided && (stops || nowMs >= world.publishAfterMs))
    tidy.push({ kind: 'publish' });
  return tidy.length > 0 ? tidy : next;
}

/** Of those that ask for attention, by attempt. */
type Runs = ReadonlyMap<string, Run>;

function isUrgent({ kind }: Action): boolean {
  return kind === 'allocate' || kind === 'stack' || kind === 'propose';
}

function removals(world: World, { runs }: Attention): Action[] {
  return runs
    .filter((run) => world.settled.has(run.experiment) && !isBeingRemoved(run))
    .filter((run) => !world.unremovable?.has(attemptKey(run.experiment, run.attempt)))
    .map((run) => ({ kind: 'remove', run }));
}

/** Of crashes whose next attempt could be run: a repair may cost money. */
function repairs(world: World, attention: Attention): Action[] {
  if (beginsNothing(world)) return [];
  const broken = attention.open.filter(
    (open) => needsRepair(open) && !world.fixing.has(open.proposal.experiment),
  );
  const { wallSeconds } = world.lane.clocks;
  const spent = world.spentSeconds + (world.open.length - broken.length) * wallSeconds;
  return broken
    .filter((_, before) => spent + (before + 1) * wallSeconds <= hoursCap(world))
    .map((open) => ({ kind: 'fix', open }));
}

/** Whether a person, or other Conditions, have it that only what has begun is brought to its end. */
function beginsNothing({ stopping, control, conditionsChanged, baselineFailed }: World): boolean {
  return stopping || control.paused || conditionsChanged !== null || baselineFailed !== null;
}

/** Attempts that are due and have no run; oldest experiment first, never more runs than the lane is wide. */
function launches(world: World, attention: Attention, runs: Runs, nowMs: number): Action[] {
  if (beginsNothing(world) || nowMs < world.launchAfterMs) return [];
  // Nothing else runs before the baseline has settled.
  const due = attention.open
    .filter((open) => world.tip || open.proposal.base === null)
    .flatMap((open) => nextAttempts(open, world.lane).map((attempt) => ({ open, attempt })));
  const waiting = due.filter(
    ({ open, attempt }) => !runs.has(attemptKey(open.proposal.experiment, attempt.n)),
  );
  if (waiting.length === 0) return [];
  const atWork = world.tip ? attention.working : 0;
  const underWay = atWork + due.length - waiting.length;
  let free = world.lane.width - underWay - attention.runs.filter(occupiesSlot).length;
  let spent = world.spentSeconds + underWay * world.lane.clocks.wallSeconds;
  const actions: Action[] = [];
  for (const { open, attempt } of waiting) {
    spent += world.lane.clocks.wallSeconds;
    if (free-- <= 0 || spent > hoursCap(world)) break;
    actions.push({ kind: 'launch', open, attempt });
  }
  return actions;
}

/** Something for a free slot: the baseline, owed gains, a ready idea, a request for more; else why we stop. */
function refill(world: World, nowMs: number): Action[] {
  const stop = whyStop(world);
  if (stop) return mayStop(stop, world) ? [stop] : [];
  if (world.control.paused || nowMs < world.launchAfterMs) return [];
  const free = slots(world);
  if (world.nextId === 0) return [{ kind: 'allocate', idea: null }];
  if (!world.tip) return [];
  // The last experiment that a cap allows carries what is owed by then: it waits for all that may yet owe a gain.
  const waits = world.lane.width > 1 && world.open.length > 0 ? 1 : 0;
  const left = headroom(world);
  const next: Action[] = [];
  if (free > 0 && left > waits) {
    const last = world.boarding?.length ? world.boarding : world.stacks.at(-1);
    const units = left === 1 ? last : (world.stacks[0] ?? (isLastTrain(world) ? last : undefined));
    if (units) return [{ kind: 'stack', units }];
    const { wallSeconds } = world.lane.clocks;
    const each = 1 + (world.lane.evidence ?? 0);
    const hours = Math.floor(((hoursCap(world) - world.spentSeconds) / wallSeconds - places(world)) / each);
    // The last one is not among several: it waits.
    const begin = Math.min(free, Math.max(1, Math.min(left, hours) - Math.sign(world.lane.width - 1)));
    for (const idea of world.queue.slice(0, begin)) next.push({ kind: 'allocate', idea });
    if (world.queue.length > begin) return next;
  }
  // What can never begin is not asked for: an idea may cost money.
  const short = Math.min(Math.max(0, free) + world.lane.ahead, left - waits) - world.queue.length;
  const count = Math.min(short - world.asking, world.askable, world.lane.ahead === 0 ? 1 : short);
  const later = world.exhausted || moneyIsSpent(world) || nowMs < world.askAfterMs;
  if (count > 0 && !later) next.push({ kind: 'propose', count });
  return next;
}

/** Whether nothing comes any more that a gain that boards could wait for. */
function isLastTrain(world: World): boolean {
  const none = world.exhausted !== null || moneyIsSpent(world);
  return none && world.queue.length === 0 && world.asking === 0 && world.open.length === 0;
}

/** A stop waits for what still runs, for what was asked for, and for what is due; only a person's own stop does not: runs are adopted later. */
function mayStop(stop: Extract<Action, { kind: 'stop' }>, world: World): boolean {
  if (stop.reason === 'asked') return true;
  const running = world.runs.some((run) => run.state.kind !== 'ended' || isBeingRemoved(run));
  const unaffordable = world.spentSeconds + world.lane.clocks.wallSeconds > hoursCap(world);
  const waits =
    world.open.length > 0 && !unaffordable && stop.reason !== 'conditions' && stop.reason !== 'baseline';
  return !running && !waits && world.asking === 0 && world.fixing.size === 0;
}

/** Of a lane that a person stopped. */
export const STOPPED = 'stopped as asked; run it again to go on';

function whyStop(world: World): Extract<Action, { kind: 'stop' }> | null {
  if (world.baselineFailed) return { kind: 'stop', reason: 'baseline', sentence: world.baselineFailed };
  if (world.conditionsChanged)
    return { kind: 'stop', reason: 'conditions', sentence: world.conditionsChanged };
  if (world.stopping) return { kind: 'stop', reason: 'asked', sentence: STOPPED };
  if (headroom(world) <= 0) return { kind: 'stop', reason: 'limit', sentence: limitSentence(world) };
  if (world.exhausted && isIdle(world)) return { kind: 'stop', ...world.exhausted };
  return null;
}

/** Whether nothing that has no id yet could begin. */
function isIdle({ queue, stacks, boarding }: World): boolean {
  return queue.length === 0 && stacks.length === 0 && !boarding?.length;
}

/** How many experiments may begin now; below 0 where more is open than the lane is wide. */
function slots(world: World): number {
  return Math.min(world.lane.width - places(world), headroom(world));
}

/** Runs that what is open has or waits for. */
function places({ open, lane }: World): number {
  return lane.evidence ? open.reduce((sum, one) => sum + placesOf(one, lane), 0) : open.length;
}

function placesOf(open: OpenExperiment, lane: World['lane']): number {
  return seedsOf(open.proposal, lane) ? Math.max(1, nextAttempts(open, lane).length) : 1;
}

/** How many more experiments the caps allow to begin. */
function headroom(world: World): number {
  const { experiments } = caps(world);
  const left = experiments === null ? Number.POSITIVE_INFINITY : experiments + 1 - world.nextId;
  // Where seeds decide, an experiment may take a run on each of them.
  const each = 1 + (world.lane.evidence ?? 0);
  const committed = (more: number) =>
    world.spentSeconds + (places(world) + more * each) * world.lane.clocks.wallSeconds;
  // What costs no money is tried without any.
  if (committed(1) > hoursCap(world) || (moneyIsSpent(world) && isIdle(world))) return 0;
  return Math.max(0, Math.min(left, committed(2) > hoursCap(world) ? 1 : left));
}
