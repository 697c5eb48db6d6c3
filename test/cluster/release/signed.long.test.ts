// What a release signs can be checked by anybody, and nothing else passes for it. With a key of one's own: no public log is told.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withTools } from '../bring-up/cache.ts';
import { needsCluster, theCluster } from '../fixture.ts';
import { registryIn } from './registry.ts';

// It brings Docker, too.
const found = await theCluster(['cosign']);
const SIGN = join(import.meta.dirname, '..', '..', '..', 'images', 'release', 'sign.sh');
const env = { ...withTools(), COSIGN_PASSWORD: '' };
let dir: string;
let registry: Awaited<ReturnType<typeof registryIn>>;

beforeEach(needsCluster(found));
beforeAll(async () => {
  if ('missing' in found) return;
  dir = await mkdtemp(join(tmpdir(), 'signed-'));
  registry = await registryIn(dir);
  for (const name of ['ours', 'other'])
    await execa('cosign', ['generate-key-pair', '--output-key-prefix', name], { env, cwd: dir });
}, 1_800_000);
afterAll(async () => {
  registry?.end();
  if (dir) await rm(dir, { recursive: true, force: true });
});

/** Pushes an image that holds a word; its reference by digest. */
async function pushed(word: string): Promise<string> {
  await writeFile(join(dir, 'word'), word);
  await writeFile(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY word /word\n');
  const tag = `${registry.host}/lab/${word}:1`;
  await execa('docker', ['build', '-q', '-t', tag, dir]);
  await execa('docker', ['push', '-q', tag]);
  const { stdout } = await execa('docker', ['inspect', '-f', '{{index .RepoDigests 0}}', tag]);
  return stdout;
}

const verified = (key: string, reference: string) => {
  const args = ['verify', '--key', join(dir, `${key}.pub`), '--insecure-ignore-tlog=true'];
  return execa('cosign', [...args, '--allow-insecure-registry', reference], { env, reject: false });
};

test('a signed image passes by the command that is printed, and by no other key; an unsigned one passes by none', async () => {
  const [signed, unsigned] = [await pushed('signed'), await pushed('unsigned')];
  const key = join(dir, 'ours.key');
  const said = await execa(SIGN, ['--insecure', '--key', key], {
    env,
    input: `digest: sha256:1\n${signed}\n`,
  });
  const [command, ...more] = said.stdout.split('\n');
  expect(more).toEqual([]);
  expect((await execa('sh', ['-c', command!], { env })).stdout).toContain(signed.split('@')[1]);
  expect((await verified('other', signed)).exitCode).not.toBe(0);
  expect((await verified('ours', unsigned)).stderr).toContain('no signatures found');
}, 300_000);

test('nothing to sign is refused with what to do', async () => {
  const said = await execa(SIGN, [], { env, input: 'nothing\n', reject: false });
  expect([said.exitCode, said.stderr]).toEqual([
    2,
    expect.stringContaining('pipe in what push.sh and chart.sh printed'),
  ]);
});
