// Ending a run: first the supervisor is asked, then everything that is left of it is killed.
import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { alive, type Process, processes } from './liveness.ts';
import { codeOf } from './trouble.ts';

/** The supervisor of a run, as it claimed the run. */
export interface Leader {
  readonly pid: number;
  readonly startTime: string;
}

const PAUSE_MS = 20;
// A fork bomb is outrun in a few rounds; what survives this many waits for a disk or belongs to somebody else.
const ROUNDS = 250;

/**
 * Returns when no process of the run lives any more. The supervisor gets SIGTERM and `graceMs` to end its tree in good
 * order; then the tree gets SIGKILL, over and over, until nothing is left. Throws where something will not go.
 * (execa kills the group of a child it holds; an adopted run is nobody's child, and train.py may leave its group.)
 */
export async function killRun(dir: string, leader: Leader | null, graceMs: number): Promise<void> {
  if (leader && alive(leader.pid, leader.startTime)) {
    send(leader.pid, 'SIGTERM');
    send(leader.pid, 'SIGCONT'); // a stopped one would never hear it
    const until = performance.now() + graceMs;
    while (performance.now() < until && alive(leader.pid, leader.startTime)) await delay(PAUSE_MS);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const left = members(dir, leader);
    if (left.length === 0) return;
    // Stopped first, so that none forks while the others are being killed.
    for (const one of left) send(one.pid, 'SIGSTOP');
    for (const one of left) send(one.pid, 'SIGKILL');
    await delay(PAUSE_MS);
  }
  const pids = members(dir, leader).map((one) => one.pid);
  throw new Error(`processes of the run in ${dir} do not end; end them by hand: kill -9 ${pids.join(' ')}`);
}

/** Every process of the run: the supervisor, its session, what works in its directory, and all their descendants. */
function members(dir: string, leader: Leader | null): Process[] {
  const all = processes().filter((one) => one.pid > 1 && one.pid !== process.pid);
  // The number of a session is ours only while the process that founded it lives; later it may be anybody's.
  const session = leader && alive(leader.pid, leader.startTime) ? leader.pid : null;
  const found = new Set<number>();
  for (const one of all) {
    if (one.pid === session || one.session === session || isOrphan(one, dir, leader)) found.add(one.pid);
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const one of all) if (found.has(one.parent)) found.add(one.pid);
  }
  return all.filter((one) => found.has(one.pid));
}

/**
 * Where the supervisor is gone its orphans are known by their working directory: younger than it, and without a
 * terminal, for a person's shell may stand in that directory too. Finds none outside Linux.
 */
function isOrphan(one: Process, dir: string, leader: Leader | null): boolean {
  if (process.platform !== 'linux' || one.terminal) return false;
  if (leader && Number(one.startTime) < Number(leader.startTime)) return false;
  try {
    const cwd = readlinkSync(`/proc/${one.pid}/cwd`);
    return cwd === dir || cwd.startsWith(`${dir}/`);
  } catch {
    return false; // gone by now, or another user's
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}
