// Commands that change a lane.
import type { Command } from 'commander';
import { Failure } from '../failure.ts';
import { onLane, onLaneHere } from './lane-options.ts';
import { cap } from './terminal/option-values.ts';

const steering = () => import('./steer/steer.ts');

export function addSteering(autoresearch: Command): void {
  onLane(autoresearch.command('pause'), 'start nothing new; runs under way end').action(async (where) =>
    (await steering()).pause(where),
  );
  onLane(autoresearch.command('resume'), 'continue after a pause').action(async (where) =>
    (await steering()).resume(where),
  );
  onLane(autoresearch.command('guide'), 'tell the proposer something; an empty text removes it')
    .argument('<text>', 'words for a model; a bound such as "WIDTH <= 192" for any proposer')
    .action(async (text, where) => (await steering()).guide(where, text));
  onLane(autoresearch.command('limit'), 'cap a lane while it runs; "none" removes a cap')
    .option('--experiments <n>', 'experiments beyond the baseline', cap)
    .option('--hours <h>', 'machine hours of all runs', cap)
    .option('--usd <usd>', 'dollars for proposals', cap)
    .action(async ({ experiments, hours, usd, ...where }) => {
      const given = Object.entries({ experiments, gpuHours: hours, usd }).filter(
        ([, value]) => value !== undefined,
      );
      const caps = given.map(([key, value]) => [key, value === 'none' ? null : value]);
      await (await steering()).limit(where, Object.fromEntries(caps));
    });
  onLane(autoresearch.command('try'), 'queue your own train.py as an experiment')
    .argument('<file>', 'a whole train.py')
    .requiredOption('-m, --message <text>', 'what it changes')
    .action(async (file, { message, ...where }) => (await steering()).tryFile(where, file, message));
  onLane(autoresearch.command('retract'), 'go back behind a keep: the file before it is measured and kept')
    .argument('<which>', 'a number, a commit, or tip')
    .option('-m, --message <text>', 'why; it stands in the row')
    .action(async (which, { message, ...where }) =>
      (await import('./steer/retract.ts')).retract(where, which, message),
    );
  onLane(autoresearch.command('import'), 'tell the proposer of experiments that were made elsewhere')
    .argument('[file]', "a results.tsv with karpathy's five columns, or ours; - is stdin")
    .option('--forget', 'remove all that was imported', false)
    .action(async (file, { forget, ...where }) => {
      const { forgetImported, importTable } = await import('./steer/import.ts');
      if (forget === (file !== undefined))
        throw new Failure(2, 'give a file to import, or --forget; see autoresearch import --help');
      return forget ? forgetImported(where) : importTable(where, file);
    });
  onLane(
    autoresearch.command('rebuild'),
    'write results.tsv and the picture again from git and store',
  ).action(async (where) => (await import('./read/export.ts')).rebuild(where));
  onLaneHere(
    autoresearch.command('archive'),
    'move a lane of this machine into a folder of its own; it asks first',
  )
    .option('--yes', 'ask nothing', false)
    .action(async ({ yes, ...where }) => (await import('./steer/put-away.ts')).archive(where, yes));
  onLaneHere(autoresearch.command('remove'), 'delete a lane of this machine for good; it asks first')
    .option('--yes', 'ask nothing', false)
    .action(async ({ yes, ...where }) => (await import('./steer/put-away.ts')).remove(where, yes));
}
