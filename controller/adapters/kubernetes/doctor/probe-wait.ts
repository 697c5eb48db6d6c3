// How long the doctor waits for its Pod: as long as the Pod is getting on with what a run would do there, too.
import type { CoreV1Event } from '@kubernetes/client-node';
import type { Api } from '../client/api.ts';
import { isTerminal, type Pod, type Serialized } from '../client/objects.ts';
import { label } from '../manifest/names.ts';
import type { Pool } from '../manifest/pool.ts';
import { factsOf, type PodFacts, PREPARING, whyPodWaits } from '../state/pod-facts.ts';

/** Where nothing gets on: no Pod, no node, an image that cannot be pulled, a volume that cannot be mounted. */
const HELD_SECONDS = 120;
/** From the start of its container; compiling kernels takes some of it. */
export const PROBE_SECONDS = 600;
const LOOK_MS = 500;
const SLOW_LOOK_MS = 5000;
const never = new AbortController().signal;

/** The Pod that ended with a log; or what it waited for in vain, and what to do. */
type Waited =
  | { readonly kind: 'ended'; readonly pod: PodFacts }
  | { readonly kind: 'gave up'; readonly found: string; readonly fix: string };

interface Stage {
  readonly name: 'held' | 'preparing' | 'running';
  readonly mostSeconds: number;
  readonly sentence: string;
  readonly fix: string;
}

export async function waitForEnd(api: Api, namespace: string, job: string, pool: Pool): Promise<Waited> {
  let stage = held('no Pod was created');
  let sinceMs = api.clock.now();
  for (;;) {
    const pod = await podOf(api, namespace, job);
    if (pod?.finishedMs) return { kind: 'ended', pod };
    let next = pod ? stageOf(pod, pool) : held('no Pod was created');
    if (next.name !== stage.name) sinceMs = api.clock.now();
    const waitedSeconds = (api.clock.now() - sinceMs) / 1000;
    const long = waitedSeconds > HELD_SECONDS;
    if (pod && long && next.name === 'preparing') {
      const warning = await lastWarning(api, namespace, pod);
      if (warning) next = { ...held(warning), name: 'preparing' };
    }
    if (waitedSeconds > next.mostSeconds || (pod && isTerminal(pod.pod))) {
      const found = `after ${Math.round(waitedSeconds)} s: ${next.sentence}`;
      return { kind: 'gave up', found, fix: next.fix };
    }
    stage = next;
    await api.clock.sleep(long ? SLOW_LOOK_MS : LOOK_MS, never);
  }
}

function stageOf(pod: PodFacts, { pullSeconds }: Pool): Stage {
  const { phase, reason, message } = pod.pod.status ?? {};
  if (isTerminal(pod.pod)) return held(`it ended as ${phase} (${message || reason || 'no reason given'})`);
  if (pod.started) {
    const fix = 'look at the node: a run would be as slow there';
    return { name: 'running', mostSeconds: PROBE_SECONDS, sentence: 'its probe has not ended', fix };
  }
  const sentence = whyPodWaits(pod);
  if (!sentence.startsWith(PREPARING)) return held(sentence);
  const fix = 'raise pullSeconds of the pool, or use a registry that is nearer; a run would wait as long';
  return { name: 'preparing', mostSeconds: pullSeconds, sentence, fix };
}

function held(sentence: string): Stage {
  const fix = 'fix what holds it; a run would wait for the same reason';
  return { name: 'held', mostSeconds: HELD_SECONDS, sentence, fix };
}

async function podOf(api: Api, namespace: string, job: string): Promise<PodFacts | null> {
  const pods = await api.list<Pod>(`/api/v1/namespaces/${namespace}/pods`, {
    labelSelector: `batch.kubernetes.io/job-name=${job},${label.partOf}=autoresearch`,
  });
  const [pod] = pods.kind === 'ok' ? pods.value : [];
  return pod ? factsOf(pod) : null;
}

/** What the newest event of the Pod warns of; '' where it warns of nothing: then its image is being pulled. */
async function lastWarning(api: Api, namespace: string, { pod }: PodFacts): Promise<string> {
  const fieldSelector = `involvedObject.uid=${pod.metadata!.uid}`;
  const path = `/api/v1/namespaces/${namespace}/events`;
  const events = await api.list<Serialized<CoreV1Event>>(path, { fieldSelector });
  if (events.kind === 'refused') return '';
  const when = (event: Serialized<CoreV1Event>) =>
    event.lastTimestamp ?? event.metadata.creationTimestamp ?? '';
  const newest = events.value.toSorted((a, b) => when(a).localeCompare(when(b))).at(-1);
  return newest?.type === 'Warning' ? `its Pod cannot start: ${newest.message}` : '';
}
