// The name of what a run is started with: a repeated launch is recognised by it, on a laptop and on a cluster alike.
import { hash } from 'node:crypto';
import type { Intent } from './ports.ts';

export function sha256Hex(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}

/** sha256 over the intent alone, so that an upgrade of a template between launch and restart changes nothing. */
export function intentSha256(intent: Intent): string {
  const { lane, experiment, attempt, parent, trainPy, seed, clocks, requireSealed } = intent;
  const { budgetSeconds, startSeconds, wallSeconds } = clocks;
  const parts = [lane, experiment, attempt, parent, sha256Hex(trainPy), seed];
  return sha256Hex(JSON.stringify([...parts, budgetSeconds, startSeconds, wallSeconds, requireSealed]));
}
