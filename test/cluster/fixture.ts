// What a cluster test stands on: the cluster, brought up once and shared by all of them, and the images on its nodes.
import { join } from 'node:path';
import { execa } from 'execa';
import type { TestContext } from 'vitest';
import { withTools } from './bring-up/cache.ts';
import { clusterContext, clusterName } from './bring-up/kind.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Cluster {
  /** The kubeconfig context; its default namespace is not ours to use. */
  readonly context: string;
  /** Runs kubectl on it and answers stdout. Throws with kubectl's words. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
}

/** Why there is no cluster here: a test that needs one is skipped with this sentence. */
export interface NoCluster {
  readonly missing: string;
}

/**
 * Brings the cluster up where it is missing (progress on stderr), else answers at once. Throws when that breaks.
 * `tools` are to be on the PATH of `withTools` besides kubectl and kind: helm, helm4, versitygw, kwok, promtool.
 */
export async function theCluster(tools: readonly string[] = []): Promise<Cluster | NoCluster> {
  const { exitCode, stdout, stderr } = await runUp({ args: tools });
  if (exitCode === 3) return { missing: lastLine(stderr) };
  if (exitCode !== 0) throw new Error(`the cluster could not be brought up:\n${stderr}`);
  const context = stdout.trim();
  return {
    context,
    kubectl: async (args, input = '') => {
      const all = ['--context', context, '--request-timeout=60s', ...args];
      return (await execa('kubectl', all, { env: withTools(), input })).stdout;
    },
  };
}

/** For `beforeEach`, with what `theCluster` answered: the tests run, or are skipped with the reason. */
export const needsCluster =
  (found: Cluster | NoCluster) =>
  ({ skip }: TestContext): void => {
    if ('missing' in found) skip(found.missing);
  };

/** The cluster that `needsCluster` has let through. */
export function present(found: Cluster | NoCluster): Cluster {
  if ('missing' in found) throw new Error(found.missing);
  return found;
}

interface Differences {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the script: setpriv and its options, say. */
  readonly through?: readonly string[];
}

/** up.ts as a person would run it, with these differences. */
export const runUp = (differences: Differences = {}) => runScript('up.ts', differences);

/** down.ts as a person would run it, with these differences. */
export const runDown = (differences: Differences = {}) => runScript('down.ts', differences);

async function runScript(name: string, { args = [], env = {}, through = [] }: Differences) {
  const [command, ...rest] = [...through, process.execPath, join(import.meta.dirname, name), ...args];
  const { exitCode, stdout, stderr } = await execa(command!, rest, {
    env,
    reject: false,
    stderr: ['pipe', 'inherit'],
  });
  return { exitCode, stdout, stderr };
}

/** The named image where the nodes can use it: CONTROLLER_IMAGE or TRAINER_IMAGE, or built here and loaded onto the workers. */
export async function loadedImage(cluster: Cluster, name: 'controller' | 'trainer'): Promise<string> {
  const variable = `${name.toUpperCase()}_IMAGE`;
  const given = process.env[variable];
  if (given) return given;
  if (cluster.context !== clusterContext)
    throw new Error(`set ${variable} to an image that the nodes of ${cluster.context} can pull`);
  const args = ['--local', '--load', clusterName, name];
  await execa(join(root, 'images', 'build.sh'), args, { stdout: process.stderr, stderr: 'inherit' });
  return `autoresearch-${name}:dev`;
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
