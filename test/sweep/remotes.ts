// The script with its results in S3 and its frontier on a remote, and what becomes of it when the way there is cut.
//
// The folder of a leg is a bucket of the S3 server and holds the remote as well, so that a copy of it is all there is.
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import { ProcessExecutor } from '../../controller/adapters/process/executor.ts';
import { Bucket } from '../../controller/adapters/s3/bucket.ts';
import { S3Store } from '../../controller/adapters/s3/store.ts';
import { keys } from '../../controller/core/keys.ts';
import type { Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
import type { Clock, Frontier, Store } from '../../controller/ports.ts';
import { encode } from '../../controller/report/results-tsv.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { git } from '../adapters/git/repositories.ts';
import { type GitServer, serveHttp } from '../git/http.ts';
import { type Gateway, openGateway } from '../s3/gateway.ts';
import type { Wire } from './cutting-proxy.ts';
import { type Remains, remainsOf } from './remains.ts';
import { clockOver } from './scenario.ts';
import type { Script } from './script.ts';

interface Life {
  readonly stopped: Promise<Stop>;
  /** How often ideas were asked for. */
  asked(): number;
  stop(): void;
}

export class Far {
  readonly #root: string;
  readonly #gateway: Gateway;
  readonly #server: GitServer;
  #folders = 0;

  private constructor(root: string, gateway: Gateway, server: GitServer) {
    this.#root = root;
    this.#gateway = gateway;
    this.#server = server;
  }

  static async open(): Promise<Far> {
    const root = await mkdtemp(join(tmpdir(), 'far-'));
    return new Far(root, await openGateway(root), await serveHttp(root));
  }

  async close(): Promise<void> {
    await Promise.all([this.#gateway.close(), this.#server.close()]);
    await rm(this.#root, { recursive: true, force: true });
  }

  /** A folder with an empty remote, or a copy of one. */
  async folder(from: string | null = null): Promise<string> {
    const dir = join(this.#root, `leg-${this.#folders++}`);
    // The S3 server keeps what it knows of an object in attributes of its file.
    if (from) await execa('cp', ['-a', from, dir]);
    else {
      await mkdir(join(dir, 'store'), { recursive: true });
      git(join(dir, 'far.git'), 'init', '-q', '--bare', join(dir, 'far.git'));
    }
    return dir;
  }

  /** Begins a controller that goes on in the script to experiment `last`, over the wire, with a clone of its own. */
  async begin(
    dir: string,
    script: Script,
    last: number,
    wire: Wire,
    happened: (h: LaneEvent) => void = () => {},
  ): Promise<Life> {
    const s3 = await wire.to(this.#gateway.endpoint);
    const url = await wire.to(this.#server.url(`${basename(dir)}/far.git`));
    const clone = await mkdtemp(join(this.#root, 'clone-'));
    const { store, frontier } = this.#parts(dir, s3, url, join(clone, 'clone.git'));
    const here = { text: import.meta.dirname, sealed: import.meta.dirname, harness: import.meta.dirname };
    const supervise = join(import.meta.dirname, 'supervise.py');
    const runs = join(dir, 'runs');
    const executor = new ProcessExecutor({
      runs,
      python: checkout.python,
      supervise,
      ...here,
      clock: 'virtual',
    });
    const ending = new AbortController();
    const { proposer } = script;
    const lane = script.laneUpTo(last);
    let asked = 0;
    const loop = {
      lane,
      store,
      frontier,
      executor,
      clock: unhurried(clockOver(runs)),
      proposer: {
        ...proposer,
        propose: (...brief: Parameters<typeof proposer.propose>) => {
          asked++;
          return proposer.propose(...brief);
        },
      },
      inputs: { trainPy: script.baseline, prepare: '', program: async () => 'scripted' },
      observer: { happened, turn() {} },
      publish: async (all: Parameters<typeof encode>[0]) => {
        await store.put(keys.results(lane.name), new TextEncoder().encode(encode(all)));
        return 0;
      },
      spentUsd: async () => 0,
      pollMs: 60_000,
    };
    const stopped = runLane(loop, ending.signal, () => {}).finally(() => executor.close());
    return { stopped, asked: () => asked, stop: () => ending.abort() };
  }

  /** What is in the folder. Throws where git finds fault with the remote. */
  async remains(dir: string): Promise<Remains> {
    await execa('git', ['--git-dir', join(dir, 'far.git'), 'fsck', '--strict', '--no-dangling']);
    const clone = await mkdtemp(join(this.#root, 'clone-'));
    const { store, frontier } = this.#parts(
      dir,
      this.#gateway.endpoint,
      join(dir, 'far.git'),
      join(clone, 'c.git'),
    );
    const begun = (await readFile(join(dir, 'journal'), 'utf8')).trim().split('\n');
    return remainsOf(store, frontier, { begun, runs: await readdir(join(dir, 'runs')) });
  }

  #parts(dir: string, endpoint: string, url: string, repo: string): { store: Store; frontier: Frontier } {
    const location = { bucket: basename(dir), prefix: 'store/' };
    const patience = { tries: 4, firstWaitMs: 2, longestWaitMs: 20 };
    const bucket = new Bucket({ location, endpoint, region: null, pathStyle: null, patience });
    const kind = url.startsWith('http') ? 'http' : 'path';
    const remote = { url, kind, credentials: null, environment: {} } as const;
    return {
      store: new S3Store(bucket),
      frontier: new GitFrontier({ repo, remote, lane: 'sweep', folder: new Map() }),
    };
  }
}

/** A wait after trouble may have no run to wait for: then it ends by itself. */
function unhurried(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    sleep: (ms, signal) => clock.sleep(ms, AbortSignal.any([signal, AbortSignal.timeout(50)])),
  };
}
