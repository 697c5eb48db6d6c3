// What is known of the Conditions before anything runs, so that a lane that was begun under other ones spends nothing.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { conditionsOf } from '../core/conditions.ts';

/** sha256 of the files that runs are measured with. */
export interface FileSums {
  readonly prepare_sha256: string;
  readonly supervise_sha256: string;
  readonly data_sha256: string;
}

const UNKNOWN: FileSums = { prepare_sha256: '', supervise_sha256: '', data_sha256: '' };

/** A part of what `conditionsOf` writes. `sums`: null where only the trainer's image has the files. */
export function foreseenConditions(sums: FileSums | null, budgetSeconds: number): string {
  const known = sums ? /^(prepare|supervise|data|budget):/ : /^budget:/;
  const all = conditionsOf({ ...(sums ?? UNKNOWN), gpu: '' }, '', budgetSeconds);
  return all
    .split(' ')
    .filter((part) => known.test(part))
    .join(' ');
}

/** Of this trainer folder, this supervisor and a text that is made already. */
export function sumsOf(trainer: string, supervise: string, dataSha256: string): FileSums {
  return {
    prepare_sha256: sha256Of(readFileSync(join(trainer, 'prepare.py'))),
    supervise_sha256: superviseSha256(supervise),
    data_sha256: dataSha256,
  };
}

/** What the supervisor will say of itself, summed up as `harness/seal/conditions.py` does. */
export function superviseSha256(supervise: string): string {
  const root = dirname(supervise);
  const modules = readdirSync(join(root, 'seal'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.py') && !entry.isDirectory())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  const line = (name: string) => `${sha256Of(readFileSync(join(root, name)))}  ${name}\n`;
  return sha256Of(['supervise.py', ...modules].map(line).join(''));
}

/** In hexadecimal digits, as the supervisor tells it. */
export function sha256Of(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
