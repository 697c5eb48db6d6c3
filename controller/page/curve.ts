// The loss curve of a run, read from the lines that its train.py drew while it trained.
import type { Curve } from './schema.ts';

const LINE = /\bstep\s+(\d+)\b([^\r\n]*)/g;
const LOSS = /\bloss\s*[:=]?\s*(\d+(?:\.\d+)?(?:e[-+]?\d+)?)/i;
const SHARE = /\((\d{1,3}(?:\.\d+)?)%\)/;
const POINTS_AT_MOST = 400;

/** Where the run tells no share of its training, its steps are counted. Empty where the log holds no losses. */
export function curveIn(log: string): Curve['points'] {
  const said: { step: number; share: number | null; loss: number }[] = [];
  for (const [, step, rest] of log.matchAll(LINE)) {
    const loss = LOSS.exec(rest!)?.[1];
    const share = SHARE.exec(rest!)?.[1];
    if (loss !== undefined)
      said.push({
        step: Number(step),
        share: share === undefined ? null : Number(share) / 100,
        loss: Number(loss),
      });
  }
  const last = said.at(-1)?.step || 1;
  const points = said.map(({ step, share, loss }): [number, number] => [
    Math.min(1, share ?? step / last),
    loss,
  ]);
  return thinned(points);
}

/** Of each bucket the least and the most, so that a jump stays one. */
function thinned(points: [number, number][]): [number, number][] {
  if (points.length <= POINTS_AT_MOST) return points;
  const size = Math.ceil((2 * points.length) / POINTS_AT_MOST);
  const kept: [number, number][] = [];
  for (let at = 0; at < points.length; at += size) {
    const bucket = points.slice(at, at + size);
    const [low, high] = bucket.reduce(
      ([a, b], point) => [point[1] < a[1] ? point : a, point[1] > b[1] ? point : b],
      [bucket[0]!, bucket[0]!],
    );
    kept.push(...(low === high ? [low] : [low, high].sort((a, b) => a[0] - b[0])));
  }
  return kept;
}
