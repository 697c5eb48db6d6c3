// The `autoresearch` command: what can be said. Its commands stand in groups, each in a file of its own, and what a
// command does is loaded when it is called: what a cluster needs would double the memory of a laptop's loop.
import { Argument, Command } from 'commander';
import { version } from '../settings/checkout.ts';
import { addChecking } from './checking-commands.ts';
import { addReading } from './reading-commands.ts';
import { addRunning } from './running-commands.ts';
import { addSteering } from './steering-commands.ts';
import { type Shell, shells } from './terminal/completion-scripts.ts';
import { withExamples } from './terminal/examples.ts';
import { write } from './terminal/print.ts';
import { sentence } from './terminal/terminal.ts';

export function program(): Command {
  const autoresearch = new Command('autoresearch')
    .description('An unattended research loop for one training script.')
    .configureOutput({
      writeOut: (text) => process.stdout.write(sentence(text)),
      writeErr: (text) => process.stderr.write(sentence(text)),
    })
    .version(version(), '-V, --version', 'print the version')
    .showSuggestionAfterError()
    .exitOverride();

  addRunning(autoresearch);
  addReading(autoresearch);
  addChecking(autoresearch);
  autoresearch
    .command('version')
    .description('print the version')
    .action(() => write(version()));
  addSteering(autoresearch);
  autoresearch
    .command('completion')
    .description('print what completes the commands in a shell: eval "$(autoresearch completion bash)"')
    .addArgument(new Argument('<shell>', 'of which shell').choices(shells))
    .action(async (shell: Shell) => {
      const { completed } = await import('./terminal/completion-words.ts');
      const { scriptFor } = await import('./terminal/completion-scripts.ts');
      process.stdout.write(scriptFor(shell, completed(autoresearch)));
    });
  withExamples(autoresearch);
  return autoresearch;
}
