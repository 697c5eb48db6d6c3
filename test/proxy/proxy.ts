// A forward proxy: it tunnels CONNECT and passes whole addresses on, all of it to one place, whatever host is asked for.
import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ForwardProxy {
  readonly url: string;
  /** Hosts with ports, one for each tunnel or request. */
  readonly led: string[];
  close(): Promise<void>;
}

/** `target`: where everything ends up, `http://host:port`. */
export async function openProxy(target: string): Promise<ForwardProxy> {
  const led: string[] = [];
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { host, pathname, search } = new URL(request.url!);
    led.push(host);
    const { method, headers } = request;
    const onward = ask({ hostname, port, method, headers, path: pathname + search }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', ({ url }: IncomingMessage, socket: Socket) => {
    led.push(url!);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) end.on('error', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    led,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
