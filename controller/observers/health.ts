// What a cluster asks of a controller: /livez, /readyz and /metrics.
import { createServer, type Server } from 'node:http';
import { endsWell, type Stop } from '../loop/context.ts';
import type { Observer } from '../loop/observer.ts';
import type { Metrics } from './metrics.ts';

/** A lane that has not looked at its world for this long is stuck: one call to a store that hangs may take 8 minutes. */
const STUCK_MS = 10 * 60_000;

const OK = { status: 200, body: 'ok\n' };

export class Health {
  readonly #lastTurn = new Map<string, number>();
  /** By lane: why it has stopped; '' where that is no trouble. */
  readonly #stopped = new Map<string, string>();
  /** Null where the cluster answers, else why it does not. */
  readonly #unready: () => Promise<string | null>;
  readonly #metrics: Metrics;

  constructor(lanes: readonly string[], metrics: Metrics, unready: () => Promise<string | null>) {
    this.#metrics = metrics;
    this.#unready = unready;
    for (const lane of lanes) this.#lastTurn.set(lane, Date.now());
  }

  observer(lane: string): Observer {
    // Where a store or a remote is away no look succeeds, and to be restarted would not bring it back.
    const happened: Observer['happened'] = ({ kind }) => {
      if (kind === 'trouble') this.heartbeat(lane);
    };
    return { happened, turn: () => this.heartbeat(lane) };
  }

  /** A lane that waits for another controller's end, or for what is away, looks, too. */
  heartbeat(lane: string): void {
    this.#stopped.delete(lane);
    this.#lastTurn.set(lane, Date.now());
  }

  /** A lane that has stopped is not stuck, until it looks again. One that a person must help makes us unready. */
  stopped(lane: string, stop: Stop): void {
    this.#stopped.set(lane, endsWell(stop) ? '' : `lane ${lane} has stopped: ${stop.sentence}`);
  }

  /** Serves until closed. Rejects where the port cannot be had. */
  async listen(port: number): Promise<{ close(): Promise<void> }> {
    const server = createServer(async (request, response) => {
      const { status, body } = await this.answer(request.url ?? '/');
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
    });
    await listening(server, port);
    return { close: () => new Promise((done) => server.close(() => done()).closeAllConnections()) };
  }

  /** What a path answers; apart from the socket, so that it can be asked without one. */
  async answer(url: string): Promise<{ status: number; body: string }> {
    // A prober or a scrape may say more, which is for others.
    const [path] = url.split('?');
    if (path === '/metrics') return { status: 200, body: await this.#metrics.text() };
    if (path === '/livez') {
      const stuck = [...this.#lastTurn.keys()].filter((lane) => this.#isStuck(lane));
      return stuck.length === 0 ? OK : { status: 503, body: `${stuck.join(', ')} has stopped looking\n` };
    }
    if (path === '/readyz') {
      const why = [await this.#unready(), ...this.#stopped.values()].filter(Boolean);
      return why.length === 0 ? OK : { status: 503, body: `${why.join('\n')}\n` };
    }
    return { status: 404, body: 'there is /livez, /readyz and /metrics\n' };
  }

  #isStuck(lane: string): boolean {
    return !this.#stopped.has(lane) && Date.now() - this.#lastTurn.get(lane)! > STUCK_MS;
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, () => resolve()));
}
