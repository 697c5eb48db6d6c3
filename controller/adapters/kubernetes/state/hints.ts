// What a watch tells of a Job or a Pod may end a run, move it, or say nothing of how it stands.
import { isTerminal, type Job, type Pod } from '../client/objects.ts';
import type { WatchHint } from '../client/watch.ts';
import { hasLastWord } from './pod-facts.ts';

/** Whether a run may stand otherwise for it. */
export function matter(kind: 'jobs' | 'pods', { type, object }: WatchHint): boolean {
  if (type === 'DELETED') return true;
  if (kind === 'jobs') {
    const { status, spec } = object as Job;
    return isSo(status?.conditions, 'Failed') || spec?.suspend === true;
  }
  const pod = object as Pod;
  return isTerminal(pod) || hasLastWord(pod) || isSo(pod.status?.conditions, 'DisruptionTarget');
}

function isSo(conditions: readonly { type: string; status: string }[] | undefined, wanted: string): boolean {
  return Boolean(conditions?.some(({ type, status }) => type === wanted && status === 'True'));
}
