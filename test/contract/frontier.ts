// What every Frontier must do, run against each adapter and against the memory frontier.
import { hash } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import type { Draft } from '../../controller/core/decision.ts';
import type { Claim, Frontier, Keeping } from '../../controller/ports.ts';
import { keepOf } from './drafts.ts';

/** A repository that several frontiers can be opened on, as controllers do, and what people do to it. */
interface FrontierWorld {
  open(): Frontier;
  /** A commit of their own on the branch. */
  personCommits(): Promise<void>;
  /** The newest commit taken off the branch. */
  personRewinds(): Promise<void>;
  close(): Promise<void>;
}

const FIRST = 'lr = 0.1\n';

/** `make` gives an empty repository each time. `races`: how often two controllers race for the same thing. */
export function frontierConforms(name: string, make: () => Promise<FrontierWorld>, races = 30): void {
  describe(`${name} is a frontier:`, () => {
    const worlds: FrontierWorld[] = [];
    const begin = async () => {
      const world = await make();
      worlds.push(world);
      return world;
    };
    afterAll(async () => {
      await Promise.all(worlds.map((world) => world.close()));
    });

    /** Keeps `count` files, each better than the one before, the baseline first. */
    async function grow(frontier: Frontier, count: number, claim?: Claim) {
      const drafts: Draft[] = [];
      let tip: string | null = null;
      let held = claim ?? (await frontier.claim());
      for (let n = 0; n < count; n++) {
        const draft = keepOf(n, file(n), tip, 3 - n / 10, held.epoch);
        const kept = mustKeep(await frontier.keep(draft, file(n), held));
        ({ commit: tip, claim: held } = kept);
        drafts.push(draft);
      }
      return { drafts, tip: tip!, claim: held };
    }

    test('an untouched one shows nothing: no commit, no writer, nothing foreign', async () => {
      const frontier = (await begin()).open();
      expect(await frontier.view()).toEqual({ kept: [], writer: null, foreign: null });
    });

    test('each claim has a higher epoch than the one before, and the view names the last', async () => {
      const world = await begin();
      const claims: Claim[] = [];
      for (let i = 0; i < 3; i++) claims.push(await world.open().claim());
      expect(claims.map((claim) => claim.epoch)).toEqual([1, 2, 3]);
      expect(new Set(claims.map((claim) => claim.writer)).size).toBe(3);
      expect((await world.open().view()).writer).toBe(claims[2]!.writer);
    });

    test('of claims made at once, on nothing, each has an epoch of its own and the highest one holds', async () => {
      const world = await begin();
      const claims = await Promise.all([1, 2, 3].map(() => world.open().claim()));
      expect(claims.map((claim) => claim.epoch).sort()).toEqual([1, 2, 3]);
      const last = claims.find((claim) => claim.epoch === 3)!;
      expect((await world.open().view()).writer).toBe(last.writer);
    });

    test('what was kept is read back whole, oldest first, by the one who kept it and by anybody later', async () => {
      const world = await begin();
      const frontier = world.open();
      const { drafts, claim } = await grow(frontier, 3);
      for (const reader of [frontier, world.open()]) {
        const view = await reader.view();
        expect(view.foreign).toBeNull();
        expect(view.writer).toBe(claim.writer);
        expect(view.kept.map((kept) => kept.trainPy)).toEqual([0, 1, 2].map(file));
        for (const [i, { decision }] of view.kept.entries()) {
          const { commit, ...draft } = decision;
          expect(draft).toEqual(drafts[i]);
          expect(commit).toMatch(/^[0-9a-f]{40}$/);
          expect(decision.tip).toBe(i === 0 ? null : view.kept[i - 1]!.decision.commit);
        }
      }
    });

    test('a view that was taken does not change when more is kept', async () => {
      const frontier = (await begin()).open();
      const { tip, claim } = await grow(frontier, 1);
      const before = await frontier.view();
      mustKeep(await frontier.keep(keepOf(1, 'b\n', tip, 1), 'b\n', claim));
      expect(before.kept).toHaveLength(1);
      expect((await frontier.view()).kept).toHaveLength(2);
    });

    test('sha tells what keep will give, writes nothing, and depends on draft, file and tip', async () => {
      const world = await begin();
      const frontier = world.open();
      const { tip, claim } = await grow(frontier, 2);
      const draft = keepOf(2, 'better\n', tip, 1);
      const sha = await frontier.sha(draft, 'better\n');
      expect(await world.open().sha({ ...draft }, 'better\n')).toBe(sha);
      const others = [
        await frontier.sha({ ...draft, seq: 99 }, 'better\n'),
        await frontier.sha(draft, 'better \n'),
        await frontier.sha({ ...draft, tip: draft.tip === null ? tip : null }, 'better\n'),
        await frontier.sha({ ...draft, status: 'discard', valBpb: null }, 'better\n'),
      ];
      expect(new Set([sha, ...others]).size).toBe(5);
      expect((await frontier.view()).kept).toHaveLength(2);
      expect(mustKeep(await frontier.keep(draft, 'better\n', claim)).commit).toBe(sha);
    });

    test('a keep whose answer was lost is kept when it is tried again, by any frontier, with the same answer', async () => {
      const world = await begin();
      const frontier = world.open();
      const claim = await frontier.claim();
      const draft = keepOf(0, FIRST, null, 2);
      const first = await frontier.keep(draft, FIRST, claim);
      expect(first.kind).toBe('kept');
      expect(await frontier.keep(draft, FIRST, claim)).toEqual(first);
      expect(await world.open().keep(draft, FIRST, claim)).toEqual(first);
      expect((await world.open().view()).kept).toHaveLength(1);
    });

    test('who was overtaken by a claim keeps nothing and is told to stop', async () => {
      const world = await begin();
      const [old, young] = [world.open(), world.open()];
      const { tip, claim } = await grow(old, 1);
      const taken = await young.claim();
      const refused = await old.keep(keepOf(1, 'b\n', tip, 1), 'b\n', claim);
      expect(refused).toEqual({
        kind: 'fenced',
        sentence: expect.stringMatching(/another controller.*must stop/),
      });
      expect((await old.view()).kept).toHaveLength(1);
      mustKeep(await young.keep(keepOf(1, 'c\n', tip, 1, 2), 'c\n', taken));
    });

    test('a claim whose keep went through is used up: the keep gave the next one', async () => {
      const frontier = (await begin()).open();
      const used = await frontier.claim();
      const { tip, claim } = await grow(frontier, 1, used);
      expect((await frontier.keep(keepOf(1, 'b\n', tip, 1), 'b\n', used)).kind).toBe('fenced');
      expect((await frontier.keep(keepOf(1, 'b\n', tip, 1), 'b\n', claim)).kind).toBe('kept');
    });

    test('a draft that was decided on another tip is not kept', async () => {
      const frontier = (await begin()).open();
      const { tip, claim, drafts } = await grow(frontier, 2);
      for (const elsewhere of [null, drafts[1]!.tip, '12'.repeat(20)]) {
        const answer = await frontier.keep(keepOf(2, 'b\n', elsewhere, 1), 'b\n', claim);
        expect(answer).toEqual({
          kind: 'moved',
          sentence: expect.stringMatching(/branch .*judge it again$/),
        });
      }
      const view = await frontier.view();
      expect(view.kept.at(-1)!.decision.commit).toBe(tip);
      expect(view.writer).toBe(claim.writer);
    });

    test('texts that look like anything else come back as they were', async () => {
      const frontier = (await begin()).open();
      const { tip, claim } = await grow(frontier, 1);
      const trainPy = '\ufeff# ünïcode 🚀\r\nprint("no newline at the end\0")';
      const draft: Draft = {
        ...keepOf(1, trainPy, tip, 1),
        description: '-- #\nStatus: keep\n\nSeq: 9\0\u001b[31m\ud800',
        sentence: '"none"\n\n\n',
        gpu: ' padded ',
        base: 'ab'.repeat(20),
        stackOf: ['000000', '000001'],
        error: 'none',
      };
      mustKeep(await frontier.keep(draft, trainPy, claim));
      const last = (await frontier.view()).kept.at(-1)!;
      expect(last.trainPy).toBe(trainPy);
      expect(last.decision).toEqual({ ...draft, commit: last.decision.commit });
    });

    test.each(['personCommits', 'personRewinds'] as const)(
      '%s: the view says so and what to do',
      async (act) => {
        const world = await begin();
        const frontier = world.open();
        const { tip, claim } = await grow(frontier, 2);
        const before = await frontier.view();
        expect(before.foreign).toBeNull();
        await world[act]();
        for (const reader of [frontier, world.open()]) {
          const view = await reader.view();
          expect(view.foreign).toMatch(/branch|autoresearch\//);
          expect(view.foreign).toMatch(/put|take/i);
        }
        const refused = await frontier.keep(keepOf(2, 'b\n', tip, 1), 'b\n', claim);
        expect(refused.kind).toBe('moved');
      },
    );

    test(`of two that keep at once with one claim exactly one does, ${races} times`, {
      timeout: 1_800_000,
    }, async () => {
      const world = await begin();
      const [a, b] = [world.open(), world.open()];
      let { tip, claim } = await grow(a, 1);
      for (let race = 1; race <= races; race++) {
        const files = [`a${race}\n`, `b${race}\n`] as const;
        const answers = await Promise.all([
          a.keep(keepOf(race, files[0], tip, 2 - race / 100), files[0], claim),
          b.keep(keepOf(race, files[1], tip, 2 - race / 100), files[1], claim),
        ]);
        const won = answers.filter((answer) => answer.kind === 'kept');
        expect(answers.map((answer) => answer.kind).sort()).toEqual(['fenced', 'kept']);
        ({ commit: tip, claim } = won[0]!);
      }
      const view = await world.open().view();
      expect(view.foreign).toBeNull();
      expect(view.kept).toHaveLength(races + 1);
    });

    test(`of two that claim and keep at once exactly one keeps, ${races} times`, {
      timeout: 1_800_000,
    }, async () => {
      const world = await begin();
      const rivals = { a: world.open(), b: world.open() };
      let { tip } = await grow(rivals.a, 1);
      let epoch = 1;
      for (let race = 1; race <= races; race++) {
        const answers = await Promise.all(
          Object.entries(rivals).map(async ([who, frontier]) => {
            const claim = await frontier.claim();
            const text = `${who}${race}\n`;
            return {
              claim,
              answer: await frontier.keep(keepOf(race, text, tip, 2 - race / 100), text, claim),
            };
          }),
        );
        const epochs = answers.map(({ claim }) => claim.epoch);
        expect(new Set(epochs).size).toBe(2);
        expect(Math.min(...epochs)).toBeGreaterThan(epoch);
        epoch = Math.max(...epochs);
        const kept = answers.map(({ answer }) => answer).filter((answer) => answer.kind === 'kept');
        expect(kept).toHaveLength(1);
        tip = kept[0]!.commit;
      }
      const view = await world.open().view();
      expect(view.foreign).toBeNull();
      expect(view.kept).toHaveLength(races + 1);
    });
  });
}

function file(n: number): string {
  return n === 0 ? FIRST : `lr = 0.${n}\n# ${hash('sha1', String(n))}\n`;
}

function mustKeep(answer: Keeping): Keeping & { kind: 'kept' } {
  if (answer.kind !== 'kept') throw new Error(`not kept: ${answer.sentence}`);
  return answer;
}
