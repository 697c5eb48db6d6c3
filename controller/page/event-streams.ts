// Server-sent events on raw responses: as many clients and as much memory as are allowed, and no more.
import type { ServerResponse } from 'node:http';

const CLIENTS_AT_MOST = 32;
/**
 * A client that has left so much unread is dropped; it comes back and asks for what it missed. One event may be longer, as
 * where a thousand runs are on trial: who reads what comes is told it.
 */
const UNREAD_BYTES = 256 * 1024;
const HEARTBEAT_MS = 15_000;

export class EventStreams {
  readonly #clients = new Map<ServerResponse, string>();
  /** Those that were told something since the last heartbeat, and know that we are here. */
  readonly #told = new Set<ServerResponse>();
  #heartbeat: NodeJS.Timeout | null = null;

  /** Clients that watch this lane, or any. */
  count(lane?: string): number {
    return [...this.#clients.values()].filter((one) => lane === undefined || one === lane).length;
  }

  get full(): boolean {
    return this.#clients.size >= CLIENTS_AT_MOST;
  }

  add(lane: string, response: ServerResponse, headers: Readonly<Record<string, string>>): void {
    this.#clients.set(response, lane);
    this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS).unref();
    // Whatever ends it, a lost connection too, ends here, and once.
    response.once('close', () => this.#remove(response)).on('error', () => response.destroy());
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    response.flushHeaders();
  }

  /** An event, to all who watch the lane. */
  send(lane: string, text: string): void {
    for (const [response, watched] of this.#clients) if (watched === lane) this.write(response, text);
  }

  write(response: ServerResponse, text: string): void {
    this.#told.add(response);
    if (response.writableLength > UNREAD_BYTES) response.destroy();
    else response.write(text);
  }

  close(): void {
    for (const response of this.#clients.keys()) response.end();
  }

  #beat(): void {
    for (const response of this.#clients.keys())
      if (!this.#told.has(response)) this.write(response, ': still here\n\n');
    this.#told.clear();
  }

  #remove(response: ServerResponse): void {
    this.#clients.delete(response);
    this.#told.delete(response);
    if (this.#clients.size > 0 || this.#heartbeat === null) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = null;
  }
}

/** JSON has no line breaks of its own, so one `data` line holds it. */
export function eventText(event: string, value: unknown, id = ''): string {
  return `${id === '' ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(value)}\n\n`;
}
