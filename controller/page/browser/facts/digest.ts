// What rows say to somebody who was away: what was gained, whether it is real, what broke.
import { againWords } from '../../../report/noise-words.ts';
import type { LaneSummary, PageRow } from '../../schema.ts';
import { arrows, count, signed, visible } from './words.ts';

interface KeptGain {
  readonly row: PageRow;
  /** Fall of the best. */
  readonly gain: number;
}

interface Digest {
  readonly experiments: number;
  readonly crashes: number;
  readonly before: number | null;
  readonly best: number | null;
  /** Largest first. */
  readonly gains: readonly KeptGain[];
}

/** Of everything after the first `seen` rows; the baseline counts as no experiment. */
export function digestOf(rows: readonly PageRow[], seen: number): Digest {
  let best: number | null = null;
  let before: number | null = null;
  const gains: KeptGain[] = [];
  for (const [i, row] of rows.entries()) {
    if (row.status !== 'keep' || row.valBpb === null) continue;
    // A way back, which a person took, is no gain.
    if (i >= seen && best !== null && row.source !== 'retract') gains.push({ row, gain: best - row.valBpb });
    best = row.valBpb;
    if (i < seen || before === null) before = best;
  }
  const later = rows.slice(seen);
  return {
    experiments: later.filter(({ experiment }) => Number(experiment) > 0).length,
    crashes: later.filter(({ status }) => status === 'crash').length,
    before,
    best,
    gains: gains.toSorted((a, b) => b.gain - a.gain),
  };
}

/** One paragraph: how many, how far, and the largest gains in the words of their edits. */
export function digestWords({ experiments, crashes, before, best, gains }: Digest): string {
  if (experiments === 0) return 'No experiment was decided.';
  const tried = `${count(experiments, 'experiment')}, ${gains.length} kept`;
  const far =
    before !== null && best !== null && gains.length > 0 ? `: ${before.toFixed(4)} → ${best.toFixed(4)}` : '';
  const top = gains
    .slice(0, 3)
    .map(({ row, gain }) => `#${Number(row.experiment)} ${whatOf(row)} (${signed(-gain)})`);
  const largest = top.length > 0 ? ` Largest: ${top.join('; ')}.` : '';
  const broke = crashes > 0 ? ` ${count(crashes, 'crash').replace('crashs', 'crashes')}.` : '';
  return `${tried}${far}.${largest}${broke}`;
}

/** What was changed, without why. */
function whatOf({ description }: PageRow): string {
  return arrows(visible(description.split(': ')[0]!.trim() || description)).slice(0, 80);
}

interface Reality {
  readonly answer: string;
  readonly because: string;
  readonly good: boolean;
}

/** What is known about whether the gain would be measured again. One run's number moves with its seed. */
export function realityOf(rows: readonly PageRow[], noise: LaneSummary['noise']): Reality {
  const kept = rows.filter(({ status, valBpb }) => status === 'keep' && valBpb !== null);
  const [baseline, best] = [kept[0], kept.at(-1)];
  if (!baseline || !best || baseline === best)
    return { answer: '–', because: 'nothing beyond the baseline is kept yet', good: false };
  const reproduction = noise?.reproduction;
  if (reproduction && reproduction.commit === best.commit) {
    const { low, high } = reproduction;
    return {
      answer: low > 0 ? 'yes' : high < 0 ? 'no' : 'in doubt',
      because: againWords(reproduction),
      good: low > 0,
    };
  }
  if (baseline.unseenBpb !== null && best.unseenBpb !== null) {
    const gain = baseline.unseenBpb - best.unseenBpb;
    const answer = gain > 0 ? 'likely' : 'in doubt';
    return {
      answer,
      because: `${signed(-gain)} on text that decided nothing, measured once; autoresearch replay measures it again`,
      good: gain > 0,
    };
  }
  if (best.lastCause === 'confirm')
    return {
      answer: 'confirmed',
      because: `the newest keep was measured ${best.attempts} times`,
      good: true,
    };
  return {
    answer: 'not known',
    because: 'no keep was measured again; autoresearch replay does that',
    good: false,
  };
}

/** How often machines lost runs: what was repeated, and what was given up. */
export function lossesOf(rows: readonly PageRow[]): { repeated: number; byCause: [string, number][] } {
  const causes = new Map<string, number>();
  for (const { error } of rows)
    if (error.startsWith('lost:')) causes.set(error.slice(5), (causes.get(error.slice(5)) ?? 0) + 1);
  const repeated = rows.filter(({ lastCause }) => lastCause === 'lost').length;
  return { repeated, byCause: [...causes].sort((a, b) => b[1] - a[1]) };
}
