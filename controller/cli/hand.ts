// The human's hand on a lane: pause, resume, guide, limit, try.
import { access, readFile, stat } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { type Control, controlSchema, noControl } from '../core/control.ts';
import { experimentId, type Proposal } from '../core/experiment.ts';
import { keys } from '../core/keys.ts';
import { sha256Hex } from '../intent.ts';
import { encode, readControl } from '../ledger.ts';
import { Failure } from './failure.ts';
import { checkout } from './place.ts';
import { type Reading, read, type Where } from './reading.ts';

/** The most a train.py may hold, in bytes: on a cluster it travels inside the Job. */
const TRAIN_PY_AT_MOST = 200_000;

export async function pause(where: Where): Promise<void> {
  const { lane } = await change(where, (control) => ({ ...control, paused: true }));
  say(`${lane} is paused: runs under way end, nothing new begins; autoresearch resume goes on`);
}

/** Also mends a control.json that cannot be read. */
export async function resume(where: Where): Promise<void> {
  const { lane } = await change(where, (control) => ({ ...control, paused: false }));
  say(`${lane} goes on`);
}

export async function guide(where: Where, text: string): Promise<void> {
  const { lane } = await change(where, (control) => ({ ...control, guidance: text }));
  say(
    text
      ? `the proposer of ${lane} reads this from its next request on`
      : `the guidance of ${lane} is removed`,
  );
}

export async function limit(where: Where, limits: Partial<Control['limits']>): Promise<void> {
  const { lane, control } = await change(where, (old) => ({ ...old, limits: { ...old.limits, ...limits } }));
  const { experiments, gpuHours, usd } = control.limits;
  const show = (cap: number | null) => cap ?? 'none';
  say(`caps of ${lane}: experiments ${show(experiments)}, hours ${show(gpuHours)}, USD ${show(usd)}`);
}

/** Queues a person's own train.py: it gets the next id and is measured like any other. */
export async function tryFile(where: Where, file: string, message: string): Promise<void> {
  const reading = await read(where);
  const tip = reading.ledger.standing?.tip;
  if (!tip) throw new Failure(3, 'the baseline is not measured yet; run autoresearch dev first');
  const trainPy = await usable(file);
  if (reading.ledger.tried(sha256Hex(trainPy)))
    throw new Failure(1, `${file} was tried before, or is the frontier itself; change it and try again`);
  const id = await queue(reading, { description: message, trainPy, base: tip });
  say(`${file} is experiment ${id}; a running controller takes it up at the next free slot`);
}

async function queue(
  reading: Reading,
  idea: Pick<Proposal, 'description' | 'trainPy'> & { base: string },
): Promise<string> {
  // Far from the controller there is no brief: the last one that was in force will do.
  const brief = await readFile(reading.place.program(reading.lane)).catch(() => null);
  const program = brief ? sha256Hex(brief) : reading.ledger.decisions.at(-1)!.program;
  const description = idea.description.replace(/\s+/g, ' ').trim().slice(0, 400);
  for (let n = reading.ledger.nextId; ; n++) {
    const experiment = experimentId(n);
    const rest = { hypothesis: '', source: 'human', program, stackOf: null, createdMs: Date.now() } as const;
    const proposal: Proposal = { experiment, ...rest, description, trainPy: idea.trainPy, base: idea.base };
    if (await reading.store.putIfAbsent(keys.proposal(reading.lane, experiment), encode(proposal)))
      return experiment;
  }
}

/** The file's text, if it could be a train.py: not empty, not too large, UTF-8, and Python can parse it. */
/** The train.py in a file, or on stdin (`-`). Throws Failure 2 with what is wrong with it. */
export async function usable(file: string): Promise<string> {
  const found = file === '-' ? null : await stat(file).catch(() => null);
  if (file !== '-' && !found?.isFile()) throw new Failure(2, `there is no file ${file}; check the path`);
  const size = found?.size ?? 1;
  // Before it is read, for it may be anything.
  if (size > TRAIN_PY_AT_MOST) throw tooLarge(file, size);
  const bytes = found ? await readFile(file) : await buffer(process.stdin);
  if (bytes.length === 0) throw new Failure(2, `${file} is empty; a train.py is needed`);
  if (bytes.length > TRAIN_PY_AT_MOST) throw tooLarge(file, bytes.length);
  if (bytes.includes(0) || !isUtf8(bytes))
    throw new Failure(2, `${file} is not text in UTF-8; a train.py is needed`);
  const parse = 'import ast,sys; ast.parse(sys.stdin.buffer.read())';
  // In the controller's image there is no trainer's environment, and Python's own will do.
  const python = await access(checkout.python).then(
    () => checkout.python,
    () => 'python3',
  );
  const { failed, stderr } = await execa(python, ['-I', '-c', parse], { input: bytes, reject: false });
  if (failed)
    throw new Failure(2, `${file} is not Python: ${stderr.trim().split('\n').at(-1)}; mend it and try again`);
  return bytes.toString('utf8');
}

function tooLarge(file: string, size: number): Failure {
  return new Failure(2, `${file} has ${size} bytes, a train.py at most ${TRAIN_PY_AT_MOST}; make it smaller`);
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

async function change(
  where: Where,
  edit: (old: Control) => Control,
): Promise<{ lane: string; control: Control }> {
  const { lane, store } = await read(where);
  const { control, trouble } = await readControl(store, lane);
  const parsed = controlSchema.safeParse(edit(trouble ? noControl : control));
  if (!parsed.success)
    throw new Failure(2, `that cannot be set: ${parsed.error.issues[0]!.message}; see --help`);
  await store.put(keys.control(lane), encode(parsed.data));
  return { lane, control: parsed.data };
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
