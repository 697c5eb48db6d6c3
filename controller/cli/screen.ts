// What a person sees of running lanes: a line per decision on stdout, talk on stderr, a status line each on a terminal.
import { styleText } from 'node:util';
import type { Decision } from '../core/decision.ts';
import { variable } from '../environment.ts';
import type { Stop } from '../loop/context.ts';
import type { LaneEvent, Observer } from '../loop/observer.ts';
import { fit, joined } from './live/figures.ts';
import { type BudgetUsed, gain, LaneView, wordsOf } from './live/lane-view.ts';
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

/** Lanes that have a status line of their own. */
const SHOWN_LANES = 6;
const COLUMNS = 80;

/** The screen shared by all lanes of one command. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #lanes = new Map<string, LaneView>();
  #shown = '';
  #said = '';
  #ended = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  lane(name: string, used: BudgetUsed = () => null): Observer {
    const view = new LaneView(name, used, performance.now());
    this.#lanes.set(name, view);
    return {
      happened: (event) => this.#happened(view, event),
      turn: (world) => {
        view.world = world;
        this.status();
      },
    };
  }

  /** Rewrites the status lines; call it also by the clock, for what a run has used grows. */
  status(): void {
    if (this.#ended || this.#options.plain || !process.stderr.isTTY || variable('TERM') === 'dumb') return;
    const columns = (process.stderr.columns || COLUMNS) - 1;
    const views = [...this.#lanes.values()];
    const rows = views.slice(0, SHOWN_LANES).map((view) => {
      const [first = '', ...more] = view.parts(performance.now());
      const named = this.#options.named ? `${view.name}: ${first}` : first;
      return joined([sentence(named), ...more], columns);
    });
    if (views.length > SHOWN_LANES) rows.push(`and ${views.length - SHOWN_LANES} lanes more`);
    const text = rows.join('\n');
    if (text === this.#shown) return;
    this.#clear();
    process.stderr.write(rows.map((row) => this.#colour('dim', row)).join('\n'));
    this.#shown = text;
  }

  /** No status line from now on: what is said last is what the shell's prompt stands below. */
  end(): void {
    this.#clear();
    this.#ended = true;
  }

  /** What came of each lane that has a baseline, with where to look; null where nothing is left to look at. */
  close(pictureOf: ((lane: string) => string) | null, worth: ReadonlyMap<string, string>): void {
    for (const view of this.#lanes.values()) {
      const closing = view.closing(performance.now());
      if (closing === null) continue;
      const prefix = this.#options.named ? `[${view.name}] ` : '';
      this.say(`${prefix}${closing}`);
      const words = worth.get(view.name);
      if (words) this.say(`${prefix}${words}`);
      if (pictureOf) this.say(`${prefix}picture: ${pictureOf(view.name)}`);
    }
  }

  /** Says why a lane ended, where that was not the last that was said of it. `leaves`: it and its runs outlive the command. */
  conclude(lane: string, { reason, sentence: why }: Stop, leaves: boolean): void {
    const lost = !leaves && reason === 'limit';
    const sentence = lost ? `${why.split('; ')[0]}; leave out --ephemeral to keep what is found` : why;
    const goesOn = leaves && reason === 'asked' ? this.#lanes.get(lane)?.goesOn() : '';
    const text = `${this.#options.named ? `[${lane}] ` : ''}${sentence}${goesOn ?? ''}`;
    if (text !== this.#said) this.say(text);
  }

  say(text: string, colour: 'red' | 'yellow' | null = null): void {
    this.#said = text;
    this.#clear();
    const shown = lines(sentence(text));
    process.stderr.write(`${colour ? this.#colour(colour, shown) : shown}\n`);
    this.status();
  }

  #happened(view: LaneView, event: LaneEvent): void {
    if (!view.isNew(event)) return;
    const prefix = this.#options.named ? `[${view.name}] ` : '';
    if (event.kind === 'decided') {
      this.#clear();
      this.#said = '';
      if (this.#options.output === 'json') write(JSON.stringify({ lane: view.name, ...event.decision }));
      else process.stdout.write(`${this.#row(prefix, event.decision)}\n`);
      this.status();
    } else if (event.kind === 'began' && event.decided + event.open > 0) {
      const { decided, adopted } = event;
      const runs = adopted === 0 ? '' : `, ${adopted} run${adopted === 1 ? '' : 's'} found under way`;
      this.say(`${prefix}going on: ${Math.max(0, decided - 1)} done${runs}`);
    } else if (event.kind === 'measured' && event.result.outcome.kind === 'lost') {
      this.say(
        `${prefix}${event.experiment} attempt ${event.result.n} lost: ${event.result.outcome.sentence}`,
      );
    } else if (event.kind === 'broken off') {
      if (variable('AUTORESEARCH_DEBUG')) this.say(`${prefix}${event.sentence}`);
    } else if (event.kind === 'held' || event.kind === 'avoided' || event.kind === 'trouble') {
      this.say(`${prefix}${event.sentence}`, event.kind === 'trouble' ? 'red' : 'yellow');
    }
  }

  /** In one line at a terminal, whole where it is piped. */
  #row(prefix: string, d: Decision): string {
    const metric = d.valBpb === null ? '   -    ' : d.valBpb.toFixed(6);
    const status = (d.reason === 'aboard' ? d.reason : d.status).padEnd(7);
    const colour = d.status === 'keep' ? 'green' : d.status === 'crash' ? 'red' : 'dim';
    const [before, after] = [`${prefix}${d.experiment}  `, `  ${metric}  ${gain(d).padEnd(12)}  `];
    const words = wordsOf(d);
    const taken = before.length + status.length + after.length;
    const room = (process.stdout.columns || COLUMNS) - taken;
    const shown = process.stdout.isTTY ? fit(words, Math.max(10, room)) : words;
    return before + this.#colour(colour, status) + after + shown;
  }

  #colour(colour: 'green' | 'red' | 'dim' | 'yellow', text: string): string {
    return this.#options.plain || !process.stdout.isTTY ? text : styleText(colour, text);
  }

  #clear(): void {
    if (!this.#shown) return;
    const rows = this.#shown.split('\n').length;
    process.stderr.write(`\r\x1b[2K${'\x1b[1A\x1b[2K'.repeat(rows - 1)}`);
    this.#shown = '';
  }
}
