// Every attack of the corpus against a real supervisor: as an ordinary user, and as root with a uid for the child.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Arena, CORPUS, type Confinement, type Ended, isRoot, SECRET_WORD, type User } from './arena.ts';
import { expectEnd } from './end.ts';
import { ATTACKS, type Attack } from './table.ts';

const MODES: readonly { user: User; confine: Confinement }[] = [
  { user: 'ordinary', confine: 'landlock' },
  { user: 'root', confine: 'landlock' },
  { user: 'root', confine: 'uid' },
];
const linux = process.platform === 'linux';
const marker = `attack-${process.pid}-${Date.now()}`;

let arena: Arena;
const honestBpb = new Map<User, number>();
const places: Record<string, string | number> = { marker, abstract: marker };
const heard: string[] = [];
const close: (() => void)[] = [];

/** Whoever comes is noted: an attack that got through is seen on this side, too. */
async function listenEverywhere(): Promise<void> {
  const unix = join(tmpdir(), `${marker}.sock`);
  for (const [name, address] of [
    ['tcp', { port: 0, host: '127.0.0.1' }],
    ['unix', { path: unix }],
    ['abstract', { path: `\0${marker}` }],
  ] as const) {
    const server = createServer((one) => {
      heard.push(name);
      one.on('error', () => {}).resume(); // whoever comes may say something before it is closed
    });
    server.listen(address);
    await once(server, 'listening');
    if (name === 'tcp') places.tcp = (server.address() as AddressInfo).port;
    close.push(() => server.close());
  }
  execFileSync('chmod', ['777', unix]);
  places.unix = unix;
  // Such as /tmp/.X11-unix: below a folder that is emptied, and open to everybody.
  const open = mkdtempSync(join(tmpdir(), 'attack-open-'));
  execFileSync('chmod', ['777', open]);
  places.open = open;
  close.push(() => rmSync(open, { recursive: true }));
  const udp = createSocket('udp4', () => heard.push('udp'));
  udp.bind(0, '127.0.0.1');
  await once(udp, 'listening');
  places.udp = udp.address().port;
  close.push(() => udp.close());
}

function attack(
  { name, startSeconds = 20, wallSeconds = 600 }: Attack,
  user: User,
  confine: Confinement,
): Promise<Ended> {
  return arena.run(name, user, confine, { startSeconds, wallSeconds }, places);
}

async function measureHonest(user: User): Promise<number> {
  const { result, log } = await attack({ name: 'honest', becomes: 'honest' }, user, 'landlock');
  expect(result.status, log).toBe('finished');
  return result.val_bpb!;
}

function survivors(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(join('/proc', pid, 'cmdline'), 'utf8').includes(marker);
      } catch {
        return false;
      }
    });
}

beforeAll(async () => {
  if (!linux) return;
  arena = await Arena.made();
  await listenEverywhere();
  for (const user of isRoot() ? (['ordinary', 'root'] as const) : (['ordinary'] as const))
    honestBpb.set(user, await measureHonest(user));
}, 900_000);

afterAll(() => {
  for (const one of close) one();
  arena?.close();
});

/** A machine that keeps the supervisor from looking for longer stood still, as far as it can tell; see seal/process/suspension.py. */
const LATE_SECONDS = 5;

function check(expected: Attack, ended: Ended, user: User): void {
  const { log, runDir, result } = ended;
  const paused = expected.becomes === 'wall' && result.reason === 'paused';
  if (paused) {
    expect(result).toMatchObject({ status: 'refused', val_bpb: null });
    expect(result.wall_seconds).toBeGreaterThan(LATE_SECONDS);
  } else expectEnd(expected, ended, honestBpb.get(user)!);
  // The machine is as it was.
  expect(survivors()).toEqual([]);
  expect(readdirSync(join(runDir, 'work'))).toEqual(['train.py']);
  expect(existsSync(join('/dev/shm', marker)) || existsSync(join('/tmp', marker))).toBe(false);
  expect(readdirSync(String(places.open))).toEqual([]);
  expect(heard).toEqual([]);
  expect(log.slice(log.indexOf('validation text is being shown'))).not.toMatch(SECRET_WORD);
  expect(log).toMatch(/\n\[supervisor: end bytes=\d+ sha256=[0-9a-f]{64}\]\n$/);
}

describe.skipIf(!linux).each(MODES)('$user, $confine', ({ user, confine }) => {
  const here = ATTACKS.filter((one) => !one.once || (user === 'ordinary' && confine === 'landlock'));
  for (const one of here) {
    test.skipIf(user === 'root' && !isRoot())(
      one.name,
      async () => {
        const expected = confine === 'uid' ? { ...one, ...one.underUid } : one;
        const before = arena.fingerprint(user);
        const ended = await attack(one, user, confine);
        expect(ended.result.sealed).toBe(confine);
        check(expected, ended, user);
        expect(arena.fingerprint(user)).toBe(before);
      },
      900_000,
    );
  }
});

describe.skipIf(!linux)('without confinement', () => {
  test('the theft succeeds, so the tests above could fail', async () => {
    const stolen = await attack({ name: 'steals-validation', becomes: '' }, 'ordinary', 'none');
    expect(stolen.result.sealed).toBe('none');
    expect(stolen.tried.get('open the validation text')).toEqual(['ok']);
    expect(stolen.result.status, stolen.log).toBe('finished');
    expect(stolen.result.val_bpb!).toBeLessThan(0.5 * honestBpb.get('ordinary')!);
  }, 900_000);

  test('the secret of the text can be read', async () => {
    const seed = await attack({ name: 'reads-the-seed', becomes: '' }, 'ordinary', 'none');
    expect(seed.tried.get('read the secret')).toEqual(['ok']);
  }, 900_000);

  test('the network can be reached and the validation text be read', async () => {
    heard.length = 0;
    const network = await attack({ name: 'network', becomes: '' }, 'ordinary', 'none');
    for (const what of ['TCP', 'UDP', 'an abstract socket', 'a socket by its path']) {
      expect(network.tried.get(what), what).toEqual(['ok']);
    }
    expect(new Set(heard)).toEqual(new Set(['tcp', 'udp', 'abstract', 'unix']));
    heard.length = 0;
    // Last, for it carries the validation text away.
    const files = await attack({ name: 'reads-validation', becomes: '' }, 'ordinary', 'none');
    for (const what of ['open', 'open through a symlink', 'hardlink', 'open the intent with the nonce']) {
      expect(files.tried.get(what), what).toEqual(['ok']);
    }
  }, 900_000);
});

test('every attack of the corpus has its line in the table', () => {
  expect(ATTACKS.map((one) => one.name).toSorted()).toEqual([...CORPUS.keys()].toSorted());
});
