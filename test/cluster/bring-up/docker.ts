// A Docker engine where none answers: Debian's packages, started by us and stopped again by `down`.
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cacheDir } from './cache.ts';
import { needCommands, Unavailable } from './debian.ts';
import { say, step } from './progress.ts';

const runtime = 'runc-without-sys-resource';
const started = join(cacheDir, 'dockerd.json');
const log = join(cacheDir, 'dockerd.log');

/** Makes a Docker engine answer. Throws `Unavailable` where that takes rights or packages that are not to be had. */
export async function startDocker(): Promise<void> {
  if (await dockerAnswers()) return;
  if (process.getuid?.() !== 0)
    throw new Unavailable(
      'no Docker engine answers, and starting one takes root: start Docker, run this as root, or name a cluster in KUBECONTEXT',
    );
  await needCommands({ dockerd: 'docker.io', iptables: 'iptables', capsh: 'libcap2-bin' });
  if (!(await dockerAnswers())) await step('starting dockerd', start); // where systemd runs, installing it started it
}

/** Stops the engine that `startDocker` started, if it is still that process and nobody else's containers run in it. */
export async function stopDocker(): Promise<void> {
  const ours = await readFile(started, 'utf8').then(JSON.parse, () => null);
  if (ours === null) return;
  if ((await startTime(ours.pid)) !== ours.startTime) return void (await rm(started));
  const { stdout } = await execa('docker', ['ps', '-q']);
  if (stdout !== '') return say('dockerd goes on: containers that are not ours run in it');
  process.kill(ours.pid, 'SIGTERM');
  while ((await startTime(ours.pid)) === ours.startTime) await sleep(100);
  await rm(started);
  say('dockerd stopped');
}

/** Whether an engine answers, whoever started it. */
export async function dockerAnswers(): Promise<boolean> {
  return !(await execa('docker', ['version', '--format', '{{.Server.Version}}'], { reject: false })).failed;
}

async function start(): Promise<void> {
  await mkdir(cacheDir, { recursive: true });
  const flags = (await mayHold('cap_sys_resource')) ? [] : await withoutSysResource();
  const output = openSync(log, 'a');
  const dockerd = spawn('dockerd', flags, { detached: true, stdio: ['ignore', output, output] });
  dockerd.unref();
  for (const deadline = Date.now() + 300_000; !(await dockerAnswers()); await sleep(200)) {
    if (dockerd.exitCode !== null || Date.now() > deadline)
      throw new Unavailable(`dockerd did not come up: see ${log}`);
  }
  await writeFile(started, JSON.stringify({ pid: dockerd.pid, startTime: await startTime(dockerd.pid!) }));
}

/** The flags of an engine whose containers do without CAP_SYS_RESOURCE. */
async function withoutSysResource(): Promise<string[]> {
  const lasting = join(cacheDir, runtime); // containers outlive a checkout that is moved or removed
  await copyFile(join(import.meta.dirname, 'node', runtime), lasting);
  return ['--add-runtime', `soft=${lasting}`, '--default-runtime', 'soft'];
}

/** Whether the capability is in this machine's bounding set: without it `docker run --privileged` fails. */
async function mayHold(capability: string): Promise<boolean> {
  const { stdout } = await execa('capsh', ['--print']);
  return /^Bounding set.*$/m.exec(stdout)?.[0].includes(capability) ?? false;
}

/** When the process began, in clock ticks since boot; null where there is none. With it a pid cannot be mistaken. */
async function startTime(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat?.slice(stat.lastIndexOf(')')).split(' ')[20] ?? null;
}
