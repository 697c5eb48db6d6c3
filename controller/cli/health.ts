// What a cluster asks of a controller: /livez, /readyz and /metrics.
import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Registry } from '@prometheus-io/client';
import type { Stop } from '../loop.ts';
import type { Watcher } from '../watcher.ts';

/** A lane that has not looked at its world for this long is stuck: a poll comes every 10 s, a backoff lasts 60. */
const STUCK_MS = 5 * 60_000;

const OK = { status: 200, body: 'ok\n' };

export class Health {
  readonly #lastTurn = new Map<string, number>();
  readonly #stopped = new Map<string, Stop>();
  /** Null where the cluster answers, else why it does not. */
  readonly #unready: () => Promise<string | null>;
  readonly #registry = new Registry();
  readonly #experiments = this.#counter('experiments_total', 'Decided experiments.', ['lane', 'status']);
  readonly #crashes = this.#counter('crashes_total', 'Crashed experiments by cause.', ['lane', 'error']);
  readonly #lost = this.#counter('attempts_lost_total', 'Attempts that the machine lost.', ['lane', 'cause']);
  readonly #seconds = this.#counter('run_seconds_total', 'Machine seconds of decided experiments.', ['lane']);
  readonly #best = this.#gauge('best_val_bpb', 'Metric of the frontier.', ['lane']);
  readonly #active = this.#gauge('active_runs', 'Runs by state.', ['lane', 'state']);
  readonly #width = this.#gauge('slots', 'Runs at a time that the lane may have.', ['lane']);
  readonly #advanced = this.#counter('frontier_advances_total', 'Keeps beyond the baseline.', ['lane']);
  readonly #paused = this.#gauge('paused', '1 where a person paused the lane.', ['lane']);

  constructor(lanes: readonly string[], unready: () => Promise<string | null>) {
    this.#unready = unready;
    for (const lane of lanes) this.#lastTurn.set(lane, Date.now());
  }

  watcher(lane: string): Watcher {
    return {
      happened: (happening) => {
        if (happening.kind === 'measured' && happening.tried.outcome.kind === 'lost')
          this.#lost.inc({ lane, cause: happening.tried.outcome.reason });
        if (happening.kind !== 'decided') return;
        const { status, error, spentSeconds, experiment } = happening.decision;
        this.#experiments.inc({ lane, status });
        this.#seconds.inc({ lane }, spentSeconds);
        if (status === 'crash') this.#crashes.inc({ lane, error });
        if (status === 'keep' && Number(experiment) > 0) this.#advanced.inc({ lane });
      },
      turn: (world) => {
        this.#lastTurn.set(lane, Date.now());
        this.#width.set({ lane }, world.lane.width);
        this.#paused.set({ lane }, world.control.paused ? 1 : 0);
        if (world.standing) this.#best.set({ lane }, world.standing.tipBpb);
        for (const state of ['pending', 'running', 'ended'] as const)
          this.#active.set({ lane, state }, world.runs.filter((run) => run.state.kind === state).length);
      },
    };
  }

  /** A lane that waits for another controller's end looks, too. */
  waits(lane: string): void {
    this.#lastTurn.set(lane, Date.now());
  }

  /** A lane that has stopped is not stuck. */
  stopped(lane: string, stop: Stop): void {
    this.#stopped.set(lane, stop);
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
  async answer(path: string): Promise<{ status: number; body: string }> {
    if (path === '/metrics') return { status: 200, body: await this.#registry.metrics() };
    if (path === '/livez') {
      const stuck = [...this.#lastTurn.keys()].filter((lane) => this.#isStuck(lane));
      return stuck.length === 0 ? OK : { status: 503, body: `${stuck.join(', ')} has stopped looking\n` };
    }
    if (path === '/readyz') {
      const why = await this.#unready();
      return why === null ? OK : { status: 503, body: `${why}\n` };
    }
    return { status: 404, body: 'there is /livez, /readyz and /metrics\n' };
  }

  #isStuck(lane: string): boolean {
    return !this.#stopped.has(lane) && Date.now() - this.#lastTurn.get(lane)! > STUCK_MS;
  }

  #counter<const L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({
      name: `autoresearch_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }

  #gauge<const L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({
      name: `autoresearch_${name}`,
      help,
      labelNames: [...labelNames],
      registers: [this.#registry],
    });
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, () => resolve()));
}
