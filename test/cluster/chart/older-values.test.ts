// Values of an older release's chart, rendered by the chart of now. Helm does it; no cluster is asked.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { RELEASES, unpack } from '../../compatibility/recorded.ts';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';

const chart = join(import.meta.dirname, '..', '..', '..', 'charts', 'autoresearch');
/** What an upgrade may change. */
const OF_THE_VERSION = /^(helm\.sh\/chart|app\.kubernetes\.io\/version|checksum\/)/;
/**
 * What the chart of then had not: the Event of a stop, scraping of a Pod that is unready for one, the last lines of a
 * controller that ended, and `helm test`.
 */
const SINCE = /-(stops|test)$/;
const FIELDS_SINCE = new Set(['publishNotReadyAddresses', 'terminationMessagePolicy']);

describe.each(RELEASES)('values of the chart of %s', (release) => {
  let dir: string;
  beforeAll(async () => {
    await buildTools(['helm']);
    dir = await mkdtemp(join(tmpdir(), 'values-'));
    await unpack(release, 'chart', dir);
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  test('make the same objects now, but for what carries the version', async () => {
    const files = ['defaults.yaml', 'lab.yaml'].flatMap((name) => ['--values', join(dir, name)]);
    const args = ['template', 'lab', chart, '--namespace', 'lab', ...files];
    const { stdout } = await execa('helm', args, { env: withTools() });
    const before = objectsIn(await readFile(join(dir, 'rendered.yaml'), 'utf8'));
    expect(before.length).toBeGreaterThan(5);
    expect(objectsIn(stdout.replace(/^ *deployment: lab\/lab\n/m, ''))).toEqual(before);
  });
});

test('an upgrade with --reuse-values that enables the page ends with its notes: such values name no ingress', async () => {
  await buildTools(['helm']);
  const lanes = ['--values', join(chart, 'ci', 'cpu-values.yaml')];
  const page = '{"enabled":true,"existingSecret":"tokens","ingress":null,"httpRoute":null}';
  const args = ['install', 'lab', chart, '--dry-run=client', '--set-json', `page=${page}`, ...lanes];
  const { stdout } = await execa('helm', args, { env: withTools() });
  expect(stdout).toContain('port-forward service/lab-page 8081');
});

function objectsIn(text: string): unknown[] {
  const objects = parseAllDocuments(text).map((one) => one.toJS({ reviver: unversioned }));
  return objects.filter((one) => one && !SINCE.test(one.metadata.name));
}

function unversioned(key: unknown, value: unknown): unknown {
  if (FIELDS_SINCE.has(String(key)) || OF_THE_VERSION.test(String(key))) return undefined;
  return key === 'args' ? (value as string[]).filter((arg) => !arg.startsWith('--place=')) : value;
}
