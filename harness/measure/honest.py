"""Whether an honest training is ever refused: many different ones, each under the supervisor, on texts of secrets of their own.

python harness/measure/honest.py [--runs 1000] [--texts 10] [--seed 1] [--begin harness/cpu/train.py] [--exams]

Every marked constant of train.py is drawn at random, and so is the time for training. Each is asked unseen text, too. What
ends in `noncausal`, `suspicious` or `protocol` was refused, and so was what is worse on unseen text than a lane lets pass. It is
printed with its sentence; the exit code is 1 where there is one. A run at an odd pace is no measurement: it is run again, as
a lane does, and counted apart. With --exams no supervisor runs: the exams alone are sat, in this process, in a third of the time.
"""
import argparse
import collections
import contextlib
import random
import sys
from pathlib import Path

from exam_trial import ExamTrial
from knobs import knobs_of, turn
from sealed_trial import Text

REFUSALS = ("noncausal", "suspicious", "protocol", "pace")
ATTEMPTS = 3  # At a run whose pace was odd.
UNSEEN_ERRORS = 4  # As in controller/core/trial.ts.


def drawn(source, rng):
    """`source` with each of its knobs at a random value, half of the time only some of them."""
    for knob in knobs_of(source):
        if rng.random() < rng.choice((0.2, 1.0)):
            source = turn(source, **{knob.name: knob.draw(rng)})
    return source


def gap_of(result):
    """How much worse it is on unseen text, in standard errors; None where that was not answered."""
    told = result.get("unseen") or {}
    return None if told.get("gap") is None else told["gap"] / told["error"]


def refusal(result):
    """Why a lane would keep none of it whatever its number is, or None."""
    if result["reason"] in REFUSALS:
        return f"{result['reason']}: {result['sentence']}"
    return f"unseen: {result['unseen']}" if (gap_of(result) or 0) > UNSEEN_ERRORS else None


def measured(text, source, budget, seed):
    """(result, how many attempts before it were at an odd pace)."""
    for odd in range(ATTEMPTS):
        result = text.run(source, budget, seed, part=seed)
        if (result["status"], result["reason"]) != ("refused", "pace"):
            return result, odd
    return result, ATTEMPTS


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--texts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--begin", type=Path, default=Path(__file__).resolve().parent.parent / "cpu" / "train.py")
    parser.add_argument("--exams", action="store_true")
    arguments = parser.parse_args()
    rng, source, ended, refused, odd = random.Random(arguments.seed), arguments.begin.read_text(), collections.Counter(), 0, 0
    gaps = []  # On unseen text, in their errors.
    with contextlib.ExitStack() as stack:
        texts = [stack.enter_context(Text()) for _ in range(arguments.texts)]
        texts = [ExamTrial(text.path) for text in texts] if arguments.exams else texts
        for number in range(arguments.runs):
            edited, budget = drawn(source, rng), round(rng.uniform(0.05, 1.0), 2)
            result, more = measured(texts[number % len(texts)], edited, budget, number)
            odd += more
            ended[result["reason"] or result["status"]] += 1
            if why := refusal(result):
                refused += 1
                print(f"{number}: {why}", flush=True)
            gaps += [gap for gap in [gap_of(result)] if gap is not None]
            if (number + 1) % 100 == 0:
                print(f"{number + 1} trainings: {refused} refused, {odd} more at an odd pace; {dict(ended)}", flush=True)
    print(f"{arguments.runs} trainings on {arguments.texts} texts: {refused} refused, {odd} more at an odd pace; ended as {dict(ended)}")
    if gaps:
        print(f"{len(gaps)} were asked unseen text: gaps of {min(gaps):+.1f} to {max(gaps):+.1f} errors")
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
