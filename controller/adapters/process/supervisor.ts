// Starting the supervisor of a run: a process of its own session that outlives the controller.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, open } from 'node:fs/promises';
import { join } from 'node:path';
import { driverPath } from '../../environment.ts';

/** The fixed side of every run: absolute paths. */
export interface Harness {
  /** Interpreter of the trainer's locked environment. */
  readonly python: string;
  /** supervise.py. */
  readonly supervise: string;
  /** Folder of prepare.py. */
  readonly harness: string;
  /** Folder of the training text, open to train.py. */
  readonly text: string;
  /** Folder of the validation text, closed to train.py. */
  readonly sealed: string;
  /** Folder where what the lane's baseline compiles for a GPU is kept for its later runs; closed to train.py. */
  readonly compiled?: string;
  /** Names and values that the supervisor gets besides PATH, HOME and LANG. */
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * All that a supervisor gets of its surroundings, whichever shell the controller was started in: nothing of the
 * controller's environment, which holds keys, for all of it would be readable in the run. `gpu`: its UUID, or null; with
 * one it is told where the driver lies.
 */
export function runEnvironment(
  home: string,
  gpu: string | null,
  more: Harness['env'] = {},
): Record<string, string> {
  const driver = gpu === null ? {} : driverPath();
  const visible = gpu === null ? {} : { CUDA_VISIBLE_DEVICES: gpu };
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    LANG: 'C.UTF-8',
    ...driver,
    ...more,
    ...visible,
  };
}

/** Why no run can be started with this harness, or null; the sentence ends with what to do. */
export async function missingPart(harness: Harness): Promise<string | null> {
  const parts = [
    { path: harness.python, mode: constants.X_OK, what: 'the Python of the trainer', mend: 'npm start' },
    { path: harness.supervise, mode: constants.R_OK, what: 'the supervisor', mend: 'git checkout harness' },
    { path: harness.harness, mode: constants.R_OK, what: 'the harness', mend: 'git checkout harness' },
    { path: harness.text, mode: constants.R_OK, what: 'the training text', mend: 'npm start' },
    { path: harness.sealed, mode: constants.R_OK, what: 'the validation text', mend: 'npm start' },
  ];
  for (const { path, mode, what, mend } of parts) {
    const there = await access(path, mode).then(
      () => true,
      () => false,
    );
    if (!there) return `${what} is not at ${path} or cannot be used; run ${mend}`;
  }
  return null;
}

/**
 * Resolves once the process exists. Throws the system's error where it cannot be made. A second supervisor of the same
 * run is harmless: the first one to claim the run has it, the other leaves. `gpu`: the one GPU that the run sees, by its
 * UUID; null for a run that is to have none.
 */
export async function startSupervisor(
  harness: Harness,
  dir: string,
  gpu: string | null,
): Promise<ChildProcess> {
  const { python, supervise, harness: code, text, sealed, compiled } = harness;
  const args = ['-I', supervise, '--run', dir, '--harness', code, '--text', text, '--sealed', sealed];
  if (gpu !== null) args.push('--gpu', ...(compiled === undefined ? [] : ['--compiled', compiled]));
  // What the supervisor itself has to say before it can write a result, a traceback for instance.
  const log = await open(join(dir, 'supervisor.log'), 'a', 0o600);
  try {
    const child = spawn(python, args, {
      cwd: dir,
      detached: true,
      stdio: ['ignore', 'ignore', log.fd],
      env: runEnvironment(join(dir, 'work'), gpu, harness.env),
    });
    child.unref();
    await once(child, 'spawn');
    return child;
  } finally {
    await log.close();
  }
}
