// The image that every node of the cluster is a container of, from Debian's packages and our own builds.
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { kubernetesVersion, moduleFolder, nodeTools, versionOf } from './binaries.ts';
import { toolsOnPath } from './cache.ts';
import { needCommands } from './debian.ts';
import { step } from './progress.ts';

/** Debian bookworm without documentation: what a registry's debian:bookworm-slim is, where there is no registry. */
export const localBase = 'debian:bookworm-local';
const recipe = join(import.meta.dirname, 'node');

/** Makes `localBase` where it is missing. Root, for debootstrap. */
async function makeBase(): Promise<void> {
  if (await imageExists(localBase)) return;
  await needCommands({ debootstrap: 'debootstrap' });
  await step(`making ${localBase}`, () =>
    inTemporaryFolder(async (root) => {
      await execa('debootstrap', ['--variant=minbase', 'bookworm', root]);
      const unread = [
        'usr/share/doc',
        'usr/share/man',
        'usr/share/locale',
        'usr/share/info',
        'var/cache/apt',
        'var/lib/apt/lists',
        'var/log',
      ];
      for (const folder of unread) await emptyFolder(join(root, folder));
      await writeFile(
        join(root, 'etc/dpkg/dpkg.cfg.d/slim'),
        ['doc', 'man', 'locale', 'info'].map((kind) => `path-exclude /usr/share/${kind}/*\n`).join(''),
      );
      await execa('sh', [
        '-c',
        `tar -C "$0" -c . | docker import --change 'CMD ["bash"]' - "$1"`,
        root,
        localBase,
      ]);
    }),
  );
}

/** Builds what of the node image needs no tool of ours, so that it can be done while those are still compiling. */
export async function prepareNodeImage(): Promise<void> {
  await makeBase();
  if (await imageExists(await nodeImage())) return;
  await step('installing the packages of a node', () =>
    docker('build', '-q', '--target', 'kube-proxy-os', recipe),
  );
}

/** The node image's name; it changes with anything that goes into the image. */
async function nodeImage(): Promise<string> {
  const hash = createHash('sha256').update(nodeTools.map((name) => `${name} ${versionOf(name)}\n`).join(''));
  for (const file of (await readdir(recipe)).sort())
    hash.update(file).update(await readFile(join(recipe, file)));
  return `autoresearch-kind-node:v${kubernetesVersion}-${hash.digest('hex').slice(0, 12)}`;
}

/** Builds the node image where it is missing, from the base and the tools, and answers its name. */
export async function makeNodeImage(): Promise<string> {
  const name = await nodeImage();
  if (!(await imageExists(name)))
    await step(`building ${name}`, () => inTemporaryFolder((context) => build(context, name)));
  return name;
}

async function build(context: string, name: string): Promise<void> {
  await cp(recipe, context, { recursive: true });
  await mkdir(join(context, 'tools'));
  for (const tool of nodeTools)
    await cp(join(toolsOnPath, tool), join(context, 'tools', tool), { dereference: true });
  const pause = [
    'build',
    '-trimpath',
    '-ldflags',
    '-s -w',
    '-o',
    join(context, 'tools', 'pause'),
    join(recipe, 'pause.go'),
  ];
  await execa('go', pause, { env: { CGO_ENABLED: '0' } });
  const boot = join(await moduleFolder('sigs.k8s.io/kind', versionOf('kind')), 'images', 'base', 'files');
  await execa('cp', ['-r', '--no-preserve=mode', boot, join(context, 'kind')]); // Go keeps modules read-only
  await writeFile(join(context, 'version'), `v${kubernetesVersion}\n`);
  const names = await controlPlane(context);
  await docker('save', '-o', join(context, 'images.tar'), ...names);
  await docker('build', '-q', '--target', 'node', '-t', name, context);
}

/** Builds the images that kubeadm will ask for, under the very names it will ask for. */
async function controlPlane(context: string): Promise<string[]> {
  const { stdout } = await execa(join(toolsOnPath, 'kubeadm'), [
    'config',
    'images',
    'list',
    '--kubernetes-version',
    kubernetesVersion,
  ]);
  // containerd's configuration, from kind, names an older pause than kubeadm does.
  const names = [...stdout.split('\n'), 'registry.k8s.io/pause:3.10'];
  for (const name of names) {
    const stage = /([a-z-]+):[^/]*$/.exec(name)![1]!;
    await docker('build', '-q', '--target', stage, '-t', name, context);
  }
  return [...new Set(names)];
}

async function imageExists(name: string): Promise<boolean> {
  return !(await execa('docker', ['image', 'inspect', name], { reject: false })).failed;
}

async function docker(...args: string[]): Promise<void> {
  await execa('docker', args);
}

async function emptyFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}

async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'autoresearch-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
