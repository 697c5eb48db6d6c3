"""Whether an honest training is ever refused: many different ones, each under the supervisor, on texts of secrets of their own.

python harness/measure/honest.py [--runs 1000] [--texts 10] [--seed 1] [--begin harness/cpu/train.py]

Every marked constant of train.py is drawn at random, and so is the time for training. What ends in `noncausal`, `suspicious`
or `protocol` was refused, and is printed with its sentence; the exit code is 1 where there is one.
"""
import argparse
import collections
import contextlib
import random
import sys
from pathlib import Path

from knobs import knobs_of, turn
from sealed_trial import Text

REFUSALS = ("noncausal", "suspicious", "protocol")


def drawn(source, rng):
    """`source` with each of its knobs at a random value, half of the time only some of them."""
    for knob in knobs_of(source):
        if rng.random() < rng.choice((0.2, 1.0)):
            source = turn(source, **{knob.name: knob.draw(rng)})
    return source


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--texts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=Path, default=Path(__file__).resolve().parent.parent / "cpu" / "train.py")
    arguments = parser.parse_args()
    rng, source, ended, refused = random.Random(arguments.seed), arguments.begin.read_text(), collections.Counter(), 0
    with contextlib.ExitStack() as stack:
        texts = [stack.enter_context(Text()) for _ in range(arguments.texts)]
        for number in range(arguments.runs):
            edited, budget = drawn(source, rng), round(rng.uniform(0.05, 1.0), 2)
            result = texts[number % len(texts)].run(edited, budget, seed=number)
            ended[result["reason"] or result["status"]] += 1
            if result["reason"] in REFUSALS:
                refused += 1
                print(f"{number}: {result['reason']}: {result['sentence']}", flush=True)
            if (number + 1) % 100 == 0:
                print(f"{number + 1} trainings: {refused} refused; {dict(ended)}", flush=True)
    print(f"{arguments.runs} trainings on {arguments.texts} texts: {refused} refused; ended as {dict(ended)}")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
