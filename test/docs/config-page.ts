// docs/config.md: every key of a settings file and of the chart's values, with type, default and meaning.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { z } from 'zod';
import { poolSchema } from '../../controller/adapters/kubernetes/manifest/pool.ts';
import { fileAliases, laneAliases } from '../../controller/settings/aliases.ts';
import { chartValues } from '../../controller/settings/chart-values.ts';
import { claudeSchema } from '../../controller/settings/claude.ts';
import { clusterShape } from '../../controller/settings/cluster.ts';
import { commandSchema } from '../../controller/settings/command.ts';
import { devSchema } from '../../controller/settings/dev.ts';
import { frontierShape } from '../../controller/settings/frontier.ts';
import { clusterDefaults, laneShape, laptopDefaults } from '../../controller/settings/lane.ts';
import { openaiSchema } from '../../controller/settings/openai.ts';
import { freeProposers, mixSchema } from '../../controller/settings/proposer.ts';
import { storeShape } from '../../controller/settings/store.ts';
import { type Key, keysOf } from './schema-keys.ts';
import { code, item, MADE, wrapped } from './wrapped.ts';

/** A longer default is a paragraph of its own. */
const DEFAULT_CHARS = 60;

const values = join(import.meta.dirname, '..', '..', 'charts', 'autoresearch', 'values.yaml');

export async function configPage(): Promise<string> {
  const own = (schema: z.ZodType, elsewhere: readonly string[]) =>
    keysOf(schema).filter(({ path }) => !elsewhere.includes(path.split(/[.[]/)[0]!));
  const parts = ['lanes', 'pools', 'store', 'frontier', 'proposer'];
  const installed = parse(await readFile(values, 'utf8'));
  const chart = own(chartValues, ['lanes', 'pools', 'proposer'])
    .filter(({ path }) => !/^(store|frontier)\.(?!existingSecret)/.test(path))
    .map((key) => ({ ...key, required: false, default: defaultIn(installed, key) }));
  return `${[
    MADE,
    '# Settings',
    text(
      '`autoresearch dev --config FILE` and `autoresearch up --config FILE` read YAML. A lane has the same keys in both: a lane of `dev` is in a pool called `local`. The chart takes the keys of `up` as its values. An unknown key is refused with its path. Flags of `dev` win over its file, for every lane ([commands](cli.md)).',
    ),
    '## A lane: `lanes[]`',
    text('With `dev` a name alone will do, and without `lanes` there is one, `main`.'),
    lanes(),
    '## The file of `dev`',
    text('Beside `lanes`, `store`, `frontier` and `proposer`:'),
    list(own(devSchema, parts)),
    '## The file of `up`',
    text('Beside `lanes`, `pools`, `store`, `frontier` and `proposer`:'),
    list(own(clusterShape, parts)),
    '## A pool: `pools[]`',
    list(keysOf(poolSchema)),
    '## `store`',
    text('A URL alone will do.'),
    list(keysOf(storeShape)),
    '## `frontier`',
    text('A URL alone will do.'),
    list(keysOf(frontierShape)),
    '## `proposer`',
    text(
      `One of ${freeProposers.map(code).join(', ')}, which cost nothing (default ${code('builtin')}), or a mapping. [Proposers](proposers.md) compares them. For Claude:`,
    ),
    list(keysOf(claudeSchema)),
    text('For a model of OpenAI, or behind an interface like theirs:'),
    list(keysOf(openaiSchema)),
    text('For a command of your own:'),
    list(keysOf(commandSchema)),
    text('For several at once:'),
    list(keysOf(mixSchema).filter(({ path }) => !path.includes('.'))),
    '## Values of the chart alone',
    text(
      'Beside `lanes`, `pools`, `proposer` and the keys of `store` and `frontier` above, less `frontier.credentials`. The defaults are those of `charts/autoresearch/values.yaml`.',
    ),
    list(chart),
    '## Older names',
    text(
      'A file of `dev` may have these beside `lanes`. Those of a lane are for every lane. An older and a newer name together are refused.',
    ),
    [
      ...Object.entries(fileAliases).map(([old, key]) => item(`${code(old)}: ${code(key)}`)),
      ...Object.entries(laneAliases).map(([old, key]) => item(`${code(old)}: ${code(`lanes[].${key}`)}`)),
    ].join('\n'),
  ].join('\n\n')}\n`;
}

/** A lane's keys with both defaults, where they differ. */
function lanes(): string {
  const [dev, up] = [keysOf(laneShape(laptopDefaults)), keysOf(laneShape(clusterDefaults))];
  return up
    .map((key, i) => {
      const [here, there] = [whenSilent(dev[i]!), whenSilent(key)];
      const both = [here && `${here} with ${code('dev')}`, there && `${there} with ${code('up')}`];
      const silent = here === there ? here : both.filter(Boolean).join(', ');
      return line(key, silent);
    })
    .join('\n');
}

function list(keys: readonly Key[]): string {
  return keys.map((key) => line(key, whenSilent(key))).join('\n');
}

function line({ path, type, meaning }: Key, silent: string): string {
  return item(`${code(path)} (${[type, silent].filter(Boolean).join('; ')}): ${meaning}`);
}

function whenSilent({ required, default: value }: Key): string {
  if (required) return 'required';
  const shown = value === undefined ? '' : code(value);
  return shown.length > DEFAULT_CHARS ? 'default in values.yaml' : shown && `default ${shown}`;
}

/** What values.yaml says; of a mapping its keys say it themselves. */
function defaultIn(installed: unknown, { path, filled }: Key): unknown {
  if (filled) return undefined;
  return path
    .split('.')
    .reduce((value, key) => (value as Record<string, unknown> | undefined)?.[key], installed);
}

function text(words: string): string {
  return wrapped(words);
}
