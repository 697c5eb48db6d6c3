// Where things lie in the folder that a laptop's lanes live in.
import { join, resolve } from 'node:path';

/** The layout under `--dir`. */
export class LanePaths {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = resolve(dir);
  }

  get store(): string {
    return join(this.dir, 'store');
  }

  get runs(): string {
    return join(this.dir, 'runs');
  }

  /** Who is running here: pid and start time of a live controller. */
  get lock(): string {
    return join(this.dir, 'controller.lock');
  }

  frontier(lane: string): string {
    return join(this.dir, lane, 'frontier.git');
  }

  /** Where the lane's store and frontier are, as it was begun. */
  remotes(lane: string): string {
    return join(this.dir, lane, 'remotes.json');
  }

  /** What a cluster's controller is at in this lane. */
  status(lane: string): string {
    return join(this.dir, lane, 'now.json');
  }

  /** The lane's own copy of the brief; a person edits this one. */
  program(lane: string): string {
    return join(this.dir, lane, 'program.md');
  }

  /** Public text that the trainer learns from. */
  text(lane: string): string {
    return join(this.dir, lane, 'text');
  }

  /** Validation text: nothing under test may read it. */
  sealed(lane: string): string {
    return join(this.dir, lane, 'sealed');
  }

  /** What the baseline compiled for a GPU: only the supervisor may write it. */
  compiled(lane: string): string {
    return join(this.dir, lane, 'compiled');
  }

  results(lane: string): string {
    return join(this.store, lane, 'results.tsv');
  }

  progress(lane: string): string {
    return join(this.store, lane, 'progress.svg');
  }
}
