// The lane as its durable parts tell it: decisions from git and store, experiments still open. Reading it anew is
// the only recovery there is; after that every object is read once, for Records and commits never change.
import { checkpointOf, recordsIn } from '../core/checkpoint.ts';
import { difference } from '../core/conditions.ts';
import { seedsOf } from '../core/deciding.ts';
import { byOrder, type Decision } from '../core/decision.ts';
import { Evidence } from '../core/evidence.ts';
import { BASELINE, experimentId, type Lane, type Proposal, proposalSchema } from '../core/experiment.ts';
import { keys } from '../core/keys.ts';
import { noiseOf } from '../core/noise.ts';
import { frontierFiles } from '../core/retraction.ts';
import type { AttemptResult, Tip } from '../core/verdict.ts';
import type { OpenExperiment } from '../core/world.ts';
import { sha256Hex } from '../intent.ts';
import type { AcceptedCommit, FrontierView, Store } from '../ports.ts';
import { parse } from '../std/json.ts';
import type { KeysSoFar } from '../std/keys-so-far.ts';
import { firstAbove } from '../std/spread.ts';
import { text } from '../std/text.ts';
import { secondsOf } from './draft.ts';
import { OwedMerges } from './owed-merges.ts';
import { anotherLane } from './stored/another-lane.ts';
import { noCommit, orTell, readExperiment, type Teller } from './stored/experiment.ts';
import { UnseenParts } from './unseen-parts.ts';

const AT_ONCE = 64;

/** All that the ledger asks of a lane: its name, and what an attempt of unknown length counts for. */
type LedgerLane = Pick<Lane, 'name' | 'evidence'> & { readonly clocks: Pick<Lane['clocks'], 'wallSeconds'> };

export class Ledger {
  readonly decisions: Decision[] = [];
  readonly settled = new Set<string>();
  /** Ids of experiments of which something has changed, for who looks at nothing else; that one empties it. */
  readonly changed = new Set<string>();
  readonly open = new Map<string, OpenExperiment>();
  readonly evidence = new Evidence();
  readonly unseen = new UnseenParts();
  readonly owed = new OwedMerges();
  /** Machine seconds of everything that has an outcome. */
  spentSeconds = 0;
  nextId = 0;
  nextSeq = 1;
  tip: Tip | null = null;
  #kept: readonly AcceptedCommit[] = [];
  #sorted = false;
  #inOrder: readonly OpenExperiment[] | null = null;
  readonly #lane: LedgerLane;
  readonly #store: Store;

  private constructor(lane: LedgerLane, store: Store) {
    this.#lane = lane;
    this.#store = store;
  }

  /** Reads all that is durable. An object that cannot be understood is thrown, unless `damaged` is told of it. */
  static async read(lane: LedgerLane, store: Store, view: FrontierView, damaged?: Teller): Promise<Ledger> {
    const ledger = new Ledger(lane, store);
    ledger.see(view);
    const names = await store.list(keys.experiments(lane.name));
    // A folder that a person put there is no experiment.
    const ids = names.filter((name) => /^\d{6,}\/$/.test(name)).map((name) => name.slice(0, -1));
    await ledger.#readCheckpoints(new Set(ids.map(checkpointOf)));
    const readOne = (id: string) => ledger.#readExperiment(id).catch(orTell(damaged));
    const unread = ids.filter((id) => !ledger.settled.has(id));
    for (let i = 0; i < unread.length; i += AT_ONCE)
      await Promise.all(unread.slice(i, i + AT_ONCE).map(readOne));
    for (const id of ids) ledger.nextId = Math.max(ledger.nextId, Number(id) + 1);
    ledger.decisions.sort(byOrder);
    ledger.#sorted = true;
    const open = [...ledger.open].sort(([a], [b]) => (a < b ? -1 : 1));
    ledger.open.clear();
    for (const [id, one] of open) ledger.open.set(id, one);
    return ledger;
  }

  /** Takes in the frontier's commits: for one experiment they win over a Record. */
  see(view: FrontierView): void {
    for (const { decision } of view.kept.slice(this.#kept.length)) this.decided(decision);
    this.#kept = view.kept;
    const tip = view.kept.at(-1);
    if (!tip || tip.decision.commit === this.tip?.commit) return;
    const conditions = view.kept[0]!.decision.conditions;
    const files = frontierFiles(view.kept.map((k) => k.decision));
    this.tip = { commit: tip.decision.commit, bpb: tip.decision.valBpb!, conditions, ...files };
    this.owed.withdrawn = files.withdrawn;
    this.#hear();
  }

  /** Takes in a durable decision. */
  decided(decision: Decision): void {
    if (this.settled.has(decision.experiment)) return;
    const open = this.open.get(decision.experiment);
    this.spentSeconds +=
      decision.spentSeconds - (open?.results ?? []).reduce((s, t) => s + secondsOf(t, this.#lane), 0);
    this.open.delete(decision.experiment);
    this.#touch(decision.experiment);
    this.settled.add(decision.experiment);
    this.evidence.add(decision);
    this.unseen.decided(decision);
    this.owed.decided(decision);
    this.nextId = Math.max(this.nextId, Number(decision.experiment) + 1);
    this.decisions.push(decision);
    if (this.#sorted && byOrder(this.decisions.at(-2) ?? decision, decision) > 0)
      this.decisions.sort(byOrder);
    this.nextSeq = Math.max(this.nextSeq, decision.seq + 1);
    if (decision.measured) this.#hear();
  }

  /** What repeats tell of the noise. */
  #hear(): void {
    const { evidence } = this.#lane;
    if (!this.tip || !evidence) return;
    const sigma = noiseOf(this.decisions)?.sigma;
    const onAll = this.decisions.filter((d) => d.measured).map((d) => [d.screenBpb!, ...d.measured!]);
    this.tip = { ...this.tip, sigma, ownSeed: firstAbove(onAll, evidence) };
  }

  /** Takes in a proposal that has its id, as this controller or another wrote it. */
  proposed(
    proposal: Proposal,
    results: readonly AttemptResult[] = [],
    current = proposal.trainPy,
  ): OpenExperiment {
    const proposedSha256 = sha256Hex(proposal.trainPy);
    const open: OpenExperiment = {
      proposal,
      proposedSha256,
      baseBpb: proposal.base === null ? null : this.bpbOf(proposal.base),
      baseScreen: proposal.base === null ? undefined : this.#at(proposal.base).decision.screenBpb,
      results,
      forgiven: 0,
      repaired: null,
      // Of runs side by side none is repaired: the gains ride in halves.
      unfixable: seedsOf(proposal, { seed: 0, ...this.#lane }) !== null,
      current,
    };
    this.open.set(proposal.experiment, open);
    this.#touch(proposal.experiment);
    this.owed.proposed(proposal.experiment, proposal.stackOf);
    this.nextId = Math.max(this.nextId, Number(proposal.experiment) + 1);
    return open;
  }

  /** Replaces what is known of an open experiment. */
  amend(open: OpenExperiment, change: Partial<OpenExperiment>): OpenExperiment {
    const amended = { ...open, ...change };
    this.open.set(open.proposal.experiment, amended);
    this.#touch(open.proposal.experiment);
    return amended;
  }

  /** Takes in the durable outcome of an attempt, measured on `trainPy`. */
  concluded(open: OpenExperiment, result: AttemptResult, trainPy: string): void {
    this.spentSeconds += secondsOf(result, this.#lane);
    this.unseen.ended(open.proposal.experiment, result);
    this.amend(open, { results: [...open.results, result], current: trainPy, repaired: null });
  }

  /** Whether a train.py with this sha256 was measured or is on trial. */
  wasTried(sha256: string): boolean {
    return this.evidence.measured(sha256) || this.#onTrial(sha256);
  }

  /** Whether it is proposed no more: on trial, measured, or failed by the machine too often. */
  bars(sha256: string): boolean {
    return this.evidence.bars(sha256) || this.#onTrial(sha256);
  }

  /** sha256 of every train.py that is proposed no more, as it stands now. */
  barred(): KeysSoFar {
    return this.evidence.barred(this.openInOrder.map((o) => o.proposedSha256));
  }

  /** Oldest first. */
  get openInOrder(): readonly OpenExperiment[] {
    this.#inOrder ??= [...this.open.values()];
    return this.#inOrder;
  }

  decisionOn(experiment: string): Decision | undefined {
    return this.decisions.findLast((d) => d.experiment === experiment);
  }

  /** The decision on experiment 0, once there is one. */
  get baseline(): Decision | undefined {
    return this.decisions.find((d) => d.experiment === BASELINE);
  }

  get kept(): readonly AcceptedCommit[] {
    return this.#kept;
  }

  /** train.py at a frontier commit; throws where the frontier has no such commit. */
  trainPyOf(commit: string): string {
    return this.#at(commit).trainPy;
  }

  bpbOf(commit: string): number {
    return this.#at(commit).decision.valBpb!;
  }

  /** Why the lane stops where these Conditions, or what is known of them, are not its own; null where they are. */
  incomparable(conditions: string): string | null {
    const changed = this.tip && difference(this.tip.conditions, conditions);
    return changed ? anotherLane(this.#lane.name, this.#kept.at(-1)!.decision.experiment, changed) : null;
  }

  /** The proposal that somebody else (a person's `try`, another controller) wrote under the next id, if any. */
  async discover(): Promise<OpenExperiment | null> {
    const bytes = await this.#store.get(keys.proposal(this.#lane.name, this.nextId));
    return bytes ? this.proposed(parse(proposalSchema, bytes, experimentId(this.nextId))) : null;
  }

  #onTrial(sha256: string): boolean {
    return this.openInOrder.some(({ proposedSha256 }) => proposedSha256 === sha256);
  }

  #touch(experiment: string): void {
    this.changed.add(experiment);
    this.#inOrder = null;
  }

  #at(commit: string): AcceptedCommit {
    const kept = this.#kept.find((k) => k.decision.commit === commit);
    if (!kept) throw noCommit(commit);
    return kept;
  }

  /** Takes in Records that lie together; what a checkpoint does not tell is read one by one. */
  async #readCheckpoints(wanted: ReadonlySet<number>): Promise<void> {
    const lane = this.#lane.name;
    const names = await this.#store.list(keys.checkpoints(lane));
    const numbers = names.map((name) => Number.parseInt(name, 10)).filter((n) => wanted.has(n));
    const texts = await Promise.all(numbers.map((n) => this.#store.get(keys.checkpoint(lane, n))));
    for (const [i, bytes] of texts.entries())
      for (const record of (bytes && recordsIn(text(bytes), numbers[i]!)) ?? []) this.decided(record);
  }

  async #readExperiment(id: string): Promise<void> {
    const stored = await readExperiment(this.#lane.name, this.#store, id);
    if (stored?.kind === 'decided') return this.decided(stored.decision);
    if (!stored) return;
    const { proposal, results, current, repaired } = stored;
    const open = this.proposed(proposal, results, current);
    if (repaired !== null) this.amend(open, { repaired });
    for (const result of results) this.unseen.ended(id, result);
    this.spentSeconds += results.reduce((sum, t) => sum + secondsOf(t, this.#lane), 0);
  }
}
