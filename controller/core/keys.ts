// Store keys, the same for a directory and for S3.
import { experimentId } from './experiment.ts';

export const keys = {
  results: (lane: string) => `${lane}/results.tsv`,
  progress: (lane: string) => `${lane}/progress.svg`,
  control: (lane: string) => `${lane}/control.json`,
  /** The secret that the validation text is made from; never shown to a child or a proposer. */
  sealedSeed: (lane: string) => `${lane}/sealed/seed`,
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
  spend: (lane: string, n: number) => `${lane}/spend/${n}.json`,
};

function experiment(lane: string, id: string | number): string {
  return `${lane}/experiments/${typeof id === 'number' ? experimentId(id) : id}/`;
}
