// Whether a train.py is worth a run, judged by what was read of it without running it.
import { z } from 'zod';

const errorSchema = z.strictObject({ line: z.number().int().nullable(), sentence: z.string() });
const faultSchema = z.strictObject({ rule: z.string(), line: z.number().int(), sentence: z.string() });

/** What harness/preflight.py says of one file. */
export const staticReportSchema = z.union([
  z.strictObject({ error: errorSchema }),
  z.strictObject({
    /** Files that compute the same have the same sum. */
    sum: z.string(),
    /** The same sum with every seed taken for one. */
    seedless: z.string(),
    /** The same without the values of constants. */
    frame: z.string(),
    /** Places that use evaluate_bpb and that a run may come to. */
    evaluations: z.number().int(),
    /** What of the measurement the file replaces. */
    patched: z.array(z.string()),
    /** What would crash it. */
    faults: z.array(faultSchema),
    /** Rules that were themselves at a loss. */
    trouble: z.array(z.string()),
  }),
]);
export type StaticReport = Readonly<z.infer<typeof staticReportSchema>>;

/**
 * The port of what reads a train.py without running it. An answer for each file, in order; what Python itself cannot do
 * to a file is null. Throws where Python cannot be started.
 */
export interface TrainPyReader {
  /** What is found in files that lie beside this prepare.py. */
  read(prepare: string, files: readonly string[]): Promise<(StaticReport | null)[]>;
  /** Only the sums; null where a file is no Python. */
  sums(files: readonly string[]): Promise<(string | null)[]>;
}

/** Why an answer or a file cannot be used: a word, and a sentence for the model that ends with what to do. */
export interface EditRefusal {
  readonly reason: string;
  readonly sentence: string;
}

const FAULTS_TOLD = 3;

/**
 * Why `file` is not launched, or null. `base` is what was read of the file that was edited: what is wrong in both is no
 * fault of the edit. `known` names the candidate that has this sum already.
 */
export function refuseFile(
  file: StaticReport | null,
  base: StaticReport | null,
  known: (sum: string) => string | null,
): EditRefusal | null {
  if (file === null) return refusal('unreadable', 'Python could not read train.py at all; make it simpler');
  if ('error' in file) {
    const at = file.error.line === null ? '' : ` at line ${file.error.line}`;
    return refusal('syntax', `train.py is not Python${at}: ${file.error.sentence}; correct that`);
  }
  const before = base !== null && !('error' in base) ? base : null;
  if (file.evaluations === 0)
    return refusal('evaluation', 'train.py never comes to call evaluate_bpb; keep that call');
  const patched = file.patched.filter((name) => !before?.patched.includes(name));
  if (patched.length > 0)
    return refusal(
      'patched',
      `train.py replaces ${patched.join(', ')}; leave what prepare.py gives as it is`,
    );
  if (file.sum === before?.sum)
    return refusal('unchanged', 'the edit changes nothing that is executed; change what the program does');
  if (file.seedless === before?.seedless)
    return refusal('seed', 'the edit changes only a seed; that is not an idea, propose one');
  const same = known(file.sum);
  if (same !== null)
    return refusal('duplicate', `the file computes what ${same} computes; propose something else`);
  const told = new Set(before?.faults.map((fault) => `${fault.rule} ${fault.sentence}`));
  // What a constant may be is known of the code that used it so far.
  const certain = ({ rule }: { rule: string }) => rule !== 'knob' || file.frame === before?.frame;
  const faults = file.faults.filter(
    (fault) => certain(fault) && !told.has(`${fault.rule} ${fault.sentence}`),
  );
  if (faults.length === 0) return null;
  const lines = faults.slice(0, FAULTS_TOLD).map(({ line, sentence }) => `line ${line}: ${sentence}`);
  return refusal('would_crash', `train.py would crash: ${lines.join('; ')}; correct that`);
}

function refusal(reason: string, sentence: string): EditRefusal {
  return { reason, sentence };
}
