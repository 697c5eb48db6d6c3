// The chart's values: the controller's own settings, and what Kubernetes needs to know of the controller itself.
import { z } from 'zod';
import { clusterShape } from './cluster.ts';
import { frontierShape } from './frontier.ts';
import { storeShape } from './store.ts';

const list = z.array(z.unknown()).default([]);
const map = z.record(z.string(), z.unknown()).default({});
const labels = z.record(z.string(), z.string()).default({});

/** Closed, but for `global`, which a parent chart may set. The source of values.schema.json. */
export const chartValues = z.strictObject({
  global: z.record(z.string(), z.unknown()).optional(),
  lanes: clusterShape.shape.lanes,
  pools: clusterShape.shape.pools,
  runs: z.strictObject({
    namespace: z.string(),
    createNamespace: z.boolean(),
    ttlSeconds: z.number().int().nonnegative(),
    leakGuardHours: z.number().int().positive(),
  }),
  proposer: clusterShape.shape.proposer,
  store: storeShape.extend({ existingSecret: z.string() }),
  frontier: frontierShape.omit({ credentials: true }).extend({ existingSecret: z.string() }),
  anthropic: z.strictObject({
    existingSecret: z.string(),
    secretKey: z.string().min(1),
    apiKey: z.string(),
  }),
  image: z.strictObject({
    repository: z.string().min(1),
    tag: z.string(),
    digest: z.string().regex(/^(sha256:[0-9a-f]{64})?$/),
    pullPolicy: z.enum(['IfNotPresent', 'Always', 'Never']),
  }),
  imagePullSecrets: list,
  persistence: z.strictObject({
    enabled: z.boolean(),
    existingClaim: z.string(),
    storageClass: z.string(),
    accessMode: z.enum(['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany']),
    size: z.string(),
  }),
  serviceAccount: z.strictObject({ create: z.boolean(), name: z.string(), annotations: labels }),
  rbac: z.strictObject({ create: z.boolean() }),
  networkPolicy: z.strictObject({ enabled: z.boolean() }),
  metrics: z.strictObject({
    serviceMonitor: z.strictObject({ enabled: z.boolean(), labels, interval: z.string() }),
    rules: z.strictObject({ enabled: z.boolean(), labels }),
    dashboard: z.strictObject({ enabled: z.boolean(), labels }),
  }),
  resources: map,
  podSecurityContext: map,
  nodeSelector: labels,
  tolerations: list,
  affinity: map,
  topologySpreadConstraints: list,
  priorityClassName: z.string(),
  podLabels: labels,
  podAnnotations: labels,
  extraArgs: z.array(z.string()).default([]),
  extraEnv: list,
  extraEnvFrom: list,
  extraVolumes: list,
  extraVolumeMounts: list,
});
