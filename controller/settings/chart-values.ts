// The chart's values: the controller's own settings, and what Kubernetes needs to know of the controller itself.
import { z } from 'zod';
import { metrics } from './chart-metrics.ts';
import { page } from './chart-page.ts';
import { clusterShape } from './cluster.ts';
import { frontierShape } from './frontier.ts';
import { storeShape } from './store.ts';

const list = z.array(z.unknown()).default([]);
const map = z.record(z.string(), z.unknown()).default({});
const labels = z.record(z.string(), z.string()).default({});
const enabled = z.boolean().describe('Whether it is made.');

// What later versions brought is optional: --reuse-values brings the values of a chart that had none.
const more = {
  list: list.optional(),
  map: map.optional(),
  labels: labels.optional(),
  text: z.string().optional(),
};

/** The service account, role and network of the controller and its runs. */
const access = {
  serviceAccount: z
    .strictObject({
      create: z.boolean().describe('Make a service account for the controller.'),
      name: z.string().describe("Its name; empty: the release's."),
      annotations: labels.describe('Its annotations, such as a workload identity of your cloud.'),
    })
    .describe("The controller's service account."),
  rbac: z
    .strictObject({
      create: z
        .boolean()
        .describe('Make a Role in the namespace of the runs: Jobs, Pods, their logs, Events, no Secrets.'),
      readers: more.list.describe(
        'Subjects of a RoleBinding who may look and change nothing: the page by port-forward, Jobs, Pods, Events and logs.',
      ),
    })
    .describe("The controller's rights, and those of people who look."),
  networkPolicy: z
    .strictObject({
      enabled: z
        .boolean()
        .describe('Deny all traffic of the runs. Needs a network plugin that enforces policies.'),
      controller: z
        .strictObject({
          enabled,
          ingressFrom: more.list.describe(
            'Peers that may ask for /metrics, such as Prometheus; else nobody.',
          ),
          egress: more.list.describe(
            'Egress rules. The default allows names, and the TCP ports 22, 443 and 6443.',
          ),
        })
        .optional()
        .describe("A policy for the controller's own traffic."),
    })
    .describe('The network of the runs, and of the controller.'),
};

/** How the controller's own Pod is made. */
const pod = {
  imageRegistry: more.text.describe(
    'Stands before the image of the controller and those of the pools: your registry, or a mirror. Empty: `global.imageRegistry`, or nothing.',
  ),
  prePull: z
    .strictObject({ enabled })
    .optional()
    .describe('Keeps the image of each pool on all of its nodes, by a DaemonSet.'),
  image: z
    .strictObject({
      repository: z.string().min(1).describe('Repository of the image.'),
      tag: z.string().describe("Its tag; empty: the chart's appVersion."),
      digest: z
        .string()
        .regex(/^(sha256:[0-9a-f]{64})?$/)
        .describe('Its digest, sha256:…; wins over the tag.'),
      pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']).describe('When it is pulled.'),
    })
    .describe("The controller's image."),
  imagePullSecrets: list.describe("Secrets to pull the controller's image with."),
  resources: map.describe("Requests and limits of the controller's container."),
  podSecurityContext: map.describe(
    'Security context of the controller. On OpenShift: { runAsUser: null, runAsGroup: null, fsGroup: null }.',
  ),
  containerSecurityContext: more.map.describe('Security context of its container.'),
  strategy: more.map.describe(
    'How the Deployment is changed. A rolling update runs two controllers for a while, and needs a volume that both can mount.',
  ),
  revisionHistoryLimit: z
    .number()
    .int()
    .nonnegative()
    .nullable()
    .optional()
    .describe("ReplicaSets that are kept; null: Kubernetes' default."),
  startupProbe: more.map.describe('Times of its startup probe.'),
  livenessProbe: more.map.describe('Times of its liveness probe.'),
  readinessProbe: more.map.describe('Times of its readiness probe.'),
  service: z
    .strictObject({ annotations: more.labels.describe('Its annotations.') })
    .optional()
    .describe('The Service in front of /metrics.'),
  nodeSelector: labels.describe('Labels that its node must have.'),
  tolerations: list.describe('Taints that it tolerates.'),
  affinity: map.describe('Its affinity.'),
  topologySpreadConstraints: list.describe('Its topology spread constraints.'),
  priorityClassName: z.string().describe('Its PriorityClass.'),
  podLabels: labels.describe('More labels of its Pod.'),
  podAnnotations: labels.describe('More annotations of its Pod.'),
  extraArgs: z.array(z.string()).default([]).describe('More arguments of the controller.'),
  extraEnv: list.describe('More environment variables of the controller.'),
  extraEnvFrom: list.describe('More sources of environment variables.'),
  extraVolumes: list.describe('More volumes of its Pod.'),
  extraVolumeMounts: list.describe('More mounts of its container.'),
};

/** Closed, but for `global`, which a parent chart may set. The source of values.schema.json. */
export const chartValues = z.strictObject({
  global: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('What a parent chart sets; here only `imageRegistry` is read.'),
  nameOverride: more.text.describe('Goes into the names of all objects behind the name of the release.'),
  fullnameOverride: more.text.describe('The name of all objects, whatever the release is called.'),
  commonLabels: more.labels.describe('On every object, the Jobs and Pods of the runs included.'),
  commonAnnotations: more.labels.describe('On every object, the Jobs and Pods of the runs included.'),
  lanes: clusterShape.shape.lanes,
  pools: clusterShape.shape.pools,
  runs: z
    .strictObject({
      namespace: z
        .string()
        .describe("Namespace of the Jobs; empty: the release's. One without Secrets is better."),
      createNamespace: z
        .boolean()
        .describe(
          'Make that namespace, labelled for the restricted Pod Security level. It stays when the release goes.',
        ),
      ttlSeconds: z
        .number()
        .int()
        .nonnegative()
        .describe('A settled Job stays this many seconds to be looked at.'),
      leakGuardHours: z
        .number()
        .int()
        .positive()
        .describe(
          'After this many hours the cluster ends a Job that nobody watches. The same time after its end it deletes the Job.',
        ),
    })
    .describe('The Jobs of all lanes.'),
  proposer: clusterShape.shape.proposer,
  store: storeShape
    .extend({
      existingSecret: z
        .string()
        .describe(
          'Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; empty: the workload identity of the service account.',
        ),
    })
    .describe('Where rows, records and logs live.'),
  frontier: frontierShape
    .omit({ credentials: true })
    .extend({
      existingSecret: z
        .string()
        .describe(
          'Secret with username and password, or with ssh-privatekey and known_hosts; perhaps with ca.crt.',
        ),
    })
    .describe('Where the frontier lives.'),
  anthropic: z
    .strictObject({
      existingSecret: z.string().describe('Secret that holds the key; without one nothing can be spent.'),
      secretKey: z.string().min(1).describe('The entry of that Secret.'),
      apiKey: z
        .string()
        .describe(
          "Makes a Secret with this key where existingSecret is empty; the release's values hold it.",
        ),
      identityToken: z
        .strictObject({
          audience: z
            .string()
            .describe('Who the token is for, as the federation rule says; empty: there is none.'),
          expirationSeconds: z.number().int().min(600).describe('It is renewed before this time is over.'),
        })
        .optional()
        .describe('Identity of the controller, which proposer.federation exchanges; no key is needed then.'),
    })
    .describe('The key of the Anthropic API.'),
  persistence: z
    .strictObject({
      enabled: z
        .boolean()
        .describe(
          'Use a volume. Without one a restart loses the lanes, unless store and frontier are remote.',
        ),
      existingClaim: z.string().describe('A claim of yours instead of one that the chart makes.'),
      storageClass: z.string().describe("Its storage class; empty: the cluster's default."),
      accessMode: z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']).describe('Its access mode.'),
      size: z.string().describe('Its size.'),
    })
    .describe('The volume of frontier repositories, rows, logs and records.'),
  ...access,
  page,
  metrics,
  ...pod,
});
