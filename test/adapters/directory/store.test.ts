import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnusableDirectory } from '../../../controller/adapters/directory/errors.ts';
import { DirectoryStore } from '../../../controller/adapters/directory/store.ts';
import { storeConforms } from '../../contract/store.ts';
import { MemoryStore } from '../../memory/store.ts';

storeConforms('memory', async () => {
  const store = new MemoryStore();
  return { open: () => store, close: async () => {} };
});

storeConforms('a directory', async () => {
  const root = await mkdtemp(join(tmpdir(), 'store-'));
  return { open: () => new DirectoryStore(root), close: () => rm(root, { recursive: true }) };
});

const FILE =
  /file(, not a folder| is where a folder should be) .*; move it away, or choose another folder with --dir$/;
const FOLDER = /a folder is where a file should be .*; move it away, or choose another file$/;

describe('the directory store', () => {
  let home: string;
  let count = 0;
  const fresh = () => join(home, String(count++));
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'store-'));
  });
  afterAll(() => rm(home, { recursive: true }));

  test('a writer killed at any moment leaves whole objects, no empty folder, and nothing that lists', async () => {
    const root = fresh();
    for (let life = 0; life < 4; life++) {
      const script = join(import.meta.dirname, '../../fixtures/store/writer.ts');
      const child = spawn(process.execPath, [script, root, `life${life}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      await once(child.stdout, 'data');
      const store = new DirectoryStore(root);
      while (!(await store.list('l/')).some((name) => name.startsWith(`life${life}-${3 + life * 4}`)));
      child.kill('SIGKILL');
      await exited;
    }
    const store = new DirectoryStore(root);
    expect(await store.list('')).toEqual(['l/']);
    const names = await store.list('l/');
    expect(names.length).toBeGreaterThan(35);
    for (const name of names) {
      if (name !== 'view') expect(await store.list(`l/${name}`)).toEqual(['1/']);
      const object = (await store.get(name === 'view' ? 'l/view' : `l/${name}1/result.json`))!;
      expect(object.length).toBe(65_536);
      expect(new Set(object).size).toBe(1);
    }
  });

  test('drafts left by a killed writer are swept when they are an hour old, younger ones stay', async () => {
    const root = fresh();
    const drafts = join(root, '.drafts');
    await mkdir(join(drafts, 'old.folder', 'x'), { recursive: true });
    for (const name of ['old', 'young']) await writeFile(join(drafts, name), 'half an obj');
    const twoHoursAgo = new Date(Date.now() - 7_200_000);
    for (const name of ['old', 'old.folder']) await utimes(join(drafts, name), twoHoursAgo, twoHoursAgo);
    const store = new DirectoryStore(root);
    await store.put('a/b', new Uint8Array(1));
    expect(await readdir(drafts)).toEqual(['young']);
    expect(await store.list('')).toEqual(['a/']);
  });

  test('what lies in a folder called sealed is open to its owner alone, and all else as the umask says', async () => {
    const root = fresh();
    const store = new DirectoryStore(root);
    await store.putIfAbsent('lane/sealed/seed', new Uint8Array(1));
    await store.put('lane/sealed/again', new Uint8Array(1));
    await store.put('lane/results.tsv', new Uint8Array(1));
    const open = process.umask();
    for (const [name, mode] of [
      ['sealed', 0o700],
      ['sealed/seed', 0o600],
      ['sealed/again', 0o600],
      ['', 0o777 & ~open],
      ['results.tsv', 0o666 & ~open],
    ] as const)
      expect([name, (await stat(join(root, 'lane', name))).mode & 0o777]).toEqual([name, mode]);
  });

  test.each([
    ['a file stands in the place of the directory', (root: string) => writeFile(root, ''), FILE],
    [
      'a file stands in the place of a folder',
      async (root: string) => {
        await mkdir(root);
        await writeFile(join(root, 'lane'), '');
      },
      FILE,
    ],
    [
      'a folder stands in the place of the object',
      (root: string) => mkdir(join(root, 'lane/o'), { recursive: true }),
      FOLDER,
    ],
  ])('when %s a write fails with what to do, and leaves no draft', async (_, spoil, sentence) => {
    const root = fresh();
    await spoil(root);
    const store = new DirectoryStore(root);
    for (const write of ['put', 'putIfAbsent'] as const) {
      const error = await store[write]('lane/o', new Uint8Array(1)).catch((e) => e);
      expect(error).toBeInstanceOf(UnusableDirectory);
      expect(error.message).toMatch(sentence);
    }
    expect(await readdir(join(root, '.drafts')).catch(() => [])).toEqual([]);
  });

  test('a write that the disk cuts off leaves the old bytes, no draft, and says what to do', async () => {
    const root = fresh();
    const store = new DirectoryStore(root);
    await store.put('l/view', new TextEncoder().encode('old'));
    const script = `
      import { DirectoryStore } from ${JSON.stringify(join(import.meta.dirname, '../../../controller/adapters/directory/store.ts'))};
      await new DirectoryStore(${JSON.stringify(root)}).put('l/view', new Uint8Array(1 << 20)).catch((e) => console.log(e.name, e.code, e.message));`;
    const limited = [
      '-c',
      'ulimit -f 64; exec "$0" --input-type=module-typescript -e "$1"',
      process.execPath,
      script,
    ];
    const { stdout } = spawnSync('sh', limited, { encoding: 'utf8' });
    expect(stdout).toMatch(/^UnusableDirectory EFBIG .*raise the limit with `ulimit -f`/);
    expect(await readFile(join(root, 'l/view'), 'utf8')).toBe('old');
    expect(await readdir(join(root, '.drafts'))).toEqual([]);
  });

  test.each([
    ['ENOSPC', /the disk is full \(ENOSPC\); free some space/],
    ['EROFS', /read-only \(EROFS\); mount it for writing/],
    ['EACCES', /may not use it \(EACCES\); change its owner or mode/],
    ['EWEIRD', /the system says "Error: boom"; fix that/],
  ])('%s becomes a sentence that ends with what to do', (code, sentence) => {
    const error = new UnusableDirectory('/data/store', Object.assign(new Error('boom'), { code }));
    expect(error.message).toMatch(/^\/data\/store cannot be used: /);
    expect(error.message).toMatch(sentence);
    expect(error.code).toBe(code);
  });
});
