// Commands that only look.
import { type Command, Option } from 'commander';
import { proposerKinds } from '../settings/proposer.ts';
import { orders } from '../views/selection.ts';
import { onLane, output } from './lane-options.ts';
import { atLeastOne, number } from './terminal/option-values.ts';

/** What names an experiment. */
const ONE = 'a number, a commit, best, tip, last or baseline';

export function addReading(autoresearch: Command): void {
  onLane(autoresearch.command('status'), 'progress and problems of each lane')
    .addOption(output())
    .action(async ({ output, ...where }) => (await import('./read/status.ts')).status(where, output));
  onLane(
    autoresearch.command('list'),
    'what was tried, with Δ against the commit it was made on; -o tsv prints results.tsv',
  )
    .option('--kept', 'keeps, the baseline too')
    .option('--discarded', 'discards')
    .option('--crashed', 'crashes')
    .option('--lost', 'what the machine lost')
    .option('--running', 'only what runs now')
    .option('--refused', 'answers that were paid for and could not be used; -o json prints them')
    .option('--last <n>', 'the newest n of those', atLeastOne)
    .option('--since <time>', 'decided since then: 2h, 30m or 3d ago, or a date as 2026-11-29')
    .addOption(
      new Option('--sort <by>', 'in which order; the best or the largest first')
        .choices(orders)
        .default('order'),
    )
    .addOption(output())
    .action(
      async ({ output, kept, discarded, crashed, lost, running, refused, last, since, sort, ...where }) =>
        (await import('./read/list.ts')).list(
          where,
          { kept, discarded, crashed, lost, running, refused, last, since, sort },
          output,
        ),
    );
  onLane(autoresearch.command('show'), 'what an experiment was, and what came of it')
    .argument('<which>', `${ONE}; or a range as 3..20`)
    .option('--all', 'every field that has a value')
    .option('--diff', 'print its edit')
    .option('--log', 'print the log of its last attempt')
    .option('--train-py', 'print the file that was measured')
    .addOption(output())
    .action(async (which, { output, all, diff, log, trainPy, ...where }) =>
      (await import('./read/show.ts')).show(where, which, { all, diff, log, trainPy }, output),
    );
  onLane(autoresearch.command('diff'), 'how the train.py of one experiment differs from that of another')
    .argument('<from>', ONE)
    .argument('<to>', ONE)
    .action(async (from, to, where) => (await import('./read/show.ts')).diff(where, from, to));
  onLane(autoresearch.command('prompt'), 'print what the proposer is sent next; nothing is sent')
    .option('--at <which>', `as it was once this experiment was decided: ${ONE}`)
    .option('--config <file>', 'settings of the lane; its proposer is taken from there')
    .addOption(
      new Option('--proposer <kind>', 'what this one is sent; left out: anthropic').choices(proposerKinds),
    )
    .option('--model <id>', 'what this model of it is sent')
    .addOption(
      new Option('-o, --output <kind>', 'form of the answer').choices(['table', 'json']).default('table'),
    )
    .action(async ({ output, at, config, proposer, model, ...where }) =>
      (await import('./read/prompt.ts')).prompt(where, { at, config, proposer, model }, output),
    );
  onLane(autoresearch.command('logs'), 'print the log of an experiment')
    .argument('<which>', ONE)
    .option('-f, --follow', 'follow the log while it runs', false)
    .action(async (which, { follow, ...where }) =>
      (await import('./read/logs.ts')).logs(where, which, follow),
    );
  onLane(autoresearch.command('page'), 'serve a page about the lanes to a browser here; prints its link')
    .option('--port <n>', 'on 127.0.0.1; where it is taken, the next free one', number, 7878)
    .option('--steering', 'let whoever has the link also pause, guide, limit and try', false)
    .addOption(new Option('--behind <port>').argParser(number).hideHelp())
    .action(async ({ port, steering, behind, ...where }) =>
      (await import('./read/page.ts')).page(where, { port, steering, behind }),
    );
  onLane(
    autoresearch.command('export'),
    'write a git bundle, results.tsv, pictures as SVG and PNG, and report.html',
  )
    .argument('<folder>', 'a new or an empty one')
    .option('--redact', 'leave guidance, costs, machines and words about crashes out of report.html', false)
    .option(
      '--mlflow <uri>',
      'also make a run of an MLflow server of each experiment, such as http://host:5000',
    )
    .option('--wandb', 'also write what makes an offline run of Weights & Biases of each experiment', false)
    .option('--force', 'write into a folder that is not empty', false)
    .action(async (folder, { redact, force, mlflow, wandb, ...where }) =>
      (await import('./read/export.ts')).exportLane(where, folder, { redact, force, mlflow, wandb }),
    );
}
