// How often the cluster's Job controller may ask the API server: 20 times a second unless kube-controller-manager is told else.
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { clusterName } from '../../cluster/bring-up/kind.ts';

const MANIFEST = '/etc/kubernetes/manifests/kube-controller-manager.yaml';
const FLAGS = ['--kube-api-qps', '--kube-api-burst'];

/** Gives kube-controller-manager this many requests a second, twice that at once. What takes it back. */
export async function allowRequests(perSecond: number): Promise<() => Promise<void>> {
  await told([perSecond, 2 * perSecond]);
  return () => told([]);
}

async function told(limits: readonly number[]): Promise<void> {
  const lines = limits.map((limit, at) => `    - ${FLAGS[at]}=${limit}`).join('\\n');
  const drop = FLAGS.flatMap((flag) => ['-e', `/${flag}=/d`]);
  const add = limits.length > 0 ? ['-e', `s/^    - kube-controller-manager$/&\\n${lines}/`] : [];
  await inControlPlane('sed', '-i', ...drop, ...add, MANIFEST);
  // The kubelet sees the file and starts another one.
  const wanted = limits.length > 0 ? `${FLAGS[0]}=${limits[0]}\0` : '';
  for (let left = 600; left > 0; left--) {
    const line = await inControlPlane('sh', '-c', 'cat /proc/$(pidof kube-controller-manager)/cmdline').catch(
      () => '',
    );
    if (line !== '' && line.includes(FLAGS[0]!) === (wanted !== '') && line.includes(wanted)) return;
    await delay(200);
  }
  throw new Error(
    `kube-controller-manager was not started anew; look at ${MANIFEST} of ${clusterName}-control-plane`,
  );
}

async function inControlPlane(...command: readonly string[]): Promise<string> {
  return (await execa('docker', ['exec', `${clusterName}-control-plane`, ...command])).stdout;
}
