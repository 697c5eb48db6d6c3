// Guidance that binds a proposer which reads no words.
import { describe, expect, test } from 'vitest';
import { forbiddenBy } from '../../../controller/adapters/builtin/bounds.ts';
import { knobsOf } from '../../../controller/adapters/builtin/knobs.ts';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { briefOn } from './lanes.ts';

const FILE =
  'WIDTH = 128  # range: 32 .. 512, log\nDEPTH = 1  # range: 0 .. 8\nNORM = "none"  # one of: "none", "rms", "layer"\n';
const moved = (name: string, to: string) =>
  FILE.replace(new RegExp(`^${name} = \\S+`, 'm'), `${name} = ${to}`);

test.each<[string, string, string, boolean]>([
  ['WIDTH <= 192', 'WIDTH', '192', false],
  ['WIDTH <= 192', 'WIDTH', '193', true],
  ['WIDTH<192', 'WIDTH', '192', true],
  ['WIDTH >= 64 and DEPTH = 4', 'WIDTH', '32', true],
  ['WIDTH >= 64 and DEPTH = 4', 'DEPTH', '3', true],
  ['WIDTH >= 64 and DEPTH = 4', 'DEPTH', '4', false],
  ['WIDTH > 64, keep NORM', 'NORM', '"rms"', true],
  ['Keep norm.', 'NORM', '"rms"', false],
  ['keep NORM.', 'NORM', '"rms"', true],
  ['NORM = rms', 'NORM', '"rms"', false],
  ['NORM = "rms"', 'NORM', '"layer"', true],
  ['stay below 100 MB', 'WIDTH', '512', false],
  ['', 'WIDTH', '512', false],
  ['WIDTH <= wide', 'WIDTH', '512', true],
])('%j with %s at %s: forbidden is %j', (guidance, name, to, forbidden) => {
  expect(forbiddenBy(guidance, FILE)(moved(name, to))).toBe(forbidden);
});

test('a knob that stands beyond a bound may stay, and others may move', () => {
  expect(forbiddenBy('WIDTH <= 64', FILE)(moved('DEPTH', '2'))).toBe(false);
});

describe.each(['builtin', 'random'] as const)('the %s proposer', (kind) => {
  test('proposes nothing beyond the bounds, and something within', async () => {
    const brief = briefOn(FILE, { guidance: 'WIDTH <= 192\nkeep NORM' });
    const proposed = await proposerOf(kind).propose(brief, 12, new AbortController().signal);
    const ideas = proposed.kind === 'ideas' ? proposed.ideas : [];
    expect(ideas.length).toBeGreaterThan(2);
    for (const { trainPy } of ideas) {
      const values = new Map(knobsOf(trainPy).map((knob) => [knob.name, knob.literal]));
      expect(Number(values.get('WIDTH'))).toBeLessThanOrEqual(192);
      expect(values.get('NORM')).toBe('"none"');
    }
  });
});
