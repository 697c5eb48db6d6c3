// One Job of the product's own manifest, made by hand and followed to its end.
import type { V1Job } from '@kubernetes/client-node';
import { jobManifest } from '../../controller/adapters/kubernetes/manifest/job.ts';
import { type Pool, poolSchema } from '../../controller/adapters/kubernetes/manifest/pool.ts';
import type { Intent } from '../../controller/ports.ts';
import type { Cluster } from './fixture.ts';

interface JobEnd {
  /** The Pod's termination message. */
  readonly message: string;
  readonly log: string;
}

/** The Job of an intent, as a controller would create it in this namespace. */
export function jobOf(
  intent: Pick<Intent, 'experiment' | 'trainPy'> & Partial<Intent>,
  pool: Readonly<Record<string, unknown>>,
  namespace: string,
  nonce = '0'.repeat(32),
): V1Job {
  const whole: Intent = {
    lane: 'by-hand',
    attempt: 1,
    parent: null,
    seed: 42,
    clocks: { budgetSeconds: 1, startSeconds: 120, wallSeconds: 120 },
    requireSealed: true,
    ...intent,
  };
  const parsed: Pool = poolSchema.parse(pool);
  return jobManifest(whole, parsed, { namespace, anchor: null, leakGuardHours: 1, nonce, avoid: [] });
}

/** The same Job, whose container runs this command instead of the image's own. */
export function running(job: V1Job, command: readonly string[]): V1Job {
  const container = job.spec!.template.spec!.containers[0]!;
  container.command = [...command];
  delete container.args;
  return job;
}

/** Creates it and waits until its Pod has succeeded. Throws where that takes more than ten minutes. */
export async function finished(cluster: Cluster, job: V1Job): Promise<JobEnd> {
  const { name, namespace } = job.metadata!;
  const kubectl = (...args: string[]) => cluster.kubectl(['-n', namespace!, ...args]);
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(job));
  await kubectl('wait', '--for=condition=Complete', `job/${name}`, '--timeout=600s');
  const path = 'jsonpath={.items[0].status.containerStatuses[0].state.terminated.message}';
  const message = await kubectl('get', 'pods', '-l', `job-name=${name}`, '-o', path);
  return { message, log: await kubectl('logs', `job/${name}`) };
}
