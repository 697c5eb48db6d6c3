// What the container of a run does in the double: a function of its intent, written by the test.
import { hash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { SealedResult } from '../../controller/core/outcome.ts';
import type { Thing } from './objects.ts';

/** What the container is given, decoded from the annotations as a supervisor does. */
export interface Given {
  readonly lane: string;
  readonly experiment: string;
  readonly attempt: number;
  readonly nonce: string;
  readonly seed: number;
  readonly clocks: { budgetSeconds: number; startSeconds: number; wallSeconds: number };
  readonly trainPy: string;
}

/** A container's life. Seconds count from its start. */
export interface Behaviour {
  /** When it ends by itself; Infinity: never. */
  readonly seconds: number;
  readonly exitCode: number;
  /** Its termination message; null: none. */
  readonly sealed: string | null;
  /** What it has printed from the start, and what it prints at its end. */
  readonly says: string;
  readonly saysLast?: string;
  /** The kernel ends the whole container: OOMKilled, exit code 137, no word of the supervisor. */
  readonly oom?: boolean;
  /** On SIGTERM it leaves this (a supervisor seals `refused`) and ends with 0; null: it ignores the signal. */
  readonly onTerm: string | null;
}

export type Script = (given: Given) => Behaviour;

/** Null where the Pod is no run of ours. */
export function givenOf(pod: Thing): Given | null {
  const annotations = pod.metadata.annotations ?? {};
  const intent = annotations['autoresearch.dev/intent.json'];
  const train = annotations['autoresearch.dev/train.py.gz.b64'];
  if (intent === undefined || train === undefined) return null;
  return { ...JSON.parse(intent), trainPy: gunzipSync(Buffer.from(train, 'base64')).toString() };
}

/** A sealed result of this run, complete and matching; `changes` win. */
export function sealedOf(given: Given, log: string, changes: Partial<SealedResult> = {}): string {
  const sha = (text: string) => hash('sha256', text);
  const sealed: SealedResult = {
    schema: 1,
    nonce: given.nonce,
    status: 'finished',
    reason: '',
    sentence: '',
    exit_code: 0,
    signal: null,
    val_bpb: 1.5,
    start_seconds: given.clocks.budgetSeconds + 1,
    training_seconds: given.clocks.budgetSeconds,
    wall_seconds: given.clocks.budgetSeconds + 2,
    memory_mb: 100,
    steps: 10,
    train_sha256: sha(given.trainPy),
    prepare_sha256: sha('prepare'),
    supervise_sha256: sha('supervise'),
    data_sha256: sha('data'),
    gpu: '',
    log_bytes: Buffer.byteLength(log),
    log_sha256: sha(log),
    sealed: 'landlock',
    ...changes,
  };
  return JSON.stringify(sealed);
}

/** Prints, ends after `seconds` and leaves what `changes` make of a sealed result. */
export function run(
  given: Given,
  seconds: number,
  log: string,
  changes: Partial<SealedResult> = {},
): Behaviour {
  const refused = {
    status: 'refused',
    reason: 'stopped',
    sentence: 'told to stop',
    val_bpb: null,
    exit_code: null,
  } as const;
  return {
    seconds,
    exitCode: 0,
    sealed: sealedOf(given, log, changes),
    says: log,
    saysLast: trailer(log),
    onTerm: sealedOf(given, log, refused),
  };
}

/** The line a supervisor ends its log with. */
export function trailer(log: string): string {
  return `\n[supervisor: end bytes=${Buffer.byteLength(log)} sha256=${hash('sha256', log)}]\n`;
}
