// Store keys, the same for a directory and for S3.
import { experimentId } from './experiment.ts';

export const keys = {
  results: (lane: string) => `${lane}/results.tsv`,
  progress: (lane: string) => `${lane}/progress.svg`,
  /** What the lane was begun with. */
  begun: (lane: string) => `${lane}/lane.json`,
  /** What a person tried elsewhere. */
  imported: (lane: string) => `${lane}/imported.json`,
  control: (lane: string) => `${lane}/control.json`,
  steerings: (lane: string) => `${lane}/steering/`,
  /** What a person did to the lane, n from 1 without gaps. */
  steering: (lane: string, n: number) => `${lane}/steering/${n}.json`,
  /** The secret that the validation text is made from; never shown to a child or a proposer. */
  sealedSeed: (lane: string) => `${lane}/sealed/seed`,
  checkpoints: (lane: string) => `${lane}/checkpoints/`,
  checkpoint: (lane: string, n: number) => `${lane}/checkpoints/${n}.jsonl`,
  experiments: (lane: string) => `${lane}/experiments/`,
  proposal: (lane: string, id: string | number) => `${experiment(lane, id)}proposal.json`,
  record: (lane: string, id: string | number) => `${experiment(lane, id)}record.json`,
  attempts: (lane: string, id: string | number) => experiment(lane, id),
  attempt: (
    lane: string,
    id: string | number,
    n: number,
    file: 'train.py' | 'diff.patch' | 'run.log' | 'result.json',
  ) => `${experiment(lane, id)}${n}/${file}`,
  /** What `autoresearch replay` measured, n from 1 without gaps. */
  replay: (lane: string, n: number) => `${lane}/replays/${n}.json`,
  spends: (lane: string) => `${lane}/spend/`,
  spend: (lane: string, n: number) => `${lane}/spend/${n}.json`,
  settled: (lane: string, n: number) => `${lane}/spend/${n}-settled.json`,
  /** What of an answer could not be used. */
  refused: (lane: string, n: number) => `${lane}/spend/${n}-refused.json`,
  spendCheckpoint: (lane: string, n: number) => `${lane}/spend/checkpoints/${n}.jsonl`,
};

function experiment(lane: string, id: string | number): string {
  return `${lane}/experiments/${typeof id === 'number' ? experimentId(id) : id}/`;
}

const segment = /^\w[\w.-]{0,199}$/;

/** Throws on a key that not every store can hold: its parts are letters, digits, dots, dashes and underscores. */
export function assertKey(key: string): void {
  if (!key.split('/').every((part) => segment.test(part))) {
    throw new Error(
      `${JSON.stringify(key)} is not a store key; use letters, digits, dots, dashes and underscores`,
    );
  }
}

/** Throws on what is neither '' (everything) nor a key followed by '/'. */
export function assertPrefix(prefix: string): void {
  if (prefix !== '') assertKey(prefix.endsWith('/') ? prefix.slice(0, -1) : '');
}
