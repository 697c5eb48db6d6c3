// A person of the cluster who has only the rights of `rbac.readers`: what kubectl and the forwarded page let them do.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { withTools } from '../bring-up/cache.ts';
import type { Cluster } from '../fixture.ts';

interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Reader {
  get(path: string): Promise<Answer>;
  post(path: string, body: object): Promise<Answer>;
  /** Whether the API server allows it. */
  may(verb: string, resource: string, namespace: string): Promise<boolean>;
  end(): Promise<void>;
}

/** Forwards the page of the release in this namespace as that user; `token` reads the page. */
export async function asReader(
  { context }: Cluster,
  namespace: string,
  user: string,
  token: string,
): Promise<Reader> {
  const as = ['--context', context, '--as', user];
  const args = [...as, '-n', namespace, 'port-forward', 'service/autoresearch-page', ':8081'];
  const forward = execa('kubectl', args, { env: withTools(), reject: false, buffer: { stdout: false } });
  const [line] = await Promise.race([
    once(createInterface({ input: forward.stdout }), 'line'),
    forward.then(({ stderr }) => Promise.reject(new Error(stderr))),
  ]);
  const port = /^Forwarding from 127\.0\.0\.1:(\d+)/.exec(line)![1];
  const asked = async (path: string, init: RequestInit): Promise<Answer> => {
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, headers });
    return { status: answer.status, text: await answer.text() };
  };
  return {
    get: (path) => asked(path, {}),
    post: (path, body) =>
      asked(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    may: async (verb, resource, where) => {
      const words = ['auth', 'can-i', verb, ...resource.split('/').flatMap(subresource), '-n', where];
      const { stdout } = await execa('kubectl', [...as, ...words], { env: withTools(), reject: false });
      return stdout.trim() === 'yes';
    },
    end: async () => {
      forward.kill();
      await forward;
    },
  };
}

const subresource = (word: string, at: number) => (at === 0 ? [word] : [`--subresource=${word}`]);
