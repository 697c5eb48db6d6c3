// A controller's claim on its lane: the writer ref as it saw it last, through all of its sessions.
import type { Claim, Frontier } from '../ports.ts';

export class WriterClaim {
  #claim: Claim | null = null;
  /** Null where it is not known: before the first claim, during each, and from a push on until its answer. */
  #writer: string | null = null;
  /** From the first claim on, whatever came of it. */
  #began = false;

  /** Claims the lane, unless another has moved the writer on since we saw it: then the lane is the other's, and false. */
  async take(frontier: Frontier): Promise<boolean> {
    if (this.#began) {
      const { writer, unmoved } = await frontier.view();
      if (this.#writer === null ? unmoved === false : writer !== this.#writer) return false;
    }
    this.#began = true;
    this.#writer = null;
    this.update(await frontier.claim());
    return true;
  }

  /** What the next push is made with. Throws before the lane was taken. */
  get current(): Claim {
    if (this.#claim === null) throw new Error('the lane was not claimed');
    return this.#claim;
  }

  get writer(): string | null {
    return this.#writer;
  }

  /** Right before a push: if that throws, nobody knows whether the writer moved. */
  pushBegins(): void {
    this.#writer = null;
  }

  update(claim: Claim): void {
    this.#claim = claim;
    this.#writer = claim.writer;
  }
}
