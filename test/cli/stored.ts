// A lane on disk whose runs are in memory: what the command reads, without a trainer and without waiting.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import type { Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import { onDisk, publisher } from '../../controller/loop/publishing.ts';
import { reportWriter } from '../../controller/report/publish.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryMachine } from '../memory/executor.ts';
import { appending, quick } from '../memory/lane.ts';
import { sealedRun } from '../memory/sealed.ts';

export interface StoredLane extends AsyncDisposable {
  readonly dir: string;
  readonly paths: LanePaths;
  /** Goes on until there are so many experiments beyond the baseline; each appends its number to the file and is better. */
  run(experiments: number): Promise<Stop>;
}

/** `lost`: the experiment that the machine loses. `bpbOf`: what each is measured to have; else each has less than the one before. */
export async function storedLane({
  lost = '',
  bpbOf = (n: number) => 2.5 - n / 100,
} = {}): Promise<StoredLane> {
  const paths = new LanePaths(await mkdtemp(join(tmpdir(), 'stored-')));
  const time = new VirtualTime();
  const machine = new MemoryMachine(({ experiment, trainPy }, { nonce }) => {
    const sealed = JSON.stringify(sealedRun(trainPy, nonce, bpbOf(Number(experiment)), 1));
    const gone = { word: 'evicted', sentence: 'the node is gone', sealed: null };
    return {
      durationMs: 1000,
      log: '',
      ending: experiment === lost ? gone : { word: '', sentence: '', sealed },
    };
  }, time.driver);
  const store = new DirectoryStore(paths.store);
  const parts = {
    store,
    frontier: new GitFrontier({
      repo: paths.frontier('main'),
      lane: 'main',
      folder: new Map([['prepare.py', new Uint8Array()]]),
    }),
    executor: machine.open(),
    clock: time.driver,
    proposer: appending,
    inputs: { trainPy: 'print(1)\n', prepare: '', program: async () => '' },
    observer: { happened() {}, turn() {} },
    publish: publisher('main', store, onDisk, reportWriter('main', store, null)),
    spentUsd: async () => 0,
    pollMs: 1000,
  };
  return {
    dir: paths.dir,
    paths,
    run(experiments) {
      const lane = { ...quick, limits: { ...quick.limits, experiments } };
      return runLane({ ...parts, lane }, new AbortController().signal, () => {});
    },
    [Symbol.asyncDispose]: () => rm(paths.dir, { recursive: true, force: true }),
  };
}
