// The exception that ended a Python program, read from the end of its log.
import { type Blame, gpuFaultOf } from './gpu-words.ts';

interface PythonError {
  /** Class name without its module: `OutOfMemoryError`. */
  readonly name: string;
  /** The line that tells of it, with the name's module. */
  readonly raised: string;
  /** First line of its message, '' where it has none. */
  readonly message: string;
  /** Line in train.py where it was last seen, null where no frame is in that file. */
  readonly line: number | null;
}

/** The last exception in a log's lines: the one that ended the program, when others came before it. */
export function lastException(lines: readonly string[]): PythonError | null {
  const frame = lines.findLastIndex((line) => /^ {2}File "[^"]*", line \d+/.test(line));
  if (frame < 0) return null;
  for (const line of lines.slice(frame + 1)) {
    const raised = /^([A-Za-z_][\w.]*)(?::\s?(.*))?$/.exec(line);
    if (!raised) continue;
    const name = raised[1]!.split('.').at(-1)!;
    return { name, raised: line, message: raised[2] ?? '', line: lineInTrainPy(lines, frame) };
  }
  return null;
}

/** The deepest frame of the last traceback that lies in train.py. */
function lineInTrainPy(lines: readonly string[], frame: number): number | null {
  for (let i = frame; i >= 0 && !lines[i]!.startsWith('Traceback '); i--) {
    const at = /^ {2}File "(?:[^"]*\/)?train\.py", line (\d+)/.exec(lines[i]!);
    if (at) return Number(at[1]);
  }
  return null;
}

/** What an exception says about the experiment, or the machine. */
export function causeOf(error: PythonError): Blame {
  const { name, raised, message } = error;
  const slip = SLIPS.find((s) => s.names.test(name) && (s.message === null || s.message.test(message)));
  if (slip) return crashed(slip.reason, true);
  const fault = gpuFaultOf(raised);
  if (fault) return fault;
  if (/MemoryError$/.test(name)) return crashed('oom');
  if (/\b(?:nan|infinity)\b/i.test(message) && /^(?:ValueError|OverflowError|FloatingPointError)$/.test(name))
    return crashed('nan');
  return crashed(name.slice(0, 64));
}

function crashed(reason: string, trivial = false): Blame {
  return { kind: 'crashed', reason, trivial, fix: '' };
}

const SHAPES =
  /not aligned|could not be broadcast|could not broadcast|core dimension|cannot reshape array|must match exactly|must match except|must match the size|shapes cannot be multiplied|is invalid for input of size|Sizes of tensors must match|Expected size for first two dimensions|too many indices|axes don't match|same number of dimensions|batch must be equal/i;
const ARGUMENTS =
  /positional arguments? but|missing \d+ required|unexpected keyword argument|multiple values for/;

const SLIPS: readonly { names: RegExp; message: RegExp | null; reason: string }[] = [
  { names: /^(?:SyntaxError|IndentationError|TabError)$/, message: null, reason: 'syntax' },
  { names: /^(?:NameError|UnboundLocalError)$/, message: null, reason: 'name' },
  { names: /^(?:ImportError|ModuleNotFoundError)$/, message: null, reason: 'import' },
  { names: /^(?:ValueError|RuntimeError|IndexError|AxisError)$/, message: SHAPES, reason: 'shape' },
  { names: /^AttributeError$/, message: null, reason: 'attribute' },
  { names: /^TypeError$/, message: ARGUMENTS, reason: 'type' },
];
