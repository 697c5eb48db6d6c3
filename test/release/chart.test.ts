// What chart.sh does where helm does not push: a release without its chart, or with an unsigned one, must not go on.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '..', '..', 'images', 'release', 'chart.sh');
const DIGEST = `sha256:${'a'.repeat(64)}`;

/** The script's end, where a push of helm says this and ends so. */
async function pushed(says: string, code: number) {
  const dir = await mkdtemp(join(tmpdir(), 'chart-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const helm = join(dir, 'helm');
  await writeFile(helm, `#!/bin/sh\n[ "$1" != push ] || { echo '${says}'; exit ${code}; }\n`);
  await chmod(helm, 0o755);
  const input = `registry.example/autoresearch-controller@${DIGEST}\n`;
  const env = { PATH: `${dir}${delimiter}${process.env.PATH}` };
  return execa(SCRIPT, ['registry.example'], { input, env, reject: false });
}

test.each([
  ['fails', 'Error: denied: no permission to push', 1],
  ['tells no digest', 'Pushed: registry.example/charts/autoresearch:0.1.0', 0],
])('what helm says is shown, and no reference, where its push %s', async (_, says, code) => {
  const { exitCode, stdout, stderr } = await pushed(says, code);
  expect([exitCode, stdout, stderr]).toEqual([3, '', expect.stringContaining(says)]);
});

test('what was pushed is printed as a reference that can be signed', async () => {
  const { exitCode, stdout } = await pushed(`Digest: ${DIGEST}`, 0);
  expect([exitCode, stdout.split('\n').at(-1)]).toEqual([
    0,
    `registry.example/charts/autoresearch@${DIGEST}`,
  ]);
});
