// Where the page listens: on this machine alone, unless it is told to.
import type { Server } from 'node:net';

export const HOST = '127.0.0.1';

/** The port that it listens on, of this machine's loopback or of `host`: this one or, where it is taken, one of the next 20; 0 is any. */
export async function listenNear(server: Server, port: number, host = HOST): Promise<number> {
  for (let tried = port; ; tried++) {
    try {
      await new Promise<void>((resolve, reject) =>
        server.once('error', reject).listen(tried, host, () => {
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
