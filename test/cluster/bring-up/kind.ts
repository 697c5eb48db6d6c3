// A three-node kind cluster of our node image: a control plane, and a worker in each of the pools a and b.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withTools } from './cache.ts';
import { Unavailable } from './debian.ts';
import { step } from './progress.ts';

export const clusterName = process.env.AUTORESEARCH_CLUSTER || 'autoresearch';
export const clusterContext = `kind-${clusterName}`;
const ours = 'autoresearch-kind-node:';
const here = import.meta.dirname;

interface NodeContainer {
  readonly name: string;
  readonly image: string;
  readonly running: boolean;
}

/** The IPv4 address under which the nodes reach this machine. */
export async function hostAddress(): Promise<string> {
  const of = ['network', 'inspect', 'kind', '-f', '{{range .IPAM.Config}}{{println .Gateway}}{{end}}'];
  const { stdout } = await execa('docker', of);
  const ip = stdout.split('\n').find((line) => /^\d+\.\d+\.\d+\.\d+$/.test(line));
  if (!ip) throw new Error('the network of kind has no IPv4 gateway; look at `docker network inspect kind`');
  return ip;
}

/** Whether there is nothing to do: every node runs and is ready. */
export async function clusterStands(): Promise<boolean> {
  const containers = await nodeContainers();
  return containers.length > 0 && containers.every((c) => c.running) && (await allReady());
}

/** Makes the cluster answer with all its nodes ready: creates it, or starts what of it was stopped. Repeating it is safe. */
export async function startCluster(image: string): Promise<void> {
  const containers = await nodeContainers();
  if (containers.length === 0) await step(`creating the cluster ${clusterName}`, () => create(image));
  await mendCluster();
}

/** Starts what of the cluster was stopped, and waits until all its nodes are ready. Repeating it is safe. */
export async function mendCluster(): Promise<void> {
  const containers = await nodeContainers();
  const stopped = containers.filter((c) => !c.running).map((c) => c.name);
  if (stopped.length > 0)
    await step(`starting ${stopped.join(', ')}`, () => execa('docker', ['start', ...stopped]));
  await step('connecting the pods of all nodes', connectPods);
  await step('waiting for nodes and DNS', async () => {
    await kubectl('wait', '--for=condition=Ready', 'node', '--all', '--timeout=600s');
    await kubectl('--namespace', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=600s');
  });
}

/** Deletes the cluster, if its nodes are containers of our image. */
export async function deleteCluster(): Promise<void> {
  const containers = await nodeContainers();
  if (containers.length === 0) return;
  if (!containers.every((c) => c.image.startsWith(ours)))
    throw new Unavailable(
      `the kind cluster ${clusterName} was not made by this set-up: delete it with kind, or set AUTORESEARCH_CLUSTER to another name`,
    );
  await step(`deleting the cluster ${clusterName}`, () => kind('delete', 'cluster', '--name', clusterName));
}

async function create(image: string): Promise<void> {
  const before = (await kubectlConfig('current-context')).stdout;
  const config = await readFile(join(here, 'kind.yaml'), 'utf8');
  await kind('create', 'cluster', '--name', clusterName, '--image', image, '--config', '-', '--wait', '0s', {
    input: config,
  });
  if (before) await kubectlConfig('use-context', before); // kind makes its own the current one; that is for the person to decide
}

/** Gives every node its pods' addresses and the way to those of the others. Repeating it is safe, and mends. */
async function connectPods(): Promise<void> {
  const template = await readFile(join(here, 'node', 'pod-network.conflist'), 'utf8');
  const nodes = await nodesWithPodCidr();
  await Promise.all(
    nodes.map(async (node) => {
      const others = nodes.filter((other) => other !== node);
      const script = [
        `cat >/etc/pod-routes <<'END'`,
        ...others.map((other) => `${other.podCidr} ${other.address}`),
        'END',
        'systemctl restart pod-routes.service',
        `cat >/etc/cni/net.d/10-pods.conflist <<'END'`,
        template.replace('POD_CIDR', node.podCidr),
        'END',
      ];
      await execa('docker', ['exec', '-i', node.name, 'sh', '-e'], { input: `${script.join('\n')}\n` });
    }),
  );
}

async function nodesWithPodCidr(): Promise<{ name: string; podCidr: string; address: string }[]> {
  const path = '{range .items[*]}{.metadata.name} {.spec.podCIDR}{"\\n"}{end}';
  // Nodes that somebody made up have no container.
  const made = new Set((await nodeContainers()).map(({ name }) => name));
  for (const deadline = Date.now() + 600_000; ; ) {
    const { stdout, failed } = await kubectl('get', 'nodes', '-o', `jsonpath=${path}`, { reject: false });
    const nodes = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([name]) => made.has(name!));
    // A node gets its pods' addresses from the control plane, a moment after it joins.
    const known = nodes.filter((fields) => fields.length === 2 && fields.every(Boolean));
    if (!failed && known.length === made.size)
      return Promise.all(
        known.map(async ([name, podCidr]) => ({
          name: name!,
          podCidr: podCidr!,
          address: await addressOf(name!),
        })),
      );
    if (Date.now() > deadline)
      throw new Error(
        `the nodes of ${clusterName} got no pod addresses: run \`node test/cluster/down.ts\`, then up again`,
      );
  }
}

/** As Docker says: after a restart it hands addresses out anew, and the API shows those of before for a while. */
async function addressOf(node: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  return (await execa('docker', ['inspect', '-f', format, node])).stdout.trim();
}

async function nodeContainers(): Promise<NodeContainer[]> {
  const format = '{{.Names}} {{.Image}} {{.State}}';
  const { stdout } = await execa('docker', [
    'ps',
    '-a',
    '--filter',
    `label=io.x-k8s.kind.cluster=${clusterName}`,
    '--format',
    format,
  ]);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name, image, state] = line.split(' ');
      return { name: name!, image: image!, running: state === 'running' };
    });
}

async function allReady(): Promise<boolean> {
  const path = '{.items[*].status.conditions[?(@.type=="Ready")].status}';
  const { stdout, failed } = await kubectl(
    'get',
    'nodes',
    '--request-timeout=30s',
    '-o',
    `jsonpath=${path}`,
    { reject: false },
  );
  return !failed && /^True( True)*$/.test(stdout);
}

type Options = { input?: string; reject?: false };
const run = (file: string, args: (string | Options)[]) => {
  const options = args.filter((arg) => typeof arg !== 'string').at(-1) ?? {};
  return execa(
    file,
    args.filter((arg) => typeof arg === 'string'),
    { env: withTools(), ...options },
  );
};
const kind = (...args: (string | Options)[]) => run('kind', args);
const kubectl = (...args: (string | Options)[]) => run('kubectl', ['--context', clusterContext, ...args]);
const kubectlConfig = (...args: string[]) => run('kubectl', ['config', ...args, { reject: false }]);
