// Commands on a cluster's lane are carried out where the lane is: in the controller's Pod, through kubectl.
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { type ExitCode, Failure } from '../failure.ts';
import { makeFolders } from '../wiring/modes.ts';
import { type ClusterTarget, controllerOf, DATA, without } from './kubectl.ts';
import { usable } from './steer/train-file.ts';
import { print } from './terminal/terminal.ts';

/** Commands that need the release's settings, as the chart mounts them. */
const SETTINGS: Readonly<Record<string, readonly string[]>> = {
  replay: ['--config', '/etc/autoresearch/config.yaml', '--attended'],
};

/**
 * Runs a command of this program, with these arguments and words of options, in the controller's Pod; stdin, stdout and
 * exit code are those of there.
 */
export async function forward(
  name: string,
  args: readonly string[],
  options: readonly string[],
  target: ClusterTarget,
): Promise<ExitCode> {
  const { kubectl, pod } = await controllerOf(target);
  const own = without(options, ['--context', '--namespace', '--dir']);
  if (name === 'page') return (await import('./forwarded-page.ts')).forwardPage(kubectl, pod, [name, ...own]);
  const called = (...given: readonly string[]) => {
    const behind = given.length > 0 ? ['--', ...given] : [];
    return [name, ...own, '--dir', DATA, ...(SETTINGS[name] ?? []), ...behind];
  };
  const [file, ...others] = args;
  if (name === 'export') return bringExport(kubectl, pod, called, file!, own.includes('--force'));
  // Stdin is read once: what was looked at is what is sent.
  const sent = name === 'try' ? await usable(file!) : name === 'import' && file ? await bytesOf(file) : null;
  const there = sent === null ? called(...args) : called('-', ...others);
  const command = ['exec', '-i', pod, '--', 'autoresearch', ...there];
  const running = execa('kubectl', [...kubectl, ...command], {
    // A replay ends with its stdin: no signal gets there.
    ...(sent === null ? { stdin: name === 'replay' ? 'pipe' : 'ignore' } : { input: sent }),
    // Over there it is a pipe, so what comes is raw.
    stdout: process.stdout.isTTY ? 'pipe' : 'inherit',
    stderr: 'inherit',
    buffer: false,
    reject: false,
  });
  if (running.stdout) await print(running.stdout, process.stdout, name === 'logs');
  const { exitCode } = await running;
  if (name === 'replay' && exitCode === undefined)
    throw new Failure(
      130,
      'it starts nothing more in the cluster; runs there end, and count when you call it again',
    );
  return codeOf(exitCode);
}

async function bringExport(
  kubectl: readonly string[],
  pod: string,
  called: (folder: string) => string[],
  folder: string,
  force: boolean,
): Promise<ExitCode> {
  const { refuseFull } = await import('./read/export.ts');
  await refuseFull(folder, force);
  const there = `/tmp/export-${process.pid}-${Date.now()}`;
  const inPod = (...command: string[]) => [...kubectl, 'exec', pod, '--', ...command];
  const { exitCode, stderr } = await execa('kubectl', inPod('autoresearch', ...called(there)), {
    stdin: 'ignore',
    reject: false,
  });
  // It names the folder of there, which goes away.
  if (stderr) process.stderr.write(`${stderr.replaceAll(there, () => folder)}\n`);
  if (exitCode !== 0) return codeOf(exitCode);
  await makeFolders(folder);
  await execa('kubectl', inPod('tar', '-C', there, '-cf', '-', '.'), { encoding: 'buffer' }).pipe('tar', [
    '-C',
    folder,
    '-xf',
    '-',
  ]);
  await execa('kubectl', inPod('rm', '-r', there));
  return 0;
}

async function bytesOf(file: string): Promise<Buffer> {
  if (file === '-') return buffer(process.stdin);
  return readFile(file).catch(() => {
    throw new Failure(2, `${file} cannot be read; check the path`);
  });
}

/** Of a command of ours; of anything that kubectl could not do on the way to it, which it says itself, 1. */
function codeOf(exitCode: number | undefined): ExitCode {
  if (exitCode === undefined) throw new Failure(1, 'kubectl was ended before it was done; try again');
  return ([0, 1, 2, 3, 130] as const).find((code) => code === exitCode) ?? 1;
}
