// The chart's rules for Prometheus, as helm renders them for the release `lab` in the namespace `lab`.
import { join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments, stringify } from 'yaml';
import { withTools } from '../bring-up/cache.ts';
import { least } from './chart-values.ts';

const chart = join(import.meta.dirname, '..', '..', '..', 'charts', 'autoresearch');

export interface Rule {
  readonly alert: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The `spec` of the PrometheusRule with these `metrics.rules` beside `enabled`. Needs helm. */
export async function renderedRules(rules: object = {}): Promise<{ groups: [{ rules: Rule[] }] }> {
  const input = stringify({ ...least, metrics: { rules: { enabled: true, ...rules } } });
  const args = ['template', 'lab', chart, '-n', 'lab', '-f', '-'];
  const { stdout } = await execa('helm', args, { env: withTools(), input });
  const documents = parseAllDocuments(stdout).map((one) => one.toJS());
  return documents.find((one) => one?.kind === 'PrometheusRule').spec;
}
