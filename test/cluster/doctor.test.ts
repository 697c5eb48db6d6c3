// `autoresearch doctor --context C` against the real cluster: what it finds, and that it leaves nothing there.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { main } from '../cli/command.ts';
import { loadedImage, needsCluster, present, theCluster } from './fixture.ts';

const found = await theCluster();
const MINUTES = 60_000;
const namespace = `doctor-${process.pid}`;
let folder: string;
let image: string;

beforeAll(async () => {
  if ('missing' in found) return;
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  image = await loadedImage(found, 'trainer');
  await found.kubectl(['create', 'namespace', namespace]);
  await found.kubectl(['label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted']);
}, 30 * MINUTES);

afterAll(async () => {
  if ('missing' in found) return;
  await found.kubectl(['delete', 'namespace', namespace, '--wait=false']);
  await rm(folder, { recursive: true });
});

describe('doctor on a cluster', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('says what a Pod of the pool can seal, and removes it', async () => {
    const { exitCode, checks } = await examined({ nodeSelector: { 'autoresearch.dev/pool': 'a' } });
    expect(checks).toContainEqual(expect.objectContaining({ check: 'version', result: 'ok' }));
    expect(checks).toContainEqual(
      expect.objectContaining({ result: 'ok', found: expect.stringMatching(/^best confinement: landlock/) }),
    );
    expect(checks).toContainEqual(
      expect.objectContaining({ found: expect.stringMatching(/^network: (open|closed)/) }),
    );
    expect(exitCode).toBe(0);
    const left = await present(found).kubectl(['-n', namespace, 'get', 'jobs', '-o', 'name']);
    expect(left).toBe('');
  });

  it('says that a selector matches no node, which an autoscaler may change', async () => {
    const { exitCode, checks } = await examined({ nodeSelector: { 'autoresearch.dev/pool': 'nowhere' } }, [
      '--no-probe',
    ]);
    const bad = checks.filter(({ result }) => result !== 'ok');
    expect(bad).toEqual([expect.objectContaining({ check: 'pool p: nodes', result: 'warn' })]);
    expect(bad[0]!.fix).not.toBe('');
    expect(exitCode).toBe(0);
  });
});

interface Check {
  readonly check: string;
  readonly result: string;
  readonly found: string;
  readonly fix: string;
}

async function examined(
  pool: object,
  flags: readonly string[] = [],
): Promise<{ exitCode: number | undefined; checks: Check[] }> {
  const file = join(folder, 'config.yaml');
  const resources = { cpu: '100m', memory: '256Mi', sharedMemory: '64Mi' };
  const given = { name: 'p', image, imagePullPolicy: 'IfNotPresent', gpu: { count: 0 }, resources, ...pool };
  const lanes = [{ name: 'm', pool: 'p', trainer: 'cpu', limits: { maxGpuHours: 1 } }];
  await writeFile(file, JSON.stringify({ lanes, pools: [given] }));
  const where = ['--context', present(found).context, '--namespace', namespace, '--config', file];
  const { exitCode, stdout } = await execa(
    process.execPath,
    [main, 'doctor', ...where, ...flags, '-o', 'json'],
    {
      reject: false,
    },
  );
  return { exitCode, checks: JSON.parse(stdout) };
}
