// A page that is brought here from a cluster, as the person who called for it has it.
import { readdir, readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { expect } from 'vitest';
import { main } from '../cli/command.ts';

const SOON = { timeout: 120_000 };

/** Starts `autoresearch page` with these arguments; `env` comes on top of ours. */
export async function forwardedPage(args: readonly string[], env: Readonly<Record<string, string>>) {
  const serving = execa(process.execPath, [main, 'page', '--port', '0', ...args], { env, reject: false });
  const link = await Promise.race([
    new Promise<string>((resolve) => serving.stdout!.once('data', (line) => resolve(String(line).trim()))),
    serving.then(({ stderr }) => Promise.reject(new Error(`there is no page: ${stderr}`))),
  ]);
  return {
    link,
    /** Names of the lanes as a browser with the link is told them; null where none answers. */
    lanes: () => lanesAt(link),
    /** Kills its kubectl with this word among the arguments, and waits until another one is there and it answers. */
    cut: async (verb: 'exec' | 'port-forward') => {
      const pid = await kubectlOf(serving.pid!, verb);
      process.kill(pid!, 'SIGKILL');
      await expect.poll(() => kubectlOf(serving.pid!, verb), SOON).not.toBeOneOf([pid, null]);
      await expect.poll(() => lanesAt(link), SOON).not.toBeNull();
    },
    /** As Ctrl-C does; its exit code. */
    end: async () => {
      process.kill(serving.pid!, 'SIGINT');
      return (await serving).exitCode;
    },
  };
}

async function lanesAt(link: string): Promise<readonly string[] | null> {
  const { origin, hash } = new URL(link);
  const headers = { authorization: `Bearer ${hash.slice('#t='.length)}`, connection: 'close' };
  const answer = await fetch(`${origin}/api/v1/lanes`, { headers }).catch(() => null);
  if (!answer?.ok) return null;
  return ((await answer.json()) as { lanes: readonly string[] }).lanes;
}

async function kubectlOf(parent: number, verb: string): Promise<number | null> {
  for (const task of await readdir(`/proc/${parent}/task`)) {
    const children = await readFile(`/proc/${parent}/task/${task}/children`, 'utf8').catch(() => '');
    for (const pid of children.split(' ').filter(Boolean)) {
      const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      if (words.split('\0').includes(verb)) return Number(pid);
    }
  }
  return null;
}
