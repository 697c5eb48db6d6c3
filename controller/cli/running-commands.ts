// Commands that run lanes.
import { type Command, Option } from 'commander';
import { npmSays } from '../environment.ts';
import { readConfig } from '../settings/dev.ts';
import { type FrontierFlags, frontierFlags } from '../settings/frontier.ts';
import { proposerKinds } from '../settings/proposer.ts';
import { type StoreFlags, storeFlags } from '../settings/store.ts';
import { trainerNames } from '../settings/trainers.ts';
import { onLaneHere, withRemoteFlags } from './lane-options.ts';
import { number, path, positive, refuseSwallowed } from './terminal/option-values.ts';

const collect = (value: string, all: string[] | undefined) => [...(all ?? []), value];

export function addRunning(autoresearch: Command): void {
  withRemoteFlags(autoresearch.command('dev'))
    .description('run the loop on this machine: no key, no cluster, no GPU needed')
    .option('--experiments <n>', 'stop after this many experiments beyond the baseline', number)
    .option('--hours <h>', 'cap on the hours of all runs of a lane together', number)
    .option('--budget <time>', 'training time of one run, such as 5s')
    .option('--width <n>', 'runs at a time', number)
    .option('--seed <n>', 'seed of training and of the built-in proposer', number)
    .option('--confirm <n>', 'measure a win this many more times on fresh seeds', number)
    .option('--evidence <n>', 'seeds that decide what is kept, so that luck is not', number)
    .option('--lane <name>', 'name of a lane; may be given several times', collect)
    .option('--dir <folder>', 'folder of the lanes, the store and the runs', path)
    .option('--ephemeral', 'use a temporary folder and remove it at the end')
    .option('--require-sealed', 'refuse numbers measured without a confinement')
    .option('--text <file>', 'train on your own text', path)
    .addOption(new Option('--trainer <name>', 'which trainer begins the lane').choices(trainerNames))
    .option('--gpus <list>', 'GPUs for the runs, each its own: numbers or UUIDs as nvidia-smi -L lists them')
    .option('--train-py <file>', 'begin with your own train.py', path)
    .option(
      '--from <lane|commit>',
      'begin a new lane with the train.py of another: main, main:best, main:12 or a commit',
    )
    .option('--prepare <options>', "more options of the trainer's prepare.py")
    .option('--config <file>', 'YAML file with these settings and more, see docs/config.md', path)
    .option('--page <port>', 'port of the page on 127.0.0.1, or off; else only at a terminal', (port) =>
      port === 'off' ? port : number(port),
    )
    .addOption(notify())
    .option('--plain', 'no status line, no colour', false)
    .addOption(new Option('--proposer <kind>', 'who has the ideas').choices(proposerKinds))
    .option(
      '--max-usd <usd>',
      'for a proposer that costs money: dollars that a lane may spend in all',
      number,
    )
    .option('--model <id>', 'for --proposer anthropic or openai: which model')
    .option('--command <command>', 'for --proposer command: what is run for each call')
    .option('--usd-per-call <usd>', 'for --proposer command: dollars that one call may cost', number)
    .addOption(new Option('--clock <kind>').choices(['cpu', 'wall', 'virtual']).hideHelp())
    .addOption(
      new Option('-o, --output <kind>', 'what stdout carries').choices(['table', 'json']).default('table'),
    )
    .action(async ({ config, lane, plain, output, notify, ...flags }, { options }: Command) => {
      refuseSwallowed(
        options.map(({ long }) => long!.slice(2)),
        npmSays(),
      );
      const { dev } = await import('./dev.ts');
      await dev(await readConfig(config, settingsOf({ ...flags, lanes: lane })), { output, plain, notify });
    });
  onLaneHere(
    autoresearch.command('run'),
    'run a train.py once by hand, on a public sample: no lane is changed',
  )
    .argument('[file]', "left out: the newest keep of the lane, or the trainer's own")
    .addOption(new Option('--trainer <name>', 'which trainer it is for').choices(trainerNames))
    .option('--budget <seconds>', 'seconds of training; left out: those of the lane', positive)
    .action(async (file, options) => (await import('./run.ts')).run(file, options));
  autoresearch
    .command('up')
    .description('run the lanes of a cluster, a Kubernetes Job per attempt')
    .requiredOption('--config <file>', 'YAML file with lanes and pools, see docs/config.md', path)
    .option('--context <name>', 'context of the kubeconfig; leave it out inside a cluster')
    .option('--namespace <name>', 'namespace that the Jobs are created in')
    .option('--port <n>', 'serve /livez, /readyz and /metrics, and stay up when the work is done', number)
    .addOption(notify())
    .option('--dry-run', "print the Jobs of the lanes' baselines", false)
    .action(async (options) => (await import('./up.ts')).up(options));
}

/** A secret of a chat's: neither a file of settings nor an error of commander's gets it. */
function notify(): Option {
  return new Option('--notify <url>', 'send JSON to this address at a keep, a plateau and the end').env(
    'AUTORESEARCH_NOTIFY',
  );
}

/** Flags of store and frontier as one setting each. */
function settingsOf(flags: Record<string, unknown>) {
  const { store, endpoint, region, singleWriter, frontier, frontierCredentials, ...rest } = flags;
  const far = { store, endpoint, region, singleWriter, frontier, frontierCredentials };
  return {
    ...rest,
    store: storeFlags(far as StoreFlags),
    frontier: frontierFlags(far as FrontierFlags),
  };
}
