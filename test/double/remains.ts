// What a lane leaves behind on a cluster, less what the passing of time alone explains; and what must hold of any lane.
import { hash } from 'node:crypto';
import { label } from '../../controller/adapters/kubernetes/manifest/names.ts';
import type { Decision } from '../../controller/core/decision.ts';
import { keys } from '../../controller/core/keys.ts';
import { attemptResultSchema } from '../../controller/core/verdict.ts';
import { Ledger } from '../../controller/loop/ledger.ts';
import { encode, rowOf } from '../../controller/report/results-tsv.ts';
import type { LaneOnCluster } from './lane.ts';
import { isOver } from './scheduler.ts';

const text = new TextDecoder();

/** A line per row, per attempt with its files, and for each of frontier, open experiments, runs and containers. */
export async function remains(lane: LaneOnCluster): Promise<string[]> {
  const { store, frontier, rig, rules, starts } = lane;
  const view = await frontier.view();
  const { decisions, open } = await Ledger.read(rules, store, view);
  const rows = decisions.map((decision) => rowLine(decision, decisions));
  const attempts = await Promise.all(decisions.map((decision) => attemptLines(lane, decision)));
  const unsettled = (await rig.open().list(rules.name)).map((run) => `${run.experiment}/${run.attempt}`);
  return [
    ...rows,
    ...attempts.flat(),
    `frontier: ${view.kept.map(({ decision }) => decision.experiment).join(' ')}`,
    `open: ${[...open.keys()]}`,
    `runs: ${unsettled}`,
    `containers: ${startsLine(starts)}`,
  ];
}

/** `000003/1 000003/2×2`: an attempt whose container was started twice says so. */
function startsLine(starts: readonly string[]): string {
  const times = new Map<string, number>();
  for (const one of starts) times.set(one, (times.get(one) ?? 0) + 1);
  const shown = [...times].map(([one, n]) => (n === 1 ? one : `${one}×${n}`));
  return shown.sort().join(' ');
}

function rowLine(decision: Decision, decisions: readonly Decision[]): string {
  const { experiment, status, val_bpb, error, attempts, description, sealed, seed } = rowOf(decision);
  const base = decisions.find((one) => one.commit === decision.base)?.experiment ?? '-';
  return `${experiment} ${status} ${val_bpb} ${error} ${attempts} ${description} on ${base}; ${sealed} ${seed}`;
}

/** Why an attempt was lost, and whether its log was, is a matter of who saw it when; that it was lost is not. */
async function attemptLines({ store, rules }: LaneOnCluster, decision: Decision): Promise<string[]> {
  const { experiment, attempts } = decision;
  const lines: string[] = [];
  for (let n = 1; n <= attempts; n++) {
    const at = (file: 'run.log' | 'result.json') => store.get(keys.attempt(rules.name, experiment, n, file));
    const result = await at('result.json');
    const names = await store.list(`${rules.name}/experiments/${experiment}/${n}/`);
    const tried = result && attemptResultSchema.parse(JSON.parse(text.decode(result)));
    const { kind, reason, logNote } = tried?.outcome ?? { kind: 'none', reason: '', logNote: '' };
    const lost = kind === 'lost';
    const files = names.filter((name) => !lost || name !== 'run.log').join(',');
    const log = await at('run.log');
    const sum = log && !lost ? hash('sha256', log).slice(0, 8) : '';
    const outcome = lost ? kind : `${kind} ${reason} ${logNote}`.trim();
    lines.push(`${experiment}/${n}: ${outcome}; ${files} ${sum}`.trim());
  }
  return lines;
}

/**
 * What holds however a lane was disturbed: the sentences of what does not. One row per id (I1), the published view is
 * that of git and store (I3), the metric falls along the frontier and each commit has one row (I4), what keeps was
 * measured and sealed (I5), nothing runs on, and every Job that is left says how its experiment ended.
 */
export async function broken(lane: LaneOnCluster): Promise<string[]> {
  const { store, frontier, rig, rules, published } = lane;
  const { cluster } = rig;
  const view = await frontier.view();
  const { decisions } = await Ledger.read(rules, store, view);
  const said: string[] = [];
  const ids = decisions.map(({ experiment }) => experiment);
  if (new Set(ids).size !== ids.length) said.push(`I1: rows of ${ids}`);
  if (published !== encode(decisions)) said.push(`I3: published ${published}`);
  const kept = view.kept.map(({ decision }) => decision);
  for (const [i, { experiment, valBpb, sealed }] of kept.entries()) {
    if (i > 0 && !(valBpb! < kept[i - 1]!.valBpb!)) said.push(`I4: ${experiment} does not fall`);
    if (ids.filter((id) => id === experiment).length !== 1) said.push(`I4: rows of ${experiment}`);
    if (valBpb === null || sealed !== 'landlock') said.push(`I5: ${experiment} keeps ${valBpb} ${sealed}`);
  }
  await cluster.time.advance(180_000);
  const alive = cluster.objects.all('pods').filter((pod) => !isOver(pod));
  // Of a node that never answers again nothing is known.
  for (const { metadata, spec } of alive)
    if (!cluster.kubelets.lost.has(spec.nodeName)) said.push(`Pod ${metadata.name} runs on`);
  for (const { metadata } of cluster.objects.all('jobs', cluster.namespace)) {
    const experiment = metadata.labels?.[label.experiment];
    const status = decisions.find((one) => one.experiment === experiment)?.status;
    if (metadata.labels?.[label.status] !== status)
      said.push(`Job ${metadata.name} is left, and no ${status}`);
  }
  return said;
}
