// Where only a proxy leads out: git takes it from the environment, and so does what else is far away. The cluster is not.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import { MessagesServer } from '../messages/server.ts';
import { type ForwardProxy, openProxy } from '../proxy/proxy.ts';
import { openStub, type Stub } from '../s3/stub.ts';

const child = join(import.meta.dirname, '..', 'proxy', 'child.ts');
const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };

let stub: Stub;
let messages: MessagesServer;
let said: string;
beforeAll(async () => {
  stub = await openStub();
  messages = new MessagesServer(() => ({ answer: '' }));
  said = await messages.listen();
});
afterAll(async () => {
  await stub.close();
  await messages.close();
});

let proxies: Record<'s3' | 'claude', ForwardProxy>;
beforeEach(async () => {
  proxies = { s3: await openProxy(stub.endpoint), claude: await openProxy(said) };
  return () => Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
});

async function called(kind: string, url: string, env: Record<string, string>) {
  const { stdout, stderr } = await execa(process.execPath, [...NODE_FLAGS, child, kind, url], {
    // Nothing of a proxy that this machine may have.
    env: { PATH: process.env.PATH, ...keys, ...env },
    extendEnv: false,
    reject: false,
  });
  return stdout || stderr;
}

describe.each(['s3', 'claude'] as const)('%s', (kind) => {
  const direct = () => (kind === 's3' ? stub.endpoint : said);

  test.each(['HTTP_PROXY', 'http_proxy'])('is reached through the proxy of %s', async (name) => {
    const { url, led } = proxies[kind];
    expect(await called(kind, 'http://far.invalid:8080', { [name]: url })).toBe('here');
    expect(new Set(led)).toEqual(new Set(['far.invalid:8080']));
  });

  test('is reached through a proxy that is named without its scheme, for all of them', async () => {
    const { url, led } = proxies[kind];
    const env = { ALL_PROXY: url.replace('http://', '') };
    expect(await called(kind, 'http://far.invalid:8080', env)).toBe('here');
    expect(new Set(led)).toEqual(new Set(['far.invalid:8080']));
  });

  test('with TLS is asked for by CONNECT of HTTPS_PROXY', async () => {
    const { url, led } = proxies[kind];
    // The other end speaks no TLS: that the tunnel was asked for is all that is looked at.
    expect(await called(kind, 'https://far.invalid', { HTTPS_PROXY: url })).not.toBe('here');
    expect(led[0]).toBe('far.invalid:443');
  });

  test('is reached directly where NO_PROXY names it', async () => {
    const { url, led } = proxies[kind];
    const env = { HTTP_PROXY: url, NO_PROXY: 'localhost,127.0.0.1' };
    expect(await called(kind, direct(), env)).toBe('here');
    expect(led).toEqual([]);
  });

  test('is reached directly where there is no proxy', async () => {
    expect(await called(kind, direct(), {})).toBe('here');
  });
});

test('S3 is not asked where the proxy cannot be used: what to write is said', async () => {
  const said = await called('s3', stub.endpoint, { HTTP_PROXY: 'socks4://far:1' });
  expect(said).toContain('HTTP_PROXY (or ALL_PROXY) names no proxy that can be used; write http://HOST:PORT');
});

test('the cluster is reached as its kubeconfig says, through no proxy of the environment', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'proxy-'));
  const api = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end('{"major":"1","minor":"34"}');
  });
  await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
  try {
    const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
    const kubeconfig = join(dir, 'config');
    const config = {
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'u', user: {} }],
    };
    await writeFile(kubeconfig, stringify(config));
    const { url, led } = proxies.s3;
    expect(await called('kubernetes', kubeconfig, { HTTP_PROXY: url, HTTPS_PROXY: url })).toBe('here');
    expect(led).toEqual([]);
  } finally {
    await new Promise((done) => api.close(done));
    await rm(dir, { recursive: true, force: true });
  }
});
