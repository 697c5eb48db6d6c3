// Where the page's facts come from: the server, with events as they happen; or the report's own file.
import type { ControlChange, Steering } from '../../../views/steering.ts';
import type {
  Curve,
  Detail,
  FileDiff,
  LaneSummary,
  Lanes,
  LogPiece,
  PageHealth,
  PageRow,
  PageRows,
  SpentPoint,
  Tried,
} from '../../schema.ts';
import { rowsFrom } from './rows.ts';

/** What a report holds. */
export interface ReportFile {
  readonly summary: LaneSummary;
  readonly rows: PageRows;
  readonly details: Readonly<Record<string, Detail>>;
  readonly writtenMs: number;
}

export interface LaneState {
  readonly summary: LaneSummary;
  readonly rows: readonly PageRow[];
  /** '' while connected, else what is wrong. */
  readonly trouble: string;
}

export const AGAIN_MS = 2000;
/** The server says something every 15 seconds. A connection that broke without a word says nothing, and looks alive. */
const SILENT_MS = 45_000;
const API = '/api/v1';

export class Unauthorized extends Error {}

export class Client {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Their names, and whether the token of this page may change them. */
  lanes(): Promise<Lanes> {
    return this.#json('/lanes');
  }

  summary(lane: string): Promise<LaneSummary> {
    return this.#json(`/lanes/${lane}`);
  }

  async rows(lane: string): Promise<PageRow[]> {
    return rowsFrom(await this.#json<PageRows>(`/lanes/${lane}/rows`));
  }

  /** How the file of one differs from that of another. */
  diff(lane: string, experiment: string, from: string): Promise<FileDiff> {
    return this.#json(`/lanes/${lane}/experiments/${experiment}/diff?against=${Number(from)}`);
  }

  curve(lane: string, experiment: string): Promise<Curve | null> {
    return this.#json<Curve>(`/lanes/${lane}/experiments/${experiment}/curve`).catch(() => null);
  }

  async spent(lane: string): Promise<readonly SpentPoint[]> {
    return (await this.#json<{ points: SpentPoint[] }>(`/lanes/${lane}/spent`)).points;
  }

  async steerings(lane: string): Promise<readonly Steering[]> {
    return (await this.#json<{ steerings: Steering[] }>(`/lanes/${lane}/steering`)).steerings;
  }

  health(): Promise<PageHealth> {
    return this.#json('/health');
  }

  /** Throws what the server says against it. */
  async change(lane: string, asked: ControlChange): Promise<void> {
    await this.#post(`/lanes/${lane}/control`, asked);
  }

  /** The number that it gets. */
  async tryOut(lane: string, tried: Tried): Promise<string> {
    const answer = (await (await this.#post(`/lanes/${lane}/experiments`, tried)).json()) as { done: string };
    return answer.done;
  }

  detail(lane: string, experiment: string): Promise<Detail> {
    return this.#json(`/lanes/${lane}/experiments/${experiment}`);
  }

  async log(
    lane: string,
    experiment: string,
    attempt: number,
    from: number | null,
  ): Promise<LogPiece | null> {
    const query = `?attempt=${attempt}${from === null ? '' : `&from=${from}`}`;
    return this.#json<LogPiece>(`/lanes/${lane}/experiments/${experiment}/log${query}`).catch(() => null);
  }

  /**
   * Tells of every change until it is aborted. Connects again by itself, and lacks nothing then. `unread`: told why
   * nothing is known of the lane yet.
   */
  async follow(
    lane: string,
    tell: (state: LaneState) => void,
    unread: (sentence: string) => void,
    until: AbortSignal,
  ): Promise<void> {
    let state: LaneState | null = null;
    let whole = false;
    const told = (change: Partial<LaneState>) => {
      if (!state || until.aborted) return;
      state = { ...state, ...change };
      tell(state);
    };
    while (!until.aborted) {
      let waitMs = AGAIN_MS;
      try {
        if (!state || !whole) {
          state = await this.#all(lane);
          whole = true;
          told({});
        }
        // That it is connected is told by the first event.
        await this.#events(lane, state.rows, until, (event, value) => {
          if (event === 'now') told({ summary: value as LaneSummary, trouble: '' });
          if (event === 'decided') told({ rows: [...state!.rows, ...rowsFrom(value as PageRows)] });
          if (event === 'trouble') told({ trouble: (value as { sentence: string }).sentence });
          return event !== 'resync';
        }).then((wholly) => {
          whole = wholly;
          if (!wholly) waitMs = 0;
        });
      } catch (error) {
        if (error instanceof Unauthorized) throw error;
        if (!state && !until.aborted)
          unread(`${(error as Error).message}; it is tried again every two seconds`);
      }
      if (until.aborted) return;
      if (waitMs > 0) told({ trouble: 'not connected; it is tried again every two seconds' });
      await new Promise((done) => setTimeout(done, waitMs));
    }
  }

  async #all(lane: string): Promise<LaneState> {
    const [summary, rows] = await Promise.all([this.summary(lane), this.rows(lane)]);
    return { summary, rows, trouble: '' };
  }

  /** Until the stream ends; false where everything is to be read anew. */
  async #events(
    lane: string,
    rows: readonly PageRow[],
    signal: AbortSignal,
    heard: (event: string, value: unknown) => boolean,
  ): Promise<boolean> {
    const last = rows.at(-1);
    const headers = last ? { 'last-event-id': `${last.epoch}:${last.seq}` } : {};
    const response = await this.#get(`/lanes/${lane}/events`, headers, signal);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const silent = setTimeout(() => reader.cancel().catch(() => {}), SILENT_MS); // then it is done
      const { value, done } = await reader.read().finally(() => clearTimeout(silent));
      if (done) return true;
      const parts = (rest + value).split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const event = /^event: (.*)$/m.exec(part)?.[1];
        const text = /^data: (.*)$/m.exec(part)?.[1];
        if (event === undefined || text === undefined || heard(event, JSON.parse(text))) continue;
        await reader.cancel();
        return false;
      }
    }
  }

  async #json<T>(path: string): Promise<T> {
    return (await this.#get(path, {})).json() as Promise<T>;
  }

  #get(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    return this.#fetch(path, { headers, ...(signal && { signal }) });
  }

  #post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.#fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  async #fetch(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<Response> {
    // Behind a proxy that knows who may come there is no token here.
    const token = this.#token ? { authorization: `Bearer ${this.#token}` } : {};
    const response = await fetch(API + path, { ...init, headers: { ...init.headers, ...token } });
    if (response.status === 401) throw new Unauthorized();
    if (!response.ok) throw new Error((await response.text()).trim());
    return response;
  }
}
