// How this program was called: sentences name its commands as `autoresearch status`, and a person reads what can be typed.

/** `installed`: as in the image, on PATH. A clone has it under npx; `npm start` there is `dev`. */
export type Called = 'installed' | 'npx' | 'npm start';

export const commands: readonly string[] = [
  'dev',
  'up',
  'status',
  'list',
  'show',
  'diff',
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
  'rebuild',
];

/** `script`: the npm script that called it, where one did. */
export function calledBy(bundled: boolean, script: string | undefined): Called {
  if (bundled) return 'installed';
  return script === 'start' ? 'npm start' : 'npx';
}

const NAMED = new RegExp(`\\bautoresearch (${commands.join('|')}|\\[options\\])(?![\\w-])( -)?`, 'g');

/** The text with each command as this caller types it. Only for what is shown: what is stored is read by other callers. */
export function asCalled(text: string, called: Called): string {
  if (called === 'installed') return text;
  return text.replace(NAMED, (_, command: string, flags = '') => {
    if (called === 'npm start' && command === 'dev') return `npm start${flags && ' --'}${flags}`;
    return `npx autoresearch ${command}${flags}`;
  });
}
