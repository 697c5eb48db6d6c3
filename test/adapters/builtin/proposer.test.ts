import { describe, expect, test } from 'vitest';
import { type BuiltinProposer, proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import type { Brief } from '../../../controller/brief.ts';
import type { Idea } from '../../../controller/core/idea.ts';
import { sha256Hex } from '../../../controller/intent.ts';
import { briefOn, TRAINER } from './lanes.ts';

const never = new AbortController().signal;
const brief = (change: Partial<Brief> = {}) => briefOn(TRAINER, change);
async function ideas(kind: BuiltinProposer, b: Brief, count = 1): Promise<Idea[]> {
  const proposed = await proposerOf(kind).propose(b, count, never);
  return proposed.kind === 'ideas' ? proposed.ideas : [];
}

describe.each(['builtin', 'random', 'null'] as const)('the %s proposer', (kind) => {
  test('says the same for the same brief, and something else for another id', async () => {
    const [a, b, c] = await Promise.all([
      ideas(kind, brief()),
      ideas(kind, brief()),
      ideas(kind, brief({ next: 2 })),
    ]);
    expect(a).toEqual(b);
    if (kind !== 'builtin') expect(c).not.toEqual(a);
  });
  test('gives the same ideas whether asked for three at once or one after the other', async () => {
    const together = await ideas(kind, brief(), 3);
    const single: Idea[] = [];
    for (let i = 0; i < 3; i++)
      single.push(
        ...(await ideas(
          kind,
          brief({
            next: 1 + i,
            open: single.map((s) => s.description),
            tried: [TRAINER, ...single.map((s) => s.trainPy)].map(sha256Hex),
          }),
        )),
      );
    expect(single).toEqual(together);
    expect(new Set(together.map((i) => i.trainPy)).size).toBe(3);
  });
  test('never proposes what was tried, and says so when nothing is left', async () => {
    const small = 'FLAG = True  # one of: True, False\nN = 1  # range: 1 .. 3\n';
    const seen = new Set([small]);
    for (let next = 1; next <= 50; next++) {
      const [idea] = await ideas(kind, brief({ trainPy: small, next, tried: [...seen].map(sha256Hex) }));
      if (!idea) break;
      expect(seen.has(idea.trainPy)).toBe(false);
      seen.add(idea.trainPy);
    }
    if (kind === 'null') return expect(seen.size).toBe(51);
    expect(seen.size).toBeGreaterThanOrEqual(kind === 'builtin' ? 6 : 4);
    const end = await proposerOf(kind).propose(
      brief({ trainPy: small, next: 51, tried: [...seen].map(sha256Hex) }),
      1,
      never,
    );
    expect(end).toMatchObject({ kind: 'none', retry: false, sentence: expect.stringMatching(/use|mark/) });
  });
  test('bases its ideas on the tip and describes them on one short line', async () => {
    for (const idea of await ideas(kind, brief(), 5)) {
      expect(idea).toMatchObject({ base: 'a'.repeat(40), source: 'builtin', stackOf: null });
      expect(idea.description).toMatch(/^[^\n]{1,120}$/);
      expect(idea.hypothesis).toMatch(/\.$/);
    }
  });
  test('says what is changed in the description, and why in the hypothesis', async () => {
    for (const idea of await ideas(kind, brief(), 5)) {
      if (kind === 'null') expect(idea.description).toMatch(/^comment only: null \d{6}$/);
      else expect(idea.description).toMatch(/^[A-Z_]+ [^:]+ -> [^:]+$/);
      expect(idea.hypothesis).toMatch(
        { builtin: /^Not moved before\. /, random: /random/, null: /noise/ }[kind],
      );
    }
  });
  test('changes nothing but constants, or comments if it is the null one', async () => {
    const code = (text: string) =>
      text
        .split('\n')
        .map((line) => line.split('#')[0]!.trimEnd())
        .filter(Boolean);
    const shape = (text: string) => code(text).map((line) => line.split('=')[0]);
    for (const idea of await ideas(kind, brief(), 8)) {
      expect(shape(idea.trainPy)).toEqual(shape(TRAINER));
      if (kind === 'null') expect(code(idea.trainPy)).toEqual(code(TRAINER));
      else expect(code(idea.trainPy)).not.toEqual(code(TRAINER));
    }
  });
  test('has an answer to a file without constants, an empty one and a broken one', async () => {
    for (const trainPy of ['', 'print(1)\n', '"""\nA = 1  # range: 0 .. 2\n', 'A = \0\n'.repeat(100)]) {
      const proposed = await proposerOf(kind).propose(brief({ trainPy, tried: [] }), 1, never);
      expect(proposed.kind).toBe(kind === 'null' ? 'ideas' : 'none');
    }
  });
});

test.each(['builtin', 'random'] as const)('the %s proposer says why it has nothing', async (kind) => {
  const said = async (trainPy: string, ...tried: string[]) => {
    const proposed = await proposerOf(kind).propose(
      brief({ trainPy, tried: tried.map(sha256Hex) }),
      1,
      never,
    );
    return proposed.kind === 'none' && proposed.sentence;
  };
  expect(await said('print(1)\n')).toMatch(/^train.py has no constant to turn. .* begin a new lane/);
  const flag = (value: string) => `FLAG = ${value}  # one of: True, False\n`;
  expect(await said(flag('True'), flag('True'), flag('False'))).toMatch(/mark more|left untried/);
});

test('the null proposer replaces its comment where one was kept', async () => {
  const [first] = await ideas('null', brief());
  const [second] = await ideas(
    'null',
    brief({ trainPy: first!.trainPy, next: 2, tried: [sha256Hex(first!.trainPy)] }),
  );
  expect(second!.trainPy).toBe(`${TRAINER}# null 000002\n`);
});
