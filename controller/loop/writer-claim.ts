// A controller's hold on its lane: the writer ref as it saw it last, through all of its sessions.
import type { Claim, Frontier } from '../ports.ts';

export class Hold {
  #claim: Claim | null = null;
  /** Null where it is not known: before the first claim, during each, and from a push on until its answer. */
  #writer: string | null = null;

  /** Claims the lane, unless another has moved the writer on since we saw it: then the lane is the other's, and false. */
  async take(frontier: Frontier): Promise<boolean> {
    if (this.#writer !== null && (await frontier.view()).writer !== this.#writer) return false;
    this.#writer = null;
    this.took(await frontier.claim());
    return true;
  }

  /** What the next push is made with. Throws before the lane was taken. */
  get claim(): Claim {
    if (this.#claim === null) throw new Error('the lane was not claimed');
    return this.#claim;
  }

  get writer(): string | null {
    return this.#writer;
  }

  /** Right before a push: if that throws, nobody knows whether the writer moved. */
  pushing(): void {
    this.#writer = null;
  }

  took(claim: Claim): void {
    this.#claim = claim;
    this.#writer = claim.writer;
  }
}
