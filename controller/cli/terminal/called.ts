// How this program was called: sentences name its commands as `autoresearch status`, and a person reads what can be typed.
import { join } from 'node:path';

/** What is typed for the command itself, and for `dev`: a clone may have been started by `npm start`. */
export interface Called {
  readonly command: string;
  readonly dev: 'npm start' | null;
}

export const commands: readonly string[] = [
  'dev',
  'run',
  'up',
  'status',
  'list',
  'show',
  'diff',
  'prompt',
  'logs',
  'page',
  'export',
  'replay',
  'doctor',
  'version',
  'pause',
  'resume',
  'guide',
  'limit',
  'try',
  'retract',
  'import',
  'rebuild',
  'archive',
  'remove',
  'completion',
];

const INSTALLED: Called = { command: 'autoresearch', dev: null };

/** `clone`: the folder of one, or null in an image. `script`, `from`: the npm script that called it, and where a person stood. */
export function calledBy(
  clone: string | null,
  { script, from }: { readonly script?: string | undefined; readonly from: string },
): Called {
  if (clone === null) return INSTALLED;
  const whole = join(clone, 'autoresearch');
  const command = from === clone ? './autoresearch' : /^[\w./+-]+$/.test(whole) ? whole : `'${whole}'`;
  return { command, dev: script === 'start' ? 'npm start' : null };
}

const NAMED = new RegExp(`\\bautoresearch (${commands.join('|')}|\\[options\\])(?![\\w-])( -)?`, 'g');

/** The text with each command as this caller types it. Only for what is shown: what is stored is read by other callers. */
export function asCalled(text: string, called: Called): string {
  if (called.command === 'autoresearch') return text;
  return text.replace(NAMED, (_, command: string, flags = '') => {
    if (called.dev !== null && command === 'dev') return `${called.dev}${flags && ' --'}${flags}`;
    return `${called.command} ${command}${flags}`;
  });
}
