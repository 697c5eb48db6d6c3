// What a run asks of its node, and the taints of such nodes.
import type { V1PodSpec, V1ResourceRequirements, V1Toleration } from '@kubernetes/client-node';
import type { Pool } from './pool.ts';

const LOST_NODE_SECONDS = 30;
const CLAIM = 'gpu';

export function resourcesOf({ resources, gpu }: Pool): V1ResourceRequirements {
  const claimed = gpu.count > 0 && gpu.claimTemplate !== undefined;
  const all: Record<string, string> = {
    cpu: resources.cpu,
    memory: resources.memory,
    'ephemeral-storage': resources.ephemeralStorage,
    ...(gpu.count > 0 && !claimed && { [gpu.resource]: String(gpu.count) }),
  };
  return { requests: { ...all }, limits: { ...all }, ...(claimed && { claims: [{ name: CLAIM }] }) };
}

/** Each Pod gets a claim of its own, which goes with it. */
export function claimsOf({ gpu }: Pool): Pick<V1PodSpec, 'resourceClaims'> {
  if (gpu.count === 0 || gpu.claimTemplate === undefined) return {};
  return { resourceClaims: [{ name: CLAIM, resourceClaimTemplateName: gpu.claimTemplate }] };
}

/** A node that stops answering is given up after 30 s instead of Kubernetes' 300: the attempt begins anew elsewhere. */
export function tolerationsOf({ tolerations, gpu }: Pool): V1Toleration[] {
  const lost = (key: string): V1Toleration => ({
    key,
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: LOST_NODE_SECONDS,
  });
  // Nodes whose GPUs are cut or shared are tainted as all of the vendor's GPU nodes are.
  const whole = gpu.resource.replace(/\/(mig-.*|gpu\.shared)$/, '/gpu');
  const taints = gpu.count > 0 ? new Set([gpu.resource, whole]) : [];
  const onGpu = [...taints].map((key): V1Toleration => ({ key, operator: 'Exists', effect: 'NoSchedule' }));
  return [
    ...tolerations.map(defined),
    ...onGpu,
    lost('node.kubernetes.io/not-ready'),
    lost('node.kubernetes.io/unreachable'),
  ];
}

/** Without the keys that are undefined: to Kubernetes an absent key and an empty one are not the same. */
function defined(toleration: Pool['tolerations'][number]): V1Toleration {
  return Object.fromEntries(Object.entries(toleration).filter(([, value]) => value !== undefined));
}
