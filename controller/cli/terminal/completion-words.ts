// What can be typed behind a command, from the very tree of commands: no list of it can go stale.
import type { Argument, Command, Option } from 'commander';

/** What follows a flag or stands in a place: nothing, a file, one of some words, or text that nobody can guess. */
export type Value =
  | { readonly kind: 'none' | 'file' | 'text' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export interface Flag {
  readonly long: string;
  /** Null where it has one name. */
  readonly short: string | null;
  readonly about: string;
  readonly value: Value;
}

export interface Completed {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  readonly places: readonly Value[];
}

/** The commands that a person is shown, and what each takes. */
export function completed(program: Command): Completed[] {
  const help = program.createHelp();
  return help
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help')
    .map((command) => ({
      name: command.name(),
      about: command.description(),
      flags: help.visibleOptions(command).map(flagOf),
      places: command.registeredArguments.map(placeOf),
    }));
}

function flagOf(option: Option): Flag {
  const { long, short, description, argChoices, flags } = option;
  const takes = option.required || option.optional;
  const value = !takes ? ({ kind: 'none' } as const) : valueBehind(flags, argChoices);
  return { long: long!, short: short ?? null, about: description, value };
}

function placeOf(argument: Argument): Value {
  const { argChoices, description } = argument;
  if (argChoices) return { kind: 'words', words: argChoices };
  // What names an experiment says so in its description.
  const words = ['best', 'tip', 'last', 'baseline'].filter((word) =>
    new RegExp(`\\b${word}\\b`).test(description),
  );
  return words.length > 0 ? { kind: 'words', words } : valueBehind(argument.name(), undefined);
}

function valueBehind(name: string, choices: readonly string[] | undefined): Value {
  if (choices) return { kind: 'words', words: choices };
  return { kind: /\b(file|folder)\b/.test(name) ? 'file' : 'text' };
}
