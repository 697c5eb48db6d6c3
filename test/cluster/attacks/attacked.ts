// What both files of attacks on the real cluster share: a room, its lane after the attacks, and the checks around them.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sealedSchema } from '../../../controller/core/outcome.ts';
import { sourceOf, triedIn } from '../../attacks/arena.ts';
import type { Attack } from '../../attacks/table.ts';
import { loadedImage, needsCluster, present, theCluster } from '../fixture.ts';
import { canLookInside, illnesses, LEFT, podsIn, remains } from '../leftovers.ts';
import { finished, jobOf, running } from '../one-job.ts';
import { poolOf, Room } from '../room.ts';
import { AttackedLane, expectRow, leaked, placesIn } from './attacks.ts';

const MINUTES = 60_000;
const WIDTH = 4;

/**
 * Runs the attacks as experiments of one lane, and declares a test for each, and for what they leave behind.
 * `patient`: also waits until the node has removed the Pods' logs, which it does once a minute.
 */
export async function attackOnCluster(
  attacks: readonly Attack[],
  { patient }: { patient: boolean },
): Promise<void> {
  const found = await theCluster();
  const marker = `attack-${process.pid}-${Date.now()}`;
  let room: Room;
  let lane: AttackedLane;
  let image: string;
  let apiServer: string;
  let validation: string;
  let honestBpb: number;

  beforeAll(async () => {
    if ('missing' in found) return;
    image = await loadedImage(found, 'trainer');
    room = await Room.open(found, `attacks-${process.pid}`);
    const address = 'jsonpath={.spec.clusterIP}';
    apiServer = await found.kubectl(['-n', 'default', 'get', 'service', 'kubernetes', '-o', address]);
    lane = new AttackedLane(room, image, marker, apiServer);
    const names = attacks.map(({ name }) => name);
    [validation] = await Promise.all([validationText(room, image), lane.run(names, WIDTH)]);
    honestBpb = await lane.honestBpb();
  }, 30 * MINUTES);

  afterAll(async () => {
    await room?.close();
  });

  beforeEach(needsCluster(found));

  test.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (name, attack) => {
    const row = await lane.row(name);
    expectRow(attack, row, honestBpb);
    expect(leaked(row.log, validation)).toBeNull();
  });

  test('none keeps, and each has its one row', async () => {
    const decisions = await lane.decisions();
    expect(decisions.filter(({ status }) => status === 'keep')).toHaveLength(1);
    expect(decisions.map(({ experiment }) => experiment)).toHaveLength(attacks.length + 1);
    expect(new Set(decisions.map(({ experiment }) => experiment)).size).toBe(attacks.length + 1);
  });

  test(
    'without confinement the theft and the call succeed, so the tests above could fail',
    async () => {
      const places = placesIn(marker, apiServer);
      // The thief gets the text. Its number is refused all the same: what the chain gave each symbol is known of this text.
      const theft = await unconfined(room, image, 1, sourceOf('steals-validation', places));
      expect(theft.tried.get('open the validation text')).toEqual(['ok']);
      expect([theft.result.reason, theft.result.val_bpb], theft.log).toEqual(['noncausal', null]);
      expect(theft.log).toMatch(/cost less than any model of what came before them pays/);
      const call = await unconfined(room, image, 2, sourceOf('network', places));
      expect(call.tried.get('TCP'), call.log).toEqual(['ok']);
    },
    30 * MINUTES,
  );

  test(
    'the nodes are well, and nothing of the Pods is left there',
    async ({ skip }) => {
      const cluster = present(found);
      expect(await illnesses(cluster)).toEqual([]);
      if (!canLookInside(cluster)) skip('the nodes of this cluster cannot be looked into from here');
      const kept = patient ? [...LEFT, '/var/log/pods'] : LEFT;
      const pods = await podsIn(cluster, room.namespace);
      expect(pods.length).toBeGreaterThan(attacks.length);
      // They are there to be found, so what is looked for can be found.
      expect(await remains(pods, marker, kept)).not.toEqual([]);
      await room.kubectl('delete', 'jobs', '--all', '--cascade=foreground', '--timeout=600s');
      await expect.poll(() => remains(pods, marker, kept), { timeout: 600_000, interval: 500 }).toEqual([]);
      expect(await illnesses(cluster)).toEqual([]);
    },
    30 * MINUTES,
  );
}

async function validationText({ cluster, namespace }: Room, image: string): Promise<string> {
  const read =
    'import base64; print(base64.b64encode(open("/opt/autoresearch/sealed/val.bin", "rb").read()).decode())';
  const job = jobOf({ experiment: '000000', trainPy: '' }, poolOf(image), namespace);
  const { log } = await finished(cluster, running(job, ['python3', '-c', read]));
  return Buffer.from(log, 'base64').toString('latin1');
}

/** A train.py under the supervisor of the image, in the same Pod but for the confinement. */
async function unconfined({ cluster, namespace }: Room, image: string, n: number, trainPy: string) {
  const experiment = String(n).padStart(6, '0');
  const job = jobOf({ experiment, trainPy, requireSealed: false }, poolOf(image), namespace);
  job.spec!.template.spec!.containers[0]!.args!.push('--confine', 'none');
  const { message, log } = await finished(cluster, job);
  return { result: sealedSchema.parse(JSON.parse(message)), log, tried: triedIn(log) };
}
