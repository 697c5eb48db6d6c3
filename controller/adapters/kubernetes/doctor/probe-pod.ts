// A Pod like those of a pool's runs that trains nothing: can its image be pulled, what can be sealed there, who can be reached.

import type { V1Job } from '@kubernetes/client-node';
import type { Check } from '../../../core/check.ts';
import { text } from '../../../std/text.ts';
import type { Api } from '../client/api.ts';
import type { Pod } from '../client/objects.ts';
import { CONTAINER, jobManifest } from '../manifest/job.ts';
import { jobsPath, label } from '../manifest/names.ts';
import type { Pool } from '../manifest/pool.ts';
import { factsOf, type PodFacts, whyPodWaits } from '../state/pod-facts.ts';

const WAIT_MS = 120_000;
const LOOK_MS = 500;
const LINES_AT_MOST = 1 << 16;
const never = new AbortController().signal;

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
    const pod = await ended(api, namespace, name);
    if (pod === null || pod.finishedMs === null) {
      const found = `after ${WAIT_MS / 1000} s: ${pod ? whyPodWaits(pod) : 'no Pod was created'}`;
      return [
        { check, result: 'fail', found, fix: 'fix what holds it; a run would wait for the same reason' },
      ];
    }
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
    return [
      { check, result: 'ok', found: `ran on ${pod.node} with ${pod.image}`, fix: '' },
      ...checksOf(check, text(log.value)),
    ];
  } finally {
    await api.call({
      method: 'DELETE',
      path: jobsPath(namespace, name),
      body: { propagationPolicy: 'Background' },
    });
  }
}

/** What `supervise.py --probe` printed, as checks. */
export function checksOf(check: string, said: string): Check[] {
  return said
    .split('\n')
    .filter((line) => line.includes(': '))
    .map((line) => {
      if (line.startsWith('best confinement: none')) {
        const fix = 'use nodes with Linux 6.2 or later and Landlock, or set requireSealed: false';
        return { check, result: 'fail', found: line, fix };
      }
      if (line.startsWith('network: open')) {
        const fix =
          'use a network plugin that enforces NetworkPolicy; train.py itself is filtered in any case';
        return { check, result: 'warn', found: line, fix };
      }
      return { check, result: 'ok', found: line, fix: '' };
    });
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
    clocks: { budgetSeconds: 1, startSeconds: 60, wallSeconds: 60 },
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
  job.spec!.template.spec!.containers[0]!.args = ['--probe'];
  return job;
}

async function ended(api: Api, namespace: string, job: string): Promise<PodFacts | null> {
  for (const until = api.clock.now() + WAIT_MS; ; await api.clock.sleep(LOOK_MS, never)) {
    const pods = await api.list<Pod>(`/api/v1/namespaces/${namespace}/pods`, {
      labelSelector: `batch.kubernetes.io/job-name=${job},${label.partOf}=autoresearch`,
    });
    const [pod] = pods.kind === 'ok' ? pods.value : [];
    const facts = pod ? factsOf(pod) : null;
    if (facts?.finishedMs || api.clock.now() > until) return facts;
  }
}
