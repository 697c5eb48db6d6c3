// A Prometheus of its own on this machine, with rules, that reads some controllers every second.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { z } from 'zod';
import { freePort } from '../../page/free-port.ts';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';

type Labels = Readonly<Record<string, string>>;

const alertsSchema = z.object({
  alerts: z.array(z.object({ state: z.string(), labels: z.record(z.string(), z.string()) })),
});
const seriesSchema = z.object({
  result: z.array(
    z.object({
      metric: z.record(z.string(), z.string()),
      values: z.array(z.tuple([z.number(), z.string()])),
    }),
  ),
});

export class Prometheus {
  readonly #url: string;
  readonly #end: () => Promise<void>;

  private constructor(url: string, end: () => Promise<void>) {
    this.#url = url;
    this.#end = end;
  }

  /** Reads what these ports of this machine serve, as a ServiceMonitor of `labels` does; builds the program where it is missing. */
  static async start(ports: readonly number[], labels: Labels, rules: object): Promise<Prometheus> {
    await buildTools(['prometheus']);
    const dir = await mkdtemp(join(tmpdir(), 'prometheus-'));
    const targets = ports.map((port) => `127.0.0.1:${port}`);
    await writeFile(join(dir, 'rules.yaml'), stringify(rules));
    const config = {
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      scrape_configs: [{ job_name: 'lab', static_configs: [{ targets, labels }] }],
    };
    await writeFile(join(dir, 'prometheus.yaml'), stringify(config));
    const address = `127.0.0.1:${await freePort()}`;
    const args = [
      '--config.file=prometheus.yaml',
      '--storage.tsdb.path=data',
      `--web.listen-address=${address}`,
    ];
    const child = execa('prometheus', args, { cwd: dir, env: withTools(), reject: false });
    const end = async () => {
      child.kill();
      await child;
      await rm(dir, { recursive: true, force: true });
    };
    return new Prometheus(`http://${address}`, end);
  }

  /** Name and lane of each alert that fires now; null while it does not answer. */
  async firing(): Promise<string[] | null> {
    const data = await this.#ask('alerts', {}).catch(() => null);
    if (data === null) return null;
    const { alerts } = alertsSchema.parse(data);
    return alerts
      .filter(({ state }) => state === 'firing')
      .map(({ labels }) => `${labels.alertname} ${labels.lane}`)
      .sort();
  }

  /** Labels of each series that had a number within the last minutes. Throws with Prometheus's words. */
  async series(query: string, minutes: number): Promise<Labels[]> {
    const now = Date.now() / 1000;
    const span = { start: String(now - minutes * 60), end: String(now), step: '5' };
    const { result } = seriesSchema.parse(await this.#ask('query_range', { query, ...span }));
    return result
      .filter(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))))
      .map(({ metric }) => metric);
  }

  end(): Promise<void> {
    return this.#end();
  }

  async #ask(what: string, parameters: Labels): Promise<unknown> {
    const response = await fetch(`${this.#url}/api/v1/${what}?${new URLSearchParams(parameters)}`);
    const answer = z.object({ data: z.unknown(), error: z.string().optional() }).parse(await response.json());
    if (answer.error !== undefined) throw new Error(`${parameters.query}: ${answer.error}`);
    return answer.data;
  }
}
