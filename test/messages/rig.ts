// Claude on the stand-in server, with a lane's store and time that passes only when nothing is on its way.

import { anthropicClient } from '../../controller/adapters/anthropic/client.ts';
import { trainPyReader } from '../../controller/adapters/python-reader.ts';
import type { Brief } from '../../controller/brief.ts';
import { nanoUsd, PRICES } from '../../controller/core/money.ts';
import { sha256Hex } from '../../controller/intent.ts';
import { Budget } from '../../controller/llm/budget.ts';
import { CircuitBreaker } from '../../controller/llm/circuit-breaker.ts';
import { FileCheck } from '../../controller/llm/file-check.ts';
import { KnownFiles } from '../../controller/llm/known-files.ts';
import { MeteredModel } from '../../controller/llm/metered-model.ts';
import type { ModelClient, ModelRequest } from '../../controller/llm/model.ts';
import { ModelChain } from '../../controller/llm/model-chain.ts';
import { LanguageModelProposer } from '../../controller/llm/proposer.ts';
import type { TrainPyReader } from '../../controller/llm/static-checks.ts';
import type { Clock, Proposer } from '../../controller/ports.ts';
import { checkout } from '../../controller/settings/checkout.ts';
import { VirtualTime } from '../double/time.ts';
import { MemoryStore } from '../memory/store.ts';
import type { CloudRig } from './cloud-rig.ts';
import { MessagesServer, type Said, type Script } from './server.ts';

export const PREPARE = `import math
TIME_BUDGET = 5.0
def evaluate_bpb(model, tokenizer, batch_size):
    return math.log(2)
`;
export const TRAIN_PY = `import math
from prepare import TIME_BUDGET, evaluate_bpb

RATE = 0.5   # range: 0.01 .. 10.0, log | a
WIDTH = 64   # range: 8 .. 512, log | b
DEPTH = 2    # range: 0 .. 8 | c
DECAY = 0.0  # range: 0.0 .. 1.0 | d

def schedule(progress):
    return RATE * (1 - progress)

print(evaluate_bpb(schedule, None, WIDTH), DEPTH, DECAY, math.sqrt(WIDTH))
`;

export const MODEL = {
  model: 'claude-opus-5-5',
  effort: 'medium',
  maxOutputTokens: 4000,
  cacheTtl: '1h',
} as const;

/** An answer with one edit. */
export function edit(
  description: string,
  search: string,
  replace: string,
): Said & { answer: { ideas: [object] } } {
  const edits = [{ search, replace }];
  const idea = { description, hypothesis: 'It helps.', file: 'train.py', edits, rewrite: null };
  return { answer: { ideas: [idea] } };
}

export const briefOn = (change: Partial<Brief> = {}): Brief => ({
  lane: 'main',
  seed: 1,
  next: 1,
  program: 'Make val_bpb low.',
  prepare: PREPARE,
  tip: 'a'.repeat(40),
  tipBpb: 2.5,
  trainPy: TRAIN_PY,
  guidance: '',
  past: [],
  open: [],
  ready: [],
  tried: [sha256Hex(TRAIN_PY)],
  inconclusive: [],
  ran: [],
  ...change,
});

export const request = (change: Partial<ModelRequest> = {}): ModelRequest => ({
  ...MODEL,
  prompt: { system: [{ text: 'the brief', cached: true }], user: 'Propose.' },
  corrections: [],
  ...change,
});

export const never = new AbortController().signal;

export interface Rig extends AsyncDisposable {
  readonly server: MessagesServer;
  readonly store: MemoryStore;
  readonly time: VirtualTime;
  readonly client: ModelClient;
  readonly budget: Budget;
  readonly breaker: CircuitBreaker;
  readonly metered: MeteredModel;
  readonly reader: TrainPyReader;
  readonly proposer: LanguageModelProposer;
  /** How long Claude's side slept between calls. */
  readonly slept: number[];
  /** What a person heard of the fallback. */
  readonly told: string[];
  /** Timers for silence that were started: one for each sign of life. */
  signs(): number;
}

export interface RigSettings {
  readonly maxUsd?: number;
  readonly parallel?: number;
  /** Ideas that a call is asked for. */
  readonly ideas?: number;
  /** Of every model. */
  readonly maxOutputTokens?: number;
  readonly model?: string;
  /** Where Claude is asked; by default on Anthropic's own API. */
  readonly cloud?: CloudRig;
  /** Models that are asked where the first declines. */
  readonly others?: readonly string[];
  readonly fallback?: Proposer;
  readonly idleMs?: number;
  readonly deadlineMs?: number;
  /** What reads files; by default Python does. */
  readonly reader?: TrainPyReader;
  /** The clock between calls; by default one whose sleep makes time pass. */
  readonly patient?: (time: VirtualTime) => Clock;
}

export async function rigOn(script: Script, settings: RigSettings = {}): Promise<Rig> {
  const { maxUsd = 1000, parallel = 4, others = [], fallback = null } = settings;
  const { idleMs = 60_000, deadlineMs = 600_000, cloud } = settings;
  const time = new VirtualTime();
  const server = new MessagesServer(script, () => time.nowMs);
  server.cloud = cloud?.cloud ?? null;
  const store = new MemoryStore();
  const slept: number[] = [];
  let [signs, busy] = [0, 0];
  // Time passes while nobody but a stream that has fallen silent is waited for.
  time.busy = () => busy > server.mute;
  const counted = async <T>(work: Promise<T>): Promise<T> => {
    busy++;
    try {
      return await work;
    } finally {
      busy--;
    }
  };
  const watching: Clock = {
    now: () => time.nowMs,
    sleep: (ms, signal) => {
      if (ms === idleMs) signs++;
      return time.clock.sleep(ms, signal);
    },
  };
  const between = settings.patient?.(time) ?? time.driver;
  const clock: Clock = {
    now: () => time.nowMs,
    sleep: (ms, signal) => {
      slept.push(ms);
      return between.sleep(ms, signal);
    },
  };
  const baseURL = await server.listen();
  const over = anthropicClient({
    credentials: cloud?.credentials ?? { apiKey: 'sk-test' },
    baseURL,
    clock: watching,
    deadlineMs,
    idleMs,
  });
  const client: ModelClient = {
    ask: (asked, signal) => counted(over.ask(asked, signal)),
    probe: (model, signal) => counted(over.probe(model, signal)),
    count: (asked, signal) => counted(over.count(asked, signal)),
  };
  const python = settings.reader ?? trainPyReader(checkout.python, checkout.preflight);
  const reader: TrainPyReader = {
    read: (prepare, files) => counted(python.read(prepare, files)),
    sums: (files) => counted(python.sums(files)),
  };
  const budget = new Budget(store, 'main', async () => ({ nanoUsd: nanoUsd(maxUsd), tokens: null }));
  const breaker = new CircuitBreaker(clock);
  const prices = (id: string) => PRICES[id] ?? PRICES[MODEL.model]!;
  const { maxOutputTokens = MODEL.maxOutputTokens, model: first = cloud?.model ?? MODEL.model } = settings;
  const models = [first, ...others].map((model) => ({ ...MODEL, maxOutputTokens, model }));
  const told: string[] = [];
  const metered = new MeteredModel({ client, budget, breaker, prices, clock, random: () => 0.5 });
  const proposer = new LanguageModelProposer({
    source: 'anthropic',
    models: new ModelChain(metered, models, fallback !== null, clock),
    check: new FileCheck(reader, new KnownFiles(store, 'main', reader)),
    parallel,
    ideas: settings.ideas ?? 1,
    prepare: PREPARE,
    program: async () => 'Make val_bpb low.',
    fallback,
    told: (sentence) => told.push(sentence),
  });
  return {
    server,
    store,
    time,
    client,
    budget,
    breaker,
    metered,
    reader,
    proposer,
    slept,
    told,
    signs: () => signs,
    [Symbol.asyncDispose]: () => server.close(),
  };
}
