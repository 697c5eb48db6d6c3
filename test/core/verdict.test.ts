import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lane } from '../../controller/core/experiment.ts';
import type { Outcome } from '../../controller/core/outcome.ts';
import { causeAfter, judge, LOST_AT_MOST, type Tip } from '../../controller/core/verdict.ts';
import { attempts, crashed, finished, lane, lost, standing, TIP } from './trials.ts';

interface Case {
  readonly name: string;
  readonly ends: readonly Outcome[];
  /** `status reason` or `again cause`. */
  readonly says: string;
  readonly bpb?: number | null;
  readonly error?: string;
  readonly experiment?: string;
  readonly policy?: Partial<Lane>;
  readonly tip?: Tip | null;
  readonly baseBpb?: number;
  readonly unfixable?: boolean;
  /** The attempt that the row shows. */
  readonly decisive?: number;
}

const tip = 1;
const SAME = 'a'.repeat(64);
const typo = crashed('syntax', true);
const other = finished(0.9, { gpu: 'another card' });
const bare = finished(0.9, { sealed: 'none' });
const { sealed: crashWord } = crashed('exit');
const blaming = (reason: string) => lost(reason, {}, crashWord);
const confirm = (n: number) => ({ policy: { confirm: n } });
const moved = { ...confirm(1), tip: standing(0.8), baseBpb: 1 };
const sealing = { policy: { requireSealed: true } };

const unseen = (gap: number) => ({ unseen: { part: 0, parts: 9, bpb: 1, gap, error: 0.01 } });

const cases: readonly Case[] = [
  { name: 'nothing was tried', ends: [], says: 'again first' },
  { name: 'it is strictly lower', ends: [finished(0.999999)], says: 'keep better', bpb: 0.999999, error: '' },
  { name: 'it is exactly equal', ends: [finished(tip)], says: 'discard equal', bpb: 1 },
  { name: 'it is higher', ends: [finished(1.000001)], says: 'discard worse', bpb: 1.000001 },
  {
    name: 'it is lower than its parent but the tip moved',
    ends: [finished(1.1)],
    baseBpb: 1.2,
    says: 'discard stale',
  },
  { name: 'it equals its parent, above the tip', ends: [finished(1.2)], baseBpb: 1.2, says: 'discard worse' },
  { name: 'it equals the tip, below its parent', ends: [finished(tip)], baseBpb: 1.2, says: 'discard stale' },
  {
    name: 'it beats the tip, though made on an older one',
    ends: [finished(0.9)],
    baseBpb: 1.2,
    says: 'keep better',
  },
  {
    name: 'its file is on the frontier',
    ends: [finished(0.5)],
    tip: standing(tip, [SAME]),
    says: 'discard identical',
    bpb: 0.5,
  },
  { name: 'it crashed', ends: [crashed('nan')], says: 'crash nan', bpb: null, error: 'nan' },
  { name: 'it ran out of memory', ends: [crashed('oom')], says: 'crash oom', error: 'oom' },
  { name: 'it took too long', ends: [crashed('timeout')], says: 'crash timeout', error: 'timeout' },
  { name: 'it crashed on a typo', ends: [typo], says: 'again fix' },
  {
    name: 'nobody can repair the typo',
    ends: [typo],
    unfixable: true,
    says: 'crash syntax',
    error: 'syntax',
    decisive: 1,
  },
  { name: 'the repair gains', ends: [typo, finished(0.9)], says: 'keep better', decisive: 2 },
  { name: 'the repair does not gain', ends: [typo, finished(1.5)], says: 'discard worse', decisive: 2 },
  { name: 'the repair crashes as well', ends: [typo, crashed('oom')], says: 'crash oom', decisive: 2 },
  {
    name: 'the repair has a typo again: there is only one',
    ends: [typo, crashed('name', true)],
    says: 'crash name',
    error: 'name',
  },
  { name: 'the repair was lost', ends: [typo, lost('gone')], says: 'again lost' },
  { name: 'the typo came after a loss', ends: [lost('gone'), typo], says: 'again fix' },
  {
    name: 'the repair after a loss gains',
    ends: [lost('gone'), typo, lost('gone'), finished(0.9)],
    says: 'keep better',
    decisive: 4,
  },
  { name: 'it was lost', ends: [lost('evicted')], says: 'again lost' },
  { name: 'it was lost twice', ends: [lost('evicted'), lost('gone')], says: 'again lost' },
  {
    name: 'it was lost three times',
    ends: [lost('a'), lost('b'), lost('gone')],
    says: 'crash lost',
    bpb: null,
    error: 'lost:gone',
  },
  {
    name: 'it gained after two losses',
    ends: [lost('a'), lost('b'), finished(0.9)],
    says: 'keep better',
    decisive: 3,
  },
  { name: 'its log blames the GPU', ends: [blaming('gpu_fault')], says: 'again lost' },
  {
    name: 'its log blames the GPU for the second time',
    ends: [blaming('gpu_fault'), blaming('gpu_fault')],
    says: 'crash gpu_fault',
    error: 'gpu_fault',
  },
  {
    name: 'its log blames the GPU again, in other words and after another loss',
    ends: [blaming('gpu_busy'), lost('gone'), blaming('gpu_fault')],
    says: 'crash gpu_fault',
    error: 'gpu_fault',
  },
  {
    name: 'the supervisor finds no GPU after a log blamed it',
    ends: [blaming('no_gpu'), lost('no_gpu', {}, { ...crashWord!, status: 'refused' })],
    says: 'again lost',
  },
  {
    name: 'its node was lost twice, though each run had crashed',
    ends: [blaming('gone'), blaming('gone')],
    says: 'again lost',
  },
  {
    name: 'it gained after its log blamed the GPU once',
    ends: [blaming('gpu_fault'), finished(0.9)],
    says: 'keep better',
  },
  { name: 'a gain is to be confirmed', ends: [finished(0.9)], ...confirm(2), says: 'again confirm' },
  {
    name: 'a gain is half confirmed',
    ends: [finished(0.9), finished(0.95)],
    ...confirm(2),
    says: 'again confirm',
  },
  {
    name: 'the mean of the confirmations decides',
    ends: [finished(0.5), finished(0.9), finished(0.8)],
    ...confirm(2),
    says: 'keep better',
    bpb: 0.85,
    decisive: 1,
  },
  {
    name: 'the first number does not count in the mean',
    ends: [finished(0.1), finished(1.2), finished(0.9)],
    ...confirm(2),
    says: 'discard unconfirmed',
    bpb: 1.05,
  },
  {
    name: 'the mean equals the tip',
    ends: [finished(0.5), finished(tip)],
    ...confirm(1),
    says: 'discard unconfirmed',
    bpb: 1,
  },
  {
    name: 'the mean is rounded to what is printed',
    ends: [finished(0.5), finished(0.9), finished(0.900001)],
    ...confirm(2),
    says: 'keep better',
    bpb: 0.900001,
  },
  {
    name: 'a confirmation crashes',
    ends: [finished(0.9), crashed('nan')],
    ...confirm(2),
    says: 'discard unconfirmed',
    bpb: 0.9,
    error: '',
  },
  {
    name: 'a confirmation crashes on what looks like a typo',
    ends: [finished(0.9), typo],
    ...confirm(2),
    says: 'discard unconfirmed',
  },
  { name: 'a confirmation was lost', ends: [finished(0.9), lost('gone')], ...confirm(1), says: 'again lost' },
  {
    name: 'a loss between the confirmations does not count',
    ends: [finished(0.9), lost('gone'), finished(0.8)],
    ...confirm(1),
    says: 'keep better',
    bpb: 0.8,
  },
  { name: 'no gain is confirmed', ends: [finished(1.5)], ...confirm(2), says: 'discard worse' },
  {
    name: 'the tip moved past a gain before all confirmations are in',
    ends: [finished(0.9), finished(0.1)],
    ...moved,
    ...confirm(2),
    says: 'discard stale',
    bpb: 0.9,
  },
  {
    name: 'the tip moved past a gain after all confirmations are in',
    ends: [finished(0.9), finished(0.1)],
    ...moved,
    says: 'discard stale',
    bpb: 0.9,
  },
  {
    name: 'the tip moved past their mean',
    ends: [finished(0.7), finished(0.9)],
    ...moved,
    says: 'discard stale',
  },
  {
    name: 'the repair is confirmed',
    ends: [typo, finished(0.9), finished(0.8)],
    ...confirm(1),
    says: 'keep better',
    bpb: 0.8,
    decisive: 2,
  },
  { name: 'a gain was measured on another card', ends: [other], says: 'discard conditions', bpb: 0.9 },
  {
    name: 'a loss of quality was measured on another card',
    ends: [finished(2, { gpu: 'x' })],
    says: 'discard conditions',
  },
  {
    name: 'a confirmation was measured on another card',
    ends: [finished(0.9), other],
    ...confirm(1),
    says: 'discard conditions',
    decisive: 2,
  },
  {
    name: 'it was measured with other data',
    ends: [finished(0.9, { data_sha256: 'f'.repeat(64) })],
    says: 'discard conditions',
  },
  {
    name: 'it was measured in another image',
    ends: [finished(0.9, {}, { image: 'newer' })],
    says: 'discard conditions',
  },
  {
    name: 'no seal stands behind it',
    ends: [bare],
    ...sealing,
    says: 'crash unsealed',
    bpb: null,
    error: 'unsealed',
  },
  { name: 'no seal is asked for', ends: [bare], says: 'keep better' },
  {
    name: 'no seal stands behind a confirmation',
    ends: [finished(0.9), bare],
    policy: { requireSealed: true, confirm: 1 },
    says: 'crash unsealed',
    decisive: 2,
  },
  {
    name: 'a win is there on unseen text, too',
    ends: [finished(0.9, unseen(0.039))],
    says: 'keep better',
  },
  {
    name: 'a win is not there on unseen text',
    ends: [finished(0.9, unseen(0.041))],
    says: 'discard unseen',
    bpb: 0.9,
    decisive: 1,
  },
  {
    name: 'a win went better on unseen text',
    ends: [finished(0.9, unseen(-0.5))],
    says: 'keep better',
  },
  {
    name: 'a confirmation is not there on unseen text',
    ends: [finished(0.9), finished(0.8, unseen(0.2))],
    ...confirm(1),
    says: 'discard unseen',
    bpb: 0.8,
  },
  {
    name: 'no win depends on what the unseen text says',
    ends: [finished(2, unseen(0.2))],
    says: 'discard worse',
  },
  {
    name: 'the baseline is worse on unseen text',
    experiment: '000000',
    tip: null,
    ends: [finished(1.4, unseen(0.2))],
    says: 'keep baseline',
  },
  {
    name: 'the baseline finished',
    experiment: '000000',
    tip: null,
    ends: [finished(1.4)],
    says: 'keep baseline',
    bpb: 1.4,
  },
  {
    name: 'the baseline crashed once',
    experiment: '000000',
    tip: null,
    ends: [crashed('oom')],
    says: 'again first',
  },
  {
    name: 'the baseline has a typo, which nobody repairs',
    experiment: '000000',
    tip: null,
    ends: [typo],
    says: 'again first',
  },
  {
    name: 'the baseline crashed twice',
    experiment: '000000',
    tip: null,
    ends: [crashed('oom'), crashed('nan')],
    says: 'crash nan',
    error: 'nan',
  },
  {
    name: 'the baseline finished at the second try',
    experiment: '000000',
    tip: null,
    ends: [crashed('oom'), finished(1.4)],
    says: 'keep baseline',
  },
  {
    name: 'the baseline was lost',
    experiment: '000000',
    tip: null,
    ends: [lost('gone')],
    says: 'again lost',
  },
  {
    name: 'a loss of the baseline is no crash of it',
    experiment: '000000',
    tip: null,
    ends: [lost('gone'), crashed('oom')],
    says: 'again first',
  },
  {
    name: 'the baseline was lost three times',
    experiment: '000000',
    tip: null,
    ends: [lost('a'), lost('b'), lost('c')],
    says: 'crash lost',
    error: 'lost:c',
  },
  {
    name: 'the baseline is not sealed',
    experiment: '000000',
    tip: null,
    ...sealing,
    ends: [bare],
    says: 'crash unsealed',
  },
];

function judged(c: Case) {
  const { experiment = '000001', baseBpb = tip, unfixable = false } = c;
  const made = { source: 'builtin', base: TIP, baseBpb } as const;
  const trial = { experiment, ...made, results: attempts(...c.ends), unfixable };
  return judge(trial, c.tip === undefined ? standing(tip) : c.tip, { ...lane, ...c.policy });
}

describe('judge, when', () => {
  it.each(cases)('$name, says $says', (c) => {
    const said = judged(c);
    if (said.kind === 'retry') {
      expect(`again ${said.cause}`).toBe(c.says);
      return;
    }
    expect(`${said.status} ${said.reason}`).toBe(c.says);
    expect(said.sentence).not.toBe('');
    if (c.bpb !== undefined) expect(said.valBpb).toBe(c.bpb);
    if (c.error !== undefined) expect(said.error).toBe(c.error);
    if (c.decisive !== undefined) expect(said.decisive.n).toBe(c.decisive);
  });

  it.each(cases.filter((c) => c.says.startsWith('again')))(
    '$name, the cause follows from the attempts alone',
    (c) => {
      expect(`again ${causeAfter(c.experiment ?? '000001', attempts(...c.ends))}`).toBe(c.says);
    },
  );
});

it.each([null, 0, -1, Number.NaN, Number.POSITIVE_INFINITY])(
  'a finished attempt whose metric is %s is a mistake of ours, and never a verdict',
  (bpb) => {
    const ends = [finished(bpb as number)];
    expect(() => judged({ name: '', ends, says: '' })).toThrow(/without a usable metric/);
  },
);

it('an experiment that ran before the baseline was kept is a mistake of ours', () => {
  expect(() => judged({ name: '', ends: [finished(1)], tip: null, says: '' })).toThrow(/before the baseline/);
});

it('says what differs in a sentence that a Record can hold, however long the names are', () => {
  const said = judged({ name: '', ends: [finished(0.9, {}, { image: 'i'.repeat(2000) })], says: '' });
  expect(said.sentence).toMatch(/^measured under other conditions: image was image, is iii/);
  expect(said.sentence.length).toBe(500);
});

const ends = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 5e5, max: 15e5 }).map((n) => finished(n / 1e6)) },
  fc.boolean().map((trivial) => crashed('oops', trivial)),
  fc.constant(lost('gone')),
  fc.constant(other),
  fc.constant(bare),
);

it('whatever happened: only sealed, comparable numbers below the tip keep, and every cause is the one that follows', () => {
  const trials = fc.record({
    ends: fc.array(ends, { maxLength: 8 }),
    confirm: fc.integer({ min: 0, max: 3 }),
    requireSealed: fc.boolean(),
    unfixable: fc.boolean(),
    baseBpb: fc.constantFrom(1, 1.2),
  });
  fc.assert(
    fc.property(trials, ({ ends, confirm, requireSealed, unfixable, baseBpb }) => {
      const policy = { confirm, requireSealed };
      const said = judged({ name: '', says: '', ends, policy, unfixable, baseBpb });
      const losses = ends.filter((o) => o.kind === 'lost').length;
      if (said.kind === 'retry') {
        expect(said.cause).toBe(causeAfter('000001', attempts(...ends)));
        return;
      }
      if (ends.at(-1)!.kind === 'lost') expect(losses).toBeGreaterThanOrEqual(LOST_AT_MOST);
      if (said.status !== 'keep') return;
      const measured = ends.filter((o) => o.kind === 'finished');
      expect(said.valBpb).toBeLessThan(tip);
      expect(measured.length).toBeGreaterThan(confirm);
      const kinds = measured.slice(0, 1 + confirm);
      expect(kinds.every((o) => o.sealed!.gpu === 'card')).toBe(true);
      if (requireSealed) expect(kinds.every((o) => o.sealed!.sealed !== 'none')).toBe(true);
    }),
    { numRuns: 2000 },
  );
});
