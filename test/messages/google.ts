// Google's metadata server as a workload on GKE finds it: it gives tokens to whoever asks from there.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class MetadataServer {
  /** Tokens that were given, and how they open nothing more. */
  given = 0;
  readonly #open = new Set<string>();
  /** What it answers instead of a token; 0: nothing at all. */
  trouble: number | null = null;
  readonly #server: Server;

  constructor() {
    this.#server = createServer(({ url = '' }, response) => {
      const flavor = { 'metadata-flavor': 'Google' };
      if (/\/universe-domain/.test(url)) return response.writeHead(404, flavor).end();
      if (!/\/service-accounts\/default\/token/.test(url))
        return response.writeHead(200, flavor).end('stand-in');
      if (this.trouble === 0) return;
      if (this.trouble !== null) return response.writeHead(this.trouble, flavor).end('trouble');
      const access_token = `ya29.given-${++this.given}`;
      this.#open.add(access_token);
      response
        .writeHead(200, { ...flavor, 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token, expires_in: 3600, token_type: 'Bearer' }));
    });
  }

  /** HOST:PORT, as GCE_METADATA_HOST has it. */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  admits(token: string): boolean {
    return this.#open.has(token);
  }

  /** No token that was given opens anything any more. */
  revoke(): void {
    this.#open.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
