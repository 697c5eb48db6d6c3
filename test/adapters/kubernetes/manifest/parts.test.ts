// What a person adds to the Pods of a pool, and what may not be added.
import { describe, expect, test } from 'vitest';
import { jobManifest } from '../../../../controller/adapters/kubernetes/manifest/job.ts';
import { poolSchema } from '../../../../controller/adapters/kubernetes/manifest/pool.ts';
import { tolerationsOf } from '../../../../controller/adapters/kubernetes/manifest/resources.ts';
import { factsOf, whyPodWaits } from '../../../../controller/adapters/kubernetes/state/pod-facts.ts';
import { observedRun } from '../../../../controller/adapters/kubernetes/state/run-state.ts';
import { IMAGE, intentLike, poolLike } from '../../../double/rig.ts';

const options = { namespace: 'runs', anchor: null, leakGuardHours: 24, nonce: '0'.repeat(32), avoid: [] };
const podOf = (pool: Record<string, unknown>, avoid: string[] = []) =>
  jobManifest(intentLike(), poolLike(pool), { ...options, avoid }).spec!.template.spec!;
const refusalOf = (pool: Record<string, unknown>) =>
  JSON.stringify(poolSchema.safeParse({ name: 'p', image: IMAGE, ...pool }).error?.issues);

describe('the Pods of a pool', () => {
  test('have the volumes that they are given, beside their own', () => {
    const volume = { name: 'text', image: { reference: 'registry/text:1' } };
    const mount = { name: 'text', mountPath: '/text', readOnly: true };
    const pod = podOf({ volumes: [volume], volumeMounts: [mount] });
    expect(pod.volumes!.map(({ name }) => name)).toEqual(['intent', 'work', 'tmp', 'shm', 'text']);
    expect(pod.volumes!.at(-1)).toEqual(volume);
    expect(pod.containers[0]!.volumeMounts!.at(-1)).toEqual(mount);
  });

  test('begin with the containers that they are given, which are as restricted as the run unless they say otherwise', () => {
    const first = { name: 'warm', image: 'x', securityContext: { readOnlyRootFilesystem: false } };
    const [container] = podOf({ initContainers: [first] }).initContainers!;
    expect(container).toEqual({
      name: 'warm',
      image: 'x',
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: false,
        capabilities: { drop: ['ALL'] },
      },
    });
  });

  test('spread as they are told, or stand together on few nodes and still leave one that lost a run', () => {
    const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'ScheduleAnyway' };
    expect(podOf({ topologySpreadConstraints: [spread] }).topologySpreadConstraints).toEqual([spread]);
    const { affinity } = podOf({ packed: true, affinity: { podAntiAffinity: {} } }, ['node-a']);
    const wish = affinity!.podAffinity!.preferredDuringSchedulingIgnoredDuringExecution![0]!;
    expect(wish.podAffinityTerm).toEqual({
      topologyKey: 'kubernetes.io/hostname',
      labelSelector: {
        matchLabels: {
          'app.kubernetes.io/part-of': 'autoresearch',
          'app.kubernetes.io/component': 'experiment',
        },
      },
    });
    const away = affinity!.nodeAffinity!.preferredDuringSchedulingIgnoredDuringExecution![0]!;
    expect(wish.weight).toBeLessThan(away.weight);
    expect(affinity!.podAntiAffinity).toEqual({});
  });

  test('claim their GPU where the pool names a template, and ask for no resource', () => {
    const pod = podOf({ gpu: { claimTemplate: 'one-gpu' } });
    expect(pod.resourceClaims).toEqual([{ name: 'gpu', resourceClaimTemplateName: 'one-gpu' }]);
    const [{ resources, args }] = pod.containers as [(typeof pod.containers)[0]];
    expect(resources!.claims).toEqual([{ name: 'gpu' }]);
    expect(Object.keys(resources!.limits!)).not.toContain('nvidia.com/gpu');
    expect(args).toContain('--gpu');
  });

  test.each([
    ['nvidia.com/gpu', ['nvidia.com/gpu']],
    ['nvidia.com/gpu.shared', ['nvidia.com/gpu', 'nvidia.com/gpu.shared']],
    ['nvidia.com/mig-1g.10gb', ['nvidia.com/gpu', 'nvidia.com/mig-1g.10gb']],
    ['amd.com/gpu', ['amd.com/gpu']],
  ])('that ask for %s tolerate the taints %j', (resource, taints) => {
    const tolerations = tolerationsOf(poolLike({ gpu: { resource } }));
    const noSchedule = tolerations.filter(({ effect }) => effect === 'NoSchedule');
    expect(noSchedule.map(({ key }) => key).sort()).toEqual(taints);
  });

  test.each([
    ['a volume by the name of their own', { volumes: [{ name: 'work' }] }, /give yours another name/],
    [
      'a mount over their own',
      { volumeMounts: [{ name: 'x', mountPath: '/work//' }] },
      /mount yours elsewhere/,
    ],
    [
      'a mount below it',
      { volumeMounts: [{ name: 'x', mountPath: '/x/../dev/shm' }] },
      /mount yours elsewhere/,
    ],
    ['a mount over everything', { volumeMounts: [{ name: 'x', mountPath: '/' }] }, /mount yours elsewhere/],
    ['another container called trainer', { initContainers: [{ name: 'trainer' }] }, /give another name/],
    ['a claim without a GPU', { gpu: { count: 0, claimTemplate: 'x' } }, /set count to 1, or leave/],
  ])('cannot have %s', (_, pool, words) => {
    expect(refusalOf(pool)).toMatch(words);
  });

  test('may be mounted beside what only begins like their own', () => {
    expect(refusalOf({ volumeMounts: [{ name: 'x', mountPath: '/workspace' }] })).toBeUndefined();
  });

  test('wait for another try, and lose no attempt, where a container that comes first fails', () => {
    const job = jobManifest(intentLike(), poolLike(), options) as never;
    const initContainerStatuses = [{ name: 'warm', state: { terminated: { exitCode: 7, reason: 'Error' } } }];
    const containerStatuses = [{ name: 'trainer', state: { waiting: { reason: 'PodInitializing' } } }];
    const pod = { spec: {}, status: { phase: 'Failed', initContainerStatuses, containerStatuses } } as never;
    const seen = { started: false, waiting: true, podlessMs: null };
    const view = { job, pods: [pod], deletedPods: [], seen, nowMs: 0, stuckMs: 60_000 };
    expect(observedRun(view)!.state).toEqual({
      kind: 'unstarted',
      sentence: 'its init container warm ended with exit code 7; its log says why',
    });
  });

  test('say why a container that comes first cannot', () => {
    const waiting = (reason: string, message = '') => ({ state: { waiting: { reason, message } } });
    const initContainerStatuses = [{ name: 'warm', ...waiting('ImagePullBackOff', 'no such image') }];
    const containerStatuses = [{ name: 'trainer', ...waiting('PodInitializing') }];
    const pod = { spec: { nodeName: 'n1' }, status: { initContainerStatuses, containerStatuses } };
    expect(whyPodWaits(factsOf(pod as never))).toBe('image cannot be pulled: no such image');
  });
});
