// The command as its image has it: in a few files, without what nobody calls, and saying the same as the sources.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { bundle } from '../../images/controller/bundle.mjs';
import { folderForBundle } from '../bench/bundled.ts';
import { IMAGE, Rig } from '../double/rig.ts';
import { saidBy, sources } from './command.ts';

const TOKEN = 'told-by-a-plugin';

let rig: Rig;
let dir: string;
let outputs: Metafile['outputs'];
beforeAll(async () => {
  rig = await Rig.start();
  rig.cluster.api.tokens = new Set([TOKEN]);
  dir = await folderForBundle();
  ({ outputs } = (await bundle(sources, dir, { metafile: true })).metafile);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await rig.close();
});

/** What is read when this source is loaded, and nothing else is called: sources, and modules of Node. */
function readFor(source: string): string[] {
  const entry = Object.keys(outputs).find((path) => outputs[path]!.entryPoint === source);
  expect(entry, `${source} lies in a file of its own`).toBeDefined();
  const files = new Set([entry!]);
  const builtin = new Set<string>();
  for (const file of files)
    for (const { path, kind, external } of outputs[file]!.imports)
      if (kind === 'import-statement') (external ? builtin : files).add(path);
  return [...builtin, ...[...files].flatMap((file) => Object.keys(outputs[file]!.inputs))];
}

/** A kubeconfig for the rig's cluster, which lets in only who tells the token of this plugin. */
async function kubeconfigWithPlugin(): Promise<string> {
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: TOKEN },
  };
  const plugin = join(dir, 'plugin');
  await writeFile(plugin, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`, { mode: 0o755 });
  const exec = { apiVersion: credential.apiVersion, command: plugin, interactiveMode: 'Never' };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'double', cluster: { server: rig.cluster.url, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'person', user: { exec } }],
    contexts: [{ name: 'double', context: { cluster: 'double', user: 'person', namespace: 'lab' } }],
  };
  const path = join(dir, 'kubeconfig');
  await writeFile(path, stringify(config));
  return path;
}

describe('the bundle', () => {
  test("has nothing of the client library's classes, and no letter that doubles what a file takes in memory", async () => {
    const names = (await readdir(dir)).filter((name) => name.endsWith('.js'));
    expect(names).toContain('main.js');
    const files = await Promise.all(
      names.map(async (name) => ({ name, text: await readFile(join(dir, name), 'latin1') })),
    );
    const bad = files.map(({ name, text }) => ({
      name,
      models: /getAttributeTypeMap|ObjectSerializer/.test(text),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: everything up to the last of ASCII is meant
      beyond: /[^\x00-\x7f]/.exec(text)?.[0],
    }));
    expect(bad.filter(({ models, beyond }) => models || beyond)).toEqual([]);
  });

  test('reads the SDKs of S3 and Anthropic only for lanes that use them', () => {
    const sdk = /node_modules\/(@aws-sdk|@smithy|@anthropic-ai)\//;
    const all = Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs));
    expect(all.filter((path) => sdk.test(path))).not.toEqual([]);
    expect(readFor('controller/cli/up.ts')).toContain('controller/adapters/kubernetes/client/api.ts');
    expect(readFor('controller/cli/up.ts').filter((path) => sdk.test(path))).toEqual([]);
  });

  test('reads the packages of a cloud only for who asks Claude there, by the one copy of the SDK that there is', () => {
    const clouds = /node_modules\/(@anthropic-ai\/(bedrock|vertex)-sdk|google-auth-library|@aws-sdk)\//;
    const own = (cloud: string) => readFor(`controller/adapters/anthropic/${cloud}.ts`);
    expect(own('bedrock').filter((path) => clouds.test(path))).not.toEqual([]);
    expect(own('vertex').filter((path) => clouds.test(path))).not.toEqual([]);
    expect(readFor('controller/wiring/proposers/claude.ts').filter((path) => clouds.test(path))).toEqual([]);
    // An error of another copy would be none of those that are looked for.
    const all = new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)));
    const errors = /node_modules\/@anthropic-ai\/sdk\/core\/error\.m?js$/;
    expect([...all].filter((path) => errors.test(path))).toHaveLength(1);
  });

  test.each(['main', 'cli/read/status', 'cli/read/list'])(
    "loads Node's HTTP for %s only when it is called",
    (name) => {
      const read = readFor(`controller/${name}.ts`);
      expect(read).toContain('node:fs');
      expect(read.filter((path) => /^(node:)?(https?|http2|tls)$/.test(path))).toEqual([]);
    },
  );

  test('reaches a cluster by a kubeconfig with a plugin, and says of it what the sources say', async () => {
    const config = join(dir, 'config.yaml');
    const lane = { name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 1 } };
    await writeFile(
      config,
      stringify({ lanes: [lane], pools: [{ name: 'cpu', image: IMAGE, gpu: { count: 0 } }], data: dir }),
    );
    const args = ['doctor', '--context', 'double', '--config', config, '--no-probe', '-o', 'json'];
    const env = { KUBECONFIG: await kubeconfigWithPlugin() };
    const bundled = await saidBy(join(dir, 'main.js'), args, env);
    expect(bundled.code, bundled.err).toBe(0);
    expect(bundled).toEqual(await saidBy(sources, args, env));
    expect(JSON.parse(bundled.out)).toContainEqual(
      expect.objectContaining({ check: 'version', result: 'ok' }),
    );
  });
});

test("maps of the image tell the lines of our files, and are small, for they hold none of a package's", async () => {
  const { outputFiles } = await bundle(sources, dir, {
    sourcemap: 'linked',
    sourcesContent: false,
    write: false,
  });
  const bytes = (end: string) =>
    outputFiles
      .filter(({ path }) => path.endsWith(end))
      .reduce((sum, { contents }) => sum + contents.length, 0);
  expect(bytes('.js.map')).toBeLessThan(bytes('.js') / 5);
  const maps = outputFiles
    .filter(({ path }) => path.endsWith('.js.map'))
    .map(({ text }) => JSON.parse(text) as { sources: string[] });
  expect(
    maps.flatMap(({ sources }) => sources).some((source) => source.endsWith('controller/cli/up.ts')),
  ).toBe(true);
});
