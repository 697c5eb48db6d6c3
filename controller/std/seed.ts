// Seeds of attempts: fixed per lane, fresh for a confirmation, the same after any restart.

/** A 31-bit seed from the lane's seed, the experiment and the count of its measurements (murmur3's finaliser as mixer). */
export function freshSeed(laneSeed: number, experiment: string, measurement: number): number {
  let h =
    (laneSeed ^ Math.imul(Number(experiment) + 1, 0x9e3779b1) ^ Math.imul(measurement, 0x85ebca6b)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0;
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0;
  return ((h ^ (h >>> 16)) >>> 1) | 0;
}
