// What a controller tells of its machines, in words.
import type { MachineView } from '../../../views/machine.ts';
import type { LaneSummary } from '../../schema.ts';
import { count, duration, when } from './words.ts';

/** Facts by their names; '' where nothing is known. */
export function machineWords(
  machine: MachineView | null,
  { open }: Pick<LaneSummary, 'open'>,
  nowMs: number,
): [name: string, value: string][] {
  if (!machine) return [];
  const { holder, beganMs, pool, width, finished, losses } = machine;
  const waiting = open.filter(({ waits }) => waits !== '').length;
  const running = open.filter(({ sinceMs }) => sinceMs !== null).length;
  return [
    ['led by', `${holder}, since ${when(beganMs, nowMs)}`],
    ['pool', `${pool}: ${running} of ${width} running, ${waiting} waiting`],
    ['a run takes', phaseWords(finished)],
    [
      'lost on',
      losses.map(({ node, cause, count: n }) => `${node || 'unknown node'}: ${cause} ${n}`).join(', '),
    ],
  ];
}

/** How long one waits, in the words of its chip. */
export function waitWords(sinceMs: number | null | undefined, nowMs: number): string {
  return sinceMs == null ? 'waits' : `waits for ${duration(Math.max(0, nowMs - sinceMs) / 3_600_000)}`;
}

/** Medians, since one that waited for a new node would hide how long the others took. */
function phaseWords(finished: MachineView['finished']): string {
  if (finished.length === 0) return '';
  const phases: [string, (number | null)[]][] = [
    [
      'waiting for its place and image',
      finished.map(({ waited, placed }) => (placed === null ? waited : null)),
    ],
    ['waiting for a node', finished.map(({ placed }) => placed)],
    ['pulling its image', finished.map(({ waited, placed }) => (placed === null ? null : waited! - placed))],
    ['starting and compiling', finished.map(({ prepared }) => prepared)],
    ['training', finished.map(({ trained }) => trained)],
    ['evaluating', finished.map(({ evaluated }) => evaluated)],
  ];
  const words = phases.flatMap(([name, seconds]) => {
    const middle = median(seconds.filter((one) => one !== null));
    return middle === null ? [] : [`${middle.toFixed(middle < 10 ? 1 : 0)} s ${name}`];
  });
  const of =
    finished.length === 1 ? 'the newest run' : `medians of the newest ${count(finished.length, 'run')}`;
  return `${words.join(', ')} (${of})`;
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? null;
}
