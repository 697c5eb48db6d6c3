// What is wrong with settings, by the names that a person typed, and with one that would do.
import { z } from 'zod';
import { laneAliases } from './aliases.ts';

/** What would do behind a flag of `dev`. */
const SUCH: Readonly<Record<string, string>> = {
  budget: '5s',
  experiments: '24',
  hours: '8',
  lane: 'main',
  seed: '42',
  store: 's3://BUCKET/PREFIX',
  endpoint: 'https://s3.example',
};

/** Flags, by the keys of a setting that several of them make up. */
const PARTS: Readonly<Record<string, string>> = {
  'store.url': 'store',
  'store.endpoint': 'endpoint',
  'store.region': 'region',
  'store.singleWriter': 'singleWriter',
  'frontier.url': 'frontier',
  'frontier.credentials': 'frontierCredentials',
};

/** A key for all lanes is told once, and not for each lane. `flags`: what the command line says, by the names of its options. */
export function refusalOf(
  error: z.ZodError,
  flags: Readonly<Record<string, unknown>>,
  written: Readonly<Record<string, unknown>>,
): string {
  const oldNames = new Map(Object.entries(laneAliases).map(([old, key]) => [key, old]));
  const told = new Map<string, string>();
  for (const issue of error.issues) {
    const inLane = issue.path[0] === 'lanes' ? issue.path.slice(2).join('.') : undefined;
    const old = inLane === undefined ? undefined : (oldNames.get(inLane) ?? inLane);
    const flag = old === 'name' ? 'lane' : (old ?? String(issue.path[0]));
    const part = PARTS[issue.path.slice(0, 2).join('.')];
    const given = part === undefined ? flags[flag] : partOf(flags[flag], issue.path[1]);
    if (given !== undefined) told.set(`${flag} ${issue.message}`, `✖ ${ofFlag(issue, part ?? flag, given)}`);
    else {
      const path = old !== undefined && old in written ? [old] : issue.path;
      told.set(
        `${path.join('.')} ${issue.message}`,
        z.prettifyError({ ...error, issues: [{ ...issue, path }] }),
      );
    }
  }
  return [...told.values()].join('\n');
}

function partOf(setting: unknown, key: PropertyKey | undefined): unknown {
  return (setting as Record<PropertyKey, unknown> | undefined)?.[key!];
}

/** `--width 0: give 1 or more, such as --width 1`. */
function ofFlag(issue: z.core.$ZodIssue, flag: string, value: unknown): string {
  const option = `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const [words, such = SUCH[flag]] = wordsOf(issue);
  // A terminal's lines are kept, and copied: no password of a URL is told again.
  const typed = value === true ? option : `${option} ${String(value).replace(/\/\/[^/@\s]*@/, '//…@')}`;
  return `${typed}: ${words}${such === undefined ? '' : `, such as ${option} ${such}`}`;
}

/** In words, with a value that would do where the schema knows one. */
function wordsOf(issue: z.core.$ZodIssue): [string, string?] {
  switch (issue.code) {
    case 'too_small':
      return issue.inclusive
        ? [`give ${issue.minimum} or more`, String(issue.minimum)]
        : [`give more than ${issue.minimum}`];
    case 'too_big':
      return [`give ${issue.maximum} or less`, String(issue.maximum)];
    case 'invalid_type':
      return [issue.expected === 'int' ? 'give a whole number' : `give a ${issue.expected}`];
    default:
      return [issue.message];
  }
}
