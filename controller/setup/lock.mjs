// One set-up at a time: two npm in one folder take each other's files away.
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tools } from './missing.mjs';

/** Taking and signing are two calls, microseconds apart. */
const UNSIGNED_MS = 5000;
/** Instead of a pid. */
const [UNSIGNED, DEAD] = ['just now', 'nobody'];
const path = join(tools, 'set-up.lock');

/** Waits for its turn; returns what gives it back. A holder that died does not count. */
export function lock() {
  accessSync(root, constants.W_OK); // a recursive mkdir says ENOENT for a read-only file system
  mkdirSync(tools, { recursive: true });
  let told = false;
  for (let holder = take(path); holder !== process.pid; holder = take(path)) {
    if (!told && holder !== UNSIGNED)
      process.stderr.write(
        `set-up: waiting for another one (process ${holder}; if there is no such process, delete ${path})\n`,
      );
    told ||= holder !== UNSIGNED;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  return () => rmSync(path, { force: true });
}

/**
 * The pid of whoever has it now: our own, or that of a process that lives. What a dead one left is removed by one process
 * alone: by whoever takes the right to that, which is a lock, too. Two would each take away what the other has made.
 */
function take(file) {
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return process.pid;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const left = holderOf(file);
    if (left === null) continue;
    if (left === UNSIGNED || lives(left)) return left;
    const right = `${file}.after-${left}`;
    const other = take(right);
    if (other !== process.pid) return other;
    if (holderOf(file) === left) rmSync(file, { force: true });
    rmSync(right, { force: true });
  }
}

/** A pid; null where there is none any more; UNSIGNED where its taker may yet sign, DEAD where it died before it could. */
function holderOf(file) {
  try {
    const signed = Number(readFileSync(file, 'utf8'));
    if (signed) return signed;
    return Date.now() - statSync(file).mtimeMs > UNSIGNED_MS ? DEAD : UNSIGNED;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function lives(pid) {
  if (pid === DEAD) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
