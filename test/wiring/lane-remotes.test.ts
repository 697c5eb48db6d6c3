// Where lanes live, by what was noted of each and by what is named now.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { remoteSettings } from '../../controller/settings/remotes.ts';
import { noteRemotes, remotesOf, remotesToRun } from '../../controller/wiring/lane-remotes.ts';
import { LanePaths } from '../../controller/wiring/paths.ts';

const FAR = { store: 's3://bucket/lab', frontier: 'ssh://git@host/lab.git' };
const urls = async (places: ReturnType<typeof remotesOf>) => {
  const { store, frontier } = await places;
  return [store.url, frontier.url];
};

/** A folder of lanes that were begun with these places. */
async function begun(lanes: Readonly<Record<string, Partial<typeof FAR>>>): Promise<LanePaths> {
  const paths = new LanePaths(await mkdtemp(join(tmpdir(), 'remotes-')));
  onTestFinished(() => rm(paths.dir, { recursive: true }));
  for (const [lane, flags] of Object.entries(lanes)) await noteRemotes(paths, lane, remoteSettings(flags));
  return paths;
}

test.each([[['here', 'there']], [['there', 'here']]])(
  'a lane of this machine and one that lives elsewhere are run apart, in either order: %j',
  async (lanes) => {
    const paths = await begun({ here: {}, there: FAR });
    await expect(remotesToRun(paths, lanes, remoteSettings({}))).rejects.toThrow(
      'lane here was begun with its store on this machine, and another lane was not; run each with --lane alone',
    );
  },
);

test('lanes of one place are run there, with one that is begun now', async () => {
  const paths = await begun({ a: FAR, b: FAR });
  expect(await urls(remotesToRun(paths, ['a', 'new', 'b'], remoteSettings({})))).toEqual(Object.values(FAR));
});

test.each([
  ['nothing', {}],
  ['the store alone', { store: FAR.store }],
  ['the frontier alone', { frontier: FAR.frontier }],
])('a lane that lives elsewhere is read there by who names %s', async (_, flags) => {
  const paths = await begun({ main: FAR });
  expect(await urls(remotesOf(paths, 'main', remoteSettings(flags)))).toEqual(Object.values(FAR));
});

test('who names another place reads nothing of the one that was noted', async () => {
  const paths = await begun({ main: FAR });
  const other = remoteSettings({ store: 's3://other' });
  expect(await urls(remotesOf(paths, 'main', other))).toEqual(['s3://other', '']);
});
