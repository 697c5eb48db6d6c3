// Commands that measure again, or check a machine.
import { type Command, Option } from 'commander';
import { proposerKinds } from '../settings/proposer.ts';
import { trainerNames } from '../settings/trainers.ts';
import { onLane, output, withRemoteFlags } from './lane-options.ts';
import { number, path } from './terminal/option-values.ts';

export function addChecking(autoresearch: Command): void {
  onLane(autoresearch.command('replay'), 'measure baseline and tip again on fresh seeds: are the keeps real?')
    .option('--times <n>', 'how often each of the two is measured', number, 5)
    .addOption(new Option('--clock <kind>').choices(['cpu', 'wall', 'virtual']).hideHelp())
    .addOption(new Option('--attended').default(false).hideHelp())
    .option('--unseen', 'measure on validation text that decided nothing yet', false)
    .option('--text <file>', 'with --unseen: your own text, where it was moved')
    .option(
      '--prepare <options>',
      "with --unseen: the options of prepare.py that the lane's text was made with",
    )
    .option('--config <file>', 'settings of autoresearch up: measure with Jobs in the pool of the lane')
    .option('--image <ref>', "a trainer's image other than the pool's, such as one made from another secret")
    .addOption(output())
    .action(async ({ output, ...flags }) => (await import('./replay.ts')).replay(flags, flags, output));
  withRemoteFlags(autoresearch.command('doctor'))
    .description('check this machine, or the cluster of --context: a line for each check, with the fix')
    .option('--dir <folder>', 'folder of the lanes', path, '.autoresearch')
    .addOption(
      new Option('--trainer <name>', 'check this machine for runs of this trainer')
        .choices(trainerNames)
        .default('cpu'),
    )
    .addOption(new Option('--proposer <kind>', 'check for this proposer, too').choices(proposerKinds))
    .option('--max-usd <usd>', 'with --proposer: does the cap buy a call?', number)
    .option('--model <id>', 'with --proposer: is this model known to the key?')
    .option('--command <command>', 'with --proposer command: can it be started?')
    .option('--usd-per-call <usd>', 'with --proposer command: dollars that one call may cost', number)
    .option('--context <name>', 'context of the kubeconfig: check that cluster instead of this machine')
    .option('--namespace <name>', 'namespace of the Jobs in that cluster')
    .option('--config <file>', 'settings: with --context lanes and pools are checked, else the proposer')
    .option('--account <namespace/name>', "the controller's service account: check its rights, too")
    .option('--no-probe', 'start no Pod in the cluster')
    .addOption(output())
    .action(async ({ output, context, namespace, config, account, probe, ...where }) => {
      if (context === undefined) return (await import('./doctor.ts')).doctor({ ...where, config }, output);
      const { clusterDoctor } = await import('./cluster-doctor.ts');
      return clusterDoctor({ context, namespace, config, account, probe }, output);
    });
}
