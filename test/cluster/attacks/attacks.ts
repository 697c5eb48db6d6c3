// The attack corpus as experiments of a real lane: each file is queued by `autoresearch try` and runs as a Pod.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Decision } from '../../../controller/core/decision.ts';
import { keys } from '../../../controller/core/keys.ts';
import { type AttemptResult, attemptResultSchema } from '../../../controller/core/verdict.ts';
import { sourceOf, triedIn } from '../../attacks/arena.ts';
import { expectEnd } from '../../attacks/end.ts';
import type { Attack } from '../../attacks/table.ts';
import { poolOf, type Room } from '../room.ts';

const LANE = 'attacks';
const inImage = (path: string) => `/opt/autoresearch/${path}`;

/** Where everything lies for an attacker in a trainer Pod that knows the image, the manifest and the cluster. */
export function placesIn(marker: string, apiServer: string) {
  return {
    marker,
    abstract: marker,
    val: inImage('sealed/val.bin'),
    sealed: inImage('sealed'),
    seed: inImage('store/attacks/sealed/seed'),
    result: '/dev/termination-log',
    messages: ['/dev/termination-log'],
    intent: '/intent/intent.json',
    prepare: inImage('harness/prepare.py'),
    chain: inImage('harness/chain.py'),
    supervise: inImage('supervise.py'),
    seal: inImage('seal/run.py'),
    python: inImage('venv/bin/python'),
    site: inImage('venv/pyvenv.cfg'),
    train: inImage('text/train.bin'),
    supervisors: [1],
    host: apiServer,
    tcp: 443,
    udp: 53,
    unix: '/tmp/nobody-listens.sock',
  };
}

/** What came of an attack: its row, its last attempt and the log of that. */
interface Row {
  readonly decision: Decision;
  readonly tried: AttemptResult;
  readonly log: string;
}

/** A lane whose baseline is the honest file, and whose experiments are the attacks. */
export class AttackedLane {
  readonly #room: Room;
  readonly #image: string;
  readonly #places: Readonly<Record<string, unknown>>;
  readonly #ids = new Map<string, string>();

  constructor(room: Room, image: string, marker: string, apiServer: string) {
    this.#room = room;
    this.#image = image;
    this.#places = placesIn(marker, apiServer);
  }

  /** Measures the honest baseline, queues the attacks and lets a second controller run them all. */
  async run(names: readonly string[], width: number): Promise<void> {
    await this.#room.up(this.#config(0, width));
    for (const [at, name] of names.entries()) {
      const file = join(this.#room.dir, `${name}.py`);
      // The frontier's own file could not be tried: a last line tells them apart.
      await writeFile(file, `${sourceOf(name, this.#places)}# ${name}\n`);
      await this.#room.command('try', file, '-m', name);
      this.#ids.set(name, String(at + 1).padStart(6, '0'));
    }
    await this.#room.up(this.#config(names.length, width));
  }

  /** bpb of the honest baseline. */
  async honestBpb(): Promise<number> {
    const [baseline] = (await this.#room.read(LANE)).ledger.decisions;
    expect(baseline).toMatchObject({ experiment: '000000', status: 'keep', sealed: 'landlock' });
    return baseline!.valBpb!;
  }

  async decisions(): Promise<readonly Decision[]> {
    return (await this.#room.read(LANE)).ledger.decisions;
  }

  async row(name: string): Promise<Row> {
    const { store, ledger } = await this.#room.read(LANE);
    const id = this.#ids.get(name)!;
    const decision = ledger.decisions.find(({ experiment }) => experiment === id);
    if (!decision) throw new Error(`${name} (${id}) has no row`);
    const read = async (what: 'result.json' | 'run.log') => {
      const bytes = await store.get(keys.attempt(LANE, id, decision.attempts, what));
      return Buffer.from(bytes ?? []).toString('latin1');
    };
    const tried = attemptResultSchema.parse(JSON.parse(await read('result.json')));
    return { decision, tried, log: await read('run.log') };
  }

  #config(experiments: number, width: number) {
    const lane = {
      name: LANE,
      pool: 'cpu',
      trainer: 'cpu',
      width,
      budgetSeconds: 4,
      wallSeconds: 60,
      requireSealed: true,
      trainPy: sourceOf('honest', this.#places),
      limits: { maxGpuHours: 2, experiments },
    };
    // Less than what an attack writes: the kubelet looks at it every ten seconds.
    const resources = { cpu: '500m', memory: '512Mi', ephemeralStorage: '128Mi', sharedMemory: '64Mi' };
    const pools = [poolOf(this.#image, { resources })];
    // What the Pods leave is looked at in the end, when the first of them ended long ago.
    return { lanes: [lane], pools, proposer: 'null', runs: { ttlSeconds: 14_400 } };
  }
}

/** What the kubelet may say instead of the supervisor, when the limit of the Pod is met before its own. */
const BY_THE_POD: Readonly<Record<string, string>> = { disk: 'disk', memory: 'oom', pids: 'pids' };

/** Some of what an attacker wants lies on a read-only mount there. */
const REFUSALS = ['EACCES', 'EPERM', 'EROFS'];

/** The row says what `attack` must become, and why; nothing that it did made its number better. */
export function expectRow(attack: Attack, { decision, tried, log }: Row, honestBpb: number): void {
  const { status, reason, error, sentence, valBpb } = decision;
  const { outcome } = tried;
  expect(status, sentence).not.toBe('keep');
  expect(sentence).not.toBe('');
  const expected = { ...attack, ...attack.inPod };
  const words = typeof expected.becomes === 'string' ? [expected.becomes] : expected.becomes;
  if (outcome.sealed?.status === 'finished' || outcome.sealed?.status === 'crashed') {
    expectEnd(expected, { result: outcome.sealed, log, tried: triedIn(log) }, honestBpb, REFUSALS);
    expect(outcome.sealed.sealed).toBe('landlock');
  } else {
    const byThePod = words.map((word) => BY_THE_POD[word]);
    expect(byThePod, `${outcome.reason}: ${outcome.sentence}`).toContain(outcome.reason);
  }
  if (outcome.kind === 'finished') {
    expect(['equal', 'worse']).toContain(reason);
    expect(status).toBe('discard');
    expect(valBpb).toBe(outcome.sealed!.val_bpb);
  } else {
    expect(outcome.kind, outcome.sentence).toBe('crashed');
    expect({ status, error, valBpb }).toEqual({ status: 'crash', error: outcome.reason, valBpb: null });
  }
}

const LEAK = 20;

/** A piece of the validation text that stands in the log from the moment on where it was shown; null: nothing leaked. */
export function leaked(log: string, validation: string): string | null {
  const windows = new Set<string>();
  for (let at = 0; at + LEAK <= validation.length; at++) windows.add(validation.slice(at, at + LEAK));
  const shown = log.indexOf('validation text is being shown');
  for (let at = Math.max(0, shown); at + LEAK <= log.length; at++) {
    const piece = log.slice(at, at + LEAK);
    if (windows.has(piece)) return piece;
  }
  return null;
}
