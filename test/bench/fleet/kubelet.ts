// The kubelet of all nodes that are not there: Pods run for a while, leave the sealed result that their run would, and have a log.
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { systemClock } from '../../../controller/adapters/clock.ts';
import { Api } from '../../../controller/adapters/kubernetes/client/api.ts';
import { Credentials } from '../../../controller/adapters/kubernetes/client/credentials.ts';
import { linesOf } from '../../../controller/adapters/kubernetes/client/streams.ts';
import type { Thing } from '../../double/objects.ts';
import { givenOf, sealedOf, trailer } from '../../double/script.ts';
import { dice } from '../../sim/dice.ts';
import { RUN_SECONDS } from './shape.ts';

const LOG = 'step\n'.repeat(500);
const START_MS = 1000;

export class Kubelet {
  readonly #api: Api;
  readonly #path: string;
  readonly #known = new Map<string, string>();
  readonly #over = new AbortController();
  #server: Server | null = null;
  #atMs = performance.now();
  #runningMs = 0;
  /** Containers that run now, and those that have ended. */
  running = 0;
  ended = 0;
  /** Statuses that the API server refused, Pods that were gone by then left out. */
  readonly troubles: string[] = [];

  constructor(context: string, namespace: string) {
    this.#api = new Api({
      credentials: new Credentials({ context }),
      clock: systemClock,
      random: Math.random,
    });
    this.#path = `/api/v1/namespaces/${namespace}/pods`;
  }

  /** Seconds for which containers have run, all together, until now. */
  get ranSeconds(): number {
    this.#count(0);
    return this.#runningMs / 1000;
  }

  /** Serves logs at this port, and follows the namespace's Pods until `close`. */
  async listen(ip: string, port: number, dir: string): Promise<void> {
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=fleet'];
    await execa('openssl', [...made, '-keyout', key, '-out', cert]);
    this.#server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response.end(LOG + trailer(LOG));
    });
    await new Promise<void>((resolve) => this.#server!.listen(port, ip, resolve));
    void this.#follow();
  }

  close(): void {
    this.#over.abort();
    this.#server?.close();
  }

  async #follow(): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        // From the beginning: what is there comes first, and what is known is let be.
        const opened = await this.#api.open(
          { method: 'GET', path: this.#path, query: { watch: true } },
          this.#over.signal,
        );
        if (opened.kind === 'refused') throw new Error(opened.message);
        for await (const line of linesOf(opened.value)) this.#seen(JSON.parse(line));
      } catch (error) {
        if (!this.#over.signal.aborted) this.troubles.push(String(error));
      }
      await delay(500);
    }
  }

  #seen({ type, object }: { readonly type: string; readonly object: Thing }): void {
    const { name, uid } = object.metadata;
    const state = this.#known.get(uid!);
    if (type === 'DELETED') return void this.#known.delete(uid!);
    if (object.metadata.deletionTimestamp) {
      if (state === 'gone') return;
      if (state === 'running') this.#count(-1);
      this.#known.set(uid!, 'gone');
      void this.#told({ method: 'DELETE', path: `${this.#path}/${name}`, body: { gracePeriodSeconds: 0 } });
      return;
    }
    if (state || !(object.spec as { nodeName?: string }).nodeName) return;
    this.#known.set(uid!, 'starting');
    void this.#lives(object);
  }

  async #lives(pod: Thing): Promise<void> {
    const { name, uid } = pod.metadata;
    const given = givenOf(pod)!;
    const { containers } = pod.spec as { containers: { name: string; image: string }[] };
    const [container] = containers;
    const status = (phase: string, state: object) => ({
      phase,
      startTime,
      containerStatuses: [
        {
          name: container!.name,
          image: container!.image,
          imageID: container!.image,
          ready: phase === 'Running',
          started: phase === 'Running',
          restartCount: 0,
          state,
        },
      ],
    });
    const path = `${this.#path}/${name}/status`;
    const stamp = () => new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const startTime = stamp();
    await delay(START_MS);
    if (this.#known.get(uid!) !== 'starting') return;
    this.#known.set(uid!, 'running');
    this.#count(1);
    const startedAt = stamp();
    await this.#told({
      method: 'PATCH',
      path,
      body: { status: status('Running', { running: { startedAt } }) },
    });
    await delay(1000 * RUN_SECONDS * (0.95 + 0.1 * dice('life', name!)));
    if (this.#known.get(uid!) !== 'running') return;
    this.#known.set(uid!, 'ended');
    this.#count(-1);
    this.ended++;
    const valBpb = given.experiment === '000000' ? 2 : 2 + 0.01 * (dice('metric', given.nonce) - 0.01);
    const message = sealedOf(given, LOG, {
      val_bpb: Number(valBpb.toFixed(6)),
      gpu: 'NVIDIA H100 80GB HBM3',
    });
    const terminated = { exitCode: 0, reason: 'Completed', startedAt, finishedAt: stamp(), message };
    await this.#told({ method: 'PATCH', path, body: { status: status('Succeeded', { terminated }) } });
  }

  async #told(call: Parameters<Api['call']>[0]): Promise<void> {
    try {
      const answer = await this.#api.call(call);
      if (answer.kind === 'refused' && answer.status !== 404) this.troubles.push(answer.message);
    } catch (error) {
      this.troubles.push(String(error));
    }
  }

  #count(change: number): void {
    const now = performance.now();
    this.#runningMs += this.running * (now - this.#atMs);
    this.#atMs = now;
    this.running += change;
  }
}
