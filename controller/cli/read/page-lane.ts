// A lane for the page: read without a claim, and read anew only where something was written since.
import { decisionSchema } from '../../core/decision.ts';
import { type Proposal, proposalSchema } from '../../core/experiment.ts';
import { keys } from '../../core/keys.ts';
import { attemptResultSchema } from '../../core/verdict.ts';
import type { OpenExperiment } from '../../core/world.ts';
import { Failure } from '../../failure.ts';
import { reservationAt, spendsOf, UnknownSpend } from '../../llm/spend-log.ts';
import type { Ledger } from '../../loop/ledger.ts';
import { type LaneLook, type LaneSource, RefusedWish } from '../../page/lane-source.ts';
import type { Detail, LogPiece, SpentPoint, Tried } from '../../page/schema.ts';
import { decode, parse } from '../../std/json.ts';
import { siblings } from '../../std/siblings.ts';
import { text } from '../../std/text.ts';
import { usdIn } from '../../views/cost.ts';
import type { ControlChange, Steering } from '../../views/steering.ts';
import { type LaneReader, liveLogOf } from '../../wiring/lane-reader.ts';
import { change, steeringsOf, tryText } from '../steer/steering.ts';
import { usableText } from '../steer/train-file.ts';
import { LaneFacts } from './lane-facts.ts';
import { type Piece, pieceOf } from './log-piece.ts';
import { currentStatus, summaryOf } from './overview.ts';

const NEAR_MS = 1000;
/** What lies elsewhere is asked over a network, and is paid for. */
const FAR_MS = 15_000;
/** What happens together, as the end of one run and the beginning of the next, is one look. */
const TOGETHER_MS = { near: 500, far: 5000 };
/** Open experiments that a store is asked about side by side: of a wide lane there are hundreds, at a network's pace. */
const AT_ONCE = 64;
const DIFF_CHARACTERS = 200_000;
const PIECE_BYTES = 128 * 1024;
const SPENT_POINTS = 100;

/** Its ledger is kept up to date by the page from then on. `nearMs`: how often a lane of this machine is looked at. */
export function pageLaneOf(reader: LaneReader, version: string, nearMs = NEAR_MS): LaneSource {
  return new StoredLane(reader, version, nearMs);
}

class StoredLane implements LaneSource {
  readonly lane: string;
  readonly everyMs: number;
  readonly soonMs: number;
  readonly #reader: LaneReader;
  readonly #version: string;
  readonly #facts: LaneFacts;
  #view: LaneReader['view'];
  #decisions: LaneLook['decisions'];
  #looked: Promise<unknown> = Promise.resolve();

  constructor(reader: LaneReader, version: string, nearMs: number) {
    const { lane, settings, ledger, view } = reader;
    this.lane = lane;
    const near = settings.store.url === '' && settings.frontier.url === '';
    this.everyMs = near ? nearMs : FAR_MS;
    this.soonMs = near ? TOGETHER_MS.near : TOGETHER_MS.far;
    this.#facts = new LaneFacts(reader);
    this.#reader = reader;
    this.#version = version;
    this.#view = view;
    this.#decisions = [...ledger.decisions];
  }

  /** One after the other: of two at once each would take in the same outcome, and count its time again. */
  look(): Promise<LaneLook> {
    const next = this.#looked.then(() => this.#look());
    this.#looked = next.catch(() => {});
    return next;
  }

  async #look(): Promise<LaneLook> {
    const { store, frontier, ledger } = this.#reader;
    this.#view = await frontier.view();
    ledger.see(this.#view);
    // What others proposed since, then what became of it: no object is read twice.
    while (await ledger.discover()) {}
    const open = [...ledger.open.values()];
    for (let i = 0; i < open.length; i += AT_ONCE) {
      // None is left on its way where another fails: the next look would take in the same outcome again.
      await siblings(open.slice(i, i + AT_ONCE).map((one) => conclude(this.lane, store, ledger, one)));
    }
    if (ledger.decisions.length !== this.#decisions.length) this.#decisions = [...ledger.decisions];
    const reader = { ...this.#reader, view: this.#view };
    const now = await currentStatus(reader);
    const summary = await summaryOf(reader, this.#facts, this.#version, now);
    return { decisions: this.#decisions, summary, machine: now.machine };
  }

  async detail(which: string): Promise<Detail | null> {
    const { store } = this.#reader;
    const experiment = which.padStart(6, '0');
    const attempts = this.#attemptsOf(experiment);
    if (attempts === null) return null;
    const [proposed, patch] = await Promise.all([
      store.get(keys.proposal(this.lane, experiment)),
      store.get(keys.attempt(this.lane, experiment, attempts, 'diff.patch')),
    ]);
    const proposal = proposed && understood(proposed);
    const diff = patch && text(patch);
    const { cost } = proposal ?? {};
    return {
      experiment,
      hypothesis: proposal?.hypothesis ?? '',
      cost: cost ? { model: cost.model, calls: cost.calls, usd: cost.usd, seconds: cost.seconds } : null,
      attempts,
      diff: diff?.slice(0, DIFF_CHARACTERS) ?? null,
      cut: (diff?.length ?? 0) > DIFF_CHARACTERS,
    };
  }

  async log(which: string, wanted: number | null, from: number | null): Promise<LogPiece | null> {
    const experiment = which.padStart(6, '0');
    const attempts = this.#attemptsOf(experiment);
    if (attempts === null) return null;
    const attempt = wanted ?? attempts;
    const bytes = await this.#reader.store.get(keys.attempt(this.lane, experiment, attempt, 'run.log'));
    const piece = bytes
      ? sliceOf(bytes, from)
      : await pieceOf(liveLogOf(this.#reader, experiment, attempt), from, PIECE_BYTES);
    if (piece === null) return null;
    const start = piece.at;
    return {
      attempt,
      text: text(piece.bytes),
      from: start,
      next: start + piece.bytes.length,
      size: piece.size,
      live: bytes === null,
    };
  }

  async trainPy(experiment: string): Promise<string | null> {
    const attempts = this.#attemptsOf(experiment);
    if (attempts === null) return null;
    const key = keys.attempt(this.lane, experiment, attempts, 'train.py');
    const bytes = await this.#reader.store.get(key);
    if (bytes) return text(bytes);
    return this.#view.kept.find(({ decision }) => decision.experiment === experiment)?.trainPy ?? null;
  }

  /** When a call was made is written with each one alone: of many calls some are asked. */
  async spent(): Promise<SpentPoint[]> {
    const { store } = this.#reader;
    const spends = await spendsOf(store, this.lane, () => {}); // The summary tells of what is damaged.
    const step = Math.ceil(spends.length / SPENT_POINTS);
    const asked = spends.map((_, i) => i).filter((i) => i % step === 0 || i === spends.length - 1);
    const points = asked.map(async (i): Promise<SpentPoint[]> => {
      const made = await reservationAt(store, this.lane, spends[i]!.n).catch(unlessUnknown);
      return made ? [[made.atMs, usdIn(spends.slice(0, i + 1))]] : [];
    });
    return (await Promise.all(points)).flat();
  }

  steerings(): Promise<readonly Steering[]> {
    return steeringsOf(this.lane, this.#reader.store);
  }

  async change(asked: ControlChange, who: string): Promise<void> {
    await told(change(this.#reader, asked, who));
  }

  async tryOut({ trainPy, message }: Tried, who: string): Promise<string> {
    const file = await told(usableText('the file', Buffer.from(trainPy)));
    await this.look(); // what was tried meanwhile
    return told(tryText(this.#reader, { trainPy: file, message, name: 'the file' }, who));
  }

  #attemptsOf(experiment: string): number | null {
    const decided = this.#decisions.find((d) => d.experiment === experiment);
    const open = this.#reader.ledger.open.get(experiment);
    return decided?.attempts ?? (open ? open.results.length + 1 : null);
  }
}

/** Of a call whose reservation is damaged nobody knows when it was made; what it cost is known by its settlement. */
function unlessUnknown(error: unknown): null {
  if (error instanceof UnknownSpend) return null;
  throw error;
}

/** Null where it is damaged: the rest of the experiment is shown. */
function understood(proposed: Uint8Array): Proposal | null {
  try {
    return proposalSchema.parse(decode(proposed));
  } catch {
    return null;
  }
}

/** What a person did wrong is told as such. */
async function told<T>(done: Promise<T>): Promise<T> {
  return done.catch((error) => {
    throw error instanceof Failure ? new RefusedWish(error.message) : error;
  });
}

/** Takes in the Record of an open experiment, or the results of its attempts, where they are there by now. */
async function conclude(
  lane: string,
  store: LaneReader['store'],
  ledger: Ledger,
  open: OpenExperiment,
): Promise<void> {
  const id = open.proposal.experiment;
  const record = await store.get(keys.record(lane, id));
  if (record) return ledger.decided(parse(decisionSchema, record, `record of ${id}`));
  for (let now = open; ; now = ledger.open.get(id)!) {
    const n = now.results.length + 1;
    const bytes = await store.get(keys.attempt(lane, id, n, 'result.json'));
    if (!bytes) return;
    ledger.concluded(now, parse(attemptResultSchema, bytes, `result of ${id}/${n}`), now.current);
  }
}

function sliceOf(all: Uint8Array, from: number | null): Piece {
  const at = Math.min(from ?? Math.max(0, all.length - PIECE_BYTES), all.length);
  return { bytes: all.subarray(at, at + PIECE_BYTES), at, size: all.length };
}
