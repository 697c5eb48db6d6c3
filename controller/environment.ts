// The outer environment: all that is taken from the shell that started us is read here, and nowhere else.

import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

/** What leads from this machine to others: an agent that holds keys, proxies, authorities. */
const LEADS = /^(SSH_AUTH_SOCK|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO)$/i;

/** A variable's value; undefined where it is not set, or set to nothing: an empty value is none. */
export function variable(name: string, from: Variables = process.env): string | undefined {
  const value = from[name]?.trim();
  return value === '' ? undefined : value;
}

/** The same for a variable that says something by being empty, as CUDA_VISIBLE_DEVICES does. */
export function variableAsSet(name: string): string | undefined {
  return process.env[name];
}

/** What lets people read the page of a cluster's controller, and change lanes with it; the second may be missing. */
export function pageTokens(): { readonly read: string | undefined; readonly steering: string | undefined } {
  return {
    read: variable('AUTORESEARCH_PAGE_TOKEN'),
    steering: variable('AUTORESEARCH_PAGE_STEERING_TOKEN'),
  };
}

/** Headers with which an MLflow server lets one in, by the variables of MLflow's own clients. */
export function mlflowAccess(): Record<string, string> {
  const token = variable('MLFLOW_TRACKING_TOKEN');
  const [user, password] = [variable('MLFLOW_TRACKING_USERNAME'), variable('MLFLOW_TRACKING_PASSWORD')];
  if (token) return { authorization: `Bearer ${token}` };
  if (!user || !password) return {};
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

/** All of it: a person's settings may name what is handed on. */
export function allVariables(): Variables {
  return process.env;
}

/** What a program is started with that needs nothing of the shell but where programs lie. */
export function pathOnly(): Record<string, string> {
  return { PATH: process.env.PATH ?? '' };
}

/**
 * Where NVIDIA's driver lies, on hosts that name it nowhere else: Colab, and Pods of GKE. Other folders of
 * LD_LIBRARY_PATH are left out, for another cuBLAS than PyTorch's own could give another number.
 */
export function driverPath(): Record<string, string> {
  const folders = (variable('LD_LIBRARY_PATH') ?? '').split(':');
  const holding = folders.filter((folder) => isAbsolute(folder) && existsSync(join(folder, 'libcuda.so.1')));
  return holding.length === 0 ? {} : { LD_LIBRARY_PATH: holding.join(':') };
}

/** What npm says of the script that it runs: its name, and options of ours that it took for its own. */
export function npmSays(): Variables {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith('npm_')));
}

/** The folder where a person stood: npm runs scripts in that of the package. */
export function startedFrom(): string {
  const stood = variable('npm_lifecycle_event') === 'start' && variable('INIT_CWD');
  if (stood) return stood;
  try {
    return process.cwd();
  } catch {
    return '/'; // it was removed meanwhile
  }
}

/** The variables that lead git to a remote, as they are: git reads them by its own rules. */
export function leadsOfGit(): Record<string, string> {
  const leads = Object.entries(process.env).filter(
    (entry): entry is [string, string] => LEADS.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(leads);
}

/** The proxies of the shell, in the form that Node reads; `fault` says which could not be understood, and what to do. */
interface Proxies {
  readonly env: Readonly<Record<string, string>>;
  readonly fault: string | null;
}

/** As curl and git take them: in small letters first, ALL_PROXY for both, and without a scheme it is an HTTP proxy. */
export function proxies(from: Variables = process.env): Proxies {
  const said = (name: string) => variable(name.toLowerCase(), from) ?? variable(name, from);
  const env: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) {
    const value = said(name) ?? said('ALL_PROXY');
    if (value === undefined) continue;
    const address = addressOf(value);
    if (address === null) faults.push(name);
    else env[name] = address;
  }
  const direct = said('NO_PROXY');
  if (direct !== undefined) env.NO_PROXY = direct.split(/[\s,]+/).join(',');
  const fault =
    faults.length === 0
      ? null
      : `${faults.join(' and ')} (or ALL_PROXY) names no proxy that can be used; write http://HOST:PORT or socks5://HOST:PORT, or unset it`;
  return { env, fault };
}

/** Has what Node itself asks for led through the proxies. A proxy that cannot be used leads nowhere, and ends nothing. */
export function leadThroughProxies(): void {
  const { env } = proxies();
  if (!(env.HTTP_PROXY ?? env.HTTPS_PROXY)) return;
  // Node takes what is not given here from the shell, where one that is none would end us.
  const shell = { ...process.env };
  for (const name of Object.keys(shell)) if (/^(https?|all|no)_proxy$/i.test(name)) delete process.env[name];
  // An import of it would have all of Node's HTTP loaded by every command, a quarter of what `version` takes.
  process.getBuiltinModule('node:http').setGlobalProxyFromEnv(env);
  Object.assign(process.env, shell);
}

/** As Node reads it; null where it is no proxy that Node can use. */
function addressOf(value: string): string | null {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1]?.toLowerCase();
  // A name is looked up at the far end by socks5h; Node's SOCKS proxy does so always.
  const whole =
    scheme === undefined
      ? `http://${value.replace(/^\/\//, '')}`
      : value.replace(/^socks5h?:|^socks:/i, 'socks5:');
  try {
    const { protocol, hostname, username, password } = new URL(whole);
    decodeURIComponent(username + password);
    return hostname !== '' && ['http:', 'https:', 'socks5:'].includes(protocol) ? whole : null;
  } catch {
    return null; // told by `fault`
  }
}
