// A Pod like those of a pool's runs that trains nothing: can its image be pulled, what can be sealed there, who can be reached.

import type { V1Job } from '@kubernetes/client-node';
import type { Check } from '../../../std/check.ts';
import { text } from '../../../std/text.ts';
import type { Api } from '../client/api.ts';
import { COMPILED_PATH } from '../manifest/compiled.ts';
import { CONTAINER, jobManifest } from '../manifest/job.ts';
import { jobsPath } from '../manifest/names.ts';
import type { Pool } from '../manifest/pool.ts';
import { probeChecks } from './probe-lines.ts';
import { PROBE_SECONDS, waitForEnd } from './probe-wait.ts';

const LINES_AT_MOST = 1 << 16;

/** Starts the Pod, reads what it says, a line of `what: answer` each, and removes it. Throws Unreachable. */
export async function probe(api: Api, namespace: string, pool: Pool): Promise<Check[]> {
  const check = `a Pod of pool ${pool.name}`;
  const job = probeJob(namespace, pool, Math.floor(api.random() * 1e9).toString(36));
  const { name } = job.metadata as { name: string };
  const created = await api.call({ method: 'POST', path: jobsPath(namespace), body: job });
  if (created.kind === 'refused') {
    const fix = 'let doctor run as somebody who may create Jobs there, and fix what admission refuses';
    return [{ check, result: 'fail', found: `its Job is refused: ${created.message}`, fix }];
  }
  try {
    const waited = await waitForEnd(api, namespace, name, pool);
    if (waited.kind === 'gave up') return [{ check, result: 'fail', found: waited.found, fix: waited.fix }];
    const { pod } = waited;
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.pod.metadata!.name}/log`;
    const log = await api.bytes({ method: 'GET', path, query: { container: CONTAINER } }, LINES_AT_MOST);
    if (log.kind === 'refused')
      return [
        {
          check,
          result: 'fail',
          found: `its log cannot be read: ${log.message}`,
          fix: 'allow get on pods/log',
        },
      ];
    const said = text(log.value);
    if (pod.exitCode !== 0) {
      const found = `its probe ended with exit code ${pod.exitCode}: ${said.trimEnd().split('\n').at(-1)}`;
      return [{ check, result: 'fail', found, fix: 'build the image from this release' }];
    }
    return [
      { check, result: 'ok', found: `ran on ${pod.node} with ${pod.image}`, fix: '' },
      ...probeChecks(check, said, { gpu: pool.gpu.count > 0, confined: true }),
    ];
  } finally {
    await api.call({
      method: 'DELETE',
      path: jobsPath(namespace, name),
      body: { propagationPolicy: 'Background' },
    });
  }
}

/** The Job of a run but for its name, its lane, which no lane can have, and what its supervisor is asked. */
function probeJob(namespace: string, pool: Pool, salt: string): V1Job {
  const intent = {
    lane: 'doctor.probe',
    experiment: '000000',
    attempt: 1,
    parent: null,
    trainPy: '',
    seed: 0,
    clocks: { budgetSeconds: 1, startSeconds: PROBE_SECONDS, wallSeconds: PROBE_SECONDS },
    requireSealed: false,
  };
  const job = jobManifest(intent, pool, {
    namespace,
    anchor: null,
    leakGuardHours: 1,
    nonce: '0'.repeat(32),
    avoid: [],
  });
  job.metadata!.name = `ar-doctor-${salt}`;
  job.spec!.ttlSecondsAfterFinished = 60; // should this process end before it can remove it
  const compiled = pool.gpu.compiledClaim === undefined ? [] : ['--compiled', COMPILED_PATH];
  job.spec!.template.spec!.containers[0]!.args = [
    '--probe',
    ...(pool.gpu.count > 0 ? ['--gpu', ...compiled] : []),
  ];
  return job;
}
