// Commands on a cluster's lane are carried out where the lane is: in the controller's Pod, through kubectl.
import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import { type ExitCode, Failure } from '../failure.ts';
import { usable } from './steer/train-file.ts';
import { print } from './terminal/terminal.ts';

export interface ClusterTarget {
  readonly context: string;
  /** The release's, not that of its runs. */
  readonly namespace?: string | undefined;
}

const DATA = '/data';
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
  if (name === 'page')
    throw new Failure(
      2,
      'page does not reach into a cluster; leave out --context, give --store and --frontier',
    );
  const kubectl = ['--context', target.context, ...(target.namespace ? ['-n', target.namespace] : [])];
  const pod = await deployment(kubectl);
  const words = without(argv, ['--context', '--namespace', '--dir']);
  if (name === 'export') return bringExport(kubectl, pod, words, file!);
  const there = name === 'try' ? words.map((word) => (word === file ? '-' : word)) : words;
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
    ...(name === 'try' ? { inputFile: file! } : { stdin: name === 'replay' ? 'pipe' : 'ignore' }),
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

/** The controller of the one release in the namespace. */
async function deployment(kubectl: readonly string[]): Promise<string> {
  const args = ['get', 'deployments', '-l', 'app.kubernetes.io/name=autoresearch', '-o', 'name'];
  const { stdout, stderr, failed, code } = await execa('kubectl', [...kubectl, ...args], { reject: false });
  if (code === 'ENOENT') throw new Failure(3, 'kubectl is not on PATH; install it to reach into a cluster');
  if (failed)
    throw new Failure(3, `the cluster does not say where the controller is: ${stderr}; fix that first`);
  const [found, another] = stdout.split('\n').filter(Boolean);
  if (!found) throw new Failure(3, 'no controller is installed there; name its namespace with --namespace');
  if (another)
    throw new Failure(3, `${found} and ${another} are both there; give each release its namespace`);
  return found;
}

async function bringExport(
  kubectl: readonly string[],
  pod: string,
  words: readonly string[],
  folder: string,
): Promise<ExitCode> {
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
  await mkdir(folder, { recursive: true });
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

/** argv less these flags and their values. */
export function without(argv: readonly string[], flags: readonly string[]): string[] {
  const left: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (flags.includes(argv[i]!)) i++;
    else if (!flags.some((flag) => argv[i]!.startsWith(`${flag}=`))) left.push(argv[i]!);
  }
  return left;
}
