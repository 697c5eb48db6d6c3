// Before any test: the command is bundled, as a clone's set-up does, so that tests start what people start.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { bundleHere } from '../controller/setup/sources.mjs';

export default async function madeCommand(): Promise<void> {
  if (existsSync(bundleHere())) return;
  const made = join(import.meta.dirname, '..', 'images', 'controller', 'clone.mjs');
  await execa(process.execPath, [made], { stderr: 'inherit' });
}
