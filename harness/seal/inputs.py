"""All that a run is made of, read and checked before anything starts."""
import hashlib
import os
import re

from seal import measurement
from seal.conditions import supervise_sha256
from seal.errors import Refused
from seal.evaluation.dataset import BadDataset, read_dataset
from seal.intent import BASELINE, BadIntent, read_intent
from seal.result import UNKNOWN_SHA256
from seal.run_dir import BadTrain, NotPrivate

HASHES = ("train_sha256", "prepare_sha256", "supervise_sha256", "data_sha256")


class Inputs:
    """`intent`, `train` (bytes), `sources` (what train.py and prepare.py say), `dataset`; `hashes` and `conditions` go into the result.

    What could not be read has a hash of zeros, and a nonce of zeros is nobody's.
    """

    def __init__(self):
        self.nonce = "0" * 32
        self.intent = self.train = self.sources = self.dataset = None
        self.hashes = dict.fromkeys(HASHES, UNKNOWN_SHA256)
        self.conditions = ""

    def read(self, run_dir, options):
        """Raises Refused, with what to do."""
        try:
            self.intent = read_intent(run_dir.intent_path)
            self.nonce = self.intent.nonce
            run_dir.check_private()
            self.hashes["supervise_sha256"] = supervise_sha256()
            run_dir.bring_train()
            self.train = self._source("train", run_dir.work)
            prepare = self._source("prepare", options.harness)
            self.conditions = measurement.words(prepare, options.gpu, options.run is None)
            self.sources = [source.decode("utf-8", "replace") for source in (self.train, prepare)]
            self._check_trainer()
            self.dataset = read_dataset(options.text, options.sealed)
            self.hashes["data_sha256"] = self.dataset.data_sha256
        except (BadIntent, NotPrivate, BadTrain, BadDataset) as error:
            self.nonce = getattr(error, "nonce", self.nonce)
            raise Refused("setup", str(error)) from error
        except OSError as error:
            raise Refused("setup", f"{error.filename} cannot be read: {error.strerror}") from error

    def _check_trainer(self):
        """An edit may ask for what is not there; a baseline that does so was given another trainer's prepare.py. Raises Refused."""
        train, prepare = self.sources
        wanted = re.search(r"(?m)^from prepare import (\([^)]*\)|.*)", train)
        if self.intent.experiment != BASELINE or wanted is None:
            return
        for name in re.findall(r"\w+", re.sub(r"#.*|\bas\s+\w+", "", wanted[1])):
            if not re.search(rf"\b{name}\b", prepare):
                raise Refused("setup", f"prepare.py has no {name}, which train.py takes from it: they are of two trainers; "
                                       "give the pool the image of the lane's trainer, or a train.py for this one")

    def references(self):
        """What plain models of the training text know of the validation text, see ngrams.py."""
        from seal.evaluation import ngrams
        found = self.dataset
        return ngrams.load(found.reference_path, found.train, found.val, found.rows, found.seq, found.vocab)

    def _source(self, name, folder):
        with open(os.path.join(folder, f"{name}.py"), "rb") as file:
            content = file.read()
        self.hashes[f"{name}_sha256"] = hashlib.sha256(content).hexdigest()
        return content
