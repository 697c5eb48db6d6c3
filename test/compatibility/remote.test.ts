// Results in S3 and a frontier on a remote, begun by an older release on a machine that vanished.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../controller/wiring/store.ts';
import { autoresearch } from '../cli/command.ts';
import { type GitServer, serveHttp } from '../git/http.ts';
import { type Gateway, openGateway } from '../s3/gateway.ts';
import { asWrittenToday, besideHarnessOf, commitsOn, keptIn, letGo, RELEASES, unpack } from './recorded.ts';

const RUN = ['dev', '--clock', 'virtual', '--budget', '0.5s', '--plain', '--experiments', '6'];

describe.each(RELEASES)('a lane of %s in S3 and on a remote', (release) => {
  let gateway: Gateway;
  let server: GitServer;
  let home: string;
  let far: string[];
  let rows: string;
  let store: Awaited<ReturnType<typeof openStore>>;
  beforeAll(async () => {
    gateway = await openGateway();
    home = await mkdtemp(join(tmpdir(), 'remote-'));
    await unpack(release, 'remote', home);
    server = await serveHttp(home);
    const url = `s3://${gateway.bucket()}/lab`;
    const at = { url, endpoint: gateway.endpoint, region: '', pathStyle: null, singleWriter: false };
    store = await openStore(at, '');
    await upload(join(home, 'bucket'));
    rows = asWrittenToday(await stored('main/results.tsv'));
    far = ['--store', url, '--endpoint', gateway.endpoint, '--frontier', server.url('lab.git')];
  }, 1_800_000);
  afterAll(async () => {
    await Promise.all([gateway?.close(), server?.close()]);
    await rm(home, { recursive: true, force: true });
  });

  const stored = async (key: string) => new TextDecoder().decode((await store.get(key))!);
  const upload = async (folder: string) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((one) => one.isFile())) {
      const path = join(entry.parentPath, entry.name);
      await store.put(path.slice(folder.length + 1), await readFile(path));
    }
  };
  let machines = 0;
  const machine = () => ['--dir', join(home, `machine-${machines++}`), ...far];
  const attempts = () => store.list('main/experiments/000005/1/');

  test('opens on another machine: its rows are told, and made anew, to the byte', async () => {
    const list = await autoresearch('list', '-o', 'tsv', ...machine());
    expect(`${list.out}\n`, list.err).toBe(rows);
    const rebuilt = await autoresearch('rebuild', ...machine());
    expect(rebuilt.err).toContain('5 rows, it differed from what was there'); // a column came later
    expect(await stored('main/results.tsv')).toBe(rows);
    expect((await autoresearch('rebuild', ...machine())).err).toContain('5 rows, as it was, to the byte');
    expect((await autoresearch('logs', '1', ...machine())).out).toContain('val_bpb:');
  });

  test('is told to begin a new lane before a run is spent under another supervisor', async () => {
    const before = await attempts();
    const said = await autoresearch(...RUN, ...machine());
    expect(said.code).toBe(3);
    expect(said.err).toMatch(
      /lane main stops: (?:(?:prepare|supervise|data) was [0-9a-f]{16}, is (?:[0-9a-f]{16}|v\d+)(?:; )?)+\. .*begin a new lane/,
    );
    expect(await stored('main/results.tsv')).toBe(rows);
    expect(await attempts()).toEqual(before);
  });

  test('goes on under the supervisor that began it, and keeps its chain of commits', async () => {
    const before = commitsOn(join(home, 'lab.git'));
    const main = await besideHarnessOf(release, join(home, 'beside'));
    const at = machine();
    const going = execa(process.execPath, [main, ...RUN, ...at], { reject: false });
    await letGo(join(at[1]!, 'runs', 'main-000005-a1', 'work'), going);
    const { exitCode, stderr } = await going;
    expect(exitCode, stderr).toBe(0);
    const after = await stored('main/results.tsv');
    expect(after.startsWith(rows)).toBe(true);
    expect(after.trimEnd().split('\n')).toHaveLength(8);
    const commits = commitsOn(join(home, 'lab.git'));
    expect(commits.slice(0, before.length)).toEqual(before);
    expect(commits).toEqual(keptIn(after));
  });
});
