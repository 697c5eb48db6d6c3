// Set-up: brings what is missing before anything else runs, and is silent and fast when nothing is. Plain JavaScript
// without dependencies, for in a fresh clone it runs on the machine's own Node. `--tests` brings what tests need, too,
// and `--gpu` what the GPU trainer needs.
import { browser } from './setup/browser.mjs';
import { command } from './setup/command.mjs';
import { lock } from './setup/lock.mjs';
import { checkMachine } from './setup/machine.mjs';
import { Missing, remedy } from './setup/missing.mjs';
import { node24, packages } from './setup/packages.mjs';
import { gpuTrainer, testers, trainer } from './setup/python.mjs';

const steps = [packages, node24, command, trainer];
if (process.argv.includes('--tests')) steps.push(testers, browser);
if (process.argv.includes('--gpu')) steps.push(gpuTrainer);

try {
  checkMachine();
  if (steps.some((step) => step() !== null)) {
    const unlock = lock();
    try {
      for (const step of steps) bring(step());
    } finally {
      unlock();
    }
  }
} catch (error) {
  const sentence = error instanceof Missing ? error.message : remedy(error);
  if (sentence === null) throw error;
  process.stderr.write(`set-up: ${sentence}\n`);
  process.exitCode = 3;
}

/** A step is null where nothing is to be done; `what` is null where it only looks, and mends if it must. */
function bring(due) {
  if (due === null) return;
  const began = performance.now();
  if (due.what) process.stderr.write(`set-up: ${due.what} … `);
  try {
    due.bring();
  } catch (error) {
    if (due.what) process.stderr.write('\n');
    throw error;
  }
  if (due.what) process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1)} s\n`);
}
