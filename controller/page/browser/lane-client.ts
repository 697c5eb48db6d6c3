// Where the page's facts come from: the server, with events as they happen; or the report's own file.
import type { Detail, LaneSummary, LogPiece, PageRow, PageRows } from '../schema.ts';
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

const AGAIN_MS = 2000;
const API = '/api/v1';

export class Unauthorized extends Error {}

export class Client {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async lanes(): Promise<string[]> {
    return (await this.#json<{ lanes: string[] }>('/lanes')).lanes;
  }

  detail(lane: string, experiment: string): Promise<Detail> {
    return this.#json(`/lanes/${lane}/experiments/${experiment}`);
  }

  async log(lane: string, experiment: string, from: number | null): Promise<LogPiece | null> {
    const query = from === null ? '' : `?from=${from}`;
    return this.#json<LogPiece>(`/lanes/${lane}/experiments/${experiment}/log${query}`).catch(() => null);
  }

  /** Tells of every change until it is aborted. Connects again by itself, and lacks nothing then. */
  async follow(lane: string, tell: (state: LaneState) => void, until: AbortSignal): Promise<void> {
    let state: LaneState | null = null;
    const told = (change: Partial<LaneState>) => {
      if (!state || until.aborted) return;
      state = { ...state, ...change };
      tell(state);
    };
    while (!until.aborted) {
      try {
        state ??= await this.#all(lane);
        told({ trouble: '' });
        await this.#events(lane, state.rows, until, (event, value) => {
          if (event === 'now') told({ summary: value as LaneSummary });
          if (event === 'decided') told({ rows: [...state!.rows, ...rowsFrom(value as PageRows)] });
          if (event === 'trouble') told({ trouble: (value as { sentence: string }).sentence });
          return event !== 'resync';
        }).then((wholly) => {
          if (!wholly) state = null;
        });
      } catch (error) {
        if (error instanceof Unauthorized) throw error;
      }
      if (until.aborted) return;
      if (state) told({ trouble: 'not connected; it is tried again every two seconds' });
      await new Promise((done) => setTimeout(done, state ? AGAIN_MS : 0));
    }
  }

  async #all(lane: string): Promise<LaneState> {
    const [summary, rows] = await Promise.all([
      this.#json<LaneSummary>(`/lanes/${lane}`),
      this.#json<PageRows>(`/lanes/${lane}/rows`),
    ]);
    return { summary, rows: rowsFrom(rows), trouble: '' };
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
      const { value, done } = await reader.read();
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
    return (await this.#get(path, {})).json();
  }

  async #get(path: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
    const authorization = `Bearer ${this.#token}`;
    const response = await fetch(API + path, {
      headers: { ...headers, authorization },
      ...(signal && { signal }),
    });
    if (response.status === 401) throw new Unauthorized();
    if (!response.ok) throw new Error((await response.text()).trim());
    return response;
  }
}
