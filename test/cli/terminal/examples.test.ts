// What help shows as an example can be typed as it stands.
import { describe, expect, test } from 'vitest';
import { program } from '../../../controller/cli/program.ts';
import { examples, lined } from '../../../controller/cli/terminal/examples.ts';
import { autoresearch } from '../command.ts';

const commandOf = (name: string) => program().commands.find((command) => command.name() === name)!;
const typed = Object.values(examples).flat();
/** These take nothing, or say all in a line. */
const PLAIN = ['version', 'pause', 'resume', 'rebuild'];

test('every command has one, unless it takes nothing of its own', () => {
  const without = program().commands.filter((command) => !examples[command.name()]);
  expect(without.map((command) => command.name())).toEqual(PLAIN);
});

describe('each is understood', () => {
  test.each(typed)('%s', (line) => {
    const [name, ...words] = line.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ''));
    const command = commandOf(name!);
    const { operands, unknown } = command.parseOptions(words);
    expect(unknown).toEqual([]);
    const places = command.registeredArguments;
    expect(operands.length).toBeGreaterThanOrEqual(places.filter(({ required }) => required).length);
    expect(operands.length).toBeLessThanOrEqual(places.length);
    for (const option of command.options.filter(({ mandatory }) => mandatory))
      expect(command.opts()).toHaveProperty(option.attributeName());
  });
});

test('none is wider than a terminal, as a clone is called', () => {
  for (const lines of Object.values(examples))
    for (const line of lined(lines, '  ./autoresearch ')) expect(line.length, line).toBeLessThanOrEqual(80);
});

test('help ends with them, as its reader types them', async () => {
  const { out } = await autoresearch('archive', '--help');
  expect(out).toMatch(/\n\nExamples:\n {2}\.\/autoresearch archive --lane wide {8}# .*\n.* --yes {2}# .*$/);
});
