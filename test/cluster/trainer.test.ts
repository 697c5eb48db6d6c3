// The trainer image as a Job of the product's own manifest, in a namespace that enforces Pod Security `restricted`.
import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type SealedResult, sealedSchema } from '../../controller/core/outcome.ts';
import { type Cluster, loadedImage, needsCluster, present, theCluster } from './fixture.ts';
import { finished, jobOf, running } from './one-job.ts';

const found = await theCluster();
const MINUTES = 60_000;
const namespace = `trainer-${process.pid}`;
const baseline = await readFile(join(import.meta.dirname, '..', '..', 'harness', 'cpu', 'train.py'), 'utf8');

let image: string;
let experiments = 0;

beforeAll(async () => {
  if ('missing' in found) return;
  image = await loadedImage(found, 'trainer');
  await found.kubectl(['create', 'namespace', namespace]);
  const restricted = 'pod-security.kubernetes.io/enforce=restricted';
  await found.kubectl(['label', 'namespace', namespace, restricted]);
}, 30 * MINUTES);

afterAll(async () => {
  if (!('missing' in found)) await found.kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

describe('the trainer image, restricted', { timeout: 20 * MINUTES }, () => {
  beforeEach(needsCluster(found));

  it('trains the baseline and leaves the sealed number as its termination message', async () => {
    const { result, nonce, log } = await run(present(found), baseline);
    expect(result).toMatchObject({
      status: 'finished',
      nonce,
      sealed: 'landlock',
      train_sha256: createHash('sha256').update(baseline).digest('hex'),
    });
    expect(result.val_bpb).toBeGreaterThan(1);
    expect(result.val_bpb).toBeLessThan(6); // 8 is a guess at random, and the budget is short
    expect(log).toMatch(new RegExp(`^val_bpb: +${result.val_bpb!.toFixed(6)}$`, 'm'));
    expect(log).not.toContain('could not');
    expect(log.trimEnd()).toMatch(
      new RegExp(`\\[supervisor: end bytes=${result.log_bytes} sha256=${result.log_sha256}\\]$`),
    );
  });

  it.each([
    ['the validation text', '/opt/autoresearch/sealed/val.bin'],
    ['its own intent', '/intent/intent.json'],
    ['the termination message', '/dev/termination-log'],
  ])('does not let train.py open %s', async (_, path) => {
    const { result, log } = await run(present(found), `open(${JSON.stringify(path)}, "rb").read()\n`);
    expect(result).toMatchObject({ status: 'crashed', val_bpb: null, sealed: 'landlock' });
    expect(log).toContain(`PermissionError: [Errno 13] Permission denied: '${path}'`);
  });

  it('hides the validation text by confinement: the same user reads it where there is none', async () => {
    const command = ['python3', '-c', 'print(len(open("/opt/autoresearch/sealed/val.bin", "rb").read()))'];
    const { log } = await finished(present(found), running(manifest('', '0'.repeat(32)), command));
    expect(log.trim()).toBe('65537');
  });
});

/** Runs train.py as one attempt and answers what the supervisor said of it. */
async function run(cluster: Cluster, trainPy: string) {
  const nonce = randomBytes(16).toString('hex');
  const { log, message } = await finished(cluster, manifest(trainPy, nonce));
  const result: SealedResult = sealedSchema.parse(JSON.parse(message));
  return { result, nonce, log };
}

function manifest(trainPy: string, nonce: string) {
  const pool = { name: 'a', image, clock: 'virtual', gpu: { count: 0 } };
  experiments += 1;
  return jobOf({ experiment: `${experiments}`.padStart(6, '0'), trainPy }, pool, namespace, nonce);
}
