// How a Job without a Pod is read, and that nothing is read as finished that is not.
import { describe, expect, test } from 'vitest';
import type { Job } from '../../../controller/adapters/kubernetes/client/objects.ts';
import { type JobView, observedRun } from '../../../controller/adapters/kubernetes/state/run-state.ts';
import { at, jobLike, podLike, START, type State, sealed, stand, terminated } from '../../double/shapes.ts';

describe('a Job without a Pod', () => {
  const none = { started: false, waiting: false, podlessMs: START };
  const ran = { started: true, waiting: false, podlessMs: START };
  const waited = { started: false, waiting: true, podlessMs: START };
  const holds = (type: string, reason = '') => ({
    conditions: [{ type, status: 'True', reason, lastTransitionTime: at(90) }],
  });
  const cases: readonly (readonly [string, Job, JobView['seen'], string])[] = [
    ['that is new', jobLike(), none, 'pending'],
    ['whose Pod went a moment ago', jobLike(), { ...ran, podlessMs: START + 90_000 }, 'pending'],
    ['whose Pod went long ago', jobLike(), ran, 'ended deleted'],
    ['that is complete', jobLike(holds('Complete')), none, 'ended no_result'],
    ['that failed', jobLike(holds('Failed', 'BackoffLimitExceeded')), none, 'ended deleted'],
    [
      'that failed, and had only waited',
      jobLike(holds('Failed', 'BackoffLimitExceeded')),
      waited,
      'unstarted',
    ],
    ['that its leak guard ended', jobLike(holds('Failed', 'DeadlineExceeded')), none, 'unstarted'],
    [
      'that its leak guard ended after a start',
      jobLike(holds('FailureTarget', 'DeadlineExceeded')),
      ran,
      'ended deleted',
    ],
    [
      'that was suspended after its start',
      jobLike({ startTime: at(0) }, { suspend: true }),
      ran,
      'ended suspended',
    ],
    [
      'that was suspended while it waited',
      jobLike({ startTime: at(0) }, { suspend: true }),
      waited,
      'pending',
    ],
    [
      'that was suspended while nobody looked',
      jobLike({ startTime: at(0) }, { suspend: true }),
      none,
      'ended suspended',
    ],
    ['that was suspended before it was active', jobLike({}, { suspend: true }), none, 'pending'],
  ];
  test.each(cases)('%s', (_, job, seen, words) => {
    expect(stand([], 100, { job, seen })).toBe(words);
  });
});

test('no state of a Pod is read as finished unless a finished result is sealed in it', () => {
  const phases = ['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'];
  const states: (State | null)[] = [
    null,
    {},
    { waiting: {} },
    { running: { startedAt: at(5) } },
    terminated(0),
    terminated(1),
    terminated(137),
  ];
  const messages = [undefined, '', 'finished', sealed('refused'), sealed('crashed')];
  for (const phase of phases)
    for (const state of states)
      for (const message of messages) {
        const state_ = state?.terminated ? { terminated: { ...state.terminated, message } } : state;
        const pod = podLike(phase, state_);
        const view = {
          job: jobLike(),
          pods: [pod],
          deletedPods: [],
          seen: { started: false, waiting: false, podlessMs: null },
          nowMs: START + 10_000_000,
          stuckMs: 60_000,
        };
        const { state: fate } = observedRun(view)!;
        if (fate.kind === 'ended' && fate.ending.word === '') expect(fate.ending.sealed).toBe(message);
      }
});
