// What a lane learns of its Conditions before it spends a run, against what a run then says.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conditionsOf, difference } from '../../controller/core/conditions.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { trainers } from '../../controller/settings/trainers.ts';
import { foreseenConditions, measuredHere } from '../../controller/wiring/foreseen.ts';
import { finished } from '../core/trials.ts';

const sealed = finished(1).sealed!;
const OF_A_MACHINE =
  /^prepare:[0-9a-f]{16} supervise:v\d+ data:d{16} image:none gpu:\S+ budget:300s python:3\.\d+ numpy:[\d.]+ processor:\S+$/;

test('on one machine all of it is known', async () => {
  const measured = await measuredHere(trainers.cpu, 'd'.repeat(64), null);
  expect(foreseenConditions(measured, 300)).toMatch(OF_A_MACHINE);
});

test('is what a result made with the same words says, to the byte', async () => {
  const measured = await measuredHere(trainers.cpu, sealed.data_sha256, null);
  const said = conditionsOf({ ...sealed, ...measured }, '', 300);
  expect(foreseenConditions(measured, 300)).toBe(said);
});

test('where only the trainer’s image has it, the budget is', () => {
  expect(foreseenConditions(null, 60)).toBe('budget:60s');
  expect(difference(conditionsOf(sealed, 'image', 300), foreseenConditions(null, 60))).toBe(
    'budget was 300s, is 60s',
  );
});

test('where the supervisor cannot say it, the first run will', async () => {
  const none = { ...trainers.cpu, folder: join(checkout.root, 'nowhere') };
  expect(await measuredHere(none, 'd'.repeat(64), null)).toBeNull();
});
