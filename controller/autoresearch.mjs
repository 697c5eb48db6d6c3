#!/usr/bin/env node
// Starts the command under the Node that the set-up installed: a machine's own may be too old to read TypeScript.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from './node-flags.mjs';

const controller = fileURLToPath(new URL('.', import.meta.url));
const installed = join(controller, '..', 'node_modules', '.bin', 'node');
const [major, minor] = process.versions.node.split('.').map(Number);
const own = major > 24 || (major === 24 && minor >= 14);

if (!own && !existsSync(installed)) {
  process.stderr.write(
    'autoresearch: Node 24.14 or later is needed; npm start (or node controller/setup.mjs) installs it here\n',
  );
  process.exit(3);
}
const args = [...NODE_FLAGS, join(controller, 'main.ts'), ...process.argv.slice(2)];
const child = spawn(own ? process.execPath : installed, args, { stdio: 'inherit' });
// A terminal sends its signals to both; this one only waits. What is sent to this one alone is passed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});
