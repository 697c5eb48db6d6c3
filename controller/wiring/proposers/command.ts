// A person's command as a lane's proposer, put together with its budget and what it may not read.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CommandProposer } from '../../adapters/command/proposer.ts';
import { trainPyReader } from '../../adapters/python-reader.ts';
import type { Budget } from '../../llm/budget.ts';
import { FileCheck } from '../../llm/file-check.ts';
import { KnownFiles } from '../../llm/known-files.ts';
import { checkout } from '../../settings/checkout.ts';
import type { CommandSetting } from '../../settings/command.ts';
import { plainLine } from '../../std/text.ts';
import type { ProposerSurroundings } from './surroundings.ts';

/** Where people and clusters keep keys. */
const IN_HOME = [
  '.aws',
  '.ssh',
  '.kube',
  '.netrc',
  '.git-credentials',
  '.config/gh',
  '.config/gcloud',
  '.docker',
];
const ELSEWHERE = ['/var/run/secrets', '/run/secrets', '/etc/autoresearch-frontier'];
const NAMED_BY = ['KUBECONFIG', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'];
/** Without these a command cannot be found, or not reach the network. */
const ALWAYS = ['PATH', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY', 'https_proxy', 'http_proxy', 'no_proxy'];

/** Tells a person, once, where the command can read what it should not. `whyNot`: why it cannot be started, or null. */
export async function commandOf(
  setting: CommandSetting,
  lane: string,
  { store, clock, inputs, observer, secrets, env }: ProposerSurroundings,
  budget: Budget,
): Promise<{ readonly proposer: CommandProposer; whyNot(): Promise<string | null> }> {
  const python = existsSync(checkout.python) ? checkout.python : 'python3';
  const told = (sentence: string) => observer.happened({ kind: 'held', sentence });
  const named = NAMED_BY.flatMap((name) => env[name]?.split(':') ?? []).filter((path) =>
    path.startsWith('/'),
  );
  const hidden = [...secrets, ...IN_HOME.map((name) => join(homedir(), name)), ...ELSEWHERE, ...named];
  const open = await whyOpen(python);
  if (open !== null)
    told(
      `the command can read the validation text and your keys: ${open}; run only a command that you trust with both`,
    );
  const hide = [
    python,
    '-I',
    checkout.hide,
    ...hidden.filter(existsSync).flatMap((path) => ['--hide', path]),
  ];
  const reader = trainPyReader(python, checkout.preflight);
  const passed = [...ALWAYS, ...setting.env].flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const proposer = new CommandProposer({
    command: setting.command,
    behind: (own) => (open === null ? [...hide, '--own', own, '--'] : []),
    env: Object.fromEntries(passed),
    deadlineMs: 1000 * setting.deadlineSeconds,
    usdPerCall: setting.usdPerCall,
    ideasPerCall: setting.ideasPerCall,
    parallel: setting.parallel,
    budget,
    check: new FileCheck(reader, new KnownFiles(store, lane, reader)),
    clock,
    prepare: inputs.prepare,
    program: inputs.program,
    told,
  });
  return { proposer, whyNot: () => whyUnstartable(setting.command, Object.fromEntries(passed)) };
}

/** What the shell cannot read, or does not find; it looks from a folder that is not the person's, as a call does. */
async function whyUnstartable(
  command: string,
  env: Readonly<Record<string, string>>,
): Promise<string | null> {
  const shell = (...args: string[]) =>
    promisify(execFile)('/bin/sh', args, { env, cwd: '/' }).then(
      () => null,
      (error: { stderr?: string }) => plainLine(error.stderr ?? '', 160),
    );
  const unreadable = await shell('-n', '-c', command);
  if (unreadable !== null)
    return `the shell cannot read the command (${unreadable}); correct proposer.command`;
  const [, word] = /^\s*([\w./+-]+)(?=\s|$)/.exec(command) ?? [];
  if (word === undefined || (await shell('-c', 'command -v -- "$0"', word)) === null) return null;
  return `the command cannot be started, for ${word} is not found; install it, or give its whole path`;
}

/** Why nothing can be hidden from a command here, or null. */
async function whyOpen(python: string): Promise<string | null> {
  if (!existsSync(checkout.hide)) return 'this image cannot hide files';
  const { stdout } = await promisify(execFile)(python, ['-I', checkout.hide, '--check']).catch(
    (error: Error) => ({ stdout: error.message }),
  );
  return stdout.trim().split('\n').at(-1) || null;
}
