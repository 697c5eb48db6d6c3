// The Python side: uv in a venv of the project's own, and with it the environments that lock files name.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from './machine.mjs';
import { Missing, root, run, tools } from './missing.mjs';

const UV = '0.13.9';

/** What train.py and its supervisor import. */
export function trainer() {
  return locked('harness/cpu', "the trainer's Python packages");
}

/** The same for a GPU: PyTorch and CUDA, some 5 GB, and therefore only where somebody asks for it. */
export function gpuTrainer() {
  return locked('harness/gpu', "the GPU trainer's packages, some 5 GB");
}

/** The same and pytest, for the tests of the harness. */
export function testers() {
  return locked('test/harness', "the Python tests' packages");
}

/** The environment `.venv` of a uv project, exactly as its uv.lock names it. */
function locked(project, what) {
  const home = join(root, project);
  const stamp = join(home, '.venv', '.locked');
  const wanted = fingerprint(home, project);
  // The link to the interpreter breaks when the system replaces its Python.
  if (readText(stamp) === wanted && existsSync(join(home, '.venv', 'bin', 'python'))) return null;
  return {
    what,
    bring: async () => {
      const python = findPython();
      const sync = ['sync', '--quiet', '--locked', '--project', home, '--python', python];
      await run(await uv(python), sync, `uv could not install what ${project}/uv.lock names`, {
        UV_PYTHON_DOWNLOADS: 'never',
      });
      writeFileSync(stamp, wanted);
    },
  };
}

/** The path of uv. A venv holds it, for many systems keep their own Python closed to pip. */
async function uv(python) {
  const home = join(tools, 'uv');
  const path = join(home, 'bin', 'uv');
  const stamp = join(home, '.version');
  if (readText(stamp) === UV && existsSync(path)) return path;
  rmSync(home, { recursive: true, force: true });
  await run(python, ['-m', 'venv', home], `${python} could not make a venv`);
  const pip = ['-m', 'pip', 'install', '--quiet', '--only-binary', ':all:', '--no-deps', `uv==${UV}`];
  await run(join(home, 'bin', 'python'), pip, `pip could not install uv ${UV}`, {
    PIP_USER: '0',
    PIP_TARGET: '',
  });
  writeFileSync(stamp, UV);
  return path;
}

function fingerprint(home, project) {
  const sum = createHash('sha256');
  for (const file of ['pyproject.toml', 'uv.lock']) {
    const text = readText(join(home, file));
    if (text === null)
      throw new Missing(`${project}/${file} is missing; run git checkout ${project}, then run it again.`);
    sum.update(text);
  }
  return sum.digest('hex');
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
