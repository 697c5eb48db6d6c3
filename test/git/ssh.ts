// A git server over ssh, for the machine's own ssh client: one key is let in, and git is all it may run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { GitServer } from './http.ts';

export interface SshServer extends GitServer {
  /** A folder as a Secret is mounted: ssh-privatekey and known_hosts. */
  readonly credentials: string;
}

/** `folder`: where the credentials are written. */
export async function serveSsh(root: string, folder: string): Promise<SshServer> {
  // Of the Ed25519 keys that this package makes, one in a hundred is malformed.
  const host = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const person = ssh2.utils.generateKeyPairSync('ecdsa', { bits: 256 });
  const known = ssh2.utils.parseKey(person.public);
  if (known instanceof Error) throw known;
  const server = new ssh2.Server({ hostKeys: [host.private] }, (client) => {
    client.on('error', () => 'it went away');
    client.on('authentication', (context) => {
      const ours = context.method === 'publickey' && context.key.data.equals(known.getPublicSSH());
      if (!ours) return context.reject(['publickey']);
      if (context.signature && !known.verify(context.blob!, context.signature, context.hashAlgo))
        return context.reject();
      context.accept();
    });
    client.on('ready', () => client.on('session', (accept) => serve(accept())));
  });
  const serve = (session: ssh2.Session) => {
    let protocol = '';
    session.on('env', (accept, _, { key, val }) => {
      if (key === 'GIT_PROTOCOL') protocol = val;
      accept?.();
    });
    session.on('exec', (accept, reject, { command }) => {
      const [, name, path] = /^git[- ](upload-pack|receive-pack) '(\/[\w./-]+)'$/.exec(command) ?? [];
      if (!name) return reject();
      const stream = accept();
      const env = { PATH: process.env.PATH!, GIT_PROTOCOL: protocol };
      const child = spawn('git', [name, join(root, path!)], { env });
      stream.pipe(child.stdin).on('error', () => 'it had read all that it wanted');
      child.stdout.pipe(stream, { end: false });
      child.stderr.pipe(stream.stderr, { end: false });
      child.on('close', (code) => {
        stream.exit(code ?? 1);
        stream.end();
      });
    });
  };
  // By itself it would hold back every small packet until the one before is acknowledged: 40 ms each.
  const sockets = createServer({ noDelay: true }, (socket) => server.injectSocket(socket));
  await once(sockets.listen(0, '127.0.0.1'), 'listening');
  const { port } = sockets.address() as AddressInfo;
  const credentials = await mkdtemp(join(folder, 'ssh-'));
  await writeFile(join(credentials, 'ssh-privatekey'), person.private, { mode: 0o600 });
  await writeFile(join(credentials, 'known_hosts'), `[127.0.0.1]:${port} ${host.public}\n`);
  return {
    credentials,
    url: (repository) => `ssh://git@127.0.0.1:${port}/${repository}`,
    async close() {
      sockets.close();
    },
  };
}
