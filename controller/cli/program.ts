// The `autoresearch` command: what can be said, and which file does it.
import { Command, Option } from 'commander';
import { Failure } from '../failure.ts';
import { version } from '../settings/checkout.ts';
import { readConfig } from '../settings/dev.ts';
import { type FrontierFlags, frontierFlags } from '../settings/frontier.ts';
import { proposerKinds } from '../settings/proposer.ts';
import { type StoreFlags, storeFlags } from '../settings/store.ts';
import { trainerNames } from '../settings/trainers.ts';
import { cap, number, path, refuseSwallowed } from './option-values.ts';
import { outputs, write } from './print.ts';
import { sentence } from './terminal.ts';

// Commands are loaded when they are called: what a cluster needs would double the memory of a laptop's loop.
const steering = () => import('./steer.ts');

const collect = (value: string, all: string[] | undefined) => [...(all ?? []), value];

export function program(): Command {
  const autoresearch = new Command('autoresearch')
    .description('An unattended research loop for one training script.')
    .configureOutput({
      writeOut: (text) => process.stdout.write(sentence(text)),
      writeErr: (text) => process.stderr.write(sentence(text)),
    })
    .showSuggestionAfterError()
    .exitOverride();

  withRemoteFlags(autoresearch.command('dev'))
    .description('run the loop on this machine: no key, no cluster, no GPU needed')
    .option('--experiments <n>', 'stop after this many experiments beyond the baseline', number)
    .option('--hours <h>', 'cap on the hours of all runs of a lane together', number)
    .option('--budget <time>', 'training time of one run, such as 5s')
    .option('--width <n>', 'runs at a time', number)
    .option('--seed <n>', 'seed of training and of the built-in proposer', number)
    .option('--confirm <n>', 'measure a win this many more times on fresh seeds', number)
    .option('--lane <name>', 'name of a lane; may be given several times', collect)
    .option('--dir <folder>', 'folder of the lanes, the store and the runs', path)
    .option('--ephemeral', 'use a temporary folder and remove it at the end')
    .option('--require-sealed', 'refuse numbers measured without a confinement')
    .option('--text <file>', 'train on your own text', path)
    .addOption(new Option('--trainer <name>', 'which trainer begins the lane').choices(trainerNames))
    .option('--gpus <list>', 'GPUs for the runs, each its own: numbers or UUIDs as nvidia-smi -L lists them')
    .option('--train-py <file>', 'begin with your own train.py', path)
    .option('--prepare <options>', "more options of the trainer's prepare.py")
    .option('--config <file>', 'YAML file with these settings and more, see docs/config.md', path)
    .option('--page <port>', 'port of the page on 127.0.0.1, or off; else only at a terminal', (port) =>
      port === 'off' ? port : number(port),
    )
    .option('--plain', 'no status line, no colour', false)
    .addOption(new Option('--proposer <kind>', 'who has the ideas').choices(proposerKinds))
    .option('--max-usd <usd>', 'for --proposer anthropic: dollars that a lane may spend in all', number)
    .option('--model <id>', 'for --proposer anthropic: which model')
    .addOption(new Option('--clock <kind>').choices(['cpu', 'wall', 'virtual']).hideHelp())
    .addOption(
      new Option('-o, --output <kind>', 'what stdout carries').choices(['table', 'json']).default('table'),
    )
    .action(async ({ config, lane, plain, output, ...flags }, { options }: Command) => {
      refuseSwallowed(
        options.map(({ long }) => long!.slice(2)),
        process.env,
      );
      const { dev } = await import('./dev.ts');
      await dev(await readConfig(config, settingsOf({ ...flags, lanes: lane })), { output, plain });
    });
  autoresearch
    .command('up')
    .description('run the lanes of a cluster, a Kubernetes Job per attempt')
    .requiredOption('--config <file>', 'YAML file with lanes and pools, see docs/config.md', path)
    .option('--context <name>', 'context of the kubeconfig; leave it out inside a cluster')
    .option('--namespace <name>', 'namespace that the Jobs are created in')
    .option('--port <n>', 'serve /livez, /readyz and /metrics, and stay up when the work is done', number)
    .option('--dry-run', "print the Jobs of the lanes' baselines", false)
    .action(async (options) => (await import('./up.ts')).up(options));
  addReaders(autoresearch);
  addSteering(autoresearch);
  return autoresearch;
}

/** Commands that only look. */
function addReaders(autoresearch: Command): void {
  onLane(autoresearch.command('status'), 'progress and problems of each lane')
    .addOption(output())
    .action(async ({ output, ...where }) => (await import('./status.ts')).status(where, output));
  onLane(autoresearch.command('list'), 'every decided experiment; -o tsv prints results.tsv')
    .addOption(output())
    .action(async ({ output, ...where }) => (await import('./experiments.ts')).list(where, output));
  onLane(autoresearch.command('show'), 'one experiment, by its id or the commit of its row')
    .argument('<id>')
    .option('--diff', 'print its edit')
    .option('--log', 'print the log of its last attempt')
    .option('--train-py', 'print the file that was measured')
    .addOption(output())
    .action(async (id, { output, diff, log, trainPy, ...where }) => {
      const { show } = await import('./experiments.ts');
      await show(where, id, { diff, log, trainPy }, output);
    });
  onLane(autoresearch.command('logs'), 'print the log of an experiment')
    .argument('<id>')
    .option('-f, --follow', 'follow the log while it runs', false)
    .action(async (id, { follow, ...where }) => (await import('./experiments.ts')).logs(where, id, follow));
  onLane(autoresearch.command('page'), 'serve a page about the lanes to a browser here; prints its link')
    .option('--port <n>', 'on 127.0.0.1; where it is taken, the next free one', number, 7878)
    .action(async ({ port, ...where }) => (await import('./page.ts')).page(where, port));
  onLane(autoresearch.command('export'), 'write a git bundle, results.tsv, the picture and report.html')
    .argument('<folder>')
    .option('--redact', 'leave guidance, costs, machines and words about crashes out of report.html', false)
    .action(async (folder, { redact, ...where }) =>
      (await import('./export.ts')).exportLane(where, folder, redact),
    );
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
    .option('--max-usd <usd>', 'with --proposer anthropic: does the cap buy a call?', number)
    .option('--model <id>', 'with --proposer anthropic: is this model known to the key?')
    .option('--context <name>', 'context of the kubeconfig: check that cluster instead of this machine')
    .option('--namespace <name>', 'namespace of the Jobs in that cluster')
    .option('--config <file>', 'settings of autoresearch up or values of the chart: lanes and pools to check')
    .option('--account <namespace/name>', "the controller's service account: check its rights, too")
    .option('--no-probe', 'start no Pod in the cluster')
    .addOption(output())
    .action(async ({ output, context, namespace, config, account, probe, ...where }) => {
      if (context === undefined) return (await import('./doctor.ts')).doctor(where, output);
      const { clusterDoctor } = await import('./cluster-doctor.ts');
      return clusterDoctor({ context, namespace, config, account, probe }, output);
    });
  autoresearch
    .command('version')
    .description('print the version')
    .action(async () => write(await version()));
}

/** Commands that change a lane. */
function addSteering(autoresearch: Command): void {
  onLane(autoresearch.command('pause'), 'start nothing new; runs under way end').action(async (where) =>
    (await steering()).pause(where),
  );
  onLane(autoresearch.command('resume'), 'continue after a pause').action(async (where) =>
    (await steering()).resume(where),
  );
  onLane(autoresearch.command('guide'), 'tell the proposer something; an empty text removes it')
    .argument('<text>')
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
    .argument('<file>')
    .requiredOption('-m, --message <text>', 'what it changes')
    .action(async (file, { message, ...where }) => (await steering()).tryFile(where, file, message));
  onLane(
    autoresearch.command('rebuild'),
    'write results.tsv and the picture again from git and store',
  ).action(async (where) => (await import('./export.ts')).rebuild(where));
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

/** Where results and frontier live; a laptop names them once in its environment. */
function withRemoteFlags(command: Command): Command {
  const of = (flags: string, what: string, name: string) =>
    new Option(flags, what).env(`AUTORESEARCH_${name}`);
  return command
    .addOption(of('--store <url>', 'where results live: s3://BUCKET/PREFIX', 'STORE'))
    .addOption(of('--endpoint <url>', 'address of an S3 store other than AWS', 'ENDPOINT'))
    .addOption(of('--region <name>', 'region of the bucket', 'REGION'))
    .addOption(
      of(
        '--frontier <url>',
        'where the frontier lives: https://…, ssh://… or the path of a bare repository',
        'FRONTIER',
      ),
    )
    .addOption(
      of(
        '--frontier-credentials <folder>',
        'folder with username and password, or with ssh-privatekey and known_hosts',
        'FRONTIER_CREDENTIALS',
      ),
    )
    .option(
      '--single-writer',
      'use a store without conditional writes: only one controller ever writes there',
    );
}

function onLane(command: Command, description: string): Command {
  return withRemoteFlags(command)
    .description(description)
    .option('--dir <folder>', 'folder of the lanes', path, '.autoresearch')
    .option('--lane <name>', 'name of the lane; not needed where there is only one')
    .option(
      '--context <name>',
      'context of the kubeconfig: a lane of that cluster, reached through its controller',
    )
    .option('--namespace <name>', 'namespace of the release in that cluster')
    .hook('preAction', async (_, { args: [file] }) => {
      const { context, namespace, config } = command.opts();
      if (context === undefined || config !== undefined) return;
      const { forward } = await import('./forward.ts');
      // Done there, so not here.
      throw new Failure(
        await forward(command.name(), file, process.argv.slice(2), { context, namespace }),
        '',
      );
    });
}

function output(): Option {
  return new Option('-o, --output <kind>', 'form of the answer').choices(outputs).default('table');
}
