#!/usr/bin/env node
// Starts the command under the Node that the set-up installed, for a machine's own may be too old, and as a bundle, for
// reading the sources takes four times as long. A bundle of other sources than these is made anew first.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { NODE_FLAGS } from './node-flags.mjs';
import { root } from './setup/missing.mjs';
import { bundleHere } from './setup/sources.mjs';

const installed = join(root, 'node_modules', '.bin', 'node');
const [major, minor] = process.versions.node.split('.').map(Number);
const own = major > 24 || (major === 24 && minor >= 14);

if (!own && !existsSync(installed)) {
  process.stderr.write(
    'autoresearch: Node 24.14 or later is needed; npm start (or node controller/setup.mjs) installs it here\n',
  );
  process.exit(3);
}
const node = own ? process.execPath : installed;
// What saves memory in what runs for days takes time in what answers once.
const flags = ['dev', 'up', 'page'].includes(process.argv[2]) ? NODE_FLAGS : [];
const args = [...flags, program(), ...process.argv.slice(2)];
// Node 24 becomes the command; an older one stays, and waits for it.
if (process.execve && process.platform !== 'win32') become();
else start();

/** The bundle; where none can be made, as in a folder that is only read, the sources. */
function program() {
  const bundle = bundleHere();
  if (!existsSync(bundle))
    spawnSync(node, [join(root, 'images', 'controller', 'clone.mjs')], { stdio: 'ignore' });
  return existsSync(bundle) ? bundle : join(root, 'controller', 'main.ts');
}

function become() {
  process.removeAllListeners('warning').on('warning', () => {}); // that execve is new
  process.execve(node, [node, ...args], process.env);
}

function start() {
  const child = spawn(node, args, { stdio: 'inherit' });
  // A terminal sends its signals to both; this one only waits. What is sent to this one alone is passed on.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
  });
}
