// A lane of ten experiments that end in ten ways, on a cluster in this process: the loop itself, its store and its
// frontier in memory, and every word to the cluster over HTTP.
import { jobName } from '../../controller/adapters/kubernetes/names.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import { rowOf } from '../../controller/core/rows.ts';
import { Ledger } from '../../controller/ledger.ts';
import { runLane, type Stop } from '../../controller/loop.ts';
import type { Clock, Proposer } from '../../controller/ports.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { MemoryStore } from '../memory/store.ts';
import type { Cluster } from './cluster.ts';
import { noise, Rig } from './rig.ts';
import { type Behaviour, type Given, run, sealedOf } from './script.ts';

const LANE = 'main';

const lane: Lane = {
  name: LANE,
  width: 1,
  seed: 7,
  clocks: { budgetSeconds: 40, startSeconds: 90, wallSeconds: 90 },
  confirm: 0,
  requireSealed: true,
  ahead: 0,
  limits: { experiments: 9, gpuHours: null, usd: null },
};

const file = (what: string) => `# ${what}\n`;
/** By id. */
export const SCRIPT: readonly string[] = [
  file('BPB=2.0'),
  file('BPB=1.9'),
  file('BPB=1.95'),
  file('RAISES=NameError'),
  file('RAISES=SyntaxError'),
  file('WALL'),
  file('DRAINED BPB=1.8'),
  file('OOM'),
  file('REFUSED BPB=1.7'),
  `# ${noise(200_000)}\n`,
];
const REPAIRED = file('BPB=1.85');

const proposer: Proposer = {
  propose: async ({ next, tip }) => ({
    kind: 'ideas',
    ideas: [
      {
        description: `idea ${next}`,
        hypothesis: '',
        source: 'builtin',
        base: tip,
        trainPy: SCRIPT[next]!,
        stackOf: null,
      },
    ],
  }),
  fix: async ({ reason }) => (reason === 'name' ? REPAIRED : null),
};

/** What a file's first line says is what its run does; what happens to it from outside is arranged here, too. */
function behave(cluster: Cluster, given: Given): Behaviour {
  const { trainPy, attempt, experiment, lane: of } = given;
  const bpb = Number(/BPB=([\d.]+)/.exec(trainPy)?.[1] ?? Number.NaN);
  const raises = /RAISES=(\w+)/.exec(trainPy)?.[1];
  if (raises) {
    const log = `Traceback (most recent call last):\n  File "train.py", line 1, in <module>\n${raises}: it is wrong\n`;
    return run(given, 20, log, { status: 'crashed', reason: 'exit', exit_code: 1, val_bpb: null });
  }
  if (trainPy.includes('OOM')) return { ...run(given, 40, 'x\n'), oom: true };
  if (trainPy.includes('WALL')) {
    const sealed = sealedOf(given, 'x\n', {
      status: 'crashed',
      reason: 'wall',
      sentence: 'too long',
      val_bpb: null,
    });
    return { ...run(given, 90, 'x\n'), sealed };
  }
  const job = jobName({ lane: of, experiment, attempt });
  if (trainPy.includes('DRAINED') && attempt === 1)
    cluster.time.after(30_000, () => cluster.drain(cluster.podOf(job)));
  return run(given, 50, 'step 1\n', { val_bpb: bpb });
}

export interface Life {
  /** Resolves when the lane is at its end. */
  readonly stopped: Promise<Stop>;
  /** All its memory is gone, and its connections with it. */
  kill(): void;
}

export class LaneOnCluster {
  readonly rig: Rig;
  readonly store = new MemoryStore();
  readonly frontier = new MemoryFrontier();
  #refused = false;

  private constructor(rig: Rig) {
    this.rig = rig;
  }

  static async start(): Promise<LaneOnCluster> {
    let cluster: Cluster | null = null;
    const rig = await Rig.start((given) => behave(cluster!, given));
    cluster = rig.cluster;
    const lane = new LaneOnCluster(rig);
    lane.#arrangeRefusal();
    return lane;
  }

  /** The first Pod of experiment 8 is refused by whatever kubelet it comes to. */
  #arrangeRefusal(): void {
    const { objects, kubelets } = this.rig.cluster;
    objects.onChange(({ plural, object, before }) => {
      const node: string | undefined = object.spec?.nodeName;
      if (plural !== 'pods' || !node || before?.spec.nodeName) return;
      if (object.metadata.labels?.['autoresearch.dev/experiment'] !== '000008' || this.#refused) return;
      this.#refused = true;
      kubelets.refusing.set(node, 'UnexpectedAdmissionError');
      objects.time.after(5000, () => kubelets.refusing.delete(node));
    });
  }

  /** A controller begins. `beats`: called at each of its turns. */
  begin(): Life {
    let dead = false;
    const never = () => new Promise<never>(() => {});
    const over = new AbortController();
    let wake = () => {};
    const { driver } = this.rig.cluster.time;
    // The dead neither let time pass nor try again.
    const clock: Clock = {
      now: driver.now,
      sleep: (ms, signal) => (dead ? never() : driver.sleep(ms, AbortSignal.any([signal, over.signal]))),
    };
    const executor = this.rig.open({ api: this.rig.api({ clock }), onChange: () => wake() });
    void executor.watch(over.signal);
    const stopped = runLane(
      {
        lane,
        store: this.store,
        frontier: this.frontier,
        executor,
        clock,
        proposer,
        brought: { trainPy: SCRIPT[0]!, prepare: '', program: async () => 'scripted' },
        watcher: { happened() {}, turn() {} },
        publish: async () => 0,
        spentUsd: async () => 0,
        pollMs: 10_000,
      },
      new AbortController().signal,
      (now) => {
        wake = now;
      },
    );
    const kill = () => {
      dead = true;
      over.abort();
    };
    return { stopped: stopped.finally(() => over.abort()), kill };
  }

  /** What a lane leaves behind, less what the passing of time alone explains. */
  async remains(): Promise<string[]> {
    const view = await this.frontier.view();
    const { decisions, open } = await Ledger.read(lane, this.store, view);
    const experimentOf = (commit: string | null) =>
      decisions.find((decision) => decision.commit === commit)?.experiment ?? '-';
    const rows = decisions.map((decision) => {
      const { experiment, status, val_bpb, error, attempts, description } = rowOf(decision);
      return [
        experiment,
        status,
        val_bpb,
        error,
        attempts,
        description,
        `on ${experimentOf(decision.base)}`,
      ].join(' ');
    });
    const kept = view.kept.map(({ decision }) => decision.experiment).join(' ');
    const files = await Promise.all(
      decisions.map(async ({ experiment, attempts }) => {
        const prefix = `${LANE}/experiments/${experiment}/`;
        const of = await Promise.all(
          Array.from({ length: attempts }, (_, n) => this.store.list(`${prefix}${n + 1}/`)),
        );
        return `${experiment}: ${of.map((names) => names.filter((name) => name !== 'run.log').join(',')).join(' ')}`;
      }),
    );
    const unsettled = (await this.rig.open().list(LANE)).map((run) => `${run.experiment}/${run.attempt}`);
    return [...rows, `frontier: ${kept}`, ...files, `open: ${[...open.keys()]}`, `runs: ${unsettled}`];
  }
}
