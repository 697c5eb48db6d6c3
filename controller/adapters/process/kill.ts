// Ending a run: first the supervisor is asked, then everything that is left of it is killed.
import { readlinkSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../../std/errno.ts';
import { alive, type Process, processes } from './liveness.ts';

/** The supervisor of a run, as it claimed the run. */
export interface Leader {
  readonly pid: number;
  readonly startTime: string;
}

const PAUSE_MS = 20;
/** How long what stands under a killed supervisor has to notice and to end the rest itself. */
const ECHO_MS = 1000;
// A fork bomb is outrun in a few rounds; what survives this many waits for a disk or belongs to somebody else.
const ROUNDS = 250;

/**
 * Returns when no process of the run lives any more. The supervisor gets SIGTERM and `graceMs` to end its tree in good
 * order, then SIGKILL, then everything else does, over and over, until nothing is left. Throws where something stays.
 * (execa kills the group of a child it holds; an adopted run is nobody's child, and train.py may leave its group.)
 */
export async function killRun(dir: string, leader: Leader | null, graceMs: number): Promise<void> {
  const known = new Map<number, string>();
  if (leader && alive(leader.pid, leader.startTime)) {
    send(leader.pid, 'SIGTERM');
    send(leader.pid, 'SIGCONT'); // a stopped one would never hear it
    await until(graceMs, () => !alive(leader.pid, leader.startTime));
    if (members(dir, leader, known).some((one) => one.pid === leader.pid)) {
      send(leader.pid, 'SIGKILL');
      await until(ECHO_MS, () => members(dir, leader, known).length === 0);
    }
  }
  for (let round = 0; round < ROUNDS; round++) {
    const left = members(dir, leader, known);
    if (left.length === 0) return;
    // Stopped first, so that none forks while the others are being killed.
    for (const one of left) send(one.pid, 'SIGSTOP');
    for (const one of left) send(one.pid, 'SIGKILL');
    await delay(PAUSE_MS);
  }
  const pids = members(dir, leader, known).map((one) => one.pid);
  throw new Error(`processes of the run in ${dir} do not end; end them by hand: kill -9 ${pids.join(' ')}`);
}

/**
 * Every process of the run: the supervisor, its session, what works in its directory, and all their descendants.
 * Whoever was seen once stays `known`, for a process that loses its parents is nobody's descendant any more.
 */
function members(dir: string, leader: Leader | null, known: Map<number, string>): Process[] {
  const all = processes().filter((one) => one.pid > 1 && one.pid !== process.pid);
  // The number of a session is ours only while the process that founded it lives; later it may be anybody's.
  const session = leader && alive(leader.pid, leader.startTime) ? leader.pid : null;
  const found = new Set<number>();
  for (const one of all) {
    const ours = one.pid === session || one.session === session || known.get(one.pid) === one.startTime;
    if (ours || isOrphan(one, dir, leader)) found.add(one.pid);
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const one of all) if (found.has(one.parent)) found.add(one.pid);
  }
  const ours = all.filter((one) => found.has(one.pid));
  for (const one of ours) known.set(one.pid, one.startTime);
  return ours;
}

async function until(withinMs: number, holds: () => boolean): Promise<void> {
  const end = performance.now() + withinMs;
  while (!holds() && performance.now() < end) await delay(PAUSE_MS);
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
