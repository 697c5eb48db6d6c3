// What every Store must do, run against each adapter and against the memory store.
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Store } from '../../controller/ports.ts';

/** A place for objects that several stores can be opened on, as controllers do one after another. */
interface StoreWorld {
  open(): Store;
  close(): Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (got: Uint8Array | null) => got && new TextDecoder().decode(got);

/** `make` gives an empty place each time. `racers`: how many writers race for one key. */
export function storeConforms(name: string, make: () => Promise<StoreWorld>, racers = 20): void {
  describe(`${name} is a store:`, () => {
    const worlds: StoreWorld[] = [];
    const begin = async () => {
      const world = await make();
      worlds.push(world);
      return world;
    };
    afterAll(async () => {
      await Promise.all(worlds.map((world) => world.close()));
    });

    test('what was never written is null, and lists as nothing', async () => {
      const store = (await begin()).open();
      expect(await store.get('lane/none.json')).toBeNull();
      expect(await store.list('lane/')).toEqual([]);
      expect(await store.list('')).toEqual([]);
    });

    test.each([
      ['no bytes', new Uint8Array()],
      ['every byte', Uint8Array.from({ length: 256 }, (_, i) => i)],
      ['three megabytes', new Uint8Array(3 << 20).fill(7)],
    ])('gives back %s', async (_, written) => {
      const world = await begin();
      const store = world.open();
      expect(await store.putIfAbsent('a/b/first', written)).toBe(true);
      await store.put('a/b/second', written);
      for (const key of ['a/b/first', 'a/b/second']) {
        expect(Buffer.compare((await world.open().get(key))!, written)).toBe(0);
      }
    });

    test('put replaces; putIfAbsent leaves what is there and says so', async () => {
      const store = (await begin()).open();
      expect(await store.putIfAbsent('x/once', bytes('first'))).toBe(true);
      expect(await store.putIfAbsent('x/once', bytes('second'))).toBe(false);
      expect(text(await store.get('x/once'))).toBe('first');
      await store.put('x/once', bytes('third, and longer'));
      expect(text(await store.get('x/once'))).toBe('third, and longer');
      await store.put('x/once', bytes('4'));
      expect(text(await store.get('x/once'))).toBe('4');
    });

    test('lists the names directly below a prefix, sorted, folders with a slash', async () => {
      const store = (await begin()).open();
      for (const key of ['l/b', 'l/a/2', 'l/a/1/deep', 'l/c', 'm/z', 'l/a-b', 'top'])
        await store.put(key, bytes(key));
      expect(await store.list('l/')).toEqual(['a-b', 'a/', 'b', 'c']);
      expect(await store.list('l/a/')).toEqual(['1/', '2']);
      expect(await store.list('')).toEqual(['l/', 'm/', 'top']);
      expect(await store.list('l/b/')).toEqual([]);
      expect(await store.get('l/a')).toBeNull();
      expect(await store.get('l/b/c')).toBeNull();
    });

    test('bytes belong to their owner: changing them later changes nothing in the store', async () => {
      const store = (await begin()).open();
      const mine = bytes('mine');
      await store.put('o', mine);
      mine.fill(0);
      (await store.get('o'))!.fill(0);
      expect(text(await store.get('o'))).toBe('mine');
    });

    test('of many writers of one key exactly one is told that it wrote, and its bytes are there', async () => {
      const world = await begin();
      for (const key of ['race/deep/er/a', 'race/deep/er/b', 'race/c']) {
        const answers = await Promise.all(
          Array.from({ length: racers }, (_, i) => world.open().putIfAbsent(key, bytes(`writer ${i}`))),
        );
        expect(answers.filter(Boolean)).toHaveLength(1);
        expect(text(await world.open().get(key))).toBe(`writer ${answers.indexOf(true)}`);
      }
      expect(await world.open().list('race/')).toEqual(['c', 'deep/']);
    });

    test('many different keys written at once are all there', async () => {
      const world = await begin();
      const names = Array.from({ length: racers * 3 }, (_, i) => `k${String(i).padStart(3, '0')}`);
      await Promise.all(names.map((n, i) => world.open().putIfAbsent(`many/${n}`, bytes(String(i)))));
      expect(await world.open().list('many/')).toEqual(names);
      const got = await Promise.all(names.map((n) => world.open().get(`many/${n}`)));
      expect(got.map(text)).toEqual(names.map((_, i) => String(i)));
    });

    test('a reader of an object that is being replaced sees the old bytes or the new ones', async () => {
      const world = await begin();
      const versions = [new Uint8Array(200_000).fill(1), new Uint8Array(300_000).fill(2)];
      await world.open().put('v', versions[0]!);
      const writing = (async () => {
        for (let i = 1; i <= 10; i++) await world.open().put('v', versions[i % 2]!);
      })();
      const reading = (async () => {
        for (let i = 0; i < 40; i++) {
          const seen = (await world.open().get('v'))!;
          expect(versions.some((version) => Buffer.compare(version, seen) === 0)).toBe(true);
        }
      })();
      await Promise.all([writing, reading]);
    });

    const refused = [
      '',
      '/',
      '/a',
      'a/',
      'a//b',
      '..',
      'a/../b',
      './a',
      'a/.hidden',
      'a\0b',
      'a\\b',
      'a b',
      'ü',
      'a\n',
      '-a',
    ];
    test.each(refused)('refuses the key %j', async (key) => {
      const store = (await begin()).open();
      await expect(store.get(key)).rejects.toThrow(/is not a store key/);
      await expect(store.put(key, bytes('x'))).rejects.toThrow(/is not a store key/);
      await expect(store.putIfAbsent(key, bytes('x'))).rejects.toThrow(/is not a store key/);
      if (key !== '')
        await expect(store.list(key.endsWith('/') ? `${key}/` : key)).rejects.toThrow(/is not a store key/);
      expect(await store.list('')).toEqual([]);
    });

    test('agrees with a map over any sequence of writes', async () => {
      const key = fc.constantFrom('p/a', 'p/b', 'p/q/c', 'p/q/r/d', 'e');
      const step = fc.record({ key, once: fc.boolean(), value: fc.uint8Array({ maxLength: 20 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const world = await make();
          const model = new Map<string, Uint8Array>();
          for (const { key, once, value } of steps) {
            const store = world.open();
            if (!once) await store.put(key, value);
            else expect(await store.putIfAbsent(key, value)).toBe(!model.has(key));
            if (!once || !model.has(key)) model.set(key, value);
          }
          for (const prefix of ['', 'p/', 'p/q/', 'p/q/r/']) {
            const below = [...model.keys()]
              .filter((k) => k.startsWith(prefix))
              .map((k) => k.slice(prefix.length));
            const names = below.map((k) => (k.includes('/') ? k.slice(0, k.indexOf('/') + 1) : k));
            expect(await world.open().list(prefix)).toEqual([...new Set(names)].sort());
          }
          for (const [key, value] of model)
            expect(Buffer.compare((await world.open().get(key))!, value)).toBe(0);
          await world.close();
        }),
        { numRuns: 30 },
      );
    });
  });
}
