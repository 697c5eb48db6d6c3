// What a person sees of a running lane: a line per decision on stdout, talk on stderr, a status line on a terminal.
import { styleText } from 'node:util';
import type { Decision } from '../core/decision.ts';
import type { World } from '../core/world.ts';
import type { LaneEvent, Observer } from '../loop/observer.ts';
import { plainLine } from '../std/text.ts';
import { write } from './terminal/print.ts';
import { lines, sentence } from './terminal/terminal.ts';

interface ScreenOptions {
  /** `json`: one JSON object per decision; `table`: a line for people. */
  readonly output: 'table' | 'json';
  /** Several lanes share the screen: their names are shown. */
  readonly named: boolean;
  /** No status line, no colour. */
  readonly plain: boolean;
}

/** The screen shared by all lanes of one command. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #lanes = new Map<string, LaneView>();
  #shown = '';
  #ended = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  lane(name: string): Observer {
    const view = new LaneView(name);
    this.#lanes.set(name, view);
    return {
      happened: (event) => this.#happened(view, event),
      turn: (world) => {
        view.world = world;
        this.status();
      },
    };
  }

  /** Rewrites the status line; call it also by the clock, for the time left runs down. */
  status(): void {
    if (this.#ended || this.#options.plain || !process.stderr.isTTY) return;
    const parts = [...this.#lanes.values()].map((view) => view.now(this.#options.named));
    const text = sentence(parts.join('  ')).slice(0, (process.stderr.columns ?? 80) - 1);
    if (text !== this.#shown) process.stderr.write(`\r\x1b[2K${this.#colour('dim', text)}`);
    this.#shown = text;
  }

  /** No status line from now on: what is said last is what the shell's prompt stands below. */
  end(): void {
    this.#clear();
    this.#ended = true;
  }

  say(text: string, colour: 'red' | 'yellow' | null = null): void {
    this.#clear();
    const shown = lines(sentence(text));
    process.stderr.write(`${colour ? this.#colour(colour, shown) : shown}\n`);
    this.status();
  }

  #happened(view: LaneView, event: LaneEvent): void {
    if (!view.isNew(event)) return;
    const prefix = this.#options.named ? `[${view.name}] ` : '';
    if (event.kind === 'decided') {
      view.decided(event.decision);
      this.#clear();
      if (this.#options.output === 'json') write(JSON.stringify({ lane: view.name, ...event.decision }));
      else process.stdout.write(`${prefix}${this.#line(view, event.decision)}\n`);
      this.status();
    } else if (event.kind === 'began' && event.decided + event.open > 0) {
      const { decided, open, adopted } = event;
      this.say(`${prefix}going on: ${decided} decided, ${open} open, ${adopted} runs found`);
    } else if (event.kind === 'measured' && event.result.outcome.kind === 'lost') {
      this.say(
        `${prefix}${event.experiment} attempt ${event.result.n} lost: ${event.result.outcome.sentence}`,
      );
    } else if (event.kind === 'held' || event.kind === 'trouble') {
      this.say(`${prefix}${event.sentence}`, event.kind === 'trouble' ? 'red' : 'yellow');
    }
  }

  #line(view: LaneView, d: Decision): string {
    const metric = d.valBpb === null ? '   -    ' : d.valBpb.toFixed(6);
    const status = d.status.padEnd(7);
    const colour = d.status === 'keep' ? 'green' : d.status === 'crash' ? 'red' : 'dim';
    const why = d.status === 'crash' ? `  (${plainLine(`${d.error}: ${firstWords(d.sentence)}`)})` : '';
    const words = plainLine(d.description) + why;
    return `${d.experiment}  ${this.#colour(colour, status)}  ${metric}  ${view.gain(d).padEnd(18)}  ${words}`;
  }

  #colour(colour: 'green' | 'red' | 'dim' | 'yellow', text: string): string {
    return this.#options.plain || !process.stdout.isTTY ? text : styleText(colour, text);
  }

  #clear(): void {
    if (this.#shown) process.stderr.write('\r\x1b[2K');
    this.#shown = '';
  }
}

/** What is known of one lane for showing it. */
class LaneView {
  readonly name: string;
  world: World | null = null;
  #frontier: number[] = [];
  #blocked = '';

  constructor(name: string) {
    this.name = name;
  }

  /** Why nothing happens is told once per reason. */
  isNew(event: LaneEvent): boolean {
    const blocked = event.kind === 'held' ? event.sentence : '';
    const repeated = blocked !== '' && blocked === this.#blocked;
    this.#blocked = blocked;
    return !repeated;
  }

  decided(d: Decision): void {
    if (d.status === 'keep') this.#frontier.push(d.valBpb!);
  }

  /** `(-0.012345)` against what the edit was made on; `+` is worse. */
  gain(d: Decision): string {
    if (d.valBpb === null || d.baseBpb === null) return '';
    const change = d.valBpb - d.baseBpb;
    return `(${change <= 0 ? '-' : '+'}${Math.abs(change).toFixed(6)})`;
  }

  now(named: boolean): string {
    const { world } = this;
    const prefix = named ? `${this.name}: ` : '';
    if (!world) return `${prefix}starting`;
    const best = world.tip ? ` · best ${world.tip.bpb.toFixed(6)} ${sparkline(this.#frontier)}` : '';
    return `${prefix}${activity(world)}${best}`;
  }
}

function activity(world: World): string {
  if (world.control.paused) return 'paused (autoresearch resume goes on)';
  const active = world.runs.filter((run) => !world.settled.has(run.experiment) && run.state.kind !== 'ended');
  if (active.length === 0) return world.asking ? 'proposing' : 'deciding';
  return active.map((run) => doing(run, world)).join(', ');
}

function doing({ experiment, state }: World['runs'][number], { lane }: World): string {
  if (state.kind === 'pending') return `${experiment} starting`;
  if (state.kind === 'ended') return `${experiment} ended`;
  const left = Math.max(0, Math.round(lane.clocks.budgetSeconds - (Date.now() - state.sinceMs) / 1000));
  return `${experiment} ${state.phase}${state.phase === 'evaluating' ? '' : ` ${left} s left`}`;
}

const BARS = '▁▂▃▄▅▆▇█';

/** The frontier's fall, last 24 keeps. */
function sparkline(values: readonly number[]): string {
  const shown = values.slice(-24);
  const low = Math.min(...shown);
  const span = Math.max(...shown) - low || 1;
  return shown.map((v) => BARS[Math.round(((v - low) / span) * (BARS.length - 1))]).join('');
}

function firstWords(sentence: string): string {
  return sentence.length > 80 ? `${sentence.slice(0, 79)}…` : sentence;
}
