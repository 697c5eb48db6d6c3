// Where a remote frontier is and how one is let in there. Credentials are files, read at each use: a Secret that is
// renewed counts from then on, and none is ever part of a URL, an argument or an error.
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { network } from './command.ts';
import { GitFailed } from './errors.ts';

export interface Remote {
  /** Shown to people and given to git: it holds no password. */
  readonly url: string;
  readonly kind: 'http' | 'ssh' | 'path';
  /** A folder with `username` and `password`, or `ssh-privatekey` and `known_hosts`, and perhaps `ca.crt`; null: none. */
  readonly credentials: string | null;
  /** Variables of the user that lead to the remote: an ssh agent, a proxy. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the URL is, or why it cannot be used, in a sentence. */
export function urlOf(text: string): Pick<Remote, 'url' | 'kind'> | string {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (/[\s\0]/.test(text) || text.startsWith('-')) return 'a frontier is a URL or a path without spaces';
  if (scheme === 'http' || scheme === 'https' || scheme === 'ssh') {
    const url = URL.parse(text);
    if (!url?.hostname) return 'a frontier is https://HOST/PATH, ssh://USER@HOST/PATH, or a path';
    if (url.password || (scheme !== 'ssh' && url.username))
      return 'credentials do not belong in a URL: put them in a folder and name it with --frontier-credentials';
    return { url: text, kind: scheme === 'ssh' ? 'ssh' : 'http' };
  }
  if (scheme === 'file') return { url: text.slice('file://'.length), kind: 'path' };
  if (scheme) return `a frontier is reached by https, ssh or a path, not by ${scheme}`;
  if (/^[\w.-]+@[\w.-]+:[^:]/.test(text)) return { url: text, kind: 'ssh' };
  if (text.includes('::')) return 'a frontier is reached by https, ssh or a path';
  return { url: resolve(text), kind: 'path' };
}

/** The lanes that have a branch there. `anywhere`: a path that need not be a repository. Throws GitFailed. */
export async function lanesOn(remote: Remote, anywhere: string): Promise<string[]> {
  const heads = 'refs/heads/autoresearch/';
  const args = ['ls-remote', '--quiet', '--', remote.url, `${heads}*`];
  const { out, refused } = await network(anywhere, args, await accessTo(remote));
  if (refused !== null) throw new GitFailed(remote.url, 'ls-remote', refused);
  const refs = out.split('\n').map((line) => line.split('\t')[1] ?? '');
  return refs.filter((ref) => ref.startsWith(heads)).map((ref) => ref.slice(heads.length));
}

/** What git's environment needs to be let in. Throws where the credentials are not complete. */
export async function accessTo({ kind, credentials, environment }: Remote): Promise<Record<string, string>> {
  const secret = (name: string) =>
    credentials ? readFile(join(credentials, name), 'utf8').catch(() => null) : null;
  const file = async (name: string) =>
    credentials && (await stat(join(credentials, name)).catch(() => null)) ? join(credentials, name) : null;
  if (kind === 'http') {
    const settings: [string, string][] = [];
    const password = await secret('password');
    if (credentials && password === null)
      throw new Error(
        `${credentials} holds no password: put it there in a file of that name, username beside it`,
      );
    if (password !== null) {
      const username = ((await secret('username')) ?? 'git').trim();
      const basic = Buffer.from(`${username}:${password.trim()}`).toString('base64');
      // A header goes wherever a redirect leads.
      settings.push(['http.extraHeader', `Authorization: Basic ${basic}`], ['http.followRedirects', 'false']);
    }
    const authority = await file('ca.crt');
    if (authority) settings.push(['http.sslCAInfo', authority]);
    return { ...environment, ...configuration(settings) };
  }
  if (kind === 'path') return {};
  const options = ['BatchMode=yes', 'ConnectTimeout=20', 'ServerAliveInterval=15', 'ServerAliveCountMax=3'];
  if (credentials) {
    const [key, known] = await Promise.all([file('ssh-privatekey'), file('known_hosts')]);
    if (!key || !known)
      throw new Error(
        `${credentials} lacks ${key ? 'known_hosts' : 'ssh-privatekey'}: put the key and the host's public keys (ssh-keyscan HOST) there in files of these names`,
      );
    options.push(`IdentityFile="${key}"`, 'IdentitiesOnly=yes', `UserKnownHostsFile="${known}"`);
    options.push('GlobalKnownHostsFile=/dev/null', 'StrictHostKeyChecking=yes');
  }
  const quoted = options.map((option) => `-o '${option.replaceAll("'", `'\\''`)}'`);
  return { ...environment, GIT_SSH_COMMAND: `ssh ${quoted.join(' ')}` };
}

/** Settings that no list of processes shows. */
function configuration(settings: readonly [string, string][]): Record<string, string> {
  const numbered = settings.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(numbered) };
}
