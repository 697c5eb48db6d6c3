// Options that most commands take: which lane, and where it lives.
import { type Command, Option } from 'commander';
import { Failure } from '../failure.ts';
import { path } from './terminal/option-values.ts';
import { outputs } from './terminal/print.ts';

/** Where results and frontier live; a laptop names them once in its environment. */
export function withRemoteFlags(command: Command): Command {
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

/** A command on one lane that lies on this machine. */
export function onLaneHere(command: Command, description: string): Command {
  return withRemoteFlags(command)
    .description(description)
    .option('--dir <folder>', 'folder of the lanes', path, '.autoresearch')
    .option('--lane <name>', 'name of the lane; not needed where there is only one');
}

/** A command on one lane; with --context it is carried out where that lane is. */
export function onLane(command: Command, description: string): Command {
  return onLaneHere(command, description)
    .option(
      '--context <name>',
      'context of the kubeconfig: a lane of that cluster, reached through its controller',
    )
    .option('--namespace <name>', 'namespace of the release in that cluster')
    .hook('preAction', async (_, { args }) => {
      const { context, namespace, config } = command.opts();
      if (context === undefined || config !== undefined) return;
      const { forward } = await import('./forward.ts');
      // Done there, so not here.
      throw new Failure(
        await forward(command.name(), args, optionsIn(command, process.argv.slice(3)), {
          context,
          namespace,
        }),
        '',
      );
    });
}

/** The words of a call that are options and their values; the others are its arguments. */
function optionsIn({ options }: Command, words: readonly string[]): string[] {
  const found: string[] = [];
  for (let i = 0; i < words.length && words[i] !== '--'; i++) {
    if (/^-[\d.]*$/.test(words[i]!) || !words[i]!.startsWith('-')) continue;
    found.push(words[i]!);
    const option = options.find(({ short, long }) => [short, long].includes(words[i]));
    if (option?.required) found.push(words[++i]!);
  }
  return found;
}

export function output(): Option {
  return new Option('-o, --output <kind>', 'form of the answer').choices(outputs).default('table');
}
