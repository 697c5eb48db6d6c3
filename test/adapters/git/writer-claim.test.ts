// Who has the lane where the answer to a push was lost: whoever moved the writer last, and never the older one again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GitFrontier } from '../../../controller/adapters/git/frontier.ts';
import { WriterClaim } from '../../../controller/loop/writer-claim.ts';

let repo: string;
beforeEach(async () => {
  repo = await mkdtemp(join(tmpdir(), 'claim-'));
  await execa('git', ['init', '--quiet', '--bare', repo]);
});
afterEach(() => rm(repo, { recursive: true }));

const controller = () => {
  const frontier = new GitFrontier({ repo, lane: 'main', folder: new Map() });
  const claim = new WriterClaim();
  return { frontier, claim, take: () => claim.take(frontier) };
};

/** A frontier whose claims fail: before the writer was moved, or after it. */
function failing({ frontier, claim }: ReturnType<typeof controller>, moved: boolean) {
  const broken = {
    view: () => frontier.view(),
    async claim(): Promise<never> {
      if (moved) await frontier.claim();
      throw new Error('the answer was lost');
    },
  };
  return claim.take(broken as unknown as GitFrontier).catch((error: Error) => error.message);
}

test.each([false, true])(
  'after a push whose answer was lost it is taken again where nobody else took it (%s)',
  async (moved) => {
    const one = controller();
    expect(await one.take()).toBe(true);
    one.claim.pushBegins();
    expect(await failing(one, moved)).toBe('the answer was lost');
    expect(await one.take()).toBe(true);
  },
);

test('a first claim that fails is tried again over whoever had the lane before', async () => {
  await controller().take();
  const one = controller();
  expect(await failing(one, false)).toBe('the answer was lost');
  expect(await one.take()).toBe(true);
});

test.each([false, true])(
  'after a push whose answer was lost it is left to whoever took it meanwhile (%s)',
  async (moved) => {
    const [older, newer] = [controller(), controller()];
    await older.take();
    older.claim.pushBegins();
    await failing(older, moved);
    expect(await newer.take()).toBe(true);
    expect(await older.take()).toBe(false);
    expect(await newer.take()).toBe(true);
  },
);
