// Every value of the chart, and what it does to what helm renders.
import { PAGE } from './page-values.ts';

export type Values = Readonly<Record<string, unknown>>;

export const lane = { name: 'main', pool: 'gpu', limits: { maxGpuHours: 24 } };
/** The least that an installation says. */
export const least = { lanes: [lane], pools: [{ name: 'gpu', image: 'trainer:1' }] };

/** `a.b` with a value, as the nested object that helm reads. */
export const valueAt = (path: string, value: unknown): Values =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Values;

const POD = 'Deployment/spec.template.spec';
const CONTAINER = `${POD}.containers.0`;
const labelled = { team: 'lm' };
const toleration = { key: 'sku', operator: 'Exists' };
const volume = { name: 'ca', configMap: { name: 'ca' } };
const mount = { name: 'ca', mountPath: '/ca' };
const variable = { name: 'HTTPS_PROXY', value: 'http://proxy' };
const zones = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' };
const digest = `sha256:${'a'.repeat(64)}`;
const monitored = 'metrics.serviceMonitor';
const policy = 'networkPolicy.controller';
/** Beside a value of what is off by default. */
const on = (path: string) => valueAt(`${path}.enabled`, true);
const ruled = on('metrics.rules');
const RULE = 'PrometheusRule/spec.groups.0.rules';

const COMPONENT = { 'app.kubernetes.io/component': 'controller' };
const tcp = (...ports: number[]) => ({ ports: ports.map((port) => ({ port, protocol: 'TCP' })) });
const DNS = { ports: [{ port: 53, protocol: 'UDP' }, ...tcp(53).ports] };
const [HTTPS, SSH] = [tcp(443, 6443), tcp(22)];
const TESTED = { matchLabels: { 'app.kubernetes.io/component': 'test' } };
const SCRAPED = [
  { from: [{ podSelector: TESTED }], ports: [{ port: 'http' }] },
  { from: [{ podSelector: {} }], ports: [{ port: 'http' }] },
];

/** Thresholds, and the piece of an alert's expression that each is. */
export const THRESHOLDS: [key: string, value: unknown, alert: string, holds: string][] = [
  ['decidedWithin', '7h', 'NothingDecided', '[7h]'],
  ['crashShare', 0.7, 'Crashing', '> 0.7 *'],
  ['pendingSeconds', 77, 'Pending', '> 77 '],
  ['lostPerHour', 7, 'Losing', '> 7'],
  ['troublesPerHalfHour', 7, 'Trouble', '> 7 '],
  ['silentSeconds', 77, 'Trouble', '> 77)'],
  ['modelFailureShare', 0.7, 'ModelFailing', '> 0.7 *'],
  ['budgetShare', 0.7, 'Budget', '> 0.7 *'],
];

/** Value, what it is set to, where it shows (Kind/path, or the controller's `config`), and as what; values that it needs beside it. */
export const SHOWN: [path: string, value: unknown, where: string, shows: unknown, also?: Values][] = [
  ['lanes', [{ ...lane, width: 3 }], 'config', { lanes: [{ ...lane, width: 3 }] }],
  ['pools', [{ name: 'gpu', image: 't:2' }], 'config', { pools: [{ name: 'gpu', image: 't:2' }] }],
  ['nameOverride', 'a', 'Deployment/metadata.name', 'lab-a'],
  ['nameOverride', 'a', 'Deployment/metadata.labels', { 'app.kubernetes.io/instance': 'lab' }],
  ['fullnameOverride', 'own', 'Deployment/metadata.name', 'own'],
  ['fullnameOverride', 'own', 'config', { runs: { anchor: 'own-anchor' } }],
  ['commonLabels', labelled, 'config', { pools: [{ name: 'gpu', labels: labelled }] }],
  ['commonLabels', labelled, 'Deployment/spec.template.metadata.labels', labelled],
  ['commonAnnotations', labelled, 'config', { pools: [{ name: 'gpu', annotations: labelled }] }],
  ['commonAnnotations', labelled, 'Deployment/spec.template.metadata.annotations', labelled],
  ['runs.namespace', 'runs', 'Role/metadata.namespace', 'runs'],
  ['runs.namespace', 'runs', 'config', { runs: { namespace: 'runs' } }],
  ['runs.namespace', '', 'config', { runs: { namespace: 'lab' } }],
  ['runs.createNamespace', false, 'Namespace/metadata.name', undefined, { runs: { namespace: 'r' } }],
  ['runs.createNamespace', true, 'Namespace/metadata.name', 'r', { runs: { namespace: 'r' } }],
  [
    'runs.createNamespace',
    true,
    'Namespace/metadata.annotations',
    { 'helm.sh/resource-policy': 'keep' },
    { runs: { namespace: 'r' } },
  ],
  ['runs.ttlSeconds', 7, 'config', { runs: { ttlSeconds: 7 } }],
  ['runs.leakGuardHours', 5, 'config', { runs: { leakGuardHours: 5 } }],
  ['proposer', 'random', 'config', { proposer: 'random' }],
  ['store.url', 's3://bucket/p', 'config', { store: { url: 's3://bucket/p' } }],
  ['store.endpoint', 'https://s3', 'config', { store: { endpoint: 'https://s3' } }],
  ['store.region', 'eu-1', 'config', { store: { region: 'eu-1' } }],
  ['store.pathStyle', true, 'config', { store: { pathStyle: true } }],
  ['store.singleWriter', true, 'config', { store: { singleWriter: true } }],
  ['store.existingSecret', 'keys', `${CONTAINER}.env.0.valueFrom.secretKeyRef.name`, 'keys'],
  ['frontier.url', 'https://git/x', 'config', { frontier: { url: 'https://git/x' } }],
  ['frontier.existingSecret', 'git', `${POD}.volumes.3.secret.secretName`, 'git'],
  ['frontier.existingSecret', 'git', 'config', { frontier: { credentials: '/etc/autoresearch-frontier' } }],
  ['anthropic.existingSecret', 'claude', `${CONTAINER}.env.0.valueFrom.secretKeyRef.name`, 'claude'],
  [
    'anthropic.secretKey',
    'k',
    `${CONTAINER}.env.0.valueFrom.secretKeyRef.key`,
    'k',
    valueAt('anthropic.existingSecret', 's'),
  ],
  ['anthropic.apiKey', 'sk', 'Secret/stringData.ANTHROPIC_API_KEY', 'sk'],
  ['anthropic.apiKey', 'sk', 'Secret/metadata.name', undefined, valueAt('anthropic.existingSecret', 's')],
  [
    'anthropic.identityToken.audience',
    'https://api.anthropic.com',
    `${POD}.volumes.2.projected.sources.0.serviceAccountToken`,
    { path: 'token', audience: 'https://api.anthropic.com', expirationSeconds: 3600 },
  ],
  [
    'anthropic.identityToken.expirationSeconds',
    900,
    `${POD}.volumes.2.projected.sources.0.serviceAccountToken.expirationSeconds`,
    900,
    valueAt('anthropic.identityToken.audience', 'a'),
  ],
  ['imageRegistry', 'reg.example/x', `${CONTAINER}.image`, 'reg.example/x/autoresearch-controller:0.1.0'],
  ['imageRegistry', 'reg/', 'config', { pools: [{ name: 'gpu', image: 'reg/trainer:1' }] }],
  [
    'imageRegistry',
    '',
    `${CONTAINER}.image`,
    'mirror/r:1',
    { ...valueAt('global.imageRegistry', 'mirror'), image: { repository: 'r', tag: '1' } },
  ],
  ['prePull.enabled', false, 'DaemonSet/kind', undefined],
  ['prePull.enabled', true, 'DaemonSet/metadata.namespace', 'runs', valueAt('runs.namespace', 'runs')],
  ['prePull.enabled', true, 'DaemonSet/spec.template.spec.containers.0.image', 'trainer:1'],
  ['image.repository', 'r/c', `${CONTAINER}.image`, 'r/c:0.1.0'],
  ['image.tag', '9', `${CONTAINER}.image`, 'autoresearch-controller:9'],
  [
    'image.digest',
    digest,
    `${CONTAINER}.image`,
    `autoresearch-controller@${digest}`,
    valueAt('image.tag', '9'),
  ],
  ['image.pullPolicy', 'Always', `${CONTAINER}.imagePullPolicy`, 'Always'],
  ['imagePullSecrets', [{ name: 'reg' }], `${POD}.imagePullSecrets`, [{ name: 'reg' }]],
  ['persistence.enabled', false, `${POD}.volumes.2`, { name: 'data', emptyDir: {} }],
  ['persistence.enabled', false, 'PersistentVolumeClaim/kind', undefined],
  ['persistence.existingClaim', 'mine', `${POD}.volumes.2.persistentVolumeClaim.claimName`, 'mine'],
  ['persistence.existingClaim', 'mine', 'PersistentVolumeClaim/kind', undefined],
  ['persistence.storageClass', 'fast', 'PersistentVolumeClaim/spec.storageClassName', 'fast'],
  ['persistence.accessMode', 'ReadWriteMany', 'PersistentVolumeClaim/spec.accessModes', ['ReadWriteMany']],
  ['persistence.size', '99Gi', 'PersistentVolumeClaim/spec.resources.requests.storage', '99Gi'],
  ['serviceAccount.create', false, 'ServiceAccount/kind', undefined, valueAt('serviceAccount.name', 'robot')],
  ['serviceAccount.create', false, `${POD}.serviceAccountName`, 'default', valueAt('rbac.create', false)],
  ['serviceAccount.name', 'robot', `${POD}.serviceAccountName`, 'robot'],
  ['serviceAccount.name', 'robot', 'RoleBinding/subjects.0.name', 'robot'],
  ['serviceAccount.annotations', labelled, 'ServiceAccount/metadata.annotations', labelled],
  ['rbac.create', false, 'Role/kind', undefined],
  ['rbac.create', false, 'RoleBinding/kind', undefined],
  ['networkPolicy.enabled', false, 'NetworkPolicy/kind', undefined],
  ['networkPolicy.enabled', true, 'NetworkPolicy/spec.policyTypes', ['Ingress', 'Egress']],
  [`${policy}.enabled`, true, 'controller policy', { podSelector: { matchLabels: COMPONENT } }],
  [`${policy}.enabled`, true, 'controller policy', { egress: [DNS, HTTPS, SSH] }],
  [`${policy}.ingressFrom`, [{ podSelector: {} }], 'controller policy', { ingress: SCRAPED }, on(policy)],
  [`${policy}.egress`, [{}], 'controller policy', { egress: [{}] }, on(policy)],
  [`${monitored}.namespace`, 'm', 'ServiceMonitor/metadata.namespace', 'm', on(monitored)],
  [
    `${monitored}.namespace`,
    'm',
    'ServiceMonitor/spec.namespaceSelector',
    { matchNames: ['lab'] },
    on(monitored),
  ],
  [`${monitored}.scrapeTimeout`, '5s', 'ServiceMonitor/spec.endpoints.0.scrapeTimeout', '5s', on(monitored)],
  [`${monitored}.relabelings`, [{}], 'ServiceMonitor/spec.endpoints.0.relabelings', [{}], on(monitored)],
  ['metrics.rules.namespace', 'm', 'PrometheusRule/metadata.namespace', 'm', ruled],
  ['metrics.rules.severity', 'page', `${RULE}.0.labels`, { severity: 'page' }, ruled],
  ['metrics.rules.severities', { Stopped: 'page' }, `${RULE}.1.labels`, { severity: 'page' }, ruled],
  ['metrics.rules.severities', { Stopped: 'page' }, `${RULE}.7.labels`, { severity: 'info' }, ruled],
  ['metrics.rules.additionalLabels', labelled, `${RULE}.0.labels.team`, 'lm', ruled],
  [
    'metrics.rules.runbookUrl',
    'http://r',
    `${RULE}.1.annotations.runbook_url`,
    'http://r#autoresearchstopped',
    ruled,
  ],
  ['metrics.dashboard.namespace', 'm', 'dashboard namespace', 'm', on('metrics.dashboard')],
  [`${monitored}.enabled`, true, 'ServiceMonitor/spec.endpoints.0.path', '/metrics'],
  [
    `${monitored}.labels`,
    labelled,
    'ServiceMonitor/metadata.labels.team',
    'lm',
    valueAt(`${monitored}.enabled`, true),
  ],
  [
    `${monitored}.interval`,
    '5s',
    'ServiceMonitor/spec.endpoints.0.interval',
    '5s',
    valueAt(`${monitored}.enabled`, true),
  ],
  ['metrics.rules.enabled', true, 'PrometheusRule/spec.groups.0.name', 'autoresearch'],
  [
    'metrics.rules.labels',
    labelled,
    'PrometheusRule/metadata.labels.team',
    'lm',
    valueAt('metrics.rules.enabled', true),
  ],
  ['metrics.dashboard.enabled', true, 'dashboard', 'autoresearch'],
  [
    'metrics.dashboard.labels',
    labelled,
    'dashboard labels',
    labelled,
    valueAt('metrics.dashboard.enabled', true),
  ],
  ...PAGE,
  ['resources', { limits: { memory: '1Gi' } }, `${CONTAINER}.resources.limits.memory`, '1Gi'],
  ['podSecurityContext', { runAsUser: 7 }, `${POD}.securityContext.runAsUser`, 7],
  ['podSecurityContext', { runAsUser: 7 }, `${POD}.securityContext.runAsNonRoot`, true],
  ['podSecurityContext', { fsGroup: null }, `${POD}.securityContext.fsGroup`, undefined],
  ['podSecurityContext', { fsGroup: null }, `${POD}.securityContext.runAsUser`, 65532],
  [
    'containerSecurityContext',
    { privileged: false },
    `${CONTAINER}.securityContext`,
    {
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
  ],
  [
    'strategy',
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0 } },
    'Deployment/spec.strategy',
    { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0 } },
  ],
  ['revisionHistoryLimit', 0, 'Deployment/spec.revisionHistoryLimit', 0],
  ['revisionHistoryLimit', null, 'Deployment/spec.revisionHistoryLimit', undefined],
  ['startupProbe', { failureThreshold: 9 }, `${CONTAINER}.startupProbe.failureThreshold`, 9],
  ['startupProbe', { failureThreshold: 9 }, `${CONTAINER}.startupProbe.httpGet.path`, '/livez'],
  ['livenessProbe', { periodSeconds: 9 }, `${CONTAINER}.livenessProbe.periodSeconds`, 9],
  ['readinessProbe', { periodSeconds: 9 }, `${CONTAINER}.readinessProbe.timeoutSeconds`, 10],
  ['service.annotations', labelled, 'Service/metadata.annotations', labelled],
  ['nodeSelector', labelled, `${POD}.nodeSelector`, labelled],
  ['tolerations', [toleration], `${POD}.tolerations`, [toleration]],
  ['affinity', { podAntiAffinity: {} }, `${POD}.affinity`, { podAntiAffinity: {} }],
  ['topologySpreadConstraints', [zones], `${POD}.topologySpreadConstraints`, [zones]],
  ['priorityClassName', 'high', `${POD}.priorityClassName`, 'high'],
  ['podLabels', labelled, 'Deployment/spec.template.metadata.labels.team', 'lm'],
  ['podAnnotations', labelled, 'Deployment/spec.template.metadata.annotations.team', 'lm'],
  ['extraArgs', ['--verbose'], `${CONTAINER}.args.3`, '--verbose'],
  ['extraEnv', [variable], `${CONTAINER}.env.0`, variable],
  ['extraEnvFrom', [{ secretRef: { name: 's' } }], `${CONTAINER}.envFrom`, [{ secretRef: { name: 's' } }]],
  ['extraVolumes', [volume], `${POD}.volumes.3`, volume],
  ['extraVolumeMounts', [mount], `${CONTAINER}.volumeMounts.3`, mount],
];
