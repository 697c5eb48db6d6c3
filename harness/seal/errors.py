"""The ways a run ends without a number."""


class Broken(Exception):
    """train.py broke a rule or a limit: the experiment is to blame. A word, and a sentence its author can act on."""

    def __init__(self, reason, sentence):
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence


class Refused(Exception):
    """The run cannot be measured as asked, and that is not train.py's doing."""

    def __init__(self, reason, sentence):
        super().__init__(sentence)
        self.reason, self.sentence = reason, sentence
