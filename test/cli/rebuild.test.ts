// `rebuild` beside a controller that decides meanwhile.
import { readFile } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { DirectoryStore } from '../../controller/adapters/directory/store.ts';
import { rebuild } from '../../controller/cli/read/export.ts';
import { type StoredLane, storedLane } from './stored.ts';

afterEach(() => void vi.restoreAllMocks());

/** Before each of the first `times` writes of results.tsv by others than itself, the controller decides one more. */
function controllerBeside(lane: StoredLane, decided: number, times: number): void {
  const { put } = DirectoryStore.prototype;
  let [experiments, works] = [decided, false];
  vi.spyOn(DirectoryStore.prototype, 'put').mockImplementation(async function (
    this: DirectoryStore,
    key,
    bytes,
  ) {
    if (key === 'main/results.tsv' && !works && experiments < decided + times) {
      works = true;
      await lane.run(++experiments);
      works = false;
    }
    return put.call(this, key, bytes);
  });
}

async function rows(lane: StoredLane): Promise<number> {
  return (await readFile(lane.paths.results('main'), 'utf8')).trim().split('\n').length - 1;
}

test('leaves the rows of what was decided after it had read the lane', async () => {
  await using lane = await storedLane();
  await lane.run(2);
  controllerBeside(lane, 2, 2);
  await rebuild({ dir: lane.dir });
  expect(await rows(lane)).toBe(5);
});

test('gives up on a lane that changes at every look, and says what to do', async () => {
  await using lane = await storedLane();
  await lane.run(0);
  controllerBeside(lane, 0, 100);
  await expect(rebuild({ dir: lane.dir })).rejects.toThrow(
    /decided while results.tsv was written, 5 times in a row; .* run rebuild again/,
  );
});
