// Whether a process still lives. A pid alone says nothing: it is given to somebody else once its owner is gone, so a
// process is its pid together with its start time.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process as the machine lists it. */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  /** Linux: the session. Elsewhere the process group stands for it. */
  readonly session: number;
  /** Whether a person's terminal controls it. */
  readonly terminal: boolean;
  /** Linux: clock ticks from boot to start, field 22 of /proc/PID/stat. Elsewhere: `ps -o lstart=`. */
  readonly startTime: string;
}

/** Whether this very process lives: same pid and same start time. */
export function alive(pid: number, startTime: string): boolean {
  return processOf(pid)?.startTime === startTime;
}

/** The living process of that pid, or null; a zombie does not live. */
export function processOf(pid: number): Process | null {
  return process.platform === 'linux' ? fromProc(pid) : (fromPs(['-p', String(pid)])[0] ?? null);
}

/** Every living process of this machine that can be seen from here. */
export function processes(): Process[] {
  if (process.platform !== 'linux') return fromPs(['-A']);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => fromProc(Number(pid))).filter((one) => one !== null);
}

function fromProc(pid: number): Process | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return null; // gone, or going while we read: ENOENT or ESRCH
  }
  // The name in parentheses may hold anything, parentheses too; what follows the last one is fields 3 and on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, parent, , session, terminal] = fields;
  if (state === 'Z' || state === 'X') return null; // runs nothing, only waits for its parent to look
  return {
    pid,
    parent: Number(parent),
    session: Number(session),
    terminal: terminal !== '0',
    startTime: fields[19]!,
  };
}

function fromPs(which: string[]): Process[] {
  let listed: string;
  try {
    listed = execFileSync('ps', [...which, '-o', 'pid=,ppid=,pgid=,stat=,tty=,lstart='], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' }, // lstart is written in the reader's language and time zone
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    if (error instanceof Error && 'status' in error && error.status === 1) return []; // no such process
    throw error;
  }
  return listed
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(.*\S)\s*$/.exec(line))
    .filter((match) => match !== null && !match[4]!.startsWith('Z'))
    .map((match) => ({
      pid: Number(match![1]),
      parent: Number(match![2]),
      session: Number(match![3]),
      terminal: !/^\?/.test(match![5]!),
      startTime: match![6]!,
    }));
}
