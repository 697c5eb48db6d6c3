// The page of a cluster's lanes, brought here by kubectl. The kubectl here reaches a folder instead of a Pod.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import { main, saidBy } from '../cli/command.ts';
import { storedLane } from '../cli/stored.ts';
import { forwardedPage } from './forwarded.ts';

/** An environment whose `kubectl` reaches this folder; `forbidden`: it may run nothing there. */
async function kubectlTo(laneDir: string, forbidden = ''): Promise<{ PATH: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'kubectl-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const script = `#!${process.execPath}
const { spawn } = require('node:child_process');
const net = require('node:net');
const [main, laneDir, forbidden] = ${JSON.stringify([main, laneDir, forbidden])};
const [, , , , verb, ...rest] = process.argv;
if (verb === 'get') console.log('deployment.apps/lab');
else if (forbidden) { console.error(forbidden); process.exit(1); }
else if (verb === 'exec') {
  const words = rest.slice(rest.indexOf('--') + 2).map((word) => (word === '/data' ? laneDir : word));
  spawn(process.execPath, [main, ...words], { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
} else {
  const [here, there] = rest.at(-1).split(':').map(Number);
  net.createServer((one) => {
    const other = net.connect(there, '127.0.0.1');
    one.pipe(other).on('error', () => one.destroy());
    other.pipe(one).on('error', () => other.destroy());
  }).listen(here, '127.0.0.1', () => console.log('Forwarding from 127.0.0.1:' + here + ' -> ' + there));
}
`;
  await writeFile(join(folder, 'kubectl'), script);
  await chmod(join(folder, 'kubectl'), 0o755);
  return { PATH: `${folder}:${process.env.PATH}` };
}

test('it is there again, under its link, after twenty cuts of the connection and a new Pod', async () => {
  await using lane = await storedLane();
  await lane.run(1);
  const page = await forwardedPage(['--context', 'lab'], await kubectlTo(lane.dir));
  expect(page.link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
  expect(await page.lanes()).toEqual(['main']);
  for (let cut = 0; cut < 20; cut++) await page.cut('port-forward');
  await page.cut('exec');
  expect(await page.lanes()).toEqual(['main']);
  expect(await page.end()).toBe(0);
});

test('who may run nothing in the Pod gets no page, but the words of kubectl', async () => {
  const env = await kubectlTo('/nowhere', 'Error from server (Forbidden): pods is forbidden');
  const { code, out, err } = await saidBy(main, ['page', '--context', 'lab'], env);
  expect([code, out]).toEqual([3, '']);
  expect(err).toContain(
    'cannot be brought here: Error from server (Forbidden): pods is forbidden; mend that',
  );
});

test('a release without a lane is refused with what to do', async () => {
  const env = await kubectlTo('/nonexistent');
  const { code, err } = await saidBy(main, ['page', '--context', 'lab'], env);
  expect(code).toBe(3);
  expect(err).toContain('holds no lane; begin one with');
});

test('a token is taken from stdin alone', async () => {
  await using lane = await storedLane();
  await lane.run(1);
  const words = ['page', '--dir', lane.dir, '--port', '0', '--behind', '7878'];
  const { exitCode, stderr } = await execa(process.execPath, [main, ...words], { input: '', reject: false });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('leave it out');
});
