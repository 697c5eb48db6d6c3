// A git server over smart HTTP: git's own http-backend behind a small web server, with or without a password.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface GitServer {
  /** Of a bare repository below the root, by its path there. */
  url(repository: string): string;
  close(): Promise<void>;
}

/** A connection that ends before what was asked is done, or when it is done and before the answer. */
type Cut = 'before' | 'after';

export interface HttpServer extends GitServer {
  /** What the next pushes meet, one each. */
  cut(...cuts: Cut[]): void;
}

interface Account {
  readonly username: string;
  readonly password: string;
}

/** Serves the bare repositories below `root`; who knows the account may push, and without one everybody may. `address`: of this machine. */
export async function serveHttp(
  root: string,
  account: Account | null = null,
  address = '127.0.0.1',
): Promise<HttpServer> {
  const cuts: Cut[] = [];
  const server = createServer((request, response) => {
    const wanted =
      account && `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`;
    if (wanted && request.headers.authorization !== wanted)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end('who are you?\n');
    const push = request.method === 'POST' && request.url!.endsWith('/git-receive-pack');
    const cut = push ? (cuts.shift() ?? null) : null;
    if (cut === 'before') return void request.socket.destroy();
    backend(root, request, response, cut === 'after');
  });
  await once(server.listen(0, address), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    cut: (...next) => void cuts.push(...next),
    url: (repository) => `http://${address}:${port}/${repository}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function backend(root: string, request: IncomingMessage, response: ServerResponse, silent: boolean): void {
  const url = new URL(request.url!, 'http://git');
  const header = (name: string) => String(request.headers[name] ?? '');
  const env = {
    PATH: process.env.PATH!,
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    // Whom it knows it lets push.
    REMOTE_USER: 'somebody',
    REQUEST_METHOD: request.method!,
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: header('content-type'),
    ...(request.headers['content-length'] && { CONTENT_LENGTH: header('content-length') }),
    HTTP_CONTENT_ENCODING: header('content-encoding'),
    GIT_PROTOCOL: header('git-protocol'),
  };
  const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => 'it had read all that it wanted');
  request.pipe(child.stdin);
  if (silent) {
    child.stdout.resume();
    child.on('close', () => request.socket.destroy());
    return;
  }
  let head = Buffer.alloc(0);
  const begin = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0) return;
    child.stdout.off('data', begin);
    const lines = head.toString('latin1', 0, end).split('\r\n');
    const headers = lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]);
    const status = headers.find(([name]) => name === 'Status')?.[1];
    response.writeHead(Number.parseInt(status ?? '200', 10), headers.flat());
    response.write(head.subarray(end + 4));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', begin);
}
