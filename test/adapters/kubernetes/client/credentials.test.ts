// Who we are in a cluster: read from a kubeconfig, read anew, and kept on one pool of connections.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Credentials } from '../../../../controller/adapters/kubernetes/client/credentials.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Given {
  server?: string;
  proxyUrl?: string;
  token?: string;
  username?: string;
  password?: string;
  caData?: string;
}

function configOf({
  server = 'https://10.0.0.1:6443',
  proxyUrl,
  token,
  username,
  password,
  caData,
}: Given): KubeConfig {
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      { name: 'c', server, skipTLSVerify: !caData, ...(proxyUrl && { proxyUrl }), ...(caData && { caData }) },
    ],
    users: [{ name: 'u', ...(token && { token }), ...(username && { username, password: password! }) }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u', namespace: 'lab' }],
    currentContext: 'x',
  });
  return config;
}

describe('credentials', () => {
  test('name server, namespace and token', async () => {
    const credentials = new Credentials(() => configOf({ token: 'secret' }));
    const { server, headers } = await credentials.connection();
    expect([server.href, credentials.namespace, headers.authorization]).toEqual([
      'https://10.0.0.1:6443/',
      'lab',
      'Bearer secret',
    ]);
    await credentials.close();
  });

  test('may be a name and a password', async () => {
    const credentials = new Credentials(() => configOf({ username: 'me', password: 'pass' }));
    expect((await credentials.connection()).headers.authorization).toBe(`Basic ${btoa('me:pass')}`);
    await credentials.close();
  });

  test('keep one pool of connections over all calls, though the token changes', async () => {
    let n = 0;
    const credentials = new Credentials(() => configOf({ token: `t${++n}` }));
    const first = await credentials.connection();
    expect((await credentials.connection()).dispatcher).toBe(first.dispatcher);
    credentials.reload();
    const second = await credentials.connection();
    expect(second.dispatcher).toBe(first.dispatcher);
    expect([first.headers.authorization, second.headers.authorization]).toEqual(['Bearer t1', 'Bearer t2']);
    await credentials.close();
  });

  test('begin a new pool where the certificates change', async () => {
    let caData = btoa('one');
    const credentials = new Credentials(() => configOf({ caData }));
    const first = await credentials.connection();
    credentials.reload();
    expect((await credentials.connection()).dispatcher).toBe(first.dispatcher);
    caData = btoa('two');
    credentials.reload();
    expect((await credentials.connection()).dispatcher).not.toBe(first.dispatcher);
    await credentials.close();
  });

  test.each([
    ['http://10.0.0.2:3128', 'ProxyAgent'],
    ['socks5://10.0.0.2:1080', 'Socks5ProxyAgent'],
  ])('go through the proxy %s', async (proxyUrl, kind) => {
    const credentials = new Credentials(() => configOf({ proxyUrl }));
    expect((await credentials.connection()).dispatcher.constructor.name).toBe(kind);
    await credentials.close();
  });

  test('are read from the kubeconfig and the context that were asked for', async () => {
    const file = join(folder, 'config');
    const config = configOf({ token: 'a' });
    config.addContext({ name: 'other', cluster: 'c', user: 'u', namespace: 'elsewhere' });
    await writeFile(file, config.exportConfig());
    expect(new Credentials({ kubeconfig: file, context: 'other' }).namespace).toBe('elsewhere');
    expect(new Credentials({ kubeconfig: file }).namespace).toBe('lab');
    expect(() => new Credentials({ kubeconfig: file, context: 'prod' })).toThrow(
      'the kubeconfig has no context prod; it has x, other',
    );
  });
});

describe('KUBECONFIG with several files', () => {
  const written = async (name: string, given: Given) => {
    const file = join(folder, name);
    await writeFile(file, configOf(given).exportConfig());
    return file;
  };
  test('takes the first that says something, and passes over one that is not there', async () => {
    const [first, second] = [
      await written('first', { server: 'https://10.0.0.1:6443' }),
      await written('second', { server: 'https://10.0.0.2:6443' }),
    ];
    const kubeconfig = ['/nonexistent/other', first, second].join(delimiter);
    const { server } = await new Credentials({ kubeconfig, context: 'x' }).connection();
    expect(server.host).toBe('10.0.0.1:6443');
  });

  test('of which none is there says which were meant', () => {
    const kubeconfig = ['/nonexistent/a', '/nonexistent/b'].join(delimiter);
    expect(() => new Credentials({ kubeconfig })).toThrow(
      'none of the files in KUBECONFIG is there: /nonexistent/a, /none',
    );
  });
});
