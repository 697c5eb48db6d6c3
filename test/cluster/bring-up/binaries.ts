// Kubernetes and the tools around it, built from the Go module proxy: it answers where no download site and no
// container registry does. Cold minutes, cached per version, so warm it costs nothing.
//
//   node test/cluster/bring-up/binaries.ts [NAME …]      builds what is missing (default: everything)
import { existsSync } from 'node:fs';
import { mkdir, readlink, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cacheDir, toolsOnPath } from './cache.ts';
import { say, step } from './progress.ts';

/** The last minor version whose kubelet starts on cgroup v1 without being told to. */
export const kubernetesVersion = '1.34.4';
const [major, minor, patch] = kubernetesVersion.split('.');

interface Tool {
  readonly name: string;
  readonly module: string;
  readonly version: string;
  /** The package under the module that holds its main function; '' where the module itself does. */
  readonly main: string;
  /** Variables that a release build sets, as `package.name=value`. */
  readonly set?: readonly string[];
  /** Build tags: what is left out takes minutes to compile. */
  readonly tags?: readonly string[];
}

const stamp = [
  `gitVersion=v${kubernetesVersion}`,
  `gitMajor=${major}`,
  `gitMinor=${minor}`,
  'gitTreeState=clean',
];
const kubernetes = (name: string): Tool => ({
  name,
  module: 'k8s.io/kubernetes',
  version: kubernetesVersion,
  main: `cmd/${name}`,
  set: stamp.map((variable) => `k8s.io/component-base/version.${variable}`),
});
// Helm compares a chart's kubeVersion with these, and they default to a Kubernetes of 2020.
const helmKnows = (root: string, places: readonly string[]) =>
  places.flatMap((place) => [
    `${root}/${place}.k8sVersionMajor=${major}`,
    `${root}/${place}.k8sVersionMinor=${minor}`,
  ]);

export const nodeTools = [
  'kubelet',
  'kubeadm',
  'kubectl',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'etcd',
  'coredns',
  'kind',
] as const;

const goEnvironment = { CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' };

const tools: readonly Tool[] = [
  ...nodeTools.slice(0, 7).map(kubernetes),
  { name: 'etcd', module: 'go.etcd.io/etcd/server/v3', version: '3.6.16', main: '' },
  { name: 'coredns', module: 'github.com/coredns/coredns', version: '1.12.4', main: '' },
  { name: 'kind', module: 'sigs.k8s.io/kind', version: '0.30.0', main: '' },
  {
    name: 'helm',
    module: 'helm.sh/helm/v3',
    version: '3.22.0',
    main: 'cmd/helm',
    set: helmKnows('helm.sh/helm/v3', ['pkg/lint/rules', 'pkg/chartutil']),
  },
  { name: 'helm4', module: 'helm.sh/helm/v4', version: '4.3.1', main: 'cmd/helm' },
  { name: 'versitygw', module: 'github.com/versity/versitygw', version: '1.8.0', main: 'cmd/versitygw' },
  { name: 'kwok', module: 'sigs.k8s.io/kwok', version: '0.8.0', main: 'cmd/kwok' },
  { name: 'kube-score', module: 'github.com/zegl/kube-score', version: '1.20.0', main: 'cmd/kube-score' },
  {
    name: 'cosign',
    module: 'github.com/sigstore/cosign/v3',
    version: '3.1.3',
    main: 'cmd/cosign',
    // Without hardware that keeps keys.
    tags: ['pivkeydisabled', 'pkcs11keydisabled'],
  },
  ...['promtool', 'prometheus'].map((name) => ({
    name,
    module: 'github.com/prometheus/prometheus',
    version: '0.316.0',
    main: `cmd/${name}`,
    // Without the clients of all clouds.
    tags: ['remove_all_sd'],
  })),
];

/** Whether the cache holds all of the named tools. */
export function toolsBuilt(names: readonly string[]): boolean {
  return names.every((name) => existsSync(binaryOf(toolNamed(name))) && existsSync(join(toolsOnPath, name)));
}

/** Builds those of the named tools that the cache lacks and links all of them into `toolsOnPath`. Throws with go's words. */
export async function buildTools(names: readonly string[]): Promise<void> {
  await mkdir(toolsOnPath, { recursive: true });
  for (const tool of names.map(toolNamed)) {
    const binary = binaryOf(tool);
    if (!existsSync(binary)) await step(`building ${tool.name} ${tool.version}`, () => build(tool, binary));
    await linkAs(join(toolsOnPath, tool.name), binary);
  }
}

/** The version of a tool that can be built here. */
export function versionOf(name: string): string {
  return toolNamed(name).version;
}

function toolNamed(name: string): Tool {
  const tool = tools.find((t) => t.name === name);
  if (!tool) throw new Error(`there is no tool ${name}: name one of ${tools.map((t) => t.name).join(', ')}`);
  return tool;
}

function binaryOf({ name, version }: Tool): string {
  return join(cacheDir, 'tools', `${name}-${version}`);
}

/** The folder of an extracted Go module; downloads it where it is missing. */
export async function moduleFolder(module: string, version: string): Promise<string> {
  return (await download(module, version)).Dir;
}

// $0 is the binary, $1 its flags, $2 its package, $3 its build tags. Niced below everything else: a build of minutes must not slow what
// somebody waits for. Under a lock, so that of two who want the same tool one builds and the other finds it built.
const buildOnce = `
test -x "$0" && exit
test -f go.sum || cp go.mod.first go.mod
nice -n 15 go build -mod=mod -tags "$3" -trimpath -ldflags "$1" -o "$0.part" "$2" && mv "$0.part" "$0"
`;

async function build(tool: Tool, binary: string): Promise<void> {
  const folder = join(cacheDir, 'modules', `${tool.module.replaceAll('/', '_')}-${tool.version}`);
  await mkdir(folder, { recursive: true });
  await mkdir(join(cacheDir, 'tools'), { recursive: true });
  await writeFile(join(folder, 'go.mod.first'), await goMod(tool));
  const flags = ['-s', '-w', ...(tool.set ?? []).flatMap((variable) => ['-X', variable])].join(' ');
  const target = tool.main ? `${tool.module}/${tool.main}` : tool.module;
  const underLock = [
    join(folder, 'lock'),
    'sh',
    '-ec',
    buildOnce,
    binary,
    flags,
    target,
    (tool.tags ?? []).join(),
  ];
  await execa('flock', underLock, { cwd: folder, env: goEnvironment });
}

/** A module that requires the tool's and takes over its replacements, which `go install` would refuse. */
async function goMod({ module, version }: Tool): Promise<string> {
  const upstream = (await download(module, version)).GoMod;
  const { Go, Replace } = JSON.parse((await execa('go', ['mod', 'edit', '-json', upstream])).stdout) as {
    Go: string;
    Replace: { Old: { Path: string }; New: { Path: string; Version?: string } }[] | null;
  };
  // Kubernetes keeps its libraries beside it as folders; each is published too, as v0.<minor>.<patch>.
  const replaced = (Replace ?? []).flatMap(({ Old, New }) =>
    New.Version
      ? [`${Old.Path} => ${New.Path} ${New.Version}`]
      : New.Path.startsWith('./staging/')
        ? [`${Old.Path} => ${Old.Path} v0.${minor}.${patch}`]
        : [],
  );
  return [
    `module build`,
    `go ${Go}`,
    `require ${module} v${version}`,
    ...replaced.map((line) => `replace ${line}`),
    '',
  ].join('\n');
}

async function download(module: string, version: string): Promise<{ Dir: string; GoMod: string }> {
  const args = ['mod', 'download', '-json', `${module}@v${version}`];
  return JSON.parse((await execa('go', args, { cwd: cacheDir, env: goEnvironment })).stdout);
}

/** Replaces the link in one stroke: somebody may be running what it names. */
async function linkAs(link: string, target: string): Promise<void> {
  if ((await readlink(link).catch(() => null)) === target) return;
  await symlink(target, `${link}.${process.pid}`);
  await rename(`${link}.${process.pid}`, link);
}

if (import.meta.main) {
  const asked = process.argv.slice(2);
  await buildTools(asked.length ? asked : tools.map((t) => t.name));
  say(`tools are in ${toolsOnPath}`);
}
