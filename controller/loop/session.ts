// One life of a controller on a lane: from claiming it to a stop or a throw. All that it remembers of the lane is in here;
// the writer claim and the idea queue are the controller's.

import type { Attention, Settle } from '../core/attention.ts';
import { type Action, decide } from '../core/decide.ts';
import type { Attempt } from '../core/experiment.ts';
import type { AttemptResult } from '../core/verdict.ts';
import type { OpenExperiment, World } from '../core/world.ts';
import type { FrontierView } from '../ports.ts';
import { type Cooldown, cooldownFrom, leftMs, noCooldown } from '../std/cooldown.ts';
import { once } from '../std/once.ts';
import { collect, FENCED, launch, lose, settle } from './act.ts';
import { stacked } from './allocate.ts';
import { baselineFailure, beginAgain } from './baseline.ts';
import { briefOf } from './briefing.ts';
import type { LaneContext, Stop } from './context.ts';
import { flowOf } from './idea-flow.ts';
import type { IdeaQueue } from './idea-queue.ts';
import { fromQueue, withId } from './intake.ts';
import { Ledger } from './ledger.ts';
import { type MachineTrouble, mayEndLost } from './machine-trouble.ts';
import { OutsideChanges } from './outside-changes.ts';
import { RunTracker } from './run-tracker.ts';
import { Removals } from './turn/removals.ts';
import type { RunLogs } from './turn/run-logs.ts';
import { inStrands } from './turn/strands.ts';
import type { WriterClaim } from './writer-claim.ts';

const LAUNCH_COOLDOWN_MS = 5000;
export class Session {
  readonly #context: LaneContext;
  readonly #ending: AbortSignal;
  readonly #claim: WriterClaim;
  readonly #queue: IdeaQueue;
  readonly #trouble: MachineTrouble;
  readonly #logs: RunLogs;
  readonly #runs: RunTracker;
  readonly #removals: Removals;
  readonly #outside: OutsideChanges;
  #waking = new AbortController();
  #ledger!: Ledger;
  /** Nothing is launched, nothing published meanwhile. */
  #launchCooldown = noCooldown;
  #publishCooldown = noCooldown;
  #conditionsChanged: string | null = null;
  #published = -1;

  constructor(
    context: LaneContext,
    ending: AbortSignal,
    claim: WriterClaim,
    queue: IdeaQueue,
    trouble: MachineTrouble,
    logs: RunLogs,
  ) {
    this.#context = context;
    this.#ending = ending;
    this.#claim = claim;
    this.#queue = queue;
    this.#trouble = trouble;
    this.#logs = logs;
    const { store, lane, clock, observer } = context;
    this.#runs = new RunTracker(lane);
    const tell = (kind: 'held' | 'trouble') => (sentence: string) => observer.happened({ kind, sentence });
    this.#removals = new Removals(context.executor, clock, tell('trouble'));
    this.#outside = new OutsideChanges(store, lane.name, clock, tell('held'));
  }

  wake(): void {
    this.#waking.abort('look again');
  }

  /** `worked` is called whenever something was done that lasts. */
  async run(worked: () => void): Promise<Stop> {
    const { frontier, store, lane, executor, observer, clock, inputs } = this.#context;
    if (!(await this.#claim.take(frontier))) return { reason: 'fenced', sentence: FENCED };
    const view = await frontier.view();
    if (view.foreign) return { reason: 'foreign', sentence: view.foreign };
    this.#ledger = await Ledger.read(lane, store, view);
    await this.#context.remember?.(this.#ledger.tip !== null);
    beginAgain(this.#ledger, inputs.trainPy, lane);
    this.#conditionsChanged = this.#ledger.incomparable(inputs.conditions ?? '');
    const { decisions, open } = this.#ledger;
    const adopted = (await executor.list(lane.name)).length;
    const counts = { decided: decisions.length, open: open.size, adopted };
    const metrics = this.#ledger.kept.map(({ decision }) => decision.valBpb!);
    observer.happened({ kind: 'began', epoch: this.#claim.current.epoch, ...counts, frontier: metrics });
    for (;;) {
      this.#waking = new AbortController();
      await this.#outside.look(this.#ledger);
      const { world, attention } = await this.#observe();
      observer.turn(world);
      const actions = decide(world, clock.now(), attention);
      if (!this.#outside.allow(actions)) continue;
      const stop = await this.#actOn(actions, world, worked);
      if (stop) return stop;
      if (actions.length === 0) {
        await clock.sleep(this.#untilNext(), this.#waking.signal);
        this.#outside.expire();
      }
    }
  }

  #untilNext(): number {
    const { clock, pollMs } = this.#context;
    const { askCooldown, answerWindow } = this.#queue;
    const cooldowns = [askCooldown, answerWindow, this.#launchCooldown, this.#trouble.cooldown];
    if (this.#published < this.#ledger.decisions.length) cooldowns.push(this.#publishCooldown);
    const left = cooldowns.map((cooldown) => leftMs(cooldown, clock.now())).filter((ms) => ms > 0);
    return Math.min(pollMs, ...left);
  }

  async #observe(): Promise<{ world: World; attention: Attention }> {
    const { lane, executor, clock } = this.#context;
    const ledger = this.#ledger;
    const listed = this.#logs.shown(await executor.list(lane.name));
    const spentUsd = await this.#context.spentUsd();
    // From here on nothing is awaited: a repair that comes meanwhile would be neither under way nor there.
    this.#queue.fixRequests.deliver(ledger);
    const { runs, vanished, attention } = this.#runs.update(listed, ledger);
    const now = clock.now();
    const { flow: setting } = this.#context;
    const flow = setting && flowOf(setting, lane, ledger.decisions, this.#queue.latencies);
    const after = (cooldown: Cooldown) => now + leftMs(cooldown, now);
    const world: World = {
      lane: flow ? { ...lane, ahead: flow.ahead } : lane,
      control: this.#outside.control,
      tip: ledger.tip,
      decided: ledger.decisions.length,
      published: this.#published,
      publishAfterMs: after(this.#publishCooldown),
      mayEnd: mayEndLost(ledger.decisions),
      baselineFailed: baselineFailure(ledger, lane),
      open: ledger.openInOrder,
      runs,
      vanished,
      settled: ledger.settled,
      unremovable: this.#removals.left,
      stacks: ledger.owed.due(ledger.tip?.sigma),
      boarding: ledger.owed.boarding(ledger.tip?.sigma),
      queue: this.#queue.ideas,
      asking: this.#queue.asking,
      askable: this.#queue.askable(flow?.parallel ?? null),
      fixing: this.#queue.fixRequests.underWay(),
      tidyAfterMs: after(this.#queue.answerWindow),
      askAfterMs: after(this.#queue.askCooldown),
      launchAfterMs: Math.max(after(this.#launchCooldown), after(this.#trouble.cooldown)),
      exhausted: this.#queue.exhausted,
      conditionsChanged: this.#conditionsChanged,
      spentSeconds: ledger.spentSeconds,
      spentUsd,
      nextId: ledger.nextId,
      stopping: this.#ending.aborted,
    };
    return { world, attention };
  }

  /** What is decided beside a verdict is decided for a lane that goes on: nothing more is done once it may not. */
  async #actOn(actions: readonly Action[], world: World, worked: () => void): Promise<Stop | null> {
    // One for all verdicts of a turn; what is done beside them need not wait for it.
    const view = once(() => this.#context.frontier.view());
    const goesOn = () => this.#conditionsChanged === world.conditionsChanged;
    return inStrands(actions, { act: (action) => this.#act(action, world, view), worked, goesOn });
  }

  async #act(action: Action, world: World, view: () => Promise<FrontierView>): Promise<Stop | null> {
    const ledger = this.#ledger;
    switch (action.kind) {
      case 'collect': {
        const result = await collect(this.#context, ledger, action.open, action.run, this.#logs);
        return result && this.#measured(action.run.experiment, result);
      }
      case 'lose': {
        const result = await lose(this.#context, ledger, action.open, action.reason, action.sentence);
        return this.#measured(action.open.proposal.experiment, result);
      }
      case 'settle':
        return this.#settle(action, await view());
      case 'fix':
        this.#queue.fixRequests.ask(action.open);
        return null;
      case 'launch':
        return this.#launch(action.open, action.attempt);
      case 'remove':
        if (await this.#removals.remove(action.run, ledger.decisionOn(action.run.experiment)))
          this.#runs.removed(action.run);
        return null;
      case 'stack': {
        const idea = await stacked(this.#context, ledger, action.units);
        if (idea) await withId(this.#context, ledger, idea);
        else ledger.owed.wait(action.units);
        return null;
      }
      case 'allocate':
        await fromQueue(this.#context, ledger, this.#queue, action.idea);
        return null;
      case 'propose':
        this.#queue.ask(await briefOf(this.#context, ledger, world), action.count);
        return null;
      case 'publish': {
        // An older controller may hold a Record that the newer one's keep has overruled.
        if ((await this.#context.frontier.view()).writer !== this.#claim.writer)
          return { reason: 'fenced', sentence: FENCED };
        const restMs = await this.#context.publish(ledger.decisions);
        this.#publishCooldown = cooldownFrom(this.#context.clock.now(), restMs);
        this.#published = world.decided;
        return null;
      }
      case 'stop':
        return { reason: action.reason, sentence: action.sentence };
    }
  }

  async #settle({ open, verdict }: Settle, view: FrontierView): Promise<Stop | null> {
    const settled = await settle(this.#context, this.#ledger, open, verdict, this.#claim, view);
    if (settled.kind === 'fenced' || settled.kind === 'foreign')
      return { reason: settled.kind, sentence: settled.sentence };
    if (settled.kind === 'moved') throw new Error(settled.sentence);
    this.#context.observer.happened({ kind: 'decided', decision: settled.decision });
    this.#conditionsChanged ??= this.#ledger.incomparable(settled.decision.conditions);
    return null;
  }

  #measured(experiment: string, result: AttemptResult): Stop | null {
    const { kind, image } = result.outcome;
    this.#context.observer.happened({ kind: 'measured', experiment, result });
    // What has a number is told by its row. No other image need lose, or crash, more than one run.
    if (kind !== 'finished' && image) this.#conditionsChanged ??= this.#ledger.incomparable(`image:${image}`);
    return this.#trouble.ended(experiment, result);
  }

  async #launch(open: OpenExperiment, attempt: Attempt): Promise<Stop | null> {
    const { observer, clock } = this.#context;
    const { experiment, description } = open.proposal;
    const { n, cause } = attempt;
    // Of runs side by side an earlier one has just ended otherwise than this was decided on.
    if (this.#ledger.open.get(experiment) !== open) return null;
    const launched = await launch(this.#context, this.#ledger, open, attempt);
    if (launched.kind === 'launched') {
      this.#runs.launched(experiment, n);
      observer.happened({ kind: 'launched', experiment, attempt: n, cause, description });
    } else if (launched.kind === 'ended') {
      return this.#measured(experiment, launched.result);
    } else {
      this.#launchCooldown = cooldownFrom(clock.now(), LAUNCH_COOLDOWN_MS);
      observer.happened({ kind: 'held', sentence: launched.sentence });
    }
    return null;
  }
}
