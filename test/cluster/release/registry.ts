// A registry on this machine, Debian's, which keeps what it is given in a folder.
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { vi } from 'vitest';
import { needCommands } from '../bring-up/debian.ts';

interface Registry {
  /** Its name and port, as this machine calls it. */
  readonly host: string;
  end(): void;
}

/** Serves what lies in the folder, to this machine and to the cluster's nodes. */
export async function registryIn(dir: string): Promise<Registry> {
  await needCommands({ 'docker-registry': 'docker-registry' });
  const port = await freePort();
  const config = `version: 0.1\nstorage: { filesystem: { rootdirectory: ${dir}/stored } }\nhttp: { addr: "0.0.0.0:${port}" }\n`;
  await writeFile(join(dir, 'config.yml'), config);
  const server = spawn('docker-registry', ['serve', join(dir, 'config.yml')], { stdio: 'ignore' });
  await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/v2/`), { timeout: 60_000 });
  return { host: `127.0.0.1:${port}`, end: () => server.kill() };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}
