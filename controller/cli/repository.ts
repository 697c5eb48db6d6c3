// Where the frontier is: a repository of this machine, or one that several machines and people reach.
import { join } from 'node:path';
import { z } from 'zod';
import { GitFrontier } from '../adapters/git/frontier.ts';
import { lanesOn, type Remote, urlOf } from '../adapters/git/remote.ts';
import type { Check } from '../core/check.ts';
import type { Place } from './place.ts';

/** The same keys in the controller's file and, but for the credentials, in the chart's values. */
export const frontierShape = z.strictObject({
  url: z
    .string()
    .default('')
    .superRefine((text, context) => {
      const url = text === '' ? null : urlOf(text);
      if (typeof url === 'string') context.addIssue({ code: 'custom', message: url });
    })
    .describe('https://…, ssh://… or a path of a bare repository; empty: one beside the lanes.'),
  credentials: z
    .string()
    .default('')
    .describe('Folder with username and password, or ssh-privatekey and known_hosts; perhaps ca.crt.'),
});
export type FrontierSettings = Readonly<z.infer<typeof frontierShape>>;

/** In a file the URL alone will do. */
export const frontierSchema = z
  .union([z.string().transform((url) => ({ url })), z.looseObject({})])
  .pipe(frontierShape);

/** What the command line says of a frontier. */
export interface FrontierFlags {
  readonly frontier?: string;
  readonly frontierCredentials?: string;
}

/** The settings that were given; the others are left to a file and to the defaults. */
export function frontierFlags(flags: FrontierFlags): Partial<FrontierSettings> {
  const given = Object.entries({ url: flags.frontier, credentials: flags.frontierCredentials });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

/** What leads from this machine to others: an agent that holds keys, proxies, authorities. */
const LEADS = /^(SSH_AUTH_SOCK|(https?|all|no)_proxy|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO)$/i;

/** null: the frontier is on this machine, beside the lanes. */
export function remoteOf({ url, credentials }: FrontierSettings): Remote | null {
  const parsed = url === '' ? null : urlOf(url);
  if (parsed === null) return null;
  if (typeof parsed === 'string') throw new Error(parsed);
  const leads = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && LEADS.test(name),
  );
  const environment = Object.fromEntries(leads) as Record<string, string>;
  return { ...parsed, credentials: credentials || null, environment };
}

/** The frontier of a lane, and its repository on this machine: with a remote, a clone that may be lost. */
export function openFrontier(
  settings: FrontierSettings,
  place: Place,
  lane: string,
  folder: ReadonlyMap<string, Uint8Array> = new Map(),
): { frontier: GitFrontier; repo: string } {
  const remote = remoteOf(settings);
  const repo = remote ? join(place.dir, lane, 'remote.git') : place.frontier(lane);
  return { frontier: new GitFrontier({ repo, remote, lane, folder }), repo };
}

/** What the remote lets this machine do, a line each; none where the frontier is here. */
export async function examinedRemote(settings: FrontierSettings): Promise<Check[]> {
  const remote = remoteOf(settings);
  return remote ? (await import('../adapters/git/doctor.ts')).examineRemote(remote) : [];
}

/** The lanes that a remote has branches of; null where the frontier is on this machine. */
export async function remoteLanes(settings: FrontierSettings, place: Place): Promise<string[] | null> {
  const remote = remoteOf(settings);
  return remote && (await lanesOn(remote, place.dir));
}
