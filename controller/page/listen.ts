// Where the page listens: on this machine alone.
import type { Server } from 'node:net';

export const HOST = '127.0.0.1';

/** The port of this machine's loopback that it listens on: this one or, where it is taken, one of the next 20; 0 is any. */
export async function listenNear(server: Server, port: number): Promise<number> {
  for (let tried = port; ; tried++) {
    try {
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen(tried, HOST, () => {
          server.off('error', reject);
          resolve();
        }),
      );
      return (server.address() as { port: number }).port;
    } catch (error) {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE' && tried < port + 20;
      if (!taken) throw error;
    }
  }
}
