// Files that are made from the sources, and how. `npm run verify` says which are stale, `npm run verify -- --write` makes them.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { sealedSchema } from '../controller/core/outcome.ts';
import { intentFileSchema } from '../controller/intent.ts';
import { chartValues } from '../controller/settings/chart-values.ts';
import { chartPage } from './docs/chart-page.ts';
import { cliPage } from './docs/cli-page.ts';
import { configPage } from './docs/config-page.ts';

const root = join(import.meta.dirname, '..');
const chart = join(root, 'charts', 'autoresearch');

interface Generated {
  readonly path: string;
  /** The text it should hold; null where a tool for making it is missing here. */
  make(): Promise<string | null>;
}

export const generated: readonly Generated[] = [
  {
    path: 'charts/autoresearch/values.schema.json',
    make: async () => schema(chartValues, 'draft-7'),
  },
  { path: 'harness/intent.schema.json', make: async () => schema(intentFileSchema, 'draft-2020-12') },
  { path: 'harness/result.schema.json', make: async () => schema(sealedSchema, 'draft-2020-12') },
  { path: 'manifests/autoresearch.yaml', make: manifests },
  { path: 'charts/autoresearch/README.md', make: chartPage },
  { path: 'docs/cli.md', make: async () => cliPage() },
  { path: 'docs/config.md', make: configPage },
];

function schema(type: z.ZodType, target: 'draft-7' | 'draft-2020-12'): string {
  return `${JSON.stringify(z.toJSONSchema(type, { target, io: 'input' }), null, 2)}\n`;
}

/** The chart as `kubectl apply -f` wants it, with the values beside it. */
async function manifests(): Promise<string | null> {
  const values = join(root, 'manifests', 'values.yaml');
  const args = [
    'template',
    'autoresearch',
    chart,
    '--namespace',
    'autoresearch',
    '--skip-tests',
    '--values',
    values,
  ];
  const { stdout, failed, code } = await execa('helm', args, { reject: false, env: toolPath() });
  if (code === 'ENOENT') return null;
  if (failed) throw new Error('helm template failed; run it by hand to see why');
  const head =
    '# Made by `npm run verify -- --write` from charts/autoresearch and manifests/values.yaml: edit those.\n';
  // Who applies them is no Helm.
  const applied = stdout.replace(/^ +(app\.kubernetes\.io\/managed-by: Helm|helm\.sh\/chart: .*)\n/gm, '');
  return `${head}${applied.trimEnd()}\n`;
}

/** Helm from the PATH, or the one that the cluster tests built. */
function toolPath(): Record<string, string> {
  const cache = process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '/root', '.cache');
  return { PATH: `${process.env.PATH}:${join(cache, 'autoresearch', 'cluster', 'bin')}` };
}

/** `current`, `stale`, or `unknown` where it cannot be made here. */
export async function stateOf(file: Generated): Promise<'current' | 'stale' | 'unknown'> {
  const wanted = await file.make();
  if (wanted === null) return 'unknown';
  const there = await readFile(join(root, file.path), 'utf8').catch(() => null);
  return there === wanted ? 'current' : 'stale';
}
