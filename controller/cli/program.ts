// The `autoresearch` command: what can be said, and which file does it.
import { Command, Option } from 'commander';
import { proposerKinds, readConfig } from './config.ts';
import { dev } from './dev.ts';

const collect = (value: string, all: string[] | undefined) => [...(all ?? []), value];

export function program(): Command {
  const autoresearch = new Command('autoresearch')
    .description('An unattended research loop for one training script.')
    .showSuggestionAfterError()
    .exitOverride();

  autoresearch
    .command('dev')
    .description('run the loop on this machine: no key, no cluster, no GPU')
    .option('--experiments <n>', 'stop after this many beyond the baseline', Number)
    .option('--hours <h>', 'cap on machine hours of all runs', Number)
    .option('--budget <time>', 'training time of one run, such as 5s')
    .option('--width <n>', 'runs at a time', Number)
    .option('--seed <n>', 'of training and proposer', Number)
    .option('--confirm <n>', 'measure a win this many more times', Number)
    .option('--lane <name>', 'a research line (repeatable)', collect)
    .option('--dir <folder>', 'where lanes, store and runs lie')
    .option('--ephemeral', 'use a temporary folder and remove it at the end')
    .option('--require-sealed', 'refuse numbers that no confinement stands behind')
    .option('--text <file>', 'train on your own text')
    .option('--config <file>', 'YAML file of these settings')
    .option('--plain', 'no status line, no colour', false)
    .addOption(new Option('--proposer <kind>', 'who has the ideas').choices(proposerKinds))
    .addOption(new Option('--clock <kind>').choices(['cpu', 'wall', 'virtual']).hideHelp())
    .addOption(
      new Option('-o, --output <kind>', 'what stdout carries').choices(['table', 'json']).default('table'),
    )
    .action(async ({ config, lane, plain, output, ...flags }) => {
      await dev(await readConfig(config, { ...flags, lanes: lane }), { output, plain });
    });
  return autoresearch;
}
