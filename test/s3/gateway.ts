// A real S3 server on a folder: versitygw, built from its Go module once and cached.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { buildTools, toolsBuilt } from '../cluster/bring-up/binaries.ts';
import { cacheDir, toolsOnPath } from '../cluster/bring-up/cache.ts';

/** What its only account is called; for the SDK's environment. */
export const credentials = { AWS_ACCESS_KEY_ID: 'test-access', AWS_SECRET_ACCESS_KEY: 'test-secret-key' };

export interface Gateway {
  /** `http://ADDRESS:PORT`. */
  readonly endpoint: string;
  /** A new, empty bucket. */
  bucket(): string;
  /** All that is stored, object by object. */
  contents(): string[];
  close(): Promise<void>;
}

/**
 * Builds the server where the cache lacks it: a minute, which `beforeAll` must allow for. Sets the SDK's credentials.
 * `root`: a folder of the caller's whose folders are the buckets. `address`: of this machine.
 */
export async function openGateway(root?: string, address = '127.0.0.1'): Promise<Gateway> {
  if (!toolsBuilt(['versitygw'])) {
    await mkdir(cacheDir, { recursive: true });
    await execa('go', ['version']).catch(() => {
      throw new Error('the S3 tests build their server: install Go 1.26 or later (https://go.dev/dl)');
    });
    await buildTools(['versitygw']);
  }
  const folder = root ?? (await mkdtemp(join(tmpdir(), 's3-')));
  Object.assign(process.env, credentials);
  const { server, endpoint } = await serve(folder, address);
  const exited = once(server, 'exit');
  let buckets = 0;
  return {
    endpoint,
    bucket() {
      const name = `bucket-${buckets++}`;
      mkdirSync(join(folder, name));
      return name;
    },
    contents() {
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      return files.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    },
    async close() {
      server.kill();
      await exited;
      if (!root) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts it on a port of its own. Between being found free and being taken a port may go to somebody else: then another. */
async function serve(folder: string, address: string): Promise<{ server: ChildProcess; endpoint: string }> {
  const env = {
    ROOT_ACCESS_KEY: credentials.AWS_ACCESS_KEY_ID,
    ROOT_SECRET_KEY: credentials.AWS_SECRET_ACCESS_KEY,
  };
  // Nobody else who may listen there answers under this name.
  const health = `/${randomUUID()}`;
  for (;;) {
    const port = await freePort(address);
    const args = ['--port', `${address}:${port}`, '--health', health, '--quiet', 'posix', folder];
    const server = spawn(join(toolsOnPath, 'versitygw'), args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    server.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const ended = once(server, 'close');
    const endpoint = `http://${address}:${port}`;
    while (server.exitCode === null && server.signalCode === null) {
      const signal = AbortSignal.timeout(5000); // somebody else may say nothing at all
      if ((await fetch(endpoint + health, { signal }).catch(() => null))?.ok) return { server, endpoint };
      await delay(20);
    }
    await ended;
    if (!/address already in use/i.test(said)) throw new Error(`versitygw ended: ${said}`);
  }
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
