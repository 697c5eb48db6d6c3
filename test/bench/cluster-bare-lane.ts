// node cluster-bare-lane.ts ASK FILE FROM TO: what a lane's experiments take of a bare program of Node's. It makes the same
// Jobs, requests (the Lease's apart), watches and durable writes, with nothing decided, remembered, shown or retried.
// FILE gets what it used.
import { once } from 'node:events';
import {
  closeSync,
  fdatasync,
  fsync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Used, used, usedBetween } from './used.ts';

/** What the parent hands over: where to ask, as whom, and the Job to create, with NAME where its name stands. */
export interface Ask {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly namespace: string;
  readonly job: string;
  readonly dir: string;
  /** The objects that an experiment leaves in the store: path and bytes. */
  readonly writes: readonly (readonly [path: string, bytes: number])[];
}

const [askFile, file, from, to] = process.argv.slice(2);
const ask: Ask = JSON.parse(readFileSync(askFile!, 'utf8'));
const agent = new Agent({ keepAlive: true, ca: ask.ca, cert: ask.cert, key: ask.key });
const sync = { data: promisify(fdatasync), all: promisify(fsync) };
const jobs = `/apis/batch/v1/namespaces/${ask.namespace}/jobs`;
const JSON_TYPE = 'application/json';
const core = `/api/v1/namespaces/${ask.namespace}`;

type Pod = {
  metadata: { name: string; labels: Record<string, string> };
  status: { phase: string; containerStatuses?: { state: { terminated?: unknown } }[] };
};
let latest: Pod | undefined;
let seen: (pod: Pod) => void = () => {};
void watch(`${core}/pods`, (pod) => {
  latest = pod as Pod;
  seen(latest);
});
void watch(jobs, () => {});

const at: Used[] = [];
for (let n = 0; n <= Number(to); n++) {
  if (n === Number(from) || n === Number(to)) at.push(used());
  if (n === Number(to)) break;
  await experiment(`bare-${n}`);
}
await writeFile(file!, JSON.stringify(usedBetween(at[0]!, at[1]!)));
process.exit(0); // the watches would go on

async function experiment(name: string): Promise<void> {
  const before = ask.writes.slice(0, ask.writes.length >> 1);
  for (const write of before) await durably(name, write);
  const word = podOf(name, ({ status }) => Boolean(status.containerStatuses?.[0]?.state.terminated));
  await said('POST', jobs, ask.job.replaceAll('NAME', name));
  await event(name, 'launched');
  const { metadata } = await word;
  const over = podOf(name, ({ status }) => status.phase === 'Succeeded');
  await said('GET', `${core}/pods/${metadata.name}/log`);
  for (const write of ask.writes.slice(before.length)) await durably(name, write);
  await event(name, 'discarded');
  await over;
  const settled = {
    metadata: { labels: { 'autoresearch.dev/status': 'discard' } },
    spec: { ttlSecondsAfterFinished: 600 },
  };
  await said('PATCH', `${jobs}/${name}`, JSON.stringify(settled), 'application/merge-patch+json');
}

function event(name: string, reason: string): Promise<string> {
  const involvedObject = { apiVersion: 'batch/v1', kind: 'Job', name, namespace: ask.namespace };
  const metadata = { name: `${name}.${reason}`, namespace: ask.namespace };
  const told = { metadata, involvedObject, type: 'Normal', reason, message: reason };
  return said('POST', `${core}/events`, JSON.stringify(told));
}

/** The Job's Pod, as soon as it is seen to be so. */
function podOf(job: string, is: (pod: Pod) => boolean): Promise<Pod> {
  return new Promise((resolve) => {
    seen = (pod) => {
      if (pod.metadata.labels['job-name'] === job && is(pod)) resolve(pod);
    };
    if (latest) seen(latest);
  });
}

async function durably(name: string, [path, bytes]: readonly [string, number]): Promise<void> {
  const place = join(ask.dir, name, path);
  mkdirSync(dirname(place), { recursive: true });
  const draft = openSync(`${place}.draft`, 'wx');
  writeFileSync(draft, 'x'.repeat(bytes));
  await sync.data(draft);
  closeSync(draft);
  renameSync(`${place}.draft`, place);
  const folder = openSync(dirname(place), 'r');
  await sync.all(folder);
  closeSync(folder);
}

async function asked(method: string, path: string, body = '', type = JSON_TYPE): Promise<IncomingMessage> {
  const headers = body ? { 'content-type': type, 'content-length': Buffer.byteLength(body) } : {};
  const call = request(new URL(path, ask.server), { method, agent, headers }).end(body);
  const [answer] = await once(call, 'response');
  return answer;
}

async function said(...args: Parameters<typeof asked>): Promise<string> {
  const answer = await asked(...args);
  const text = (await answer.setEncoding('utf8').toArray()).join('');
  if (answer.statusCode! >= 300) throw new Error(`${args[0]} ${args[1]}: ${answer.statusCode} ${text}`);
  return text;
}

async function watch(path: string, saw: (object: unknown) => void): Promise<void> {
  const answer = await asked('GET', `${path}?watch=true`);
  let rest = '';
  for await (const chunk of answer.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    for (const line of lines) saw(JSON.parse(line).object);
  }
}
