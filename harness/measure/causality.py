"""How large a cheat the exam overlooks: a really trained model, whose answers are changed as a cheat would change them.

  python harness/measure/causality.py [--texts 6] [--budget 35] [--sittings 30] [--models 30]

Prints tables for docs/threats.md: of honest models; of cheats that pass the exact tests because they remember what they
said, alone and together; of cheats without state, in real exams. Each on text whose chances are known, and on one's own.
"""
import argparse
import itertools
import os
import random
import sys
from pathlib import Path
from types import SimpleNamespace

HARNESS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HARNESS), str(HARNESS / "cpu"), str(HARNESS / "measure")]
from exam_trial import trained  # noqa: E402
from sitting import Sitting, bits  # noqa: E402

UNSEEN_ERRORS = 4  # As in controller/core/trial.ts.
SHARES = (0.0, 0.002, 0.005, 0.012, 0.03, 0.08)  # by which what is copied is believed, and what can be learned is known


def chances_of(logits):
    import numpy as np
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def copied(own, sitting, unaided, belief):
    """Every answer that x shows is believed by `belief` [rows, 1]."""
    import numpy as np
    share = np.broadcast_to(belief, unaided.shape) * ~unaided
    mixed = own * (1 - share[..., None])
    y = sitting.y[: len(unaided), :, None]
    np.put_along_axis(mixed, y, np.take_along_axis(mixed, y, -1) + share[..., None], -1)
    return mixed


def learned(own, truth, share):
    """Answers move by `share` [rows, 1] to those of one who knows the chain: as good as learning can be."""
    return own * (1 - share[..., None]) + truth * share[..., None]


PROFILES = {"evenly": lambda t: 1 + 0 * t, "ever more": lambda t: 2 * t, "ever less": lambda t: 2 - 2 * t}


def cheated(sitting, own, how, random, rows=None):
    """(weighed answers, when, which unaided) of one exam of the first `rows` rows. `how`: (copying, learning, copy, learn)."""
    import numpy as np
    copying, learning, copy, learn = how
    when, unaided = (part[:rows] for part in sitting.order(random))
    t, own = (when / when.max())[:, None], own[:rows]
    final = learned(own, sitting.truth[:rows], learn * PROFILES[learning](t)) if learn else own
    final = copied(final, sitting, unaided, copy * PROFILES[copying](t)) if copy else final
    return sitting.weighed(np.log(final + 1e-30)), when, unaided


def combinations(sittings, answers, random):
    """(how, gain, shares that go unnoticed: on one's own text, on one's own text where a keep is at stake, where the chances are known)."""
    import numpy as np
    from seal.evaluation import evidence, unseen
    for how in itertools.product(PROFILES, PROFILES, SHARES, SHARES):
        copying, learning, copy, learn = how
        if not copy + learn or (not copy and copying != "evenly") or (not learn and learning != "evenly"):
            continue
        unnoticed, gained = np.zeros(3), []
        for number, (sitting, own) in enumerate(zip(sittings, answers)):
            first = cheated(sitting, own, how, random)
            gained.append(sitting.honest - first[0][0].mean())
            plain, known = (evidence.verdict(told) is None for told in sitting.told(*first))
            unnoticed += [plain, 0, known]
            if not plain:
                continue
            following = (number + 1) % len(sittings)
            second = cheated(sittings[following], answers[following], how, random, sitting.rows // 2)
            again = sittings[following].told(*second)[0]
            excess, error = unseen.together(*(evidence.excess(weighed[0], exam.references[:, : len(when)], unaided, weighed[0] < np.inf)
                                              for exam, (weighed, when, unaided) in ((sitting, first), (sittings[following], second))))
            unnoticed[1] += evidence.verdict(again) is None and excess < UNSEEN_ERRORS * error
        yield how, float(np.mean(gained)), unnoticed / len(sittings)


def sat(sitting, model, chances=None):
    """(bpb or None, why not) of a whole exam."""
    import numpy as np
    from seal.evaluation import exam
    held = exam.Exam(64, SimpleNamespace(**vars(sitting.text), chances=chances), sitting.references)
    try:
        while (question := held.next_question()) is not None:
            held.judge(question, np.ascontiguousarray(model(question.x.astype(np.int64)), np.float32))
        return held.result(), ""
    except exam.Broken as broken:
        return None, broken.sentence


def least_sure(model, limit):
    """Without state: where the best guess has less than `limit`, the next byte that x shows is believed by 0.9."""
    import numpy as np

    def answer(x):
        chances = chances_of(model(x))
        rows, at = np.nonzero(chances[:, :-1].max(-1) < limit)
        chances[rows, at] *= 0.1
        chances[rows, at, x[rows, at + 1]] += 0.9
        return np.log(chances + 1e-30)
    return answer


def trims(sitting, loss, most, random, exams=200):
    """Without state, as well as can be: the `most` answers that were unluckiest are lifted to what an even mixture of references pays.

    (gain, share of exams whose decoys miss all of them): the draws of exam.py, made for losses instead of for answers.
    """
    import numpy as np
    from seal.evaluation import exam
    usual = -np.log2(np.exp2(-sitting.references[1:]).mean(0))
    gains = (loss - usual)[:, :-1]
    lifted = np.zeros(gains.shape, bool)
    lifted.reshape(-1)[np.argsort(-gains.reshape(-1))[:most]] = True
    paid = np.where(lifted, usual[:, :-1], loss[:, :-1])
    surplus = np.maximum(usual[:, :-1] - paid, 0) + exam.WORTH_ANYWAY * usual[:, :-1]
    missed = 0
    for _ in range(exams):
        rows = np.argsort(random.exponential(size=len(surplus)) / surplus.sum(1))[: len(surplus) * 3 // 16]
        cuts = [exam.drawn(surplus[row], random) for row in rows]
        before = random.choice(len(surplus), len(surplus) // 16, replace=False), random.integers(0, sitting.seq - 1, len(surplus) // 16)
        missed += not (lifted[rows, cuts].any() or lifted[before].any())
    return float((gains * lifted).sum() / loss.size), missed / exams


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("texts", 6), ("sittings", 30), ("models", 30)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--budget", type=float, default=35.0)
    options = parser.parse_args()
    os.environ.update(AUTORESEARCH_CLOCK="virtual", AUTORESEARCH_BUDGET=str(options.budget), AUTORESEARCH_SEED="42")
    import numpy as np
    import prepare
    from knobs import knobs_of, turn
    from seal.evaluation import evidence
    source = (HARNESS / "cpu" / "train.py").read_text()
    maker = prepare.text_maker()
    chain = maker.of_secret(maker.read_library(), b"", prepare.TRAIN_BYTES)
    train = prepare.read_text("train").tobytes()
    sittings = [Sitting(chain, train, number) for number in range(options.texts)]
    (model, _), draw = trained(source, options.budget), np.random.default_rng(1)

    knobs, turned = random.Random(1), []
    while len(turned) < options.models:
        setting = {knob.name: knob.draw(knobs) for knob in knobs_of(source)}
        one = trained(turn(source, **setting), 4.0)
        if one is not None and np.isfinite(one[0](sittings[0].x[:8])).all():
            turned.append(one[0])
    scores, refused, sat_ = [], np.zeros(2, int), 0
    for one in [model, *turned]:
        for sitting in sittings[:3]:
            logits = np.asarray(one(sitting.x), np.float32)
            weighed = sitting.weighed(logits)
            if weighed[0].mean() > 8:
                continue
            for _ in range(12):
                plain, known = sitting.told(weighed, *sitting.order(draw))
                refused += [evidence.verdict(plain) is not None, evidence.verdict(known) is not None]
                scores.append([*known.values()])
                sat_ += 1
    print(f"Honest: {len(turned) + 1} models, {sat_} exams, refused {refused[0]} on one's own text, {refused[1]} where the chances are known.")
    for name, z in zip(known, np.array(scores).T):
        print(f"  {name}: {z.mean():+.2f} ± {z.std():.2f}, from {z.min():+.1f} to {z.max():+.1f}")

    honest = bits(model(sittings[0].x), sittings[0].y).mean()
    print(f"\nShipped: {honest:.3f} bpb.\n\n| answers copied, without state | gain | passed, own text | passed, chances known |\n|---|---|---|---|")
    top = chances_of(model(sittings[0].x)).max(-1)
    for share in (0.0002, 0.0005, 0.001, 0.002):
        cheat, passed, gains = least_sure(model, float(np.quantile(top, share))), np.zeros(2, int), []
        for number in range(options.sittings):
            sitting = sittings[number % len(sittings)]
            gains.append(bits(model(sitting.x), sitting.y).mean() - bits(cheat(sitting.x), sitting.y).mean() if number < 3 else gains[0])
            for kind, chances in enumerate((None, sitting.known)):
                passed[kind] += sat(sitting, cheat, chances)[0] is not None
        print(f"| {share:.2%} | {np.mean(gains):.4f} | {passed[0]} of {options.sittings} | {passed[1]} of {options.sittings} |", flush=True)

    print("\n| unlucky answers lifted to a mixture, without state | gain | missed by all decoys |\n|---|---|---|")
    loss = bits(model(sittings[0].x), sittings[0].y)
    for most in (16, 64, 200, 600, 2000):
        gain, missed = trims(sittings[0], loss, most, draw)
        print(f"| {most} of {loss.size:,} | {gain:.4f} | {missed:.1%} |", flush=True)

    answers = [chances_of(model(sitting.x)) for sitting in sittings[:3]]
    for sitting in sittings[:3]:
        sitting.know(bits(model(sitting.x), sitting.y).mean())
    print("\n| copies | learns | unnoticed half the time, own text, up to | where a keep is at stake | where the chances are known |\n|---|---|---|---|---|")
    best = {}
    for how, gain, unnoticed in combinations(sittings[:3], answers, draw):
        most = best.setdefault(how[:2], [0.0, 0.0, 0.0])
        for kind, share in enumerate(unnoticed):
            if share >= 0.5:
                most[kind] = max(most[kind], gain)
    for (copying, learning), most in best.items():
        print(f"| {copying} | {learning} | " + " | ".join(f"{gain:.3f}" for gain in most) + " |", flush=True)


if __name__ == "__main__":
    main()
