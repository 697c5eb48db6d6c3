// A lane of ten experiments that end in ten ways, or one where seeds decide, on a cluster in this process: the loop
// itself, its store and its frontier in memory, and every word to the cluster over HTTP.
import { jobName } from '../../controller/adapters/kubernetes/manifest/names.ts';
import type { Lane } from '../../controller/core/experiment.ts';
import type { Stop } from '../../controller/loop/context.ts';
import { runLane } from '../../controller/loop/loop.ts';
import type { Clock, Proposer } from '../../controller/ports.ts';
import { encode } from '../../controller/report/results-tsv.ts';
import { MemoryFrontier } from '../memory/frontier.ts';
import { MemoryStore } from '../memory/store.ts';
import type { Cluster } from './cluster.ts';
import { noise, Rig } from './rig.ts';
import { isOver } from './scheduler.ts';
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
const SCRIPT: readonly string[] = [
  file('BPB=2.0'),
  file('BPB=1.9'),
  file('BPB=1.95'),
  file('RAISES=NameError'),
  file('RAISES=SyntaxError'),
  file('WALL'),
  file('DRAINED BPB=1.8'),
  file('OOM'),
  file('REFUSED BPB=1.7'),
  `# ${noise(90_000)}\n`,
];
const REPAIRED = file('BPB=1.85');

/** By id; a train takes the ids between. The second of them loses a run, as its idea does. */
const DECIDED: Readonly<Record<number, string>> = {
  0: file('BPB=2.0'),
  1: file('BPB=1.9'),
  3: file('BPB=1.95'),
  4: file('DRAINED BPB=1.8'),
};

const scenarios = {
  plain: { lane, files: SCRIPT },
  evidence: {
    lane: { ...lane, evidence: 2, limits: { ...lane.limits, experiments: 5 } },
    files: DECIDED,
  },
} satisfies Readonly<Record<string, { lane: Lane; files: Readonly<Record<number, string>> }>>;
export type Scenario = keyof typeof scenarios;

function proposerOf(files: Readonly<Record<number, string>>): Proposer {
  return {
    propose: async ({ next, tip }) => ({
      kind: 'ideas',
      ideas: [
        {
          description: `idea ${next}`,
          hypothesis: '',
          source: 'builtin',
          base: tip,
          trainPy: files[next]!,
          stackOf: null,
        },
      ],
    }),
    fix: async ({ reason }) => (reason === 'name' ? REPAIRED : null),
  };
}

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
  const drain = () => {
    for (const pod of cluster.podsOf(job)) if (!isOver(pod)) cluster.drain(pod);
  };
  if (trainPy.includes('DRAINED') && attempt === 1) cluster.time.after(30_000, drain);
  return run(given, 50, 'step 1\n', { val_bpb: bpb });
}

export interface Life {
  /** Resolves when the lane is at its end; null where this controller was killed before. */
  readonly stopped: Promise<Stop | null>;
  /** All its memory is gone, and its connections with it. */
  kill(): void;
}

export class LaneOnCluster {
  readonly rig: Rig;
  readonly rules: Lane;
  readonly #files: Readonly<Record<number, string>>;
  readonly store = new MemoryStore();
  readonly frontier = new MemoryFrontier();
  /** By how much the clock of the controllers is wrong, milliseconds. */
  skewMs = 0;
  /** Attempts (`000006/2`) whose container started, once for each time it did. */
  readonly starts: string[] = [];
  /** results.tsv as it was published last. */
  published = '';
  #refused = false;

  private constructor(rig: Rig, scenario: Scenario) {
    this.rig = rig;
    this.rules = scenarios[scenario].lane;
    this.#files = scenarios[scenario].files;
  }

  /** `onStart`: called when the container of an attempt starts. */
  static async start(
    onStart: (lane: LaneOnCluster, given: Given) => void = () => {},
    scenario: Scenario = 'plain',
  ): Promise<LaneOnCluster> {
    let lane: LaneOnCluster | null = null;
    const rig = await Rig.start((given) => {
      lane!.starts.push(`${given.experiment}/${given.attempt}`);
      onStart(lane!, given);
      return behave(lane!.rig.cluster, given);
    });
    lane = new LaneOnCluster(rig, scenario);
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

  /** A controller begins; one that is there already goes on. */
  begin(): Life {
    let dead = false;
    const never = () => new Promise<never>(() => {});
    const over = new AbortController();
    let wake = () => {};
    const { driver, clock: idle } = this.rig.cluster.time;
    const now = () => driver.now() + this.skewMs;
    // The dead neither let time pass nor try again.
    const clock: Clock = {
      now,
      sleep: (ms, signal) => (dead ? never() : driver.sleep(ms, AbortSignal.any([signal, over.signal]))),
    };
    const executor = this.rig.open({
      api: this.rig.api({ clock }),
      clock: { now, sleep: idle.sleep },
      onChange: () => wake(),
    });
    void executor.watch(over.signal);
    const stopped = runLane(
      {
        lane: this.rules,
        store: this.store,
        frontier: this.frontier,
        executor,
        clock,
        proposer: proposerOf(this.#files),
        inputs: { trainPy: this.#files[0]!, prepare: '', program: async () => 'scripted' },
        observer: { happened() {}, turn() {} },
        publish: async (decisions) => {
          this.published = encode(decisions);
          return 0;
        },
        spentUsd: async () => 0,
        pollMs: 10_000,
      },
      new AbortController().signal,
      (wakeNow) => {
        wake = wakeNow;
      },
    );
    let kill = () => {};
    const killed = new Promise<null>((resolve) => {
      kill = () => {
        dead = true;
        over.abort();
        resolve(null);
      };
    });
    return { stopped: Promise.race([stopped.finally(() => over.abort()), killed]), kill };
  }
}
