// Whether a proposed file is worth a run, beside what it was made of and what was proposed before.
import type { Brief } from '../brief.ts';
import { sha256Hex } from '../intent.ts';
import { type KnownFiles, repairOf } from './known-files.ts';
import { type EditRefusal, refuseFile, type StaticReport, type TrainPyReader } from './static-checks.ts';

export class FileCheck {
  readonly #reader: TrainPyReader;
  readonly #known: KnownFiles;
  /** The file that ideas are made on, as it was read last. */
  #base: { readonly trainPy: string; readonly report: StaticReport | null } | null = null;

  constructor(reader: TrainPyReader, known: KnownFiles) {
    this.#reader = reader;
    this.#known = known;
  }

  /** Before ideas are asked for: takes in what was proposed, and gives up the places of what waits no more. */
  async begin(brief: Brief): Promise<void> {
    const claimed = this.#known.claimed();
    await this.#known.learn(brief.next, brief.inconclusive);
    const waiting = brief.ready.map((idea) => idea.trainPy);
    this.#known.forget(claimed, waiting);
  }

  /** What is wrong with an idea's file, null where nothing is: then its place is taken, and nobody else gets the same through. */
  async idea(trainPy: string, brief: Brief): Promise<EditRefusal | null> {
    // Also of candidates that are too old for their sums to be known.
    if (brief.tried.includes(sha256Hex(trainPy)))
      return {
        reason: 'duplicate',
        sentence: 'that very file was tried before; propose something else',
      };
    return this.#inspect(trainPy, brief.trainPy, brief.prepare, null);
  }

  /** The same of the repair of an experiment, which may have been asked for before and lost. */
  repair(trainPy: string, crashed: string, prepare: string, experiment: string): Promise<EditRefusal | null> {
    return this.#inspect(trainPy, crashed, prepare, experiment);
  }

  async #inspect(
    trainPy: string,
    base: string,
    prepare: string,
    repairs: string | null,
  ): Promise<EditRefusal | null> {
    let before = this.#base;
    if (before?.trainPy !== base) {
      const [report] = await this.#reader.read(prepare, [base]);
      before = { trainPy: base, report: report! };
      this.#base = before;
    }
    const [report] = await this.#reader.read(prepare, [trainPy]);
    const repair = repairs && repairOf(repairs);
    const refusal = refuseFile(report!, before.report, (sum) => {
      const whose = this.#known.ownerOf(sum);
      return whose === repair ? null : whose;
    });
    if (refusal === null && report && 'sum' in report) {
      if (repairs) this.#known.repaired(report.sum, repairs);
      else this.#known.claim(report.sum, trainPy);
    }
    return refusal;
  }
}
