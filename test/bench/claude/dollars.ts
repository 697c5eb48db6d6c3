// `node test/bench/claude/dollars.ts`: what becomes of a cap, and of everything that may go wrong with a model: ideas, dollars,
// minutes, exit code. Real SDK over a real socket, scripted answers, virtual time; files are not read, which costs nothing.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { proposerOf } from '../../../controller/adapters/builtin/proposers.ts';
import { exitCodeOf } from '../../../controller/cli/exit-codes.ts';
import { printRecords } from '../../../controller/cli/terminal/print.ts';
import { PRICES } from '../../../controller/core/money.ts';
import type { Proposed, Proposer } from '../../../controller/ports.ts';
import { checkout } from '../../../controller/settings/checkout.ts';
import { credulous } from '../../messages/lane.ts';
import { briefOn, edit, MODEL, never, type Rig, type RigSettings, rigOn } from '../../messages/rig.ts';
import type { Said, Script } from '../../messages/server.ts';

const THINKING = 3000;
const ROOM = 16_000; // of claude-opus-5-5, as by default
const SONNET = { model: 'claude-sonnet-5-5', maxOutputTokens: 32_000 };
const trainPy = await readFile(join(checkout.cpu, 'train.py'), 'utf8');
const prepare = await readFile(join(checkout.cpu, 'prepare.py'), 'utf8');
const program = await readFile(checkout.program, 'utf8');

/** `ideas`: of a call; `rounds`: as often ideas are asked for, at most. */
interface Case {
  readonly name: string;
  readonly script: Script;
  readonly rounds: number;
  readonly ideas?: number;
  readonly settings?: RigSettings;
  /** What the list price is multiplied by where the answers come from. */
  readonly surcharge?: number;
}

/** Ideas that were never given before, with the same thinking however many they are. */
function fine(ideas: number): (asked: unknown, n: number) => Said {
  return (_, n) => ({
    answer: { ideas: Array.from({ length: ideas }, (_, i) => moved(n * ideas + i)) },
    thinkingTokens: THINKING,
  });
}

function moved(n: number): object {
  const to = `LEARNING_RATE = ${(0.005 + n / 1e5).toFixed(6)} `;
  return edit(`LEARNING_RATE: try ${n}`, 'LEARNING_RATE = 0.005 ', to).answer.ideas[0]!;
}

const declined: Said = { answer: '', stopReason: 'refusal', category: 'frontier_llm' };
const broken: Said = { fault: 'overloaded_in_stream' };
const builtin = (): Proposer => proposerOf('builtin');
const cut = ({ max_tokens }: { max_tokens: number }): Said => ({
  answer: '',
  stopReason: 'max_tokens',
  thinkingTokens: max_tokens,
});

const caps = [0.25, 0.5, 0.75, 1, 2, 5];
const cases: Case[] = [
  ...[1, 4, 8].flatMap((ideas) =>
    caps.map((maxUsd) => ({
      name: `${maxUsd} USD, ${ideas} a call`,
      script: fine(ideas),
      rounds: 4000,
      ideas,
      settings: { maxUsd },
    })),
  ),
  { name: 'mid', script: () => broken, rounds: 60 },
  { name: 'mid5', script: (asked, n) => (n % 2 ? broken : fine(4)(asked, n)), rounds: 60 },
  { name: 'silent', script: () => ({ fault: 'silent' }), rounds: 20 },
  { name: 'refuse', script: () => declined, rounds: 40 },
  { name: 'refuse, fallback', script: () => declined, rounds: 40, settings: { fallback: builtin() } },
  { name: 'refuse_half', script: (asked, n) => (n % 5 < 3 ? declined : fine(4)(asked, n)), rounds: 30 },
  { name: 'think', script: cut, rounds: 60, settings: SONNET },
  { name: 'key', script: () => ({ fault: 'key_revoked' }), rounds: 10 },
  {
    name: 'fb: cap reached',
    script: fine(4),
    rounds: 60,
    settings: { maxUsd: 0.75, fallback: builtin() },
  },
  {
    name: 'fb: key revoked',
    script: (asked, n) => (n > 1 ? { fault: 'key_revoked' } : fine(4)(asked, n)),
    rounds: 60,
    settings: { fallback: builtin() },
  },
  {
    name: 'geo',
    script: (asked, n) => ({ ...fine(4)(asked, n), told: { inference_geo: 'us' } }) as Said,
    rounds: 4,
    surcharge: 1.1,
  },
];

async function played({ name, script, rounds, ideas = 4, settings, surcharge = 1 }: Case) {
  const common = { maxUsd: 5, parallel: 1, ideas, maxOutputTokens: ROOM, reader: credulous };
  const patient: RigSettings['patient'] = (time) => time.clock;
  await using rig = await rigOn(script, { ...common, patient, ...settings });
  const model = settings?.model ?? MODEL.model;
  let [paid, free] = [0, 0];
  const beganMs = rig.time.nowMs;
  let last: Proposed | null = null;
  for (let round = 1; round <= rounds; round++) {
    const brief = briefOn({ trainPy, prepare, program, next: round });
    last = await passing(rig, rig.proposer.propose(brief, 1, never));
    if (last.kind === 'ideas') for (const { source } of last.ideas) source === 'anthropic' ? paid++ : free++;
    else if (last.retry) await passing(rig, rig.time.clock.sleep(last.afterMs ?? 0, never));
    else break;
  }
  const { input, read, written, output } = rig.server.charged;
  const price = PRICES[model]!;
  const charged =
    (surcharge *
      (input * price.input + read * price.cacheRead + written * price.cacheWrite1h + output * price.output)) /
    1e6;
  const { later } = rig.server.tokens();
  const all = later.input + later.read + later.written;
  const stopped = last?.kind === 'none' && !last.retry ? last.why : null;
  return {
    case: name,
    calls: rig.server.asked.length,
    ideas: paid,
    'of the fallback': free,
    'USD charged': charged.toFixed(4),
    'USD counted': (await rig.budget.spentUsd()).toFixed(4),
    'ideas per USD': paid === 0 ? '' : (paid / charged).toFixed(1),
    'from cache': all === 0 ? '' : `${((100 * later.read) / all).toFixed(1)} %`,
    'output an idea': paid === 0 ? '' : Math.round(output / paid),
    minutes: ((rig.time.nowMs - beganMs) / 60_000).toFixed(1),
    'exit code':
      stopped === null ? 'goes on' : `${exitCodeOf({ reason: stopped ?? 'exhausted', sentence: '' })}`,
  };
}

/** Lets time pass while nothing is on its way but a stream that has fallen silent. */
async function passing<T>({ time }: Rig, work: Promise<T>): Promise<T> {
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) await time.advance(3_600_000, () => over);
  return done;
}

const only = process.argv.slice(2);
const wanted = cases.filter(({ name }) => only.length === 0 || only.some((one) => name.includes(one)));
const rows = [];
for (const one of wanted) rows.push(await played(one));
printRecords(rows, 'table');
