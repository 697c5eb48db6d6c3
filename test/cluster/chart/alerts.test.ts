// The alerts over hours, by promtool: silent where all is well, firing where it is not, and each explained.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';
import { type Rule, renderedRules } from './rendered-rules.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const page = join(root, 'docs', 'kubernetes', 'alerts.md');

let dir: string;
let rules: readonly Rule[];
beforeAll(async () => {
  await buildTools(['helm', 'promtool']);
  dir = await mkdtemp(join(tmpdir(), 'alerts-'));
  const spec = await renderedRules();
  rules = spec.groups[0].rules;
  await writeFile(join(dir, 'rules.yaml'), stringify(spec));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Metric and labels of lane `main` of the release, then its values minute by minute, as promtool writes them. */
type Series = readonly [metric: string, labels: string, values: string];
const counted = (status: string, values: string): Series => [
  'experiments_total',
  `,status="${status}"`,
  values,
];
const running = (values: string): Series => ['active_runs', ',state="running"', values];
const up: Series = ['build_info', ',version="1"', '1x900'];
const quiet: readonly Series[] = [
  up,
  ['troubles_total', '', '0x900'],
  ['paused', '', '0x900'],
  ['stopped', ',reason="diverged"', '0x900'],
  ['last_look_timestamp_seconds', '', '0+60x900'],
  ['gpu_hours', ',kind="spent"', '1+0.01x900'],
  ['gpu_hours', ',kind="cap"', '100x900'],
];

/** What fires at these minutes, for rules evaluated over a lane with these series. */
async function firing(series: readonly Series[], minutes: readonly number[]): Promise<string> {
  const wanted = minutes.flatMap((minute) =>
    rules.map(({ alert }) => ({ eval_time: `${minute}m`, alertname: alert, exp_alerts: [] })),
  );
  const of = (metric: string, labels: string) =>
    `autoresearch_${metric}{namespace="lab",service="lab",lane="main"${labels}}`;
  const input = series.map(([metric, labels, values]) => ({ series: of(metric, labels), values }));
  const tests = [{ interval: '1m', input_series: input, alert_rule_test: wanted }];
  const file = join(dir, 'test.yaml');
  await writeFile(file, stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests }));
  const { stdout, stderr } = await execa('promtool', ['test', 'rules', file], {
    env: withTools(),
    reject: false,
  });
  const out = stdout + stderr;
  if (/SUCCESS/.test(out)) return '';
  const fired = [...out.matchAll(/alertname: (\w+), time/g)].map(([, name]) => name!);
  return fired.length > 0 ? [...new Set(fired)].join(' ') : out;
}

const hours = (from: number, to: number) =>
  Array.from({ length: (to - from) * 6 }, (_, i) => from * 60 + i * 10);

describe('the alerts of the chart', () => {
  test('are silent in a lane whose runs take three hours each, one after another', async () => {
    const decided = '0x180 1x180 2x180 3x180 4x180';
    expect(await firing([...quiet, counted('discard', decided), running('1x900')], hours(0, 15))).toBe('');
  });

  test('are silent where a single idea crashes, and another waits half an hour for a node', async () => {
    const series = [counted('discard', '0x899'), counted('crash', '0x100 1x800'), running('1x900')];
    const waits: Series = ['oldest_pending_seconds', '', '0x200 0+60x30 0x600'];
    expect(await firing([...quiet, ...series, waits], hours(0, 15))).toBe('');
  });

  test.each<[string, string, readonly Series[]]>([
    [
      'decides nothing and runs nothing',
      'NothingDecided',
      [counted('discard', '0+1x60 60x840'), running('0x900')],
    ],
    ['has stopped', 'Stopped', [['stopped', ',reason="conditions"', '0x60 1x840']]],
    ['crashes again and again', 'Crashing', [counted('crash', '0+0.2x900'), counted('discard', '0+0.1x900')]],
    ['waits for hours', 'Pending', [['oldest_pending_seconds', '', '0+60x900']]],
    ['loses runs', 'Losing', [['attempts_lost_total', ',cause="drained"', '0+0.2x900']]],
    ['has trouble', 'Trouble', [['troubles_total', '', '0+1x900']]],
    ['is not looked at', 'Trouble', [['last_look_timestamp_seconds', '', '0x900']]],
    ['gets nothing from the model', 'ModelFailing', [['llm_calls_total', ',outcome="refused"', '0+0.2x900']]],
    [
      'has nearly spent its hours',
      'Budget',
      [
        ['gpu_hours', ',kind="spent"', '90x900'],
        ['gpu_hours', ',kind="cap"', '100x900'],
      ],
    ],
  ])('one fires where a lane %s: %s', async (_, alert, series) => {
    expect(await firing([up, ...series], [420])).toBe(`Autoresearch${alert}`);
  });

  test('one fires where the controller is gone, for all others look at what it says', async () => {
    expect(await firing([['build_info', ',version="1"', '1x60 _x840']], [65, 420])).toBe('AutoresearchGone');
    expect(await firing([['build_info', ',version="1"', '1x60 _x840']], [60])).toBe('');
  });

  test('have a severity, and a heading of their own on the page', async () => {
    const headings = (await readFile(page, 'utf8')).match(/^## \w+$/gm);
    expect(rules.map(({ alert }) => `## ${alert}`)).toEqual(headings);
    for (const { alert, labels, annotations } of rules)
      expect([alert, labels.severity, annotations.summary]).toEqual([
        alert,
        expect.stringMatching(/^(info|warning)$/),
        expect.stringMatching(/^.{20,}\.$/),
      ]);
  });
});
