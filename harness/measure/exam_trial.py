"""A training and its two exams in this process: what the supervisor would say of the answers, at a third of the cost of a run."""
import os
import sys
from dataclasses import asdict
from pathlib import Path

HARNESS = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(HARNESS), str(HARNESS / "cpu")]
os.environ["AUTORESEARCH_CLOCK"] = "virtual"
CORE = 7.0  # Virtual seconds that a core does in one, about; see prepare.VIRTUAL_RATE.


def trained(source, budget, seed=42):
    """The model of a train.py, after `budget` virtual seconds; None where it does not come to its evaluation."""
    import prepare
    prepare.TIME_BUDGET, prepare.SEED = budget, seed
    caught, names = [], {"__name__": "trial"}
    exec(compile(source, "train.py", "exec"), names)
    names["evaluate_bpb"] = lambda model, tokenizer, batch: caught.append((model, batch)) or 8.0
    names["print"] = lambda *rest, **options: None
    try:
        names["main"]()
    except (SystemExit, FloatingPointError):
        return None
    return caught[0]


class ExamTrial:
    """A lane's text, at `path`, and trainings that sit its exams."""

    def __init__(self, path):
        from seal.evaluation import ngrams
        from seal.evaluation.dataset import read_dataset
        self._text = str(path / "text")
        self._dataset = read_dataset(self._text, str(path / "sealed"))
        self._references = ngrams.load(self._dataset.reference_path, self._dataset.train, self._dataset.val, self._dataset.rows, self._dataset.seq)

    def run(self, source, budget, seed, part):
        """As Text.run: what of a result tells whether it was refused. `budget`: seconds of a core."""
        from seal.evaluation.exam import Broken
        from seal.evaluation.unseen import Sittings
        from seal.intent import Wanted
        os.environ["AUTORESEARCH_TEXT"] = self._text
        found = trained(source, CORE * budget, seed)
        if found is None:
            return {"status": "crashed", "reason": "exit", "sentence": ""}
        sittings = Sittings(self._dataset, self._references, Wanted(part, None), lambda sentence: None, lambda: None)
        try:
            first = sittings.first(found[1])
            answered(first, found[0])
            val_bpb = first.result()
            answered(sittings.second(val_bpb), found[0])
            sittings.conclude()
        except Broken as broken:
            return {"status": "crashed", "reason": broken.reason, "sentence": broken.sentence}
        return {"status": "finished", "reason": "", "sentence": "", "val_bpb": val_bpb, "unseen": asdict(sittings.unseen)}


def answered(exam, model):
    """The exam after the model's last answer."""
    import numpy as np
    while (question := exam.next_question()) is not None:
        exam.judge(question, np.ascontiguousarray(model(question.x.astype(np.int64)), np.float32))
