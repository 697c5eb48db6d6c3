// What a person types behind an option, read the same way by every command.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { Failure } from '../../failure.ts';

/** Digits, as people write them: an empty value must not become 0, nor 0x10 become 16. */
function decimal(text: string): number {
  return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
}

export function number(text: string): number {
  const value = decimal(text);
  if (Number.isNaN(value)) throw new InvalidArgumentError('Give a number, such as 5.');
  return value;
}

/** How many of something. */
export function atLeastOne(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError('Give a whole number from 1 on, such as 20.');
  return value;
}

/** Some time or size. */
export function positive(text: string): number {
  const value = number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('Give a number above 0, such as 5.');
  return value;
}

/** A cap: a number from 0 on, or `none`, for null would be no value at all to commander. */
export function cap(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = decimal(text);
  if (!(value >= 0)) throw new InvalidArgumentError('Give a number from 0 on, such as 8, or none.');
  return value;
}

/** A file or folder. A shell leaves the tilde of `--dir=~/lab` to us. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Give a path, such as ./lab.');
  return text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text;
}

/** Throws Failure 2 where npm took options of `npm start` for its own: the loop would run without them. */
export function refuseSwallowed(
  names: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (env.npm_lifecycle_event !== 'start') return;
  const swallowed = names.filter((name) => env[`npm_config_${name.replaceAll('-', '_')}`] !== undefined);
  if (swallowed.length === 0) return;
  const typed = swallowed.map((name) => `--${name} ${env[`npm_config_${name.replaceAll('-', '_')}`]}`);
  throw new Failure(2, `npm keeps options for itself; write npm start -- ${typed.join(' ')}`);
}
