// The README's first commands where nothing is but what it asks for: a root file system of its own with git, Python and
// Node 20, an ordinary user without a git identity or anything at home, and all of the network behind a proxy.
import { existsSync, realpathSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa, execaSync } from 'execa';
import { expect, test } from 'vitest';
import { checkout } from '../../controller/settings/checkout.ts';
import { partsOf, textOf } from '../docs/markdown.ts';
import { plainEnv } from './plain-env.ts';

const BASE = 'debian:bookworm-local';
const IMAGE = 'autoresearch-newcomer:local';
const AT_MOST_MS = 1_800_000;

/** The machine's own, older than ours: with its npm, and null where there is none. */
const node20 = oldNode();
const docker = execaSync('docker', ['image', 'inspect', BASE], { reject: false }).exitCode === 0;

test.skipIf(!docker || node20 === null)(
  'the README’s commands work for a newcomer in a bare container, through a proxy without a scheme',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'newcomer-'));
    const proxy = await openTunnel();
    try {
      await execa('docker', ['build', '-q', '--network', 'host', '-t', IMAGE, '-'], { input: RECIPE });
      await execa('git', ['clone', '-q', checkout.root, join(folder, 'clone')]);
      const { bin, npm } = node20!;
      const mounts = [`${folder}:/given:ro`, `${bin}:/usr/bin/node:ro`, `${npm}:/usr/lib/npm:ro`];
      // What this machine trusts and asks instead of the public registries, the container must, too.
      mounts.push('/etc/ssl/certs:/etc/ssl/certs:ro');
      const env = { ...registries(), HTTPS_PROXY: `localhost:${proxy.port}`, HOME: '/home/new' };
      const said = await execa(
        'docker',
        [
          ...['run', '--rm', '--network', 'host'],
          ...mounts.flatMap((mount) => ['-v', mount]),
          ...Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
          ...[IMAGE, 'bash', '-c', SCRIPT, 'bash', commands()],
        ],
        { reject: false, timeout: AT_MOST_MS },
      );
      expect(said.exitCode, said.stderr).toBe(0);
      expect(said.stdout).toMatch(/^000000 {2}keep .*\n(00000[123] {2}\w+ .*\n){3}/m);
      expect(said.stdout).toMatch(/^\+[A-Z_]+ = /m); // the edit of experiment 1
      expect(said.stderr).toMatch(/set-up: npm packages.* s\n[\s\S]*set-up: the trainer's.* s\n/);
      expect(said.stderr).toContain('3 experiments are done');
      const host = new URL(await registry()).hostname;
      for (const word of [host, checkout.root, 'node:internal', 'Traceback'])
        expect(said.stdout + said.stderr).not.toContain(word);
      expect(proxy.led()).toBeGreaterThan(2);
    } finally {
      proxy.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
  AT_MOST_MS,
);

const RECIPE = `FROM ${BASE}
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends git python3 python3-venv >/dev/null
RUN useradd --create-home new && ln -s ../lib/npm/bin/npm-cli.js /usr/bin/npm
`;
const SCRIPT = `set -e
cp -r /given/clone /home/new/clone && chown -R new /home/new && cd /home/new/clone
exec setpriv --reuid new --regid new --clear-groups bash -ec "$1"`;

/** Of the README's quick start. */
function commands(): string {
  const [first] = partsOf(textOf('README.md')).fences.filter(({ info }) => info.join(' ') === 'sh');
  return first!.content;
}

function oldNode(): { readonly bin: string; readonly npm: string } | null {
  for (const folder of plainEnv().PATH!.split(':')) {
    const bin = join(folder, 'node');
    const npm = join(dirname(folder), 'lib', 'node_modules', 'npm');
    if (!existsSync(bin) || !existsSync(npm)) continue;
    if (/^v2[0-3]\./.test(execaSync(bin, ['--version']).stdout)) return { bin: realpathSync(bin), npm };
  }
  return null;
}

function registries(): Record<string, string> {
  const named = /(CERT|CERTS|CA_BUNDLE|CERT_FILE|INDEX_URL|TIMEOUT)$|^npm_config_registry$/;
  const set = Object.entries(process.env).filter(([name]) => named.test(name));
  return Object.fromEntries(set as [string, string][]);
}

async function registry(): Promise<string> {
  return (await execa('npm', ['config', 'get', 'registry'])).stdout.trim();
}

/** A proxy on this machine that opens a tunnel to wherever it is asked. */
async function openTunnel() {
  let led = 0;
  const server = createServer().on('connect', ({ url }, socket, head) => {
    led++;
    const { hostname, port } = new URL(`http://${url}`);
    const far = connect(Number(port || 80), hostname, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
      far.pipe(socket).pipe(far);
    });
    far.on('error', () => socket.destroy());
    socket.on('error', () => far.destroy());
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  const { port } = server.address() as AddressInfo;
  return { port, led: () => led, close: () => void server.close().closeAllConnections() };
}
