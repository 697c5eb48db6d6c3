// Where in a cluster the controller of a release is, as kubectl is told.
import { execa } from 'execa';
import { Failure } from '../failure.ts';

export interface ClusterTarget {
  readonly context: string;
  /** The release's, not that of its runs. */
  readonly namespace?: string | undefined;
}

/** The controller's folder of lanes, in its Pod. */
export const DATA = '/data';

/** The words that make kubectl ask there, and the controller of the one release in the namespace. Throws Failure 3. */
export async function controllerOf({
  context,
  namespace,
}: ClusterTarget): Promise<{ kubectl: readonly string[]; pod: string }> {
  const kubectl = ['--context', context, ...(namespace ? ['-n', namespace] : [])];
  const args = ['get', 'deployments', '-l', 'app.kubernetes.io/name=autoresearch', '-o', 'name'];
  const { stdout, stderr, failed, code } = await execa('kubectl', [...kubectl, ...args], { reject: false });
  if (code === 'ENOENT') throw new Failure(3, 'kubectl is not on PATH; install it to reach into a cluster');
  if (failed)
    throw new Failure(3, `the cluster does not say where the controller is: ${stderr}; fix that first`);
  const [found, another] = stdout.split('\n').filter(Boolean);
  if (!found) throw new Failure(3, 'no controller is installed there; name its namespace with --namespace');
  if (another)
    throw new Failure(3, `${found} and ${another} are both there; give each release its namespace`);
  return { kubectl, pod: found };
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
