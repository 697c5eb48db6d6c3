// A lane on disk whose runs are in memory: what the command reads, without a trainer and without waiting.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { GitFrontier } from '../../controller/adapters/git/frontier.ts';
import type { Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { LaneEvent } from '../../controller/loop/observer.ts';
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
  /** The same, until something holds it up: the sentence that it says then; null where nothing does. */
  heldUp(experiments: number): Promise<string | null>;
}

/** `lost`: the experiment that the machine loses. `bpbOf`: what each is measured to have; else each has less than the one before. `from`: the folder that it is a copy of. */
export async function storedLane({
  lost = '',
  bpbOf = (n: number) => 2.5 - n / 100,
  from = '',
} = {}): Promise<StoredLane> {
  const paths = new LanePaths(await mkdtemp(join(tmpdir(), 'stored-')));
  if (from) await cp(from, paths.dir, { recursive: true });
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
  const laneOf = (experiments: number) => ({ ...quick, limits: { ...quick.limits, experiments } });
  return {
    dir: paths.dir,
    paths,
    run: (experiments) =>
      runLane({ ...parts, lane: laneOf(experiments) }, new AbortController().signal, () => {}),
    async heldUp(experiments) {
      const ending = new AbortController();
      let said: string | null = null;
      const happened = (event: LaneEvent) => {
        if (event.kind !== 'trouble' && event.kind !== 'held') return;
        said = event.sentence;
        ending.abort();
      };
      const context = { ...parts, lane: laneOf(experiments), observer: { happened, turn() {} } };
      const { reason, sentence } = await runLane(context, ending.signal, () => {});
      return said ?? (reason === 'limit' ? null : sentence);
    },
    [Symbol.asyncDispose]: () => rm(paths.dir, { recursive: true, force: true }),
  };
}
