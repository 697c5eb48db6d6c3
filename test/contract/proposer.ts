// What every Proposer must do, whoever has the ideas.
import { afterAll, describe, expect, test } from 'vitest';
import type { Brief, FixBrief } from '../../controller/brief.ts';
import { proposalSchema, sources } from '../../controller/core/experiment.ts';
import type { Idea } from '../../controller/core/idea.ts';
import { sha256Hex } from '../../controller/intent.ts';
import type { Proposed, Proposer } from '../../controller/ports.ts';

interface ProposerWorld {
  /** The same proposer as a controller has it after a restart: what it told before is in its store at most. */
  open(): Proposer;
  close(): Promise<void>;
}

interface Traits {
  /** What it is asked; its train.py has more ideas than the suite asks for. */
  readonly brief: Brief;
  /** It never has an idea: a person has them. */
  readonly silent?: boolean;
}

const never = new AbortController().signal;

/** `make` gives a proposer that was asked nothing yet. */
export function proposerConforms(
  name: string,
  make: () => Promise<ProposerWorld>,
  { brief, silent = false }: Traits,
): void {
  describe(`${name} is a proposer:`, () => {
    const worlds: ProposerWorld[] = [];
    const begin = async () => {
      const world = await make();
      worlds.push(world);
      return world;
    };
    afterAll(async () => {
      await Promise.all(worlds.map((world) => world.close()));
    });
    const fix: FixBrief = {
      experiment: '000001',
      description: 'a slip',
      trainPy: `${brief.trainPy}\nundefined_name\n`,
      reason: 'name',
      tail: "NameError: name 'undefined_name' is not defined",
    };

    /** What a request brings, whichever way it comes. */
    async function brought(proposer: Proposer, asked: Brief, count: number) {
      const handed: Idea[] = [];
      const proposed = await proposer.propose(asked, count, never, (idea) => handed.push(idea));
      const returned = proposed.kind === 'ideas' ? proposed.ideas : [];
      return { proposed, handed, returned, ideas: [...handed, ...returned] };
    }

    function areOnTip(ideas: readonly Idea[]) {
      for (const [i, idea] of ideas.entries()) {
        expect(idea.base).toBe(brief.tip);
        expect(idea.stackOf).toBeNull();
        expect(sources).toContain(idea.source);
        expect(idea.trainPy).not.toBe(brief.trainPy);
        expect(brief.tried).not.toContain(sha256Hex(idea.trainPy));
        expect(idea.description.trim()).not.toBe('');
        const { edits: _, ...lasting } = idea; // what it was made by is used up when it gets its id
        const stored = { ...lasting, experiment: '000001', program: '', createdMs: 0 };
        const { description, hypothesis } = idea;
        const cut = {
          ...stored,
          description: description.slice(0, 400),
          hypothesis: hypothesis.slice(0, 2000),
        };
        expect(proposalSchema.parse(JSON.parse(JSON.stringify(cut)))).toBeTruthy();
        expect(ideas.findIndex((other) => other.trainPy === idea.trainPy)).toBe(i);
      }
    }

    function tellsWhatToDo(proposed: Proposed) {
      if (proposed.kind !== 'none') throw new Error('there are ideas');
      expect(proposed.sentence).toMatch(/[;.:] ?\S|use |raise |mark /);
      expect(proposed.afterMs ?? 0).toBeGreaterThanOrEqual(0);
      if (!proposed.retry) expect(proposed).not.toHaveProperty('afterMs');
    }

    if (silent)
      test('has no idea, asks to be asked later, and says who has them', async () => {
        const { proposed, handed } = await brought((await begin()).open(), brief, 3);
        expect(proposed).toMatchObject({ kind: 'none', retry: true });
        tellsWhatToDo(proposed);
        expect(handed).toEqual([]);
      });
    else {
      test.each([1, 3])('gives at most %i that are asked for, on the tip and each another', async (count) => {
        const { ideas, handed, returned } = await brought((await begin()).open(), brief, count);
        expect(ideas.length).toBeGreaterThan(0);
        expect(ideas.length).toBeLessThanOrEqual(count);
        areOnTip(ideas);
        for (const idea of handed) expect(returned).not.toContain(idea);
      });

      test('gives ideas also to who takes none before the end', async () => {
        const proposed = await (await begin()).open().propose(brief, 2, never);
        if (proposed.kind !== 'ideas') throw new Error(proposed.sentence);
        expect(proposed.ideas.length).toBeGreaterThan(0);
        areOnTip(proposed.ideas);
      });

      test('proposes nothing that waits already, or was tried', async () => {
        const proposer = (await begin()).open();
        const first = (await brought(proposer, brief, 1)).ideas;
        const next = await brought(proposer, { ...brief, ready: first }, 1);
        areOnTip([...first, ...next.ideas]);
        const tried = [...first, ...next.ideas].map((idea) => sha256Hex(idea.trainPy));
        const third = await brought(proposer, { ...brief, tried: [...brief.tried, ...tried] }, 1);
        for (const idea of third.ideas) expect(tried).not.toContain(sha256Hex(idea.trainPy));
      });

      test('may be asked the same again after a restart', async () => {
        const world = await begin();
        await brought(world.open(), brief, 1);
        const again = await brought(world.open(), brief, 1);
        expect(again.ideas).toHaveLength(1);
        areOnTip(again.ideas);
      });
    }

    test('changes nothing of the brief, which is plain data', async () => {
      const asked = frozen(structuredClone(brief));
      await brought((await begin()).open(), asked, 2);
      expect(JSON.parse(JSON.stringify(asked))).toEqual(JSON.parse(JSON.stringify(brief)));
    });

    test('rejects when it is stopped, before and while it thinks', async () => {
      const world = await begin();
      const before = AbortSignal.abort();
      await expect(world.open().propose(brief, 1, before)).rejects.toThrow();
      if (silent) return;
      const stopping = new AbortController();
      const asked = world.open().propose(brief, 1, stopping.signal, () => {});
      stopping.abort();
      await expect(asked).rejects.toThrow();
    });

    test('repairs a crashed file, or offers nothing', async () => {
      const repaired = await (await begin()).open().fix(fix, never);
      if (repaired === null) return;
      expect(typeof repaired).toBe('string');
      expect(repaired).not.toBe(fix.trainPy);
    });
  });
}

function frozen<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    for (const inner of Object.values(value)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
