// A Kubernetes cluster in this process: an API server over real HTTP, and behind it a Job controller, a scheduler and
// kubelets that live in virtual time. What goes wrong goes wrong by name.
import { KubeConfig } from '@kubernetes/client-node';
import { Admission } from './admission.ts';
import { collectGarbage } from './garbage.ts';
import { JobController } from './jobs.ts';
import { Kubelets } from './kubelet.ts';
import { type NodeOptions, Nodes } from './nodes.ts';
import { Objects, type Thing } from './objects.ts';
import { isOver, Scheduler } from './scheduler.ts';
import type { Script } from './script.ts';
import { ApiServer } from './server.ts';
import { VirtualTime } from './time.ts';

export class Cluster {
  readonly time: VirtualTime;
  readonly objects: Objects;
  readonly admission: Admission;
  readonly jobs: JobController;
  readonly scheduler: Scheduler;
  readonly kubelets: Kubelets;
  readonly nodes: Nodes;
  readonly api: ApiServer;
  readonly namespace = 'lab';
  url = '';

  constructor(script: Script, time: VirtualTime) {
    this.time = time;
    this.objects = new Objects(time);
    this.admission = new Admission(this.objects);
    this.jobs = new JobController(this.objects, (plural, thing) => this.admission.create(plural, thing));
    this.scheduler = new Scheduler(this.objects);
    this.nodes = new Nodes(this.objects);
    collectGarbage(this.objects);
    this.kubelets = new Kubelets(this.objects, script);
    this.api = new ApiServer({
      objects: this.objects,
      admission: this.admission,
      log: (pod) => this.kubelets.log(pod),
    });
  }

  /** A cluster with these nodes (three plain ones where none are given) that listens. */
  static async start(
    script: Script,
    nodes: Readonly<Record<string, NodeOptions>> = { n1: {}, n2: {}, n3: {} },
    time = new VirtualTime(),
  ): Promise<Cluster> {
    const cluster = new Cluster(script, time);
    for (const [name, options] of Object.entries(nodes)) cluster.nodes.join(name, options);
    cluster.objects.create('namespaces', { kind: 'Namespace', metadata: { name: cluster.namespace } });
    cluster.url = await cluster.api.listen();
    return cluster;
  }

  close(): Promise<void> {
    return this.api.close();
  }

  /** As a kubeconfig for this cluster. */
  kubeConfig(token = 'token'): KubeConfig {
    const config = new KubeConfig();
    config.loadFromOptions({
      clusters: [{ name: 'double', server: this.url, skipTLSVerify: true }],
      users: [{ name: 'controller', token }],
      contexts: [{ name: 'double', cluster: 'double', user: 'controller', namespace: this.namespace }],
      currentContext: 'double',
    });
    return config;
  }

  job(name: string): Thing {
    return found(this.objects.get('jobs', this.namespace, name), `Job ${name}`);
  }

  /** The Pods of a Job, oldest first. */
  podsOf(job: string): Thing[] {
    const pods = this.objects.all('pods', this.namespace);
    return pods
      .filter((pod) => pod.metadata.labels?.['batch.kubernetes.io/job-name'] === job)
      .sort((a, b) => (a.metadata.uid! < b.metadata.uid! ? -1 : 1));
  }

  /** The youngest Pod of a Job. */
  podOf(job: string): Thing {
    return found(this.podsOf(job).at(-1), `a Pod of ${job}`);
  }

  // -- what goes wrong, by name -----------------------------------------------------------------------------------

  /** The node stops answering: its machine died, or its network did. */
  loseNode(name: string, how: 'cut off' | 'dead'): void {
    this.kubelets.lost.set(name, how);
    this.nodes.silent(name);
  }

  findNode(name: string): void {
    this.nodes.answers(name);
    this.kubelets.found(name);
  }

  /** An autoscaler or a person takes the node out of the cluster for good. */
  removeNode(name: string): void {
    this.kubelets.lost.set(name, 'dead');
    this.nodes.remove(name);
  }

  /** Through the eviction API, as kubectl drain does. */
  drain(pod: Thing): void {
    this.nodes.disrupt(pod, 'EvictionByEvictionAPI', 'Eviction API: evicting');
    this.objects.delete('pods', this.#now(pod));
  }

  preempt(pod: Thing): void {
    this.nodes.disrupt(
      pod,
      'PreemptionByScheduler',
      'default-scheduler: preempting to accommodate a higher priority pod',
    );
    this.objects.delete('pods', this.#now(pod));
  }

  /** By the kubelet, of a node that runs out of memory or disk. The log goes, too. */
  evict(pod: Thing): void {
    const message = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 80Mi.';
    this.nodes.disrupt(pod, 'TerminationByKubelet', message);
    this.kubelets.kill(this.#now(pod), 137, 'Error', { reason: 'Evicted', message });
    this.kubelets.loseLog(pod);
  }

  /** By the kubelet, of a Pod that filled its own disk. */
  fillDisk(pod: Thing): void {
    const message = 'Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ';
    this.kubelets.kill(pod, 137, 'Error', { reason: 'Evicted', message });
    this.kubelets.loseLog(pod);
  }

  /** A graceful shutdown of the node. */
  shutDown(pod: Thing): void {
    this.nodes.disrupt(
      pod,
      'TerminationByKubelet',
      'Pod was terminated in response to imminent node shutdown.',
    );
    this.kubelets.terminate(this.#now(pod), {
      reason: 'Terminated',
      message: 'Pod was terminated in response to imminent node shutdown.',
    });
  }

  deletePod(pod: Thing, graceSeconds?: number): void {
    this.objects.delete('pods', pod, graceSeconds);
  }

  deleteJob(name: string): void {
    this.objects.delete('jobs', this.job(name));
  }

  suspend(name: string, suspended = true): void {
    this.objects.update('jobs', this.job(name), (now) => ({
      ...now,
      spec: { ...now.spec, suspend: suspended },
    }));
  }

  quota(name: string, hard: Record<string, string> | null): void {
    const quota = this.objects.get('resourcequotas', this.namespace, name);
    if (quota) this.objects.delete('resourcequotas', quota);
    if (hard)
      this.objects.create('resourcequotas', {
        kind: 'ResourceQuota',
        metadata: { name, namespace: this.namespace },
        spec: { hard },
      });
  }

  /** Whether any container still runs. */
  get busy(): boolean {
    return this.objects.all('pods').some((pod) => !isOver(pod));
  }

  #now(pod: Thing): Thing {
    return this.objects.get('pods', pod.metadata.namespace!, pod.metadata.name) ?? pod;
  }
}

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new Error(`the double has no ${what}`);
  return thing;
}
