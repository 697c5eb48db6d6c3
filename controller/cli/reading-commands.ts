// Commands that only look.
import type { Command } from 'commander';
import { onLane, output } from './lane-options.ts';
import { number } from './terminal/option-values.ts';

export function addReading(autoresearch: Command): void {
  onLane(autoresearch.command('status'), 'progress and problems of each lane')
    .addOption(output())
    .action(async ({ output, ...where }) => (await import('./read/status.ts')).status(where, output));
  onLane(autoresearch.command('list'), 'every decided experiment; -o tsv prints results.tsv')
    .addOption(output())
    .action(async ({ output, ...where }) => (await import('./read/experiments.ts')).list(where, output));
  onLane(autoresearch.command('show'), 'one experiment, by its id or the commit of its row')
    .argument('<id>')
    .option('--diff', 'print its edit')
    .option('--log', 'print the log of its last attempt')
    .option('--train-py', 'print the file that was measured')
    .addOption(output())
    .action(async (id, { output, diff, log, trainPy, ...where }) => {
      const { show } = await import('./read/experiments.ts');
      await show(where, id, { diff, log, trainPy }, output);
    });
  onLane(autoresearch.command('logs'), 'print the log of an experiment')
    .argument('<id>')
    .option('-f, --follow', 'follow the log while it runs', false)
    .action(async (id, { follow, ...where }) =>
      (await import('./read/experiments.ts')).logs(where, id, follow),
    );
  onLane(autoresearch.command('page'), 'serve a page about the lanes to a browser here; prints its link')
    .option('--port <n>', 'on 127.0.0.1; where it is taken, the next free one', number, 7878)
    .action(async ({ port, ...where }) => (await import('./read/page.ts')).page(where, port));
  onLane(autoresearch.command('export'), 'write a git bundle, results.tsv, the picture and report.html')
    .argument('<folder>')
    .option('--redact', 'leave guidance, costs, machines and words about crashes out of report.html', false)
    .action(async (folder, { redact, ...where }) =>
      (await import('./read/export.ts')).exportLane(where, folder, redact),
    );
}
