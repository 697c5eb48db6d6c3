// The whole way from a bare machine to a cluster that answers; every step does only what is missing.
import { execa } from 'execa';
import { buildTools, nodeTools } from './binaries.ts';
import { withTools } from './cache.ts';
import { Unavailable } from './debian.ts';
import { startDocker } from './docker.ts';
import { clusterContext, startCluster } from './kind.ts';
import { makeNodeImage, prepareNodeImage } from './node-image.ts';

/** The context of a cluster that answers: the one named by KUBECONTEXT, or our own, made where it is missing. Throws `Unavailable`. */
export async function bringUp(): Promise<string> {
  const named = process.env.KUBECONTEXT;
  if (named) {
    await needAnswer(named);
    return named;
  }
  if (process.platform !== 'linux')
    throw new Unavailable('our own cluster runs on Linux only: name a cluster in KUBECONTEXT');
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
