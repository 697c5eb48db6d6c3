// One set-up at a time: two npm in one folder take each other's files away.
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, tools } from './missing.mjs';

/** Taking and signing are two calls, microseconds apart. */
const UNSIGNED_MS = 5000;
const path = join(tools, 'set-up.lock');

/** Waits for its turn; returns what gives it back. A holder that died does not count. */
export function lock() {
  accessSync(root, constants.W_OK); // a recursive mkdir says ENOENT for a read-only file system
  mkdirSync(tools, { recursive: true });
  let told = false;
  while (!take()) {
    const pid = holder();
    if (pid === 'nobody' || (pid !== null && !lives(pid))) {
      rmSync(path, { force: true });
      continue;
    }
    if (!told)
      process.stderr.write(
        `set-up: waiting for another one (process ${pid}; if there is no such process, delete ${path})\n`,
      );
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  return () => rmSync(path, { force: true });
}

function take() {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A pid; null where the lock was given back meanwhile; 'nobody' where its taker died before it could sign. */
function holder() {
  try {
    const signed = Number(readFileSync(path, 'utf8'));
    if (signed) return signed;
    return Date.now() - statSync(path).mtimeMs > UNSIGNED_MS ? 'nobody' : null;
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
