// S3 and a git remote: requests and bytes per experiment, the views as they grow, a restart, and what a push takes.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import { type Remote, urlOf } from '../../controller/adapters/git/remote.ts';
import { Bucket } from '../../controller/adapters/s3/bucket.ts';
import { S3Store } from '../../controller/adapters/s3/store.ts';
import { keys } from '../../controller/core/keys.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { overNetwork, publisher } from '../../controller/loop/publishing.ts';
import { reportWriter } from '../../controller/report/publish.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { encode } from '../../controller/std/json.ts';
import { folder, git, grow } from '../adapters/git/repositories.ts';
import { keepOf } from '../contract/drafts.ts';
import { serveHttp } from '../git/http.ts';
import { serveSsh } from '../git/ssh.ts';
import { MemoryStore } from '../memory/store.ts';
import { openGateway } from '../s3/gateway.ts';
import { openStub } from '../s3/stub.ts';
import { type Figure, median } from './figures.ts';
import { quietLane } from './quiet-lane.ts';
import { decisionDraft, lane } from './restart.ts';

const EXPERIMENTS = 100;
const RECORDS = 10_000;
const PUSHES = 15;
/** One experiment in so many seconds writes its own row each time: the most that views can cost. */
const EVERY_S = 5;

export async function far(): Promise<Figure[]> {
  const requests = await perExperiment();
  return [...requests, ...(await growing()), ...(await restarted()), ...(await pushes())];
}

async function perExperiment(): Promise<Figure[]> {
  const stub = await openStub();
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' });
  const store = new S3Store(bucketOf(stub.endpoint, 'bucket'));
  const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  try {
    await quietLane(store, trainPy, EXPERIMENTS, async () => 0);
    const count = (method: string) =>
      stub.asked.filter((line) => line.startsWith(method)).length / EXPERIMENTS;
    return [
      { what: 'S3: PUT per experiment, less views', value: count('PUT'), unit: '', aim: '' },
      {
        what: 'S3: GET and HEAD per experiment, a look a second',
        value: count('GET') + count('HEAD'),
        unit: '',
        aim: '',
      },
      {
        what: 'S3: bytes written per experiment, less views',
        value: stub.received() / EXPERIMENTS / 1000,
        unit: 'kB',
        aim: '',
      },
    ];
  } finally {
    await stub.close();
  }
}

/** The views of so many rows, and what they cost a lane that has a new row every few seconds. */
async function growing(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const rows of [1000, 10_000, 100_000]) {
    const decisions = Array.from({ length: rows }, (_, n) => ({
      ...decisionDraft(n, n === 0 ? null : '0'.repeat(40), 1),
      commit: '0'.repeat(40),
    }));
    let bytes = 0;
    const store = new MemoryStore();
    const counting = {
      get: (key: string) => store.get(key),
      list: (prefix: string) => store.list(prefix),
      putIfAbsent: (key: string, body: Uint8Array) => store.putIfAbsent(key, body),
      put: async (_: string, body: Uint8Array) => {
        bytes += body.length;
      },
    };
    const restMs = await publisher(
      'bench',
      counting,
      overNetwork,
      reportWriter('bench', counting, null),
    )(decisions);
    const named = (what: string) => `views of ${rows} rows: ${what}`;
    figures.push(
      { what: named('written at once'), value: bytes / 1e6, unit: 'MB', aim: '' },
      { what: named('rate'), value: bytes / restMs / 1000, unit: 'MB/s', aim: '<= 1' },
      {
        what: named(`per experiment, one in ${EVERY_S} s`),
        value: (bytes * EVERY_S) / restMs / 1000,
        unit: 'MB',
        aim: '',
      },
    );
  }
  return figures;
}

async function restarted(): Promise<Figure[]> {
  const gateway = await openGateway();
  try {
    const bucket = bucketOf(gateway.endpoint, gateway.bucket());
    const numbers = Array.from({ length: RECORDS }, (_, n) => n);
    const writer = async () => {
      for (let n = numbers.pop(); n !== undefined; n = numbers.pop()) {
        const record = { ...decisionDraft(n, null, 1), status: 'discard', valBpb: 3, commit: '0'.repeat(40) };
        await bucket.put(keys.record(lane.name, n), encode(record));
      }
    };
    await Promise.all(Array.from({ length: 32 }, writer));
    const before = performance.now();
    const store = new S3Store(bucketOf(gateway.endpoint, 'bucket-0'));
    const ledger = await Ledger.read(lane, store, { kept: [], writer: null, foreign: null });
    const seconds = (performance.now() - before) / 1000;
    if (ledger.decisions.length !== RECORDS) throw new Error(`read ${ledger.decisions.length} of ${RECORDS}`);
    await publisher(lane.name, store, overNetwork, reportWriter(lane.name, store, null))(ledger.decisions);
    const again = performance.now();
    const copied = await Ledger.read(lane, store, { kept: [], writer: null, foreign: null });
    const copies = (performance.now() - again) / 1000;
    if (copied.decisions.length !== RECORDS) throw new Error(`read ${copied.decisions.length} of ${RECORDS}`);
    return [
      { what: `S3: restart with ${RECORDS} Records, read one by one`, value: seconds, unit: 's', aim: '' },
      { what: 'S3: the same, read by the thousand', value: copies, unit: 's', aim: '' },
    ];
  } finally {
    await gateway.close();
  }
}

async function pushes(): Promise<Figure[]> {
  const home = await mkdtemp(join(tmpdir(), 'bench-'));
  const http = await serveHttp(home);
  const ssh = await serveSsh(home, home);
  try {
    const reaches: [string, (name: string) => { url: string; credentials: string | null } | null][] = [
      ['a repository here', () => null],
      ['a path', (name) => ({ url: join(home, name), credentials: null })],
      ['HTTP', (name) => ({ url: http.url(name), credentials: null })],
      ['ssh', (name) => ({ url: ssh.url(name), credentials: ssh.credentials })],
    ];
    const figures: Figure[] = [];
    for (const [i, [what, reach]] of reaches.entries()) {
      const name = `${i}.git`;
      git(join(home, name), 'init', '-q', '--bare', join(home, name));
      const place = reach(name);
      const remote = place && ({ ...(urlOf(place.url) as object), ...place, environment: {} } as Remote);
      const repo = join(home, remote ? `clone-${i}.git` : name);
      const frontier = new GitFrontier({ repo, remote, lane: 'main', folder });
      const { keeps, views } = await timed(frontier);
      figures.push(
        { what: `keep on ${what}`, value: keeps, unit: 'ms', aim: '' },
        { what: `view of ${what}`, value: views, unit: 'ms', aim: '' },
      );
    }
    return figures;
  } finally {
    await Promise.all([http.close(), ssh.close()]);
    await rm(home, { recursive: true, force: true });
  }
}

/** Medians over some keeps in a row, in milliseconds. */
async function timed(frontier: GitFrontier): Promise<{ keeps: number; views: number }> {
  let { tip, claim } = await grow(frontier, 1);
  const [keeps, views]: [number[], number[]] = [[], []];
  for (let n = 1; n <= PUSHES; n++) {
    const text = `lr = ${n}\n`;
    const before = performance.now();
    const kept = await frontier.keep(keepOf(n, text, tip, 2 - n / 100), text, claim);
    keeps.push(performance.now() - before);
    if (kept.kind !== 'kept') throw new Error(kept.sentence);
    ({ commit: tip, claim } = kept);
    const looked = performance.now();
    await frontier.view();
    views.push(performance.now() - looked);
  }
  return { keeps: median(keeps), views: median(views) };
}

function bucketOf(endpoint: string, bucket: string): Bucket {
  return new Bucket({ location: { bucket, prefix: '' }, endpoint, region: null, pathStyle: null });
}
