// Set-up: brings what is missing before anything else runs, and is silent and fast when nothing is. Plain JavaScript
// without dependencies, for in a fresh clone it runs on the machine's own Node. `--dev` brings what a change of the code
// needs, too, `--tests` what all tests need besides, and `--gpu` what the GPU trainer needs.
import { browser } from './setup/browser.mjs';
import { bundle } from './setup/bundle.mjs';
import { command } from './setup/command.mjs';
import { lock } from './setup/lock.mjs';
import { checkMachine } from './setup/machine.mjs';
import { Missing, remedy } from './setup/missing.mjs';
import { node24, packages } from './setup/packages.mjs';
import { gpuTrainer, testers, trainer } from './setup/python.mjs';

const dev = process.argv.includes('--dev') || process.argv.includes('--tests');
const steps = [() => packages(dev), node24, command, bundle, trainer];
if (process.argv.includes('--tests')) steps.push(testers, browser);
if (process.argv.includes('--gpu')) steps.push(gpuTrainer);

try {
  checkMachine();
  if (steps.some((step) => step() !== null)) {
    const unlock = lock();
    try {
      for (const step of steps) await bring(step());
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
async function bring(due) {
  if (due === null) return;
  const began = performance.now();
  const line = `set-up: ${due.what} … `;
  const seconds = (digits) => `${((performance.now() - began) / 1000).toFixed(digits)} s`;
  if (due.what) process.stderr.write(line);
  // At a terminal somebody waits, for minutes perhaps.
  const tick = () => process.stderr.write(`\r${line}${seconds(0)}`);
  const ticking = due.what && process.stderr.isTTY ? setInterval(tick, 1000) : null;
  try {
    await due.bring();
  } catch (error) {
    if (due.what) process.stderr.write('\n');
    throw error;
  } finally {
    clearInterval(ticking);
  }
  if (due.what) process.stderr.write(`${ticking ? `\r${line}` : ''}${seconds(1)}\n`);
}
