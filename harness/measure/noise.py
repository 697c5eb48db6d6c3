"""How much of a gain is noise: tables for docs/measurements.md, printed as Markdown. Takes minutes; not a part of npm test.

uv run --project harness/cpu python harness/measure/noise.py TABLE, where TABLE is
  noise     the same seed and fresh seeds, alone and three at once, CPU and wall clock
  sealed    the same seed under the supervisor, alone and beside six busy processes: the sigma that a lane has on this machine
  gains     what 20 changes of a single knob bring
  search    the best of 100 random settings against the shipped one
"""
import argparse
import datetime
import os
import platform
import random
import statistics
import sys

import numpy as np

from knobs import knobs_of, turn
from sealed_trial import Neighbours, Text
from trial import BASELINE, Laboratory

SEED = 42
# Knobs of every kind, up and down, and alternatives: what a first evening would try.
CHANGES = [
    ("LEARNING_RATE", "0.002"), ("LEARNING_RATE", "0.01"), ("LEARNING_RATE", "0.03"), ("BATCH_SIZE", "4"), ("BATCH_SIZE", "16"),
    ("CONTEXT", "2"), ("CONTEXT", "5"), ("EMBED_DIM", "16"), ("EMBED_DIM", "32"), ("WIDTH", "64"), ("WIDTH", "192"),
    ("DEPTH", "0"), ("DEPTH", "2"), ("ACTIVATION", '"relu"'), ("ACTIVATION", '"silu"'), ("NORM", '"rms"'),
    ("OPTIMIZER", '"lion"'), ("WARMDOWN_RATIO", "0.6"), ("BETA2", "0.95"), ("OUTPUT_INIT", "0.05"),
]
# A virtual second is worth about a seventh of a CPU second (prepare.VIRTUAL_RATE): this is the shipped budget again.
VIRTUAL_BUDGET = 35.0


def conditions():
    """Where and on what this was measured, in a line."""
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo") as file:
            model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), model)
    machine = f"{os.cpu_count()} cores ({model}), {platform.system()} {platform.release()}"
    return f"{datetime.date.today()}, {machine}, Python {platform.python_version()}, numpy {np.__version__}, nice {os.nice(0)}"


def load():
    return os.getloadavg()[0]


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def head(*cells):
    row(*cells)
    row(*("---" for _ in cells))


def noise(laboratory, repeats):
    """Each cell: the shipped train.py `repeats` times."""
    head("clock", "machine", "seed", "n", "mean", "sigma", "lowest", "highest", "steps, fewest to most", "load average")
    for clock in ("cpu", "wall"):
        for company in (1, 3):
            for fresh in (False, True):
                before = load()
                trials = []
                while len(trials) < repeats:
                    seeds = [1000 + len(trials) + i if fresh else SEED for i in range(company)]
                    running = [laboratory.start(BASELINE, seed=seed, clock=clock) for seed in seeds]
                    trials += [laboratory.finish(process) for process in running]
                bpb, steps = [t.val_bpb for t in trials], [t.steps for t in trials]
                row(clock, "alone" if company == 1 else "three at once", "fresh" if fresh else "the same", len(bpb),
                    f"{statistics.mean(bpb):.4f}", f"{statistics.stdev(bpb):.4f}", f"{min(bpb):.4f}", f"{max(bpb):.4f}",
                    f"{min(steps)} to {max(steps)}", f"{before:.1f} to {load():.1f}")


def sealed(_, repeats):
    """The shipped train.py, alone and beside others in turn, so that whatever else the machine does meets both alike."""
    found = {0: [], 6: []}
    with Text() as text:
        for i in range(repeats):
            for company, results in found.items():
                with Neighbours(company):
                    result = text.run(BASELINE)
                results.append((result, load()))
                print(company, i, result["val_bpb"], result["steps"], result.get("pace"), result["sentence"], file=sys.stderr, flush=True)
    head("beside it", "n", "mean", "sigma", "lowest", "highest", "steps, fewest to most", "pace", "load average")
    for company, results in found.items():
        numbers = [result for result, _ in results if result["status"] == "finished"]
        bpb, steps, pace = ([result[key] for result in numbers] for key in ("val_bpb", "steps", "pace"))
        loads = [busy for _, busy in results]
        row(f"{company} busy processes", len(bpb), f"{statistics.mean(bpb):.4f}", f"{statistics.stdev(bpb):.4f}", f"{min(bpb):.4f}", f"{max(bpb):.4f}",
            f"{min(steps)} to {max(steps)}", f"{min(pace):.2f} to {max(pace):.2f}", f"{min(loads):.1f} to {max(loads):.1f}")


def gains(laboratory, repeats):
    """Each change against the shipped train.py on the same seeds, on the virtual clock: no machine's noise in it."""
    seeds = range(1000, 1000 + repeats)

    def measure(source):
        return [laboratory.run(source, seed=seed, clock="virtual", budget=VIRTUAL_BUDGET).val_bpb for seed in seeds]

    shipped = measure(BASELINE)
    before = {knob.name: knob.literal for knob in knobs_of(BASELINE)}
    rows = []
    for name, literal in CHANGES:
        changed = measure(turn(BASELINE, **{name: literal}))
        shown = f"`{name}` {before[name]} to {literal}"
        if None in changed:
            rows.append((float("-inf"), shown, "failed", ""))
        else:
            pairs = [was - now for was, now in zip(shipped, changed, strict=True)]
            rows.append((statistics.mean(pairs), shown, f"{statistics.mean(pairs):+.4f}", f"{min(pairs):+.4f} to {max(pairs):+.4f}"))
        print(rows[-1], file=sys.stderr, flush=True)
    print(f"Shipped: {statistics.mean(shipped):.4f} ({', '.join(f'{bpb:.4f}' for bpb in shipped)}) on {repeats} seeds.\n")
    head("change", "gain, mean over the seeds", "lowest and highest")
    for _, *cells in sorted(rows, reverse=True):
        row(*cells)


def search(laboratory, points):
    """Uniform over what the marks allow, on the virtual clock: the same numbers on every machine of this kind."""
    rng = random.Random(1)
    shipped = laboratory.run(BASELINE, seed=SEED, clock="virtual", budget=VIRTUAL_BUDGET)
    found = []
    for i in range(points):
        setting = {knob.name: knob.draw(rng) for knob in knobs_of(BASELINE)}
        trial = laboratory.run(turn(BASELINE, **setting), seed=SEED, clock="virtual", budget=VIRTUAL_BUDGET)
        found.append((trial.val_bpb, setting))
        print(f"{i} {trial.val_bpb} {trial.sentence}", file=sys.stderr, flush=True)
    alive = sorted((bpb, tuple(setting.items())) for bpb, setting in found if bpb is not None)
    bpb = [value for value, _ in alive]
    better = sum(b < shipped.val_bpb for b in bpb)
    print(f"Shipped: {shipped.val_bpb:.4f}. Best of {points}: {bpb[0]:.4f}. Better than the shipped one: {better}. Failed: {points - len(bpb)}.")
    print(f"Deciles: {', '.join(f'{value:.3f}' for value in statistics.quantiles(bpb, n=10))}.\n")
    head("val_bpb", "setting")
    for value, setting in alive[:3]:
        row(f"{value:.4f}", ", ".join(f"{name} {literal}" for name, literal in setting))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=["noise", "sealed", "gains", "search"])
    parser.add_argument("-n", type=int, help="runs per cell (noise, sealed: 9, gains: 3) or points (search: 100)")
    options = parser.parse_args()
    print(conditions() + f", load average {load():.1f} at the start.\n", flush=True)
    with Laboratory() as laboratory:
        table, usual = {"noise": (noise, 9), "sealed": (sealed, 9), "gains": (gains, 3), "search": (search, 100)}[options.table]
        table(laboratory, options.n or usual)


if __name__ == "__main__":
    main()
