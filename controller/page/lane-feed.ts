// One lane as its watchers see it: looked at only while somebody asks or watches, and by one look at a time.
import type { ServerResponse } from 'node:http';
import type { Decision } from '../core/decision.ts';
import { type EventStreams, eventText } from './event-streams.ts';
import { type LaneLook, type LaneSource, rowsOf } from './lane-source.ts';

/** What was seen this recently is told again without looking. */
const FRESH_MS = 500;
/** Whoever lacks more reads all rows anew. */
const TOLD_AT_MOST = 200;

export class LaneFeed {
  readonly source: LaneSource;
  readonly #streams: EventStreams;
  #last: LaneLook | null = null;
  #lastMs = 0;
  #looking: Promise<LaneLook> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  #told = '';
  #health = { atMs: 0, tookMs: 0, trouble: '' };

  constructor(source: LaneSource, streams: EventStreams) {
    this.source = source;
    this.#streams = streams;
  }

  async current(): Promise<LaneLook> {
    if (this.#last && performance.now() - this.#lastMs < FRESH_MS) return this.#last;
    return this.look();
  }

  /** Something happened: looks for those who watch, once for all that happens together. */
  nudge(): void {
    if (this.#streams.count(this.source.lane) === 0) return;
    this.#soon ??= setTimeout(async () => {
      await this.#looking?.catch(() => {}); // it may have missed it
      this.#soon = null;
      await this.look().catch(() => {}); // the next look of its own says what is wrong
    }, this.source.soonMs).unref();
  }

  /** Looks, and tells the watchers what is new. */
  look(): Promise<LaneLook> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Begins to look by itself, until nobody watches any more. */
  watch(): void {
    this.#timer ??= setTimeout(async () => {
      this.#timer = null;
      if (this.#streams.count(this.source.lane) === 0) return;
      await this.look().catch((error: Error) => this.#send('trouble', { sentence: error.message }));
      this.watch();
    }, this.source.everyMs).unref();
  }

  close(): void {
    for (const timer of [this.#timer, this.#soon]) if (timer) clearTimeout(timer);
  }

  /** Adds a client that has seen everything up to `lastId`: it is told what it lacks, then what comes. */
  async join(response: ServerResponse, lastId: string, headers: Readonly<Record<string, string>>) {
    const looked = await this.current();
    // Who left meanwhile would never be counted off: what is closed does not close again.
    if (response.destroyed) return;
    // From here on nothing waits, so that nothing is told twice or not at all.
    const { decisions, summary } = this.#last ?? looked;
    this.#streams.add(this.source.lane, response, headers);
    this.#streams.write(response, eventText('now', summary) + missedSince(decisions, lastId));
    this.watch();
  }

  /** What was seen, and how the last look went. */
  async health() {
    await this.current().catch(() => {}); // it tells what is wrong
    const last = this.#last?.decisions.at(-1);
    if (!this.#last) throw new Error(this.#health.trouble);
    const { summary, machine } = this.#last;
    return {
      summary,
      machine,
      conditions: last?.conditions ?? '',
      image: last?.image ?? '',
      look: this.#health,
    };
  }

  async #look(): Promise<LaneLook> {
    const look = await this.#timed();
    const before = this.#last;
    this.#last = look;
    this.#lastMs = performance.now();
    if (before) this.#tell(before, look);
    const watched = this.#streams.count(this.source.lane) > 0;
    const now = watched ? eventText('now', look.summary) : '';
    if (watched && now !== this.#told) this.#streams.send(this.source.lane, now);
    this.#told = now;
    return look;
  }

  async #timed(): Promise<LaneLook> {
    const began = performance.now();
    const took = () => Math.round(performance.now() - began);
    try {
      const look = await this.source.look();
      this.#health = { atMs: Date.now(), tookMs: took(), trouble: '' };
      return look;
    } catch (error) {
      this.#health = { ...this.#health, tookMs: took(), trouble: (error as Error).message };
      this.#told = ''; // the next one that succeeds tells by its event that the trouble is over
      throw error;
    }
  }

  #tell({ decisions: before }: LaneLook, { decisions: after }: LaneLook): void {
    if (before === after) return;
    // Rows are told by order: one that came between older ones makes clients read all anew.
    if (before.some((d, i) => after[i]?.commit !== d.commit)) return this.#send('resync', {});
    const later = after.slice(before.length);
    if (later.length > 0) this.#send('decided', rowsOf(later), idOf(later.at(-1)!));
  }

  #send(event: string, value: unknown, id = ''): void {
    this.#streams.send(this.source.lane, eventText(event, value, id));
  }
}

function missedSince(decisions: readonly Decision[], lastId: string): string {
  const at = decisions.findLastIndex((d) => idOf(d) === lastId);
  const later = decisions.slice(at + 1);
  const last = later.at(-1);
  if ((lastId !== '' && at < 0) || later.length > TOLD_AT_MOST) return eventText('resync', {});
  return last ? eventText('decided', rowsOf(later), idOf(last)) : '';
}

/** Decisions are told in this order. */
function idOf({ epoch, seq }: Decision): string {
  return `${epoch}:${seq}`;
}
