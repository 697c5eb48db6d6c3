// The resources that the double serves, and where.

const RESOURCES: Readonly<Record<string, { kind: string; prefix: string; namespaced: boolean }>> = {
  jobs: { kind: 'Job', prefix: '/apis/batch/v1', namespaced: true },
  pods: { kind: 'Pod', prefix: '/api/v1', namespaced: true },
  events: { kind: 'Event', prefix: '/api/v1', namespaced: true },
  configmaps: { kind: 'ConfigMap', prefix: '/api/v1', namespaced: true },
  resourcequotas: { kind: 'ResourceQuota', prefix: '/api/v1', namespaced: true },
  limitranges: { kind: 'LimitRange', prefix: '/api/v1', namespaced: true },
  nodes: { kind: 'Node', prefix: '/api/v1', namespaced: false },
  namespaces: { kind: 'Namespace', prefix: '/api/v1', namespaced: false },
  leases: { kind: 'Lease', prefix: '/apis/coordination.k8s.io/v1', namespaced: true },
  workloads: { kind: 'Workload', prefix: '/apis/kueue.x-k8s.io/v1beta2', namespaced: true },
  resourceclaimtemplates: {
    kind: 'ResourceClaimTemplate',
    prefix: '/apis/resource.k8s.io/v1beta2',
    namespaced: true,
  },
  localqueues: { kind: 'LocalQueue', prefix: '/apis/kueue.x-k8s.io/v1beta2', namespaced: true },
};

interface Route {
  readonly plural: string;
  /** '' for what has none, and for a list over all. */
  readonly namespace: string;
  readonly name: string | undefined;
  readonly sub: string | undefined;
}

/** Null where nothing is served there. */
export function routeOf(path: string): Route | null {
  for (const [plural, { prefix, namespaced }] of Object.entries(RESOURCES)) {
    const scope = namespaced ? '(?:namespaces/(?<namespace>[^/]+)/)?' : '';
    const pattern = new RegExp(`^${prefix}/${scope}${plural}(?:/(?<name>[^/]+)(?:/(?<sub>[^/]+))?)?$`);
    const { groups } = pattern.exec(path) ?? {};
    if (groups) return { plural, namespace: groups.namespace ?? '', name: groups.name, sub: groups.sub };
  }
  return null;
}

export function kindOfList(plural: string): string {
  return `${RESOURCES[plural]!.kind}List`;
}

/** The verb as rules of access name it. */
export function verbOf(method: string, name: string | undefined): string {
  if (method === 'GET') return name === undefined ? 'list' : 'get';
  return { POST: 'create', PATCH: 'patch', PUT: 'update', DELETE: 'delete' }[method] ?? method.toLowerCase();
}
