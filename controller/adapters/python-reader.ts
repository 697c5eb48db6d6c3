// Reads train.py files by Python's own parser, in a process of its own: nothing of them is executed.
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { pathOnly } from '../environment.ts';
import { type StaticReport, staticReportSchema, type TrainPyReader } from '../llm/static-checks.ts';

/** The script limits its own CPU seconds; this only ends what hangs. */
const TIMEOUT_MS = 600_000;

const sumsSchema = z.array(z.union([z.object({ sum: z.string() }), z.object({ error: z.unknown() })]));

/** `python`: 3.10 or later; `script`: harness/preflight.py. Throws where they cannot be started. */
export function trainPyReader(python: string, script: string): TrainPyReader {
  const run = (request: object) => answerOf(python, script, request);
  return {
    async read(prepare, files) {
      const all = await run({ prepare, files, inspect: true });
      if (all !== null) return z.array(staticReportSchema).parse(all);
      // One of them took the interpreter down; find out which.
      const read = async (file: string): Promise<StaticReport | null> => {
        const one = await run({ prepare, files: [file], inspect: true });
        return one === null ? null : z.array(staticReportSchema).parse(one)[0]!;
      };
      const readings: (StaticReport | null)[] = [];
      for (const file of files) readings.push(files.length === 1 ? null : await read(file));
      return readings;
    },
    async sums(files) {
      const all = await run({ prepare: '', files, inspect: false });
      if (all === null) return files.map(() => null);
      return sumsSchema.parse(all).map((one) => ('sum' in one ? one.sum : null));
    },
  };
}

/** The script's answer, or null where the interpreter broke down over the files. */
async function answerOf(python: string, script: string, request: object): Promise<unknown> {
  const child = spawn(python, ['-I', script], {
    env: pathOnly(),
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.on('error', () => {}); // told by how it ends
  child.stdin.end(JSON.stringify(request));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]).catch(
    (error: NodeJS.ErrnoException) => {
      throw new Error(
        `${python} cannot be started (${error.code ?? error.message}); install Python 3.10 or later`,
      );
    },
  );
  if (code === 0) return JSON.parse(out);
  // A traceback is a mistake in the script, a signal or a memory error the files' doing.
  if (code === null || /\b(?:MemoryError|RecursionError)\b/.test(err)) return null;
  throw new Error(`${script} failed: ${err.trim().split('\n').at(-1) || `exit code ${code}`}`);
}
