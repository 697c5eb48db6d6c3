// A controller beside a real cluster: `autoresearch up` as a process, with a namespace and a folder of its own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { program } from '../../controller/cli/program.ts';
import { type LaneReader, read } from '../../controller/wiring/lane-reader.ts';
import { main } from '../cli/command.ts';
import type { Cluster } from './fixture.ts';

/** A pool of this trainer image that runs on any worker; `changes` win. */
export function poolOf(image: string, changes: Readonly<Record<string, unknown>> = {}) {
  const resources = { cpu: '500m', memory: '512Mi', ephemeralStorage: '512Mi', sharedMemory: '64Mi' };
  return {
    name: 'cpu',
    image,
    imagePullPolicy: 'IfNotPresent',
    clock: 'cpu',
    pullSeconds: 30,
    gpu: { count: 0 },
    resources,
    ...changes,
  };
}

export class Room {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Frontier repositories, store and settings of its controllers. */
  readonly dir: string;

  private constructor(cluster: Cluster, namespace: string, dir: string) {
    this.cluster = cluster;
    this.namespace = namespace;
    this.dir = dir;
  }

  /** A namespace of this name, in which Pod Security `restricted` is enforced, and an empty folder. */
  static async open(cluster: Cluster, namespace: string): Promise<Room> {
    const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: restricted } };
    await cluster.kubectl(['create', '-f', '-'], JSON.stringify(object));
    const room = new Room(cluster, namespace, await mkdtemp(join(tmpdir(), 'lab-')));
    // Pods of a namespace cannot be made before this is there, and the Job controller would wait ten seconds for it.
    await room.kubectl('wait', '--for=create', 'serviceaccount/default', '--timeout=300s');
    return room;
  }

  /** Runs a controller with these settings until it ends by itself. Throws with its last words where it is not content. */
  async up(config: Readonly<Record<string, unknown>>): Promise<void> {
    const file = join(this.dir, 'config.yaml');
    await writeFile(file, stringify({ ...config, data: this.dir }));
    const where = ['--config', file, '--context', this.cluster.context, '--namespace', this.namespace];
    const { failed, stdout, stderr } = await execa(process.execPath, [main, 'up', ...where], {
      reject: false,
    });
    if (failed)
      throw new Error(`the controller is not content: ${stderr}\n${stdout.split('\n').slice(-5).join('\n')}`);
  }

  /** A command of `autoresearch` on the one lane in the folder, as a person would give it. Throws its Failure. */
  async command(...args: readonly string[]): Promise<void> {
    await program().parseAsync([...args, '--dir', this.dir], { from: 'user' });
  }

  read(lane: string): Promise<LaneReader> {
    return read({ dir: this.dir, lane });
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return this.cluster.kubectl(['-n', this.namespace, ...args]);
  }

  async close(): Promise<void> {
    await this.cluster.kubectl(['delete', 'namespace', this.namespace, '--wait=false']);
    await rm(this.dir, { recursive: true, force: true });
  }
}
