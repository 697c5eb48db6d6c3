// What the experiments of a lane would take of a bare program: what the controller's CPU is to be held against.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { NODE_FLAGS } from '../../controller/node-flags.mjs';
import { checkout } from '../../controller/settings/checkout.ts';
import { jobOf } from '../cluster/one-job.ts';
import type { Room } from '../cluster/room.ts';
import { bundled } from './bundled.ts';
import type { Ask } from './cluster-bare-lane.ts';
import type { Used } from './used.ts';

/** What an experiment that is discarded leaves in the store, in order, with its size on the CPU trainer. */
const WRITES: Ask['writes'] = [
  ['proposal.json', 14_293],
  ['1/train.py', 13_406],
  ['1/diff.patch', 177],
  ['1/run.log', 601],
  ['1/result.json', 1_913],
  ['record.json', 1_156],
  ['results.tsv', 1_600],
  ['progress.svg', 4_700],
];

/** Runs `to` Jobs in this pool, one after the other; what is used counts after the first `from`. */
export async function bareOf(room: Room, pool: object, from: number, to: number): Promise<Used> {
  const dir = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    const [ask, used] = [join(dir, 'ask.json'), join(dir, 'used.json')];
    await writeFile(ask, JSON.stringify(await askOf(room, pool, dir)));
    await bundled('cluster-bare-lane', (path) =>
      execa(process.execPath, [...NODE_FLAGS, path, ask, used, String(from), String(to)]),
    );
    return JSON.parse(await readFile(used, 'utf8'));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function askOf({ cluster, namespace }: Room, pool: object, dir: string): Promise<Ask> {
  const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
  const job = jobOf({ experiment: '000000', trainPy, lane: 'bare' }, { ...pool }, namespace);
  const config = JSON.parse(
    await cluster.kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']),
  );
  const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
  const { 'client-certificate-data': cert, 'client-key-data': key } = config.users[0].user;
  const pem = (data: string) => Buffer.from(data, 'base64').toString();
  return {
    server,
    ca: pem(ca),
    cert: pem(cert),
    key: pem(key),
    namespace,
    job: JSON.stringify(job).replaceAll(job.metadata!.name!, 'NAME'),
    dir,
    writes: WRITES,
  };
}
