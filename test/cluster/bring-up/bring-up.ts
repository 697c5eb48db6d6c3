// The whole way from a bare machine to a cluster that answers; every step does only what is missing.
import { execa } from 'execa';
import { buildTools, nodeTools, toolsBuilt } from './binaries.ts';
import { withTools } from './cache.ts';
import { Unavailable } from './debian.ts';
import { dockerAnswers, startDocker } from './docker.ts';
import { clusterContext, clusterStands, startCluster } from './kind.ts';
import { makeNodeImage, prepareNodeImage } from './node-image.ts';

/** The context of a cluster that answers as it is: the one named by KUBECONTEXT, or our own; null where that has work to do. */
export async function standing(): Promise<string | null> {
  const named = process.env.KUBECONTEXT;
  if (named) {
    await needAnswer(named);
    return named;
  }
  if (process.platform !== 'linux')
    throw new Unavailable('our own cluster runs on Linux only: name a cluster in KUBECONTEXT');
  return toolsBuilt(nodeTools) && (await dockerAnswers()) && (await clusterStands()) ? clusterContext : null;
}

/** Makes our own cluster answer, from whatever is there. Throws `Unavailable`. */
export async function bringUp(): Promise<string> {
  await needGo();
  await startDocker();
  await Promise.all([buildTools(nodeTools), prepareNodeImage()]);
  await startCluster(await makeNodeImage());
  return clusterContext;
}

async function needGo(): Promise<void> {
  const { failed } = await execa('go', ['version'], { reject: false });
  if (failed)
    throw new Unavailable(
      'Go is missing, which Kubernetes is built with: install it, or name a cluster in KUBECONTEXT',
    );
}

async function needAnswer(context: string): Promise<void> {
  const args = ['--context', context, '--request-timeout=15s', 'get', '--raw', '/readyz'];
  const { failed, stderr, shortMessage } = await execa('kubectl', args, { env: withTools(), reject: false });
  if (failed)
    throw new Unavailable(
      `the cluster of context ${context} does not answer (${stderr || shortMessage}): mend it, or unset KUBECONTEXT to use one of our own`,
    );
}
