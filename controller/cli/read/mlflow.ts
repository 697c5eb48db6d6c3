// `export --mlflow`: the rows of a lane as runs of an MLflow server, over its REST interface.
import { z } from 'zod';
import type { Decision } from '../../core/decision.ts';
import { mlflowAccess } from '../../environment.ts';
import { Failure } from '../../failure.ts';
import { COMMIT_TAG, EXPERIMENT_TAG, type MlflowRun, mlflowRun } from '../../report/mlflow.ts';

const AT_ONCE = 4;
const PAGE = 1000;
const CALL_MS = 60_000;

const experimentSchema = z.object({ experiment: z.object({ experiment_id: z.string() }) });
const createdSchema = z.object({ experiment_id: z.string() });
const startedSchema = z.object({ run: z.object({ info: z.object({ run_id: z.string() }) }) });
const foundSchema = z.object({
  runs: z
    .array(
      z.object({
        info: z.object({ status: z.string() }),
        data: z.object({ tags: z.array(z.object({ key: z.string(), value: z.string() })).default([]) }),
      }),
    )
    .default([]),
  next_page_token: z.string().default(''),
});

/**
 * Makes a run for each row that has none yet, in the experiment `autoresearch/LANE`; how many it made. What broke off
 * half-way stays there as RUNNING, and is made anew. Throws Failure 3 where the server does not take it.
 */
export async function sendToMlflow(
  uri: string,
  lane: string,
  decisions: readonly Decision[],
  redact: boolean,
): Promise<number> {
  const server = new MlflowServer(uri);
  const into = await server.experiment(`autoresearch/${lane}`);
  const there = await server.finished(into);
  const missing = decisions.filter((decision) => !there.has(keyOf(decision)));
  for (let at = 0; at < missing.length; at += AT_ONCE) {
    const some = missing.slice(at, at + AT_ONCE);
    await Promise.all(some.map((decision, i) => server.add(into, mlflowRun(decision, redact), at + i)));
  }
  return missing.length;
}

/** Lanes of two people may have one name; a commit tells them apart. */
function keyOf({ experiment, commit }: Pick<Decision, 'experiment' | 'commit'>): string {
  return `${experiment} ${commit}`;
}

class MlflowServer {
  readonly #uri: string;

  constructor(uri: string) {
    if (!/^https?:\/\//.test(uri))
      throw new Failure(2, `${uri} is no MLflow server; write http://HOST:PORT or https://HOST`);
    this.#uri = uri.replace(/\/+$/, '');
  }

  /** Its id; it is made where there is none. */
  async experiment(name: string): Promise<string> {
    const query = `experiments/get-by-name?experiment_name=${encodeURIComponent(name)}`;
    const found = await this.#call('GET', query, null, 404);
    if (found !== null) return experimentSchema.parse(found).experiment.experiment_id;
    return createdSchema.parse(await this.#call('POST', 'experiments/create', { name })).experiment_id;
  }

  /** Experiments that have a run which was written to its end. */
  async finished(experiment: string): Promise<Set<string>> {
    const all = new Set<string>();
    for (let page_token = ''; ; ) {
      const asked = { experiment_ids: [experiment], max_results: PAGE, page_token };
      const { runs, next_page_token } = foundSchema.parse(await this.#call('POST', 'runs/search', asked));
      for (const { info, data } of runs) {
        const tag = (name: string) => data.tags.find(({ key }) => key === name)?.value ?? '';
        const key = keyOf({ experiment: tag(EXPERIMENT_TAG), commit: tag(COMMIT_TAG) });
        if (info.status !== 'RUNNING') all.add(key);
      }
      if (next_page_token === '') return all;
      page_token = next_page_token;
    }
  }

  /** Its end is written last: until then it counts as broken off. */
  async add(experiment: string, run: MlflowRun, step: number): Promise<void> {
    const { name, startMs, endMs, status, metrics, params, tags } = run;
    const begun = { experiment_id: experiment, run_name: name, start_time: startMs, tags };
    const { run_id } = startedSchema.parse(await this.#call('POST', 'runs/create', begun)).run.info;
    const at = metrics.map((metric) => ({ ...metric, timestamp: endMs, step }));
    await this.#call('POST', 'runs/log-batch', { run_id, metrics: at, params });
    await this.#call('POST', 'runs/update', { run_id, status, end_time: endMs });
  }

  /** Null where the answer has the status `none`. */
  async #call(method: 'GET' | 'POST', path: string, body: unknown, none = 0): Promise<unknown> {
    const answer = await fetch(`${this.#uri}/api/2.0/mlflow/${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...mlflowAccess() },
      body: body === null ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_MS),
    }).catch((error: Error) => {
      const why = (error.cause as Error | undefined)?.message || error.message;
      throw new Failure(3, `${this.#uri} does not answer: ${why}; check the address, then export again`);
    });
    if (answer.status === none) return null;
    const said = await answer.text();
    if (answer.ok) return JSON.parse(said);
    throw new Failure(
      3,
      `${this.#uri} refuses ${path.split('?')[0]}: ${answer.status} ${said.trim().slice(0, 300)}; mend that, then export again`,
    );
  }
}
