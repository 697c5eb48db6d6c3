// Whether virtual time tells what is known of others: their seconds for a run, and their runs in an hour.
import type { Figure } from '../figures.ts';
import { type Land, lines } from './landscape.ts';
import { peer } from './peers.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
/** A run of 125 experiments, one after another; the model thinks for 26 s before each. */
const SERIAL = { runs: 126, width: 1, overheadSeconds: 26 };
/** Sixteen GPUs of which thirteen work at a time; planning and starting a wave takes 66 s. */
const WAVES = { runs: 910, width: 13, overheadSeconds: 66, waves: true };
const GPUS = 16;

/** Hours per run of one slot. */
export function serialHours(land: Land): number {
  return peer({ ...land, crash: 0.008, lost: 0 }, SERIAL).hours / SERIAL.runs;
}

/** Runs per hour and GPU. */
export function waveRate(land: Land): number {
  return WAVES.runs / peer(land, WAVES).hours / GPUS;
}

export function validity(): Figure[] {
  const lands = SEEDS.map((seed) => ({ ...lines, seed }));
  const hours = mean(lands.map(serialHours));
  return [
    { what: 'one after another, a run takes', value: 3600 * hours, unit: 's', aim: '337 to 351' },
    { what: 'one after another, runs in an hour', value: 1 / hours, unit: '/h', aim: '10.25 to 10.5' },
    {
      what: 'in waves, runs in an hour and GPU',
      value: mean(lands.map(waveRate)),
      unit: '/h',
      aim: '7.1 to 7.3',
    },
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
