// Conditions: what makes two numbers comparable. One line of words, so that a difference can be named to a person.
import type { SealedResult } from './outcome.ts';

export type MeasuredWith = Pick<
  SealedResult,
  'prepare_sha256' | 'supervise_sha256' | 'data_sha256' | 'conditions' | 'gpu'
>;

/** What an image decides, and what lanes of older releases were begun without. */
const OF_THE_MACHINE = new Set(['python', 'numpy', 'torch', 'processor']);

/**
 * `prepare:… supervise:… data:… image:… gpu:… budget:…` and, where there is no image, `python:…` and the like. Hashes
 * are cut to 16 hex digits, and spaces inside a value are `_`.
 */
export function conditionsOf(sealed: MeasuredWith, image: string, budgetSeconds: number): string {
  const own = new Map(split(sealed.conditions ?? ''));
  const parts = {
    prepare: own.get('prepare') ?? sealed.prepare_sha256.slice(0, 16),
    supervise: own.get('supervise') ?? sealed.supervise_sha256.slice(0, 16),
    data: sealed.data_sha256.slice(0, 16),
    image: image || 'none',
    gpu: sealed.gpu || 'unknown',
    budget: `${budgetSeconds}s`,
    ...(image ? {} : Object.fromEntries([...own].filter(([name]) => OF_THE_MACHINE.has(name)))),
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}:${value.replace(/\s+/g, '_')}`)
    .join(' ');
}

/** What differs in `here`, all or part of some Conditions, from the lane's, in words; '' when nothing does. */
export function difference(lane: string, here: string): string {
  const ours = new Map(split(lane));
  const changed = split(here).filter(
    ([name, value]) => ours.get(name) !== value && (ours.has(name) || !OF_THE_MACHINE.has(name)),
  );
  return changed.map(([name, value]) => `${name} was ${ours.get(name) ?? 'absent'}, is ${value}`).join('; ');
}

function split(conditions: string): [string, string][] {
  return conditions
    .split(' ')
    .filter(Boolean)
    .map((part) => [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)]);
}
