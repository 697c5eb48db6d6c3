// What kube-score says of all objects of an installation and of a run's Job: nothing but what is meant so.
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { buildTools } from '../bring-up/binaries.ts';
import { withTools } from '../bring-up/cache.ts';
import { jobOf } from '../one-job.ts';
import { lane } from './chart-values.ts';

const chart = join(import.meta.dirname, '..', '..', '..', 'charts', 'autoresearch');
const DIGEST = `sha256:${'1'.repeat(64)}`;
const pool = { name: 'gpu', image: `registry.example/trainer@${DIGEST}` };

/** Everything that can be switched on. */
const values = {
  lanes: [lane],
  pools: [pool],
  image: { digest: DIGEST },
  runs: { namespace: 'lab-runs', createNamespace: true },
  networkPolicy: { controller: { enabled: true } },
  page: { enabled: true, existingSecret: 'page', ingress: { enabled: true, host: 'lab.example' } },
  prePull: { enabled: true },
  metrics: { rules: { enabled: true }, serviceMonitor: { enabled: true }, dashboard: { enabled: true } },
};

const BY_DIGEST = 'images are named by digest: to pull them again brings the same';
const NO_CPU_LIMIT = 'it may use a CPU that is idle; what it needs is requested';
const LITTLE_DISK = 'it writes to volumes with limits of their own, or nothing';
const DOES_NOTHING = 'its container waits, so that the image stays on the node';

/** Kind and check, and why it stays as it is. */
const MEANT: Readonly<Record<string, string>> = {
  'DaemonSet container-ephemeral-storage-request-and-limit': DOES_NOTHING,
  'DaemonSet container-image-pull-policy': BY_DIGEST,
  'DaemonSet container-resources': DOES_NOTHING,
  'DaemonSet container-security-context-user-group-id': DOES_NOTHING,
  'DaemonSet pod-networkpolicy': DOES_NOTHING,
  'Deployment container-ephemeral-storage-request-and-limit': LITTLE_DISK,
  'Deployment container-image-pull-policy': BY_DIGEST,
  'Deployment container-resources': NO_CPU_LIMIT,
  'Deployment deployment-replicas': 'one controller leads a lane; a second one would only wait',
  'Deployment deployment-strategy': 'the old one lets go of the volume before the new one begins',
  'Job container-image-pull-policy': BY_DIGEST,
  'Pod container-ephemeral-storage-request-and-limit': LITTLE_DISK,
  'Pod container-image-pull-policy': BY_DIGEST,
  'Pod container-resources': NO_CPU_LIMIT,
  'Pod pod-networkpolicy': 'helm test asks the controller and the API server, then it ends',
};

const scoredSchema = z.array(
  z.object({
    object_name: z.string(),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
        comments: z.array(z.object({ summary: z.string() })).nullable(),
      }),
    ),
  }),
);

beforeAll(() => buildTools(['helm', 'kube-score']));

/** `Kind/name check` of each finding, with its words. */
async function findings(manifests: string): Promise<Map<string, string>> {
  const { stdout } = await execa('kube-score', ['score', '--output-format', 'json', '-'], {
    env: withTools(),
    input: manifests,
    reject: false,
  });
  const found = scoredSchema
    .parse(JSON.parse(stdout))
    .flatMap(({ object_name: name, checks }) =>
      checks
        .filter(({ grade, skipped }) => !skipped && grade < 10)
        .map(({ check, comments }): [string, string] => [
          `${name.split('/')[0]} ${check.id}`,
          (comments ?? []).map(({ summary }) => summary).join('; '),
        ]),
    );
  return new Map(found);
}

test('the chart with all that can be switched on, and a Job, have no other finding', async () => {
  const args = ['template', 'lab', chart, '--namespace', 'lab', '--values', '-'];
  const { stdout } = await execa('helm', args, { env: withTools(), input: stringify(values) });
  const job = jobOf({ experiment: '000001', trainPy: 'print(1)\n' }, pool, 'lab-runs');
  const found = await findings(`${stdout}\n---\n${stringify(job)}`);
  expect([...found.keys()].sort(), JSON.stringify([...found], null, 1)).toEqual(Object.keys(MEANT).sort());
});
