// A node that fails experiments in a row while others succeed has a fault of its own: runs avoid it for a while.
import { type AttemptResult, isDisruption } from '../../core/verdict.ts';

/** Different experiments that a node may fail in a row. */
const FAILED_AT_MOST = 2;
/** A crash within so many seconds may be the machine's: most ideas get further. */
const AT_ONCE_SECONDS = 20;
/** Then it is tried again. */
const AVOIDED_MS = 3_600_000;

interface FailingNode {
  /** Experiments, by lane and id, that it failed since one came to its own end here. */
  readonly failed: Set<string>;
  sinceMs: number;
  untilMs: number;
}

/**
 * Nodes that fail experiments while others bring them to their own end, counted over all lanes: one GPU with a fault fails
 * in seconds, is free again at once, and so would draw most of all runs.
 */
export class NodeFaults {
  readonly #nodes = new Map<string, FailingNode>();
  /** By node: when a run last came to its own end there. */
  readonly #good = new Map<string, number>();

  /** Takes in how an attempt ended. A sentence where its node is avoided from now on. */
  ended(lane: string, experiment: string, { outcome }: AttemptResult, nowMs: number): string | null {
    const { node, kind, sentence } = outcome;
    if (node === '' || isDisruption(outcome)) return null;
    if (kind === 'finished' || (kind === 'crashed' && ranFor(outcome) > AT_ONCE_SECONDS)) {
      this.#nodes.delete(node);
      this.#good.set(node, nowMs);
      return null;
    }
    const known = this.#nodes.get(node) ?? { failed: new Set(), sinceMs: nowMs, untilMs: 0 };
    this.#nodes.set(node, known);
    known.failed.add(`${lane}/${experiment}`);
    // Where no run succeeds anywhere it is not this node.
    const elsewhere = [...this.#good].some(([other, atMs]) => other !== node && atMs >= known.sinceMs);
    if (known.failed.size <= FAILED_AT_MOST || !elsewhere || nowMs < known.untilMs) return null;
    known.untilMs = nowMs + AVOIDED_MS;
    return `node ${node} failed ${known.failed.size} experiments in a row, so runs avoid it for an hour, where their pool avoids nodes. Look at its GPU and kernel log, or cordon it. It said: ${sentence}`;
  }

  /** The nodes that no run may go to now. */
  avoided(nowMs: number): string[] {
    return [...this.#nodes].filter(([, { untilMs }]) => nowMs < untilMs).map(([node]) => node);
  }
}

function ranFor({ sealed, ranSeconds }: AttemptResult['outcome']): number {
  return sealed?.wall_seconds ?? ranSeconds ?? Number.POSITIVE_INFINITY;
}
