// The NVIDIA GPUs of this machine, and which of them a person names. Each run is given one by its UUID: unlike a number,
// that means the same to nvidia-smi, to CUDA and after a restart.
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

interface Gpu {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** UUIDs of its MIG devices, where it is divided: then only those can be used. */
  readonly parts: readonly string[];
}

export interface FoundGpus {
  readonly gpus: readonly Gpu[];
  /** Why nvidia-smi lists none; '' where it does. */
  readonly trouble: string;
}

interface Machine {
  /** Comes on top of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What the kernel's driver shows, where nvidia-smi is not installed: a container may be without it. */
  readonly proc: string;
  readonly dev: string;
}

const HERE: Machine = { env: {}, proc: '/proc/driver/nvidia/gpus', dev: '/dev' };
/** A driver that nobody has used since the boot takes seconds for each GPU. */
const LIST_MS = 120_000;

export async function listGpus(machine: Partial<Machine> = {}): Promise<FoundGpus> {
  const { env, proc, dev } = { ...HERE, ...machine };
  const asked = { env, reject: false, timeout: LIST_MS } as const;
  const { failed, code, stdout, stderr } = await execa('nvidia-smi', ['-L'], asked);
  if (!failed) return { gpus: parseList(stdout), trouble: '' };
  const said = (stderr || stdout || '').trim().split('\n')[0];
  const trouble = code === 'ENOENT' ? 'nvidia-smi is not installed' : `nvidia-smi says: ${said || code}`;
  return { gpus: await fromDriver(proc, dev), trouble };
}

/** What `nvidia-smi -L` prints. */
export function parseList(printed: string): Gpu[] {
  const gpus: Gpu[] = [];
  for (const line of printed.split('\n')) {
    const whole = /^GPU (\d+): (.*\S) \(UUID: (GPU-[^)\s]+)\)/.exec(line);
    if (whole) gpus.push({ index: Number(whole[1]), name: whole[2]!, uuid: whole[3]!, parts: [] });
    const part = /^\s+MIG .*\(UUID: (MIG-[^)\s]+)\)/.exec(line);
    const last = gpus.at(-1);
    if (part && last) gpus.splice(-1, 1, { ...last, parts: [...last.parts, part[1]!] });
  }
  return gpus;
}

/** In the order of their places on the bus, as nvidia-smi counts them; without those that have no device file here. */
async function fromDriver(proc: string, dev: string): Promise<Gpu[]> {
  const gpus: Gpu[] = [];
  for (const place of (await readdir(proc).catch(() => [])).sort()) {
    const facts = await readFile(join(proc, place, 'information'), 'utf8').catch(() => '');
    const fact = (name: string) => new RegExp(`^${name}:\\s*(\\S.*?)\\s*$`, 'm').exec(facts)?.[1] ?? '';
    const uuid = fact('GPU UUID');
    const here = await access(join(dev, `nvidia${fact('Device Minor')}`)).then(
      () => true,
      () => false,
    );
    if (here && uuid.startsWith('GPU-'))
      gpus.push({ index: gpus.length, name: fact('Model'), uuid, parts: [] });
  }
  return gpus;
}

/** UUIDs of what a run can have to itself, or a sentence that ends with what to do. */
type Chosen = readonly string[] | string;

/** Those that are named, in that order; all where `named` is null. `by` says where the names stand: `--gpus`. */
export function chooseGpus({ gpus, trouble }: FoundGpus, named: string | null, by: string): Chosen {
  if (gpus.length === 0)
    return `no NVIDIA GPU is found here${trouble && ` (${trouble})`}; install NVIDIA's driver, or use --trainer cpu`;
  if (named === null) return gpus.flatMap(({ uuid, parts }) => (parts.length > 0 ? parts : [uuid]));
  const uuids: string[] = [];
  for (const name of named.split(',').map((word) => word.trim())) {
    const uuid = one(gpus, name);
    if (uuid.includes(' ')) return `${by} is ${JSON.stringify(named)}: ${uuid}`;
    if (uuids.includes(uuid))
      return `${by} is ${JSON.stringify(named)}: ${name} is named twice; name it once`;
    uuids.push(uuid);
  }
  return uuids;
}

/** The UUID behind a name; or a sentence, which has spaces in it. */
function one(gpus: readonly Gpu[], name: string): string {
  const here = `here are ${gpus.map(({ index, name: product }) => `${index} (${product})`).join(', ')}`;
  if (!/^(\d{1,4}|(GPU|MIG)-[\w/-]+)$/.test(name))
    return `${name ? JSON.stringify(name) : 'an empty name'} names no GPU; give numbers or UUIDs as nvidia-smi -L lists them: ${here}`;
  const named = gpus.filter(({ index, uuid }) =>
    /^\d/.test(name) ? index === Number(name) : uuid.startsWith(name),
  );
  const parts = gpus.flatMap((gpu) => gpu.parts).filter((uuid) => uuid.startsWith(name));
  if (named.length + parts.length > 1) return `${name} begins more than one UUID; write more of it`;
  const [gpu] = named;
  if (gpu && gpu.parts.length > 0)
    return `${name} is divided; name its MIG devices instead: ${gpu.parts.join(', ')}`;
  return (
    gpu?.uuid ??
    parts[0] ??
    `${name} is not among the GPUs of this machine; name others as nvidia-smi -L lists them: ${here}`
  );
}
