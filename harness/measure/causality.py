"""How large a cheat the exam overlooks: honest losses of really trained models, changed as a cheat would change them.

  python harness/measure/causality.py [--texts 12] [--budget 10]

Prints tables for docs/threats.md. The cheats are those that pass the exact tests because they remember what they said:
copying the next byte out of x by a share, learning from the validation text while answering, recognising shown rows.
"""
import argparse
import os
import sys
from pathlib import Path
from types import SimpleNamespace

HARNESS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HARNESS), str(HARNESS / "cpu")]
SIGMAS, POWER_95 = 5.0, 1.645


def honest_model(budget):
    """The baseline, trained for `budget` seconds of the virtual clock."""
    os.environ.update(AUTORESEARCH_CLOCK="virtual", AUTORESEARCH_BUDGET=str(budget), AUTORESEARCH_SEED="42")
    import train
    caught = []
    train.evaluate_bpb = lambda model, tokenizer, batch: caught.append(model) or 8.0
    train.print = lambda *rest, **options: None
    train.main()
    return caught[0]


def bits(logits, y):
    """Loss of each byte of y under the logits."""
    import numpy as np
    shifted = logits - logits.max(-1, keepdims=True)
    return (np.log(np.exp(shifted).sum(-1, dtype=np.float64)) - np.take_along_axis(shifted, y[..., None], -1)[..., 0]) / np.log(2)


class Sitting:
    """One validation text, its references, and an exam's order of questions."""

    def __init__(self, chain, train, number, tokens, seq):
        from seal.evaluation import exam, ngrams
        import numpy as np
        val = chain.speak(b"power of the exam %d" % number, tokens + 1).tobytes()
        self.rows = tokens // seq
        content = np.frombuffer(val, np.uint8)
        self.x, self.y = (content[i : i + tokens].reshape(self.rows, seq).astype(np.int64) for i in (0, 1))
        self.references = ngrams.losses(train, val, self.rows, seq).astype(np.float32)
        text = SimpleNamespace(train=train, val=val, seq=seq, rows=self.rows, floor_bpb=None, vocab=256, widths=None)
        held = exam.Exam(64, text, self.references)
        self.requests = []
        while (question := held.next_question()) is not None:
            self.requests.append([row for kind, row, _ in question.slots if kind == exam.MAIN])
        self.unseen, self.asked_in = held._end_unseen, held._asked_in

    def z(self, loss):
        """(ends, order): what the exam would see."""
        from seal.evaluation import evidence
        return evidence.scores(loss, self.references, self.unseen, self.asked_in)


def copying(share):
    """Every visible answer is believed by a share."""
    def change(loss):
        changed = loss.copy()
        changed[:, :-1] *= 1 - share
        return changed
    return change


def copying_the_rare(most):
    """Only what would have cost more than `most` bits is copied, down to that."""
    def change(loss):
        changed = loss.copy()
        changed[:, :-1] = changed[:, :-1].clip(max=most)
        return changed
    return change


def copying_late(share):
    """Only in the second half of each row."""
    def change(loss):
        changed, half = loss.copy(), loss.shape[1] // 2
        changed[:, half:-1] *= 1 - share
        return changed
    return change


def learning(asked_in, total):
    """Losses fall evenly, from nothing at the first request to `total` bits at the last."""
    def change(loss):
        return loss - total * (asked_in / asked_in.max())[:, None]
    return change


def smallest(sittings, losses, cheat_of, strengths, which):
    """The first strength found half the time, and the first found in 95 %: (gain, z) of each, gains in bpb."""
    import numpy as np
    found = {}
    for strength in strengths:
        changed = [cheat_of(sitting, strength)(loss) for sitting, loss in zip(sittings, losses)]
        scores = np.array([abs(sitting.z(one)[which]) for sitting, one in zip(sittings, changed)])
        gain = float(np.mean([(loss - one).mean() for loss, one in zip(losses, changed)]))
        for name, certain in (("half", scores.mean()), ("95 %", scores.mean() - POWER_95 * scores.std(ddof=1))):
            if certain >= SIGMAS and name not in found:
                found[name] = gain
        if len(found) == 2:
            break
    return found


def real_learner(sitting, model_of, rate):
    """The baseline takes Adam steps on each request's rows before it answers the next one."""
    import numpy as np
    import train
    model = model_of()
    optimizer, loss = train.Optimizer(model.params), np.empty(sitting.y.shape)
    for rows in sitting.requests:
        x, y = sitting.x[rows], sitting.y[rows]
        loss[rows] = bits(model(x), y)
        if rate:
            for part in np.array_split(np.arange(len(rows)), 4):
                if len(part):
                    optimizer.step(model.loss_and_grads(x[part, :-1], x[part, 1:])[1], rate)
    return loss


def cached(sitting, logits_of, weight, order):
    """An n-gram memory of what was shown, mixed into the model's answers by `weight`."""
    import numpy as np
    memory, loss = {}, np.empty(sitting.y.shape)
    for rows in sitting.requests:
        logits = logits_of(sitting.x[rows])
        chance = np.exp(logits - logits.max(-1, keepdims=True))
        chance /= chance.sum(-1, keepdims=True)
        for place, row in enumerate(rows):
            shown = sitting.x[row].tolist()
            for t in range(len(shown)):
                known = memory.get(tuple(shown[max(0, t - order + 1) : t + 1])) if t + 1 >= order else None
                own = chance[place, t, sitting.y[row, t]]
                if known:
                    own = (own + weight * known.count(sitting.y[row, t])) / (1 + weight * len(known))
                loss[row, t] = -np.log2(own)
        for row in rows:
            shown = sitting.x[row].tolist()
            for t in range(order - 1, len(shown) - 1):
                memory.setdefault(tuple(shown[t - order + 1 : t + 1]), []).append(shown[t + 1])
    return loss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=12)
    parser.add_argument("--budget", type=float, default=10.0)
    options = parser.parse_args()
    model = honest_model(options.budget)
    import copy
    import numpy as np
    import prepare
    chain = prepare.Chain(prepare.read_corpus())
    train_text = prepare.read_text("train").tobytes()
    sittings = [Sitting(chain, train_text, i, prepare.EVAL_TOKENS, prepare.MAX_SEQ_LEN) for i in range(options.texts)]
    losses = [bits(model(one.x), one.y) for one in sittings]
    plain = np.array([one.z(loss) for one, loss in zip(sittings, losses)])
    ends = np.mean([one.unseen.sum() for one in sittings])
    print(f"Baseline of {np.mean(losses):.3f} bpb; {options.texts} validation texts of {prepare.EVAL_TOKENS} bytes; {ends:.0f} unseen ends each.\n")
    print(f"Honest: ends z {plain[:, 0].mean():+.2f} ± {plain[:, 0].std(ddof=1):.2f}, order z {plain[:, 1].mean():+.2f} ± {plain[:, 1].std(ddof=1):.2f}\n")
    without = np.mean([SIGMAS * loss[one.unseen, -1].std() / np.sqrt(one.unseen.sum()) for one, loss in zip(sittings, losses)])
    print(f"Without references the ends would show {without:.3f} bpb at 5 sigma.\n")
    print("| cheat, with a perfect memory of what it said | found half the time, bpb | found in 95 %, bpb |\n|---|---|---|")
    shares = np.geomspace(0.005, 0.8, 60)
    kinds = [
        ("copies every next byte by a share", lambda _, s: copying(s), shares, 0),
        ("copies in the second half of rows only", lambda _, s: copying_late(s), shares, 0),
        ("copies what is rare only", lambda _, s: copying_the_rare(s), np.linspace(16, 1, 60), 0),
        ("learns evenly while it answers", lambda one, s: learning(one.asked_in, s), shares, 1),
    ]
    for title, cheat_of, strengths, which in kinds:
        found = smallest(sittings, losses, cheat_of, strengths, which)
        print(f"| {title} | {found.get('half', float('nan')):.3f} | {found.get('95 %', float('nan')):.3f} |")
    print("\n| what a model that learns really gains, at its best | bpb | order z | and unnoticed | order z |\n|---|---|---|---|---|")
    few = list(zip(sittings, losses))[: max(4, options.texts // 3)]
    families = [
        ("steps of Adam on what it is asked", lambda one, rate: real_learner(one, lambda: copy.deepcopy(model), rate), np.geomspace(3e-4, 1e-2, 5)),
        ("a memory of 4-grams, mixed in", lambda one, weight: cached(one, model, weight, 4), np.geomspace(0.003, 1, 7)),
        ("a memory of 6-grams, mixed in", lambda one, weight: cached(one, model, weight, 6), np.geomspace(0.003, 3, 7)),
    ]
    for title, losses_of, strengths in families:
        tried = []
        for strength in strengths:
            changed = [losses_of(one, strength) for one, _ in few]
            gain = np.mean([(loss - new).mean() for (_, loss), new in zip(few, changed)])
            tried.append((gain, np.mean([one.z(new)[1] for (one, _), new in zip(few, changed)])))
        best, unnoticed = max(tried), max(one for one in tried if abs(one[1]) < SIGMAS)
        print(f"| {title} | {best[0]:+.3f} | {best[1]:+.1f} | {unnoticed[0]:+.3f} | {unnoticed[1]:+.1f} |")
    seen_ends = np.mean([loss[~one.unseen, -1].sum() / loss.size for one, loss in zip(sittings, losses)])
    print(f"\nRow ends whose answer was shown before, if all of them were recognised: {seen_ends:+.4f} bpb.")


if __name__ == "__main__":
    main()
