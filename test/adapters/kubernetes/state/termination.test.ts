// How a Pod in every state that real nodes leave one in is read; what a whole cluster does is in the fault tests.
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../../controller/adapters/kubernetes/client/objects.ts';
import { at, deleted, disrupted, podLike, sealed, stand, terminated } from '../../../double/shapes.ts';

describe('a Pod', () => {
  const cases: readonly (readonly [string, Pod, atSeconds: number, string])[] = [
    ['that runs', podLike('Running', { running: { startedAt: at(5) } }), 50, 'running (running)'],
    [
      'that is told to stop',
      podLike('Running', { running: { startedAt: at(5) } }, deleted(40, 15)),
      50,
      'running (stopping)',
    ],
    [
      'that does not stop, though its time to do so is long over',
      podLike('Running', { running: { startedAt: at(5) } }, deleted(40, 15)),
      116,
      'ended deleted',
    ],
    [
      'whose container ended a moment ago, with a measurement',
      podLike('Running', terminated(0, { message: sealed('finished') })),
      101,
      'ended as sealed, holding its place',
    ],
    [
      'that is not called over a minute after its measurement',
      podLike('Running', terminated(0, { message: sealed('finished') })),
      1000,
      'ended as sealed',
    ],
    [
      'of a node whose clock is far ahead, that was told to stop after its measurement and never did',
      podLike(
        'Running',
        terminated(0, { message: sealed('finished'), finishedAt: at(4000) }),
        deleted(120, 15),
      ),
      200,
      'ended as sealed',
    ],
    [
      'whose measurement came at a time that its runtime does not know, until it is called over',
      podLike('Running', terminated(0, { message: sealed('finished'), finishedAt: '1970-01-01T00:00:00Z' })),
      101,
      'running (running)',
    ],
    [
      'that came to its measurement nobody knows when, and was called over',
      podLike(
        'Succeeded',
        terminated(0, { message: sealed('finished'), finishedAt: '1970-01-01T00:00:00Z' }),
      ),
      102,
      'ended as sealed',
    ],
    [
      'that came to its measurement nobody knows when, and is Terminating for too long',
      podLike(
        'Running',
        terminated(0, { message: sealed('finished'), finishedAt: '1970-01-01T00:00:00Z' }),
        deleted(120, 15),
      ),
      200,
      'ended as sealed',
    ],
    [
      'whose container ended a moment ago, without one',
      podLike('Running', terminated(1, { message: sealed('crashed') })),
      101,
      'running (running)',
    ],
    [
      'whose container ended, and whose kubelet never said more',
      podLike('Running', terminated(0, { message: sealed('finished') })),
      161,
      'ended as sealed',
    ],
    [
      'that is called Failed while its container lives on',
      podLike('Failed', { running: { startedAt: at(5) } }, { status: { reason: 'DeadlineExceeded' } }),
      1531,
      'running (running)',
    ],
    [
      'that is called Failed while its container lives on for ever',
      podLike('Failed', { running: { startedAt: at(5) } }, { status: { reason: 'DeadlineExceeded' } }),
      1591,
      'ended deadline',
    ],
    [
      'past its deadline, its container killed',
      podLike('Failed', terminated(137, { finishedAt: at(1530) }), {
        status: { reason: 'DeadlineExceeded' },
      }),
      1600,
      'ended deadline',
    ],
    [
      'past its deadline, though its container began late',
      podLike('Failed', terminated(137, { startedAt: at(1000), finishedAt: at(1530) }), {
        status: { reason: 'DeadlineExceeded' },
      }),
      1600,
      'ended slow_start',
    ],
    [
      'past its deadline, its supervisor’s last word ignored',
      podLike('Failed', terminated(0, { finishedAt: at(1530), message: sealed('refused') }), {
        status: { reason: 'DeadlineExceeded' },
      }),
      1600,
      'ended deadline',
    ],
    [
      'past its deadline, on a worker that was paused',
      podLike('Failed', terminated(0, { finishedAt: at(1530), message: sealed('refused', 'paused') }), {
        status: { reason: 'DeadlineExceeded' },
      }),
      1600,
      'ended as sealed',
    ],
    [
      'past its deadline, its measurement complete',
      podLike('Failed', terminated(0, { finishedAt: at(1530), message: sealed('finished') }), {
        status: { reason: 'DeadlineExceeded' },
      }),
      1600,
      'ended as sealed',
    ],
    [
      'past its deadline before it started',
      podLike(
        'Failed',
        { waiting: { reason: 'ContainerCreating' } },
        { status: { reason: 'DeadlineExceeded' }, container: { containerID: '', imageID: '' } },
      ),
      1600,
      'unstarted',
    ],
    [
      'whose command cannot be started',
      podLike('Failed', terminated(128, { reason: 'StartError', startedAt: '1970-01-01T00:00:00Z' })),
      110,
      'unstarted',
    ],
    [
      'whose node lost track of it',
      podLike(
        'Failed',
        terminated(137, { reason: 'ContainerStatusUnknown', startedAt: null, finishedAt: null }),
      ),
      110,
      'ended node_lost',
    ],
    [
      'whose node was switched off and on again',
      podLike('Failed', terminated(255, { reason: 'Unknown' })),
      110,
      'ended node_lost',
    ],
    [
      'that some new reason ended',
      podLike('Failed', terminated(137), { status: { reason: 'QuantumFluctuation' } }),
      110,
      'ended quantum_fluctuation',
    ],
    [
      'evicted because its node is low on memory',
      podLike('Failed', terminated(137), {
        status: { reason: 'Evicted', message: 'The node was low on resource: memory.' },
      }),
      110,
      'ended evicted',
    ],
    [
      'evicted for what it wrote',
      podLike('Failed', terminated(137), {
        status: {
          reason: 'Evicted',
          message: 'Container trainer exceeded its local ephemeral storage limit "2Gi". ',
        },
      }),
      110,
      'ended disk',
    ],
    [
      'evicted for what it put into its work directory',
      podLike('Failed', terminated(137), {
        status: { reason: 'Evicted', message: 'Usage of EmptyDir volume "work" exceeds the limit "2Gi". ' },
      }),
      110,
      'ended disk',
    ],
    [
      'disrupted before its crash was sealed',
      podLike('Failed', terminated(0, { message: sealed('crashed') }), {
        status: disrupted('EvictionByEvictionAPI', 90),
      }),
      110,
      'ended drained',
    ],
    [
      'disrupted after its crash was sealed',
      podLike('Failed', terminated(0, { message: sealed('crashed') }), {
        status: disrupted('EvictionByEvictionAPI', 104),
      }),
      110,
      'ended as sealed',
    ],
    [
      'disrupted by the kubelet for a reason of its own',
      podLike('Failed', terminated(137), {
        status: { ...disrupted('TerminationByKubelet', 90), reason: 'Preempting' },
      }),
      110,
      'ended preempted',
    ],
    [
      'disrupted for a reason nobody has met',
      podLike('Failed', terminated(137), { status: disrupted('DeletionByMoon', 90) }),
      110,
      'ended disrupted',
    ],
    [
      'whose disruption was called off',
      podLike('Failed', terminated(137), {
        status: { conditions: [{ type: 'DisruptionTarget', status: 'False' }] },
      }),
      110,
      'ended killed',
    ],
    ['that ran out of memory', podLike('Failed', terminated(137, { reason: 'OOMKilled' })), 110, 'ended oom'],
    [
      'of which a part ran out of memory, as the supervisor tells',
      podLike('Failed', terminated(1, { reason: 'OOMKilled', message: sealed('crashed') })),
      110,
      'ended as sealed',
    ],
    [
      'that ended well and left words of a stranger',
      podLike('Succeeded', terminated(0, { message: 'all fine' })),
      110,
      'ended no_result',
    ],
    [
      'that ended well and left the beginning of a result',
      podLike('Succeeded', terminated(0, { message: '{"status":"fin' })),
      110,
      'ended as sealed',
    ],
    [
      'that another container joined',
      podLike('Succeeded', terminated(0, { message: sealed('finished') }), {
        container: { name: 'sidecar' },
      }),
      110,
      'unstarted',
    ],
    [
      'that was refused by its node',
      podLike('Failed', null, { status: { reason: 'OutOfnvidia.com/gpu' } }),
      10,
      'unstarted',
    ],
    [
      'whose image is being pulled',
      podLike('Pending', { waiting: { reason: 'ContainerCreating' } }),
      10,
      'pending',
    ],
  ];
  test.each(cases)('%s', (_, pod, seconds, words) => {
    expect(stand([pod], seconds)).toBe(words);
  });
});
