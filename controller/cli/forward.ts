// Commands on a cluster's lane are carried out where the lane is: in the controller's Pod, through kubectl.
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

/** Runs `argv`, a command of this program, in the controller's Pod; stdin, stdout and exit code are those of there. */
export async function forward(
  name: string,
  file: string | undefined,
  argv: readonly string[],
  target: ClusterTarget,
): Promise<ExitCode> {
  const { kubectl, pod } = await controllerOf(target);
  const words = without(argv, ['--context', '--namespace', '--dir']);
  if (name === 'page') return (await import('./forwarded-page.ts')).forwardPage(kubectl, pod, words);
  if (name === 'export') return bringExport(kubectl, pod, words, file!);
  const reads = name === 'try' || (name === 'import' && file !== undefined);
  const there = reads ? words.map((word) => (word === file ? '-' : word)) : words;
  if (name === 'try') await usable(file!);
  const command = [
    'exec',
    '-i',
    pod,
    '--',
    'autoresearch',
    ...there,
    '--dir',
    DATA,
    ...(SETTINGS[name] ?? []),
  ];
  const running = execa('kubectl', [...kubectl, ...command], {
    // A replay ends with its stdin: no signal gets there.
    ...(reads ? { inputFile: file! } : { stdin: name === 'replay' ? 'pipe' : 'ignore' }),
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
  words: readonly string[],
  folder: string,
): Promise<ExitCode> {
  const { refuseFull } = await import('./read/export.ts');
  await refuseFull(folder, words.includes('--force'));
  const there = `/tmp/export-${process.pid}-${Date.now()}`;
  const exported = words.map((word) => (word === folder ? there : word));
  const inPod = (...command: string[]) => [...kubectl, 'exec', pod, '--', ...command];
  const { exitCode } = await execa('kubectl', inPod('autoresearch', ...exported, '--dir', DATA), {
    stdin: 'ignore',
    stdout: 'ignore', // it names the folder of there
    stderr: ['inherit'],
    reject: false,
  });
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

/** Of a command of ours; of anything that kubectl could not do on the way to it, which it says itself, 1. */
function codeOf(exitCode: number | undefined): ExitCode {
  if (exitCode === undefined) throw new Failure(1, 'kubectl was ended before it was done; try again');
  return ([0, 1, 2, 3, 130] as const).find((code) => code === exitCode) ?? 1;
}
