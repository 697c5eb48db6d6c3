// The command as its image has it: in a few files, without what nobody calls, and saying the same as the sources.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { checkout } from '../../controller/cli/place.ts';
import { bundle } from '../../images/controller/bundle.mjs';
import { IMAGE, Rig } from '../double/rig.ts';

const SOURCES = join(checkout.root, 'controller', 'main.ts');
const TOKEN = 'told by a plugin';
const credential = {
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token: TOKEN },
};

let rig: Rig;
let dir: string;
beforeAll(async () => {
  rig = await Rig.start();
  // Two folders below the root, as in the image: program.md and the harness are found from there.
  await mkdir(join(checkout.root, '.tools'), { recursive: true });
  dir = await mkdtemp(join(checkout.root, '.tools', 'bundle-'));
  await bundle(SOURCES, dir);
});
afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
  await rig.close();
});

async function filesOf(folder: string): Promise<Map<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'latin1')));
  return new Map(names.map((name, n) => [name, texts[n]!]));
}

/** What `autoresearch` of this program says with a kubeconfig whose token a plugin tells. */
async function said(
  program: string,
  ...args: string[]
): Promise<{ code: number | undefined; out: string; err: string }> {
  const kubeconfig = join(dir, 'kubeconfig');
  const plugin = join(dir, 'plugin');
  await writeFile(plugin, `#!/bin/sh\necho '${JSON.stringify(credential)}'\n`);
  await chmod(plugin, 0o755);
  const exec = { apiVersion: credential.apiVersion, command: plugin, interactiveMode: 'Never' };
  await writeFile(
    kubeconfig,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'double', cluster: { server: rig.cluster.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'person', user: { exec } }],
      contexts: [{ name: 'double', context: { cluster: 'double', user: 'person', namespace: 'lab' } }],
    }),
  );
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...args], {
    env: { KUBECONFIG: kubeconfig },
    reject: false,
  });
  return { code: exitCode, out: stdout, err: stderr };
}

describe('the bundle', () => {
  test("has nothing of the client library's classes, and no letter that doubles what a file takes in memory", async () => {
    const files = await filesOf(dir);
    expect([...files.keys()]).toContain('main.js');
    const texts = [...files].map(([name, text]) => ({
      name,
      models: /getAttributeTypeMap|ObjectSerializer/.test(text),
      // biome-ignore lint/suspicious/noControlCharactersInRegex: everything up to the last of ASCII is meant
      beyond: /[^\x00-\x7f]/.exec(text)?.[0],
    }));
    expect(texts.filter(({ models, beyond }) => models || beyond)).toEqual([]);
  });

  test('loads the SDKs of stores and models from files of their own', async () => {
    const files = await filesOf(dir);
    const apart = [...files].filter(([, text]) => /x-amz-content-sha256|anthropic-version/.test(text));
    expect(apart.length).toBeGreaterThan(1);
    expect(apart.map(([name]) => name)).not.toContain('main.js');
  });

  test('reaches a cluster by a kubeconfig with a plugin, and says of it what the sources say', async () => {
    const config = join(dir, 'config.yaml');
    const lane = { name: 'main', pool: 'cpu', trainer: 'cpu', limits: { maxGpuHours: 1 } };
    await writeFile(
      config,
      stringify({ lanes: [lane], pools: [{ name: 'cpu', image: IMAGE, gpu: { count: 0 } }], data: dir }),
    );
    const args = ['doctor', '--context', 'double', '--config', config, '--no-probe', '-o', 'json'];
    const bundled = await said(join(dir, 'main.js'), ...args);
    expect(bundled.code, bundled.err).toBe(0);
    expect(bundled).toEqual(await said(SOURCES, ...args));
    expect(JSON.parse(bundled.out)).toContainEqual(
      expect.objectContaining({ check: 'version', result: 'ok' }),
    );
  });
});
