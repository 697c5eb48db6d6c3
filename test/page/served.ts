// A page's server on a free port, and requests to it as a browser would never make them.
import { type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import type { LaneSource } from '../../controller/page/lane-source.ts';
import { type PageServer, type PageSettings, servePage } from '../../controller/page/server.ts';

export const TOKEN = 'the-token-of-the-test';
export const STEERING_TOKEN = 'the-second-token-of-the-test';

export async function served(...lanes: LaneSource[]): Promise<PageServer> {
  return servedWith({}, ...lanes);
}

/** The link is for reading, unless `steering` gives the second token. */
export async function servedWith(
  {
    steering = null,
    ...more
  }: Partial<Omit<PageSettings, 'lanes' | 'tokens'>> & { steering?: string | null },
  ...lanes: LaneSource[]
): Promise<PageServer> {
  const tokens = { read: TOKEN, steering };
  const server = await servePage({ lanes, version: '0.0.0', tokens, port: 0, who: 'tester', ...more });
  onTestFinished(() => server.close());
  return server;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** The answer as soon as its head is there; with the right token where no other headers are given. */
export function open({ port }: PageServer, path: string, asked: Asked = {}): Promise<IncomingMessage> {
  const { method = 'GET', headers = { authorization: `Bearer ${TOKEN}` }, body } = asked;
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, resolve);
    onTestFinished(() => void sent.destroy());
    sent.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export async function textOf(answer: IncomingMessage): Promise<string> {
  let all = '';
  for await (const chunk of answer.setEncoding('utf8')) all += chunk;
  return all;
}

/** Reads until this many events of a kind came; their values. */
export async function events(answer: IncomingMessage, kind: string, wanted: number): Promise<unknown[]> {
  let rest = '';
  const found: unknown[] = [];
  for await (const chunk of answer.setEncoding('utf8')) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop()!;
    for (const part of parts)
      if (part.includes(`event: ${kind}\n`)) found.push(JSON.parse(/^data: (.*)$/m.exec(part)![1]!));
    if (found.length >= wanted) return found;
  }
  throw new Error(`the stream ended after ${found.length} of ${wanted} events`);
}
