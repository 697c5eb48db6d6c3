// A TCP proxy between a controller and its servers that knows when a request begins, and can cut it off.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** The connection ends when the k-th request arrives, or when it is answered, in the place of the answer. */
export interface Cut {
  readonly k: number;
  readonly when: 'before' | 'after';
}

export class Wire {
  /** Requests that came, over all ports. */
  requests = 0;
  /** Whether the cut was made. */
  done = false;
  readonly #cut: Cut | null;
  readonly #onCut: () => void;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #black = false;

  constructor(cut: Cut | null = null, onCut: () => void = () => {}) {
    this.#cut = cut;
    this.#onCut = onCut;
  }

  /** A port that leads to the one of `url`; gives the URL with it. */
  async to(url: string): Promise<string> {
    const target = new URL(url);
    const port = Number(target.port);
    const server = createServer({ noDelay: true }, (near) => this.#join(near, port));
    this.#servers.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    target.port = String((server.address() as AddressInfo).port);
    return target.href.replace(/\/$/, '');
  }

  /** From now on every connection ends at once, until `light`. */
  black(): void {
    this.#black = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  light(): void {
    this.#black = false;
  }

  async close(): Promise<void> {
    this.black();
    await Promise.all(this.#servers.map((server) => new Promise((closed) => server.close(closed))));
  }

  #join(near: Socket, port: number): void {
    if (this.#black) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const end = () => {
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end).on('close', end);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    let asking = false;
    let mine = 0;
    near.on('data', (chunk) => {
      if (!asking) {
        asking = true;
        mine = ++this.requests;
        if (this.#isCut(mine, 'before')) return end();
      }
      far.write(chunk);
    });
    far.on('data', (chunk) => {
      asking = false;
      if (this.#isCut(mine, 'after')) return end();
      near.write(chunk);
    });
  }

  #isCut(mine: number, when: Cut['when']): boolean {
    if (this.done || this.#cut?.k !== mine || this.#cut.when !== when) return false;
    this.done = true;
    this.#onCut();
    return true;
  }
}
