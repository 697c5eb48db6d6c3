// What a controller finds out before it begins, where a person must help.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuseUnwritable } from '../../controller/wiring/cluster-checks.ts';

test('a volume that ignores fsGroup is told with its owner, our own ids, and both ways out', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'volume-'));
  const { uid, gid } = await stat(dir);
  const refused = () => Promise.reject(new Error('EACCES'));
  await expect(refuseUnwritable(dir, refused)).rejects.toThrow(
    `${dir} belongs to ${uid}:${gid}, and this controller runs as ${process.getuid!()}:${process.getgid!()}: its volume ignores fsGroup. Give the volume's folder to`,
  );
  await expect(refuseUnwritable(dir, refused)).rejects.toThrow(/or set runAsUser, runAsGroup and fsGroup/);
  await expect(refuseUnwritable(dir)).resolves.toBeUndefined();
  await expect(refuseUnwritable(join(dir, 'made later'))).resolves.toBeUndefined();
  await rm(dir, { recursive: true });
});
