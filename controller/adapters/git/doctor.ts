// What a remote lets this machine do, a line each with the fix: found out on two scratch refs, which are deleted again.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from '../../std/check.ts';
import { network } from './command.ts';
import { GitFailed } from './errors.ts';
import { storeObjects } from './refs.ts';
import { accessTo, lanesOn, type Remote } from './remote.ts';
import { RemoteRefs } from './remote-refs.ts';
import { claimCommit, emptyTree } from './writer.ts';

/** Throws only what is no trouble of the remote. */
export async function examineRemote(remote: Remote): Promise<Check[]> {
  const folder = await mkdtemp(join(tmpdir(), 'remote-'));
  try {
    const lanes = await looked('frontier: read', remote, async () => {
      const lanes = await lanesOn(remote, folder);
      return lanes.length > 0 ? `lanes ${lanes.join(', ')}` : 'no lane yet';
    });
    return lanes.result === 'fail' ? [lanes] : [lanes, ...(await pushes(remote, join(folder, 'probe.git')))];
  } catch (error) {
    // Before git is asked: the credentials are not complete.
    return [{ check: 'frontier: read', result: 'fail', found: remote.url, fix: (error as Error).message }];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pushes(remote: Remote, repo: string): Promise<Check[]> {
  const refs = new RemoteRefs(repo, `probe-${randomBytes(4).toString('hex')}`, remote);
  await refs.prepare();
  const [one, two] = [claimCommit(1, null, null, 0), claimCommit(2, null, null, 0)];
  await storeObjects(repo, [emptyTree, one, two]);
  const both = (from: string | null, to: string) =>
    refs.swap([refs.branch, refs.writer].map((ref) => ({ ref, from, to })));
  const pushed = await looked('frontier: atomic push', remote, async () => {
    const refused = await both(null, one.sha);
    if (refused !== null) throw new GitFailed(remote.url, 'push', refused);
    return 'two refs at once';
  });
  if (pushed.result === 'fail') return [pushed];
  const compared = await looked('frontier: expected sha', remote, async () => {
    if ((await both(two.sha, two.sha)) === null)
      throw new GitFailed(remote.url, 'push', 'it moved a ref that had another sha');
    return 'a push that expects another one is refused';
  });
  const deleted = await looked('frontier: delete', remote, async () => {
    const args = ['push', '--quiet', '--atomic', '--', remote.url, `:${refs.branch}`, `:${refs.writer}`];
    const { refused } = await network(repo, args, await accessTo(remote));
    if (refused !== null) throw new GitFailed(remote.url, 'push', refused);
    return 'ok';
  });
  const stays = `only this check needs it: delete ${refs.branch} and ${refs.writer} there`;
  return [pushed, compared, deleted.result === 'fail' ? { ...deleted, result: 'warn', fix: stays } : deleted];
}

async function looked(check: string, { url }: Remote, look: () => Promise<string>): Promise<Check> {
  try {
    return { check, result: 'ok', found: await look(), fix: '' };
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    return { check, result: 'fail', found: `${url}: ${error.word}`, fix: error.fix };
  }
}
