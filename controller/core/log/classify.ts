// From how a run ended to what that says about the experiment. Unknown never counts as finished (I5), and what the
// machine did is never blamed on the idea (I6).

import { printable } from '../../std/text.ts';
import { type Outcome, type SealedResult, sealedSchema } from '../outcome.ts';
import type { Ending, Run } from '../run.ts';
import { type Blame, gpuFaultOf } from './gpu-words.ts';
import { lastLines, shownTail } from './runlog.ts';
import { parse } from './summary.ts';
import { causeOf, lastException } from './traceback.ts';

/** All that is known of an attempt whose run has ended. */
export interface EndedRun {
  readonly run: Pick<Run, 'nonce' | 'node' | 'image'>;
  readonly ending: Ending;
  /** sha256 of the train.py that the attempt was launched with. */
  readonly trainSha256: string;
  /** The run's log or its last 64 KiB; null where it is gone. */
  readonly log: Uint8Array | null;
  /** Why the log is missing or cut; '' when it is whole. */
  readonly logNote: string;
}

/** Bits per byte above which a number is a mistake: guessing bytes at random costs 8. */
const BPB_AT_MOST = 20;

type FailureCause = Pick<Outcome, 'kind' | 'reason' | 'sentence' | 'trivial'>;

/** The durable outcome of an ended run. The rules stand in the order in which they apply. */
export function classify(ended: EndedRun): Outcome {
  const { run, ending } = ended;
  const log = ended.log ?? new Uint8Array();
  const sealed = readSealed(ending.sealed);
  const trusted = isRefusal(sealed) ? sealed : refuseForeign(sealed, ended);
  const printed = parse(log);
  const printedBpb = printed.kind === 'summary' ? printed.summary.val_bpb : null;
  const cause =
    fromPlatform(ending) ?? (isRefusal(trusted) ? trusted : fromSupervisor(trusted, log, printedBpb));
  return {
    ...cause,
    sentence: printable(cause.sentence).slice(0, 500),
    sealed: isRefusal(trusted) ? null : trusted,
    printedBpb,
    tail: shownTail(log),
    logNote: (ended.logNote || (ended.log ? '' : 'the log could not be read')).slice(0, 200),
    node: run.node,
    image: run.image,
    endedMs: ending.atMs,
    ...(ending.ranSeconds !== undefined && { ranSeconds: ending.ranSeconds }),
  };
}

/** Words of a platform that says the run broke its own limit; every other word blames the machine. */
const OWN_LIMITS: Readonly<Record<string, string>> = {
  oom: 'oom',
  deadline: 'timeout',
  disk: 'disk',
  pids: 'pids',
};

function fromPlatform({ word, sentence }: Ending): FailureCause | null {
  if (word === '') return null;
  const reason = Object.hasOwn(OWN_LIMITS, word) ? OWN_LIMITS[word] : undefined;
  return reason ? crashed(reason, sentence) : lost(word, sentence);
}

function readSealed(text: string | null): SealedResult | FailureCause {
  if (text === null) return lost('no_result', 'the supervisor left no result');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return lost(
      'bad_result',
      `the supervisor's result is not JSON (${text.length} characters, perhaps cut off)`,
    );
  }
  const read = sealedSchema.safeParse(json);
  if (read.success) return read.data;
  const issue = read.error.issues[0]!;
  return lost('bad_result', `the supervisor's result is not valid: ${issue.path.join('.')} ${issue.message}`);
}

/** A result without this run's nonce was written by somebody else: it is nobody's word on this attempt. */
function refuseForeign(sealed: SealedResult, { run, trainSha256 }: EndedRun): SealedResult | FailureCause {
  if (sealed.nonce !== run.nonce)
    return lost('nonce', 'the result carries another nonce than this run was given');
  if (sealed.train_sha256 !== trainSha256)
    return lost('wrong_file', 'the supervisor measured another train.py than the one that was launched');
  return sealed;
}

function isRefusal(word: SealedResult | FailureCause): word is FailureCause {
  return 'kind' in word;
}

function fromSupervisor(sealed: SealedResult, log: Uint8Array, printedBpb: number | null): FailureCause {
  if (sealed.status === 'refused') return lost(sealed.reason || 'refused', sealed.sentence);
  if (sealed.status === 'crashed') return whyCrashed(sealed, log);
  const bpb = sealed.val_bpb;
  if (bpb === null || !(bpb > 0 && bpb <= BPB_AT_MOST))
    return crashed('invalid_metric', `val_bpb ${bpb} is not between 0 and ${BPB_AT_MOST}`);
  const differs = printedBpb !== null && printedBpb.toFixed(6) !== bpb.toFixed(6);
  const sentence = differs
    ? `train.py printed ${printedBpb.toFixed(6)}; the measured ${bpb.toFixed(6)} counts`
    : '';
  return { kind: 'finished', reason: '', sentence, trivial: false };
}

/** Reasons of the supervisor that need no look at the log. */
const SAID: Readonly<Record<string, string>> = {
  wall: 'timeout',
  start: 'timeout',
  memory: 'oom',
  ...OWN_LIMITS,
  invalid_metric: 'invalid_metric',
  noncausal: 'noncausal',
  suspicious: 'suspicious',
  protocol: 'protocol',
  pace: 'pace',
};

function whyCrashed(sealed: SealedResult, log: Uint8Array): FailureCause {
  const said = Object.hasOwn(SAID, sealed.reason) ? SAID[sealed.reason] : undefined;
  if (said && said !== 'invalid_metric') return crashed(said, sealed.sentence);
  const printed = parse(log);
  if (printed.kind === 'failed' && sealed.exit_code === 1) return crashed('nan', printed.sentence);
  const lines = lastLines(log);
  if (lossIsNan(lines)) return crashed('nan', 'the training loss became NaN or infinite');
  if (said) return crashed(said, sealed.sentence);
  if (sealed.signal === 9)
    return crashed(
      'oom',
      'killed by signal 9, though not by its supervisor: most likely it ran out of memory',
    );
  if (sealed.signal !== null)
    return whyAborted(lines) ?? crashed('signal', `killed by signal ${sealed.signal}`);
  if (sealed.exit_code === 0)
    return crashed('no_metric', sealed.sentence || 'train.py ended without its evaluation');
  return whyRaised(lines) ?? crashed(sealed.reason || 'exit', sealed.sentence);
}

function whyRaised(lines: readonly string[]): FailureCause | null {
  const error = lastException(lines);
  if (!error) {
    const memory = lines.findLast((line) => /CUDA out of memory|\bMemoryError\b/.test(line));
    return memory === undefined ? null : crashed('oom', memory.slice(0, 300));
  }
  const where = error.line === null ? '' : ` at line ${error.line} of train.py`;
  return blamed(causeOf(error), `${error.name}${where}: ${error.message}`);
}

/** PyTorch's own code ends the process where it cannot raise: in a thread of C++, or while the process is ending. */
function whyAborted(lines: readonly string[]): FailureCause | null {
  const at = lines.findLastIndex((line) => /^terminate called after throwing .* 'c10::\w+'/.test(line));
  const said = (at < 0 ? undefined : lines[at + 1])?.trim() ?? '';
  const fault = gpuFaultOf(said.replace(/^what\(\): +/, 'RuntimeError: '));
  return fault && blamed(fault, said);
}

function blamed({ kind, reason, trivial, fix }: Blame, said: string): FailureCause {
  return { kind, reason, trivial, sentence: said.slice(0, 360) + (fix && `; ${fix}`) };
}

/** Whether the last loss that was printed is no number. */
function lossIsNan(lines: readonly string[]): boolean {
  const line = lines.findLast((l) => /\bloss\b[:= ]/i.test(l));
  return line !== undefined && /\bloss\b[:= ]{1,8}[-+]?(?:nan|inf)\b/i.test(line);
}

function crashed(reason: string, sentence: string, trivial = false): FailureCause {
  return { kind: 'crashed', reason, sentence: sentence || reason, trivial };
}

function lost(reason: string, sentence: string): FailureCause {
  return { kind: 'lost', reason: reason.slice(0, 64), sentence: sentence || reason, trivial: false };
}
