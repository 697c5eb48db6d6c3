// The values of the page, and what each does to what helm renders: a part of chart-values.ts.

type Values = Readonly<Record<string, unknown>>;

const CONTAINER = 'Deployment/spec.template.spec.containers.0';
const on = { page: { enabled: true, existingSecret: 'tokens' } };
const withIngress = { page: { ...on.page, ingress: { enabled: true, host: 'lab.example' } } };
const gateway = [{ name: 'gw' }];
const withRoute = {
  page: { ...on.page, httpRoute: { enabled: true, host: 'gw.example', parentRefs: gateway } },
};
const policy = { ...on, networkPolicy: { controller: { enabled: true } } };
const service = ['lab-page', 'lab-page.lab', 'lab-page.lab.svc', 'lab-page.lab.svc.cluster.local'];
const near = service.map((name) => `${name}:8081`);
const annotated = { team: 'lm' };
const secret = (key: string, optional?: boolean) => ({
  secretKeyRef: { name: 'mine', key, ...(optional && { optional }) },
});

const grafana = [{ name: 'Grafana', url: 'https://grafana.example/d/lanes' }];
const group = { kind: 'Group', name: 'research', apiGroup: 'rbac.authorization.k8s.io' };

export const PAGE: [path: string, value: unknown, where: string, shows: unknown, also?: Values][] = [
  ['page.enabled', false, 'Ingress/kind', undefined],
  ['page.enabled', false, `${CONTAINER}.ports`, [{ name: 'http', containerPort: 8080 }]],
  ['page.enabled', true, `${CONTAINER}.ports.1`, { name: 'page', containerPort: 8081 }, on],
  ['page.enabled', true, 'config', { page: { port: 8081, names: near } }, on],
  ['page.existingSecret', 'mine', `${CONTAINER}.env.0.valueFrom`, secret('token'), on],
  ['page.existingSecret', 'mine', `${CONTAINER}.env.1.valueFrom`, secret('steering-token', true), on],
  ['rbac.readers', [group], 'readers', { subjects: [group], roleRef: { name: 'lab-readers' } }, on],
  ['page.names', ['a.example'], 'config', { page: { names: [...near, 'a.example'] } }, on],
  ['page.userHeader', 'X-Forwarded-User', 'config', { page: { userHeader: 'X-Forwarded-User' } }, on],
  ['page.links', grafana, 'config', { page: { links: grafana } }, on],
  ['page.service.annotations', annotated, 'page service', { metadata: { annotations: annotated } }, on],
  [
    'page.ingressFrom',
    [{ podSelector: {} }],
    'controller policy',
    { ingress: [{ ports: [{ port: 'http' }] }, { from: [{ podSelector: {} }], ports: [{ port: 'page' }] }] },
    policy,
  ],
  ['page.ingress.enabled', true, 'Ingress/spec.rules.0.host', 'lab.example', withIngress],
  ['page.ingress.className', 'nginx', 'Ingress/spec.ingressClassName', 'nginx', withIngress],
  ['page.ingress.annotations', annotated, 'Ingress/metadata.annotations', annotated, withIngress],
  ['page.ingress.host', 'b.example', 'config', { page: { names: [...near, 'b.example'] } }, withIngress],
  ['page.ingress.tlsSecret', 'crt', 'Ingress/spec.tls.0.secretName', 'crt', withIngress],
  ['page.httpRoute.enabled', true, 'HTTPRoute/spec.hostnames', ['gw.example'], withRoute],
  ['page.httpRoute.annotations', annotated, 'HTTPRoute/metadata.annotations', annotated, withRoute],
  ['page.httpRoute.parentRefs', [{ name: 'b' }], 'HTTPRoute/spec.parentRefs', [{ name: 'b' }], withRoute],
  ['page.httpRoute.host', 'c.example', 'config', { page: { names: [...near, 'c.example'] } }, withRoute],
];
