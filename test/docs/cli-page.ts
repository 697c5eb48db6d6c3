// docs/cli.md: every command, argument and flag, as the program itself knows them.
import type { Argument, Command, Option } from 'commander';
import { program } from '../../controller/cli/program.ts';
import { examples, lined } from '../../controller/cli/terminal/examples.ts';
import { code, item, MADE, sentenceOf, wrapped } from './wrapped.ts';

/** An option that most commands have is told once. */
const COMMON = 0.5;
const FENCE = '`'.repeat(3);

export function cliPage(): string {
  const autoresearch = program();
  const common = commonOf(autoresearch.commands);
  const told = new Set(common.map(keyOf));
  return `${[
    MADE,
    '# Commands',
    wrapped(
      'In a clone, write `./autoresearch` for `autoresearch`; `npm start -- …` is `./autoresearch dev …`. `autoresearch COMMAND --help` prints the same. Exit codes: 0 done, 1 it could not be done, 2 wrong use, 3 something that must hold before does not, 130 interrupted.',
    ),
    ...autoresearch.commands.flatMap((command) => commandOf(command, told)),
    '## Common options',
    ...[wrapped('Most commands take these. A command names above which of them it takes.')],
    list(common.map(optionOf)),
  ].join('\n\n')}\n`;
}

function commandOf(command: Command, told: ReadonlySet<string>): string[] {
  const shown = command.options.filter((option) => !option.hidden);
  const [shared, own] = [shown.filter((o) => told.has(keyOf(o))), shown.filter((o) => !told.has(keyOf(o)))];
  const args = command.registeredArguments.map(placeOf);
  const items = [
    ...command.registeredArguments.filter(({ description }) => description !== '').map(argumentOf),
    ...own.map(optionOf),
  ];
  const typed = examples[command.name()];
  const usage = ['autoresearch', command.name(), ...args].join(' ');
  const also = shared.map(({ long }) => code(long)).join(', ');
  return [
    `## ${code(usage)}`,
    wrapped(sentenceOf(command.description())),
    ...(items.length > 0 ? [list(items)] : []),
    ...(shared.length > 0 ? [wrapped(`And the [common options](#common-options) ${also}.`)] : []),
    ...(typed ? [`${FENCE}sh\n${lined(typed, './autoresearch ').join('\n')}\n${FENCE}`] : []),
  ];
}

/** `[file]` may be left out. */
function placeOf(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function argumentOf(argument: Argument): string {
  const choices = argument.argChoices ? ` (one of ${argument.argChoices.map(code).join(', ')})` : '';
  return item(`${code(placeOf(argument))}${choices}: ${sentenceOf(argument.description)}`);
}

function optionOf({ flags, description, mandatory, defaultValue, argChoices, envVar }: Option): string {
  const more = [
    ...(mandatory ? ['required'] : []),
    ...(argChoices ? [`one of ${argChoices.map(code).join(', ')}`] : []),
    ...(defaultValue === undefined || defaultValue === false ? [] : [`default ${code(defaultValue)}`]),
    ...(envVar ? [`or ${code(envVar)} in the environment`] : []),
  ];
  const end = more.length > 0 ? ` (${more.join('; ')})` : '';
  return item(`${code(flags)}${end}: ${sentenceOf(description)}`);
}

function commonOf(commands: readonly Command[]): Option[] {
  const shown = commands.flatMap(({ options }) => options.filter((option) => !option.hidden));
  const keys = shown.map(keyOf);
  const often = (key: string) => keys.filter((one) => one === key).length >= COMMON * commands.length;
  return shown.filter((option, i) => keys.indexOf(keys[i]!) === i && often(keyOf(option)));
}

function keyOf({ flags, description }: Option): string {
  return `${flags} ${description}`;
}

function list(items: readonly string[]): string {
  return items.join('\n');
}
