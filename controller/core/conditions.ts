// Conditions: what makes two numbers comparable. One line of words, so that a difference can be named to a person.
import type { SealedResult } from './outcome.ts';

type MeasuredWith = Pick<SealedResult, 'prepare_sha256' | 'supervise_sha256' | 'data_sha256' | 'gpu'>;

/** `prepare:… supervise:… data:… image:… gpu:… budget:…`, hashes cut to 16 hex digits, spaces inside a value as `_`. */
export function conditionsOf(sealed: MeasuredWith, image: string, budgetSeconds: number): string {
  const parts = {
    prepare: sealed.prepare_sha256.slice(0, 16),
    supervise: sealed.supervise_sha256.slice(0, 16),
    data: sealed.data_sha256.slice(0, 16),
    image: image || 'none',
    gpu: sealed.gpu || 'unknown',
    budget: `${budgetSeconds}s`,
  };
  return Object.entries(parts)
    .map(([name, value]) => `${name}:${value.replace(/\s+/g, '_')}`)
    .join(' ');
}

/** What differs in `here`, all or part of some Conditions, from the lane's, in words; '' when nothing does. */
export function difference(lane: string, here: string): string {
  const ours = new Map(split(lane));
  const changed = split(here).filter(([name, value]) => ours.get(name) !== value);
  return changed.map(([name, value]) => `${name} was ${ours.get(name) ?? 'absent'}, is ${value}`).join('; ');
}

function split(conditions: string): [string, string][] {
  return conditions
    .split(' ')
    .filter(Boolean)
    .map((part) => [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1)]);
}
