// What a proposer is told: plain data, so that a request can be kept in a file and its prompt made again.
import { describe, expect, test } from 'vitest';
import { type Brief, RUNS_TOLD } from '../../controller/brief.ts';
import { keys } from '../../controller/core/keys.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { standing } from '../../controller/llm/history.ts';
import { promptForIdea } from '../../controller/llm/prompt.ts';
import { utf8 } from '../../controller/std/text.ts';
import { appending, laneOf, SLIP } from '../memory/lane.ts';

/** The briefs of a lane of so many experiments, in the order in which they were told. */
async function briefsOf(experiments: number, slips: readonly number[] = []): Promise<Brief[]> {
  const briefs: Brief[] = [];
  const lane = laneOf({
    rules: { limits: { experiments, gpuHours: null, usd: null } },
    parts: () => ({
      proposer: {
        async propose(brief, count, signal) {
          briefs.push(brief);
          if (!slips.includes(brief.next)) return appending.propose(brief, count, signal);
          const idea = { description: `slip ${brief.next}`, hypothesis: '', source: 'builtin' } as const;
          const trainPy = `${brief.trainPy}${SLIP}`;
          return { kind: 'ideas', ideas: [{ ...idea, base: brief.tip, trainPy, stackOf: null }] };
        },
        fix: async () => null,
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  return briefs;
}

test('a prompt is the same again from a brief that was kept as JSON', async () => {
  const told = (await briefsOf(9)).at(-1)!;
  const brief: Brief = {
    ...told,
    guidance: 'be bold\n',
    open: ['WIDTH: runs'],
    ready: [
      { ...told.past[0]!, source: 'anthropic', hypothesis: 'h', base: told.tip, trainPy: 'x', stackOf: null },
    ],
  };
  const kept = JSON.parse(JSON.stringify(brief)) as Brief;
  expect(kept).toEqual({ ...brief, tried: [...brief.tried] });
  const turn = { kind: 'rewrite', ideas: 3, ready: ['DEPTH: waits'] } as const;
  expect(promptForIdea(kept, turn)).toEqual(promptForIdea(brief, turn));
  expect(promptForIdea(kept, turn).user).toContain('<runs>');
});

test('a brief tells how the newest runs went and no older ones, oldest first', async () => {
  const { past, ran } = (await briefsOf(RUNS_TOLD + 3)).at(-1)!;
  expect(past.length).toBeGreaterThan(RUNS_TOLD);
  expect(ran.map((run) => run.experiment)).toEqual(past.slice(-RUNS_TOLD).map((one) => one.experiment));
});

test('a result that cannot be read any more is left out of a brief, and the lane goes on', async () => {
  const briefs: Brief[] = [];
  const lane = laneOf({
    rules: { limits: { experiments: 3, gpuHours: null, usd: null } },
    parts: ({ store }) => ({
      store: {
        get: async (key) =>
          key === keys.attempt('main', '000001', 1, 'result.json') ? utf8('{"n":1,') : store.get(key),
        putIfAbsent: (key, bytes) => store.putIfAbsent(key, bytes),
        put: (key, bytes) => store.put(key, bytes),
        list: (prefix) => store.list(prefix),
      },
      proposer: {
        ...appending,
        async propose(brief, count, signal) {
          briefs.push(brief);
          return appending.propose(brief, count, signal);
        },
      },
    }),
  });
  expect((await lane.run()).reason).toBe('limit');
  expect(briefs.at(-1)!.past.map((one) => one.experiment)).toEqual(['000000', '000001', '000002']);
  expect(briefs.at(-1)!.ran.map((one) => one.experiment)).toEqual(['000000', '000002']);
});

test('a brief names every file that was tried: the baseline, the kept and the crashed', async () => {
  const briefs = await briefsOf(3, [2]);
  const { tried, past } = briefs.at(-1)!;
  expect(past.map((one) => one.status)).toEqual(['keep', 'keep', 'crash']);
  const files = ['print(1)\n', 'print(1)\n# 1\n', `print(1)\n# 1\n${SLIP}`];
  expect([...tried].sort()).toEqual(files.map((file) => sha256Hex(file)).sort());
});

describe('of a history too long to be told', () => {
  const MANY = 1003;
  const KEPT = [1, 2, 150];
  /** The last brief of each of two controllers: the second begins where the first found no more ideas. */
  const told = async () => {
    const briefs: Brief[] = [];
    const lane = laneOf({
      rules: { limits: { experiments: null, gpuHours: null, usd: null } },
      parts: () => ({
        proposer: {
          async propose(brief) {
            briefs.push(brief);
            if (brief.next > MANY) return { kind: 'none', sentence: 'no more', retry: false };
            const idea = { description: `edit ${brief.next}`, hypothesis: `why ${brief.next}` };
            const trainPy = `${brief.trainPy}${KEPT.includes(brief.next) ? '' : SLIP}# ${brief.next}\n`;
            const rest = { source: 'builtin', base: brief.tip, trainPy, stackOf: null } as const;
            return { kind: 'ideas', ideas: [{ ...idea, ...rest }] };
          },
          fix: async () => null,
        },
      }),
    });
    await lane.run();
    const first = briefs.at(-1)!;
    await lane.run();
    expect(briefs.at(-1)).not.toBe(first);
    return { first, second: briefs.at(-1)! };
  };
  const brief = told();

  test('a brief has the newest, and of the older ones what was kept', async () => {
    const { past, older } = (await brief).first;
    expect(older).toEqual({ keep: 4, discard: 0, crash: 196, since: 49 });
    const ids = [0, 1, 2, 150, ...Array.from({ length: MANY - 199 }, (_, i) => 200 + i)];
    expect(past.map(({ experiment }) => Number(experiment))).toEqual(ids);
    expect(past.at(-1)!.hypothesis).toBe(`why ${MANY}`);
  });
  test('a prompt counts all of it', async () => {
    const { first } = await brief;
    expect(standing(first)).toMatch(
      /^1004 experiments: 4 kept, 0 discarded, 1000 crashed\. .* Plateau: 853 since the last keep\.$/,
    );
    expect(promptForIdea(first, { kind: 'exploit', ideas: 1, ready: [] }).system[2]!.text).toMatch(
      /200 older experiments are not told here\. Kept among them, the newest last:\n0 keep .*\n1 keep .*\n2 keep .*\n150 keep /,
    );
  });
  test('every file of it is named', async () => {
    const { tried } = (await brief).first;
    expect([...tried]).toHaveLength(MANY + 1);
    expect(tried.includes(sha256Hex('print(1)\n'))).toBe(true);
  });
  test('a controller that begins there is told the same', async () => {
    const { first, second } = await brief;
    expect({ ...second, tried: [...second.tried].sort() }).toEqual({
      ...first,
      tried: [...first.tried].sort(),
    });
  });
});
