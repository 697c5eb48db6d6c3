// The history of a lane, short enough for a prompt: what was kept, what came close, what is a dead end and why.
import type { PastExperiment } from '../core/brief.ts';
import { bytesIn, plainLine, text, utf8 } from '../std/text.ts';

/** Of a dead end's members only the newest are named. */
const NAMED_PER_AXIS = 3;
const DESCRIPTION_CHARACTERS = 120;
/** A discard that lost no more than this share of the metric came close. */
const NEAR_SHARE = 0.003;

/**
 * A summary of the past in at most `maxBytes` of UTF-8, sections in the order of their worth: where the lane stands,
 * the gains, near misses, dead ends by axis, crashes by cause. What does not fit is left out from the end of each
 * section, and counted. Descriptions are other people's text: one line each, without control characters.
 */
export function historySummary(past: readonly PastExperiment[], maxBytes = 8192): string {
  const kept = past.filter((p) => p.status === 'keep' && p.baseBpb !== null);
  const aboard = past.filter((p) => p.reason === 'aboard');
  const [near, dead] = split(past.filter((p) => p.status === 'discard' && p.reason !== 'aboard'));
  const crashed = past.filter((p) => p.status === 'crash');
  const sections = [
    { head: tipSection(past), lines: [], share: 0.1 },
    { head: 'Kept, newest first (gain, description):', lines: kept.toReversed().map(keptLine), share: 0.3 },
    {
      head: 'Gained on one seed, newest first: they ride in trains, so do not propose them again:',
      lines: aboard.toReversed().map(lossLine),
      share: 0,
    },
    {
      head: 'Near misses (loss, description): worth combining or trying smaller:',
      lines: near.map(lossLine),
      share: 0.2,
    },
    { head: 'Dead ends by axis (tried, smallest loss):', lines: axes(dead), share: 0.25 },
    { head: 'Crashes by cause:', lines: causes(crashed), share: 0.15 },
  ];
  const room = Math.max(0, maxBytes - 16);
  let spare = 0;
  const blocks = sections
    .filter(({ head, lines }, i) => i === 0 || (head && lines.length > 0))
    .map(({ head, lines, share }) => {
      const allowed = room * share + spare;
      const block = fit(head, lines, allowed);
      spare = allowed - bytesIn(block) - 2;
      return block;
    });
  return clip(blocks.filter(Boolean).join('\n\n'), maxBytes);
}

function tipSection(past: readonly PastExperiment[]): string {
  const best = past.findLast((p) => p.status === 'keep');
  const baseline = past.find((p) => p.status === 'keep');
  if (!best || !baseline) return 'Nothing has been measured yet.';
  const count = (status: PastExperiment['status']) => past.filter((p) => p.status === status).length;
  const plateau = past.length - 1 - past.lastIndexOf(best);
  return (
    `${past.length} experiments: ${count('keep')} kept, ${count('discard')} discarded, ${count('crash')} crashed. ` +
    `Baseline ${metric(baseline)}, best ${metric(best)}. Plateau: ${plateau} since the last keep.`
  );
}

function split(discarded: readonly PastExperiment[]): [near: PastExperiment[], dead: PastExperiment[]] {
  const close = (p: PastExperiment) => lossOf(p) <= (p.baseBpb ?? 0) * NEAR_SHARE;
  const near = discarded.filter(close).sort((a, b) => lossOf(a) - lossOf(b));
  return [near, discarded.filter((p) => !close(p))];
}

/** What it lost against the commit it was made on. */
function lossOf(p: PastExperiment): number {
  return p.valBpb === null || p.baseBpb === null ? Number.POSITIVE_INFINITY : p.valBpb - p.baseBpb;
}

/** What an experiment turned: the first constant that its description names, else its first word. */
export function axisOf(description: string): string {
  const constant = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}[0-9]*\b/.exec(description)?.[0];
  return constant ?? (/\p{L}[\p{L}\p{N}_-]{2,}/u.exec(description)?.[0].toLowerCase() || 'other');
}

function axes(dead: readonly PastExperiment[]): string[] {
  const groups = [...Map.groupBy(dead, (p) => axisOf(p.description))].sort(
    (a, b) => b[1].length - a[1].length,
  );
  return groups.map(([axis, members]) => {
    const best = Math.min(...members.map(lossOf));
    const named = members
      .toReversed()
      .slice(0, NAMED_PER_AXIS)
      .map((p) => plainLine(p.description.split(': ')[0]!, 70));
    return `- ${plainLine(axis, 40)}: ${members.length}, ${signed(best)}; last: ${named.join(' | ')}`;
  });
}

function causes(crashed: readonly PastExperiment[]): string[] {
  const groups = [...Map.groupBy(crashed, (p) => p.error || p.reason)].sort(
    (a, b) => b[1].length - a[1].length,
  );
  return groups.map(([cause, members]) => {
    const last = members.at(-1)!;
    return `- ${plainLine(cause, 40)}: ${members.length}; last: ${plainLine(last.description, DESCRIPTION_CHARACTERS)}`;
  });
}

function keptLine(p: PastExperiment): string {
  return `- ${metric(p)} (${signed(lossOf(p))}) ${plainLine(p.description, DESCRIPTION_CHARACTERS)}`;
}

function lossLine(p: PastExperiment): string {
  return `- ${signed(lossOf(p))} ${plainLine(p.description, DESCRIPTION_CHARACTERS)}`;
}

function metric(p: PastExperiment): string {
  return p.valBpb === null ? 'no metric' : p.valBpb.toFixed(6);
}

function signed(difference: number): string {
  return Number.isFinite(difference) ? `${difference < 0 ? '' : '+'}${difference.toFixed(6)}` : 'no metric';
}

/** The head and as many lines as fit; then how many more there were. */
function fit(head: string, lines: readonly string[], bytes: number): string {
  const shown = [head];
  let used = bytesIn(head);
  for (const [i, line] of lines.entries()) {
    used += bytesIn(line) + 1;
    if (used > bytes - 16) {
      shown.push(`- and ${lines.length - i} more`);
      break;
    }
    shown.push(line);
  }
  return shown.join('\n');
}

/** The last guard: never more than was allowed, never half a character. */
function clip(whole: string, bytes: number): string {
  if (bytesIn(whole) <= bytes) return whole;
  return text(utf8(whole).subarray(0, bytes)).replace(/\ufffd+$/, '');
}
