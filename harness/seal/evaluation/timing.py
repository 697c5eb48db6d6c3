"""Whether training and evaluation were what they are called. A model that trains on has had more than its budget."""
from seal.errors import Broken

UNITS = 32  # Looks at the clock per evaluation, for each is a look at all processes.
TIMES_USUAL = 1.5  # Up to so many times what the fastest quarter took, a busy machine makes the difference.
PAUSE_SHARE = 0.05  # Of the budget,
PAUSE_SECONDS = {"cpu": 0.25, "wall": 60.0}  # and so many seconds more, which on a GPU may go into a compilation.
UNIT = {"cpu": "reference seconds"}


class Timing:
    """`clock()` is seconds since the start on the budget's clock. Call `begin` before the first question and `answered` after each."""

    def __init__(self, clock, intent):
        self._clock, self._kind, self._start_seconds = clock, intent.clock, intent.start_seconds
        self._allowed = PAUSE_SECONDS.get(intent.clock, float("inf")) + PAUSE_SHARE * intent.budget_seconds
        self._unit = UNIT.get(intent.clock, "seconds")
        self._every, self._units = None, []

    def begin(self, requests):
        """Begins an exam. Raises Broken where more went before the first than may: limits.py looks now and then only."""
        again = self._every is not None
        self._every = max(1, requests // UNITS)
        self._answered = 0
        self._units = []
        self._last = self._clock()
        if again:
            return
        if self._kind != "virtual" and self._last > self._start_seconds:
            raise Broken("start", f"its evaluation began after {self._last:.2f} {self._unit}; {self._start_seconds:g} is the most: "
                                  "train for TIME_BUDGET, and start up no slower than the baseline")

    def answered(self):
        self._answered += 1
        if self._answered % self._every == 0:
            now = self._clock()
            self._units.append(now - self._last)
            self._last = now

    def check(self):
        """Raises Broken where answers took longer than is usual for this model, all that they did together.

        The fastest quarter says what is usual: to raise that, three answers of four must be slow, within the limit of an evaluation.
        """
        if not self._units:
            return
        usual = sorted(self._units)[len(self._units) // 4]
        spent = sum(max(0.0, unit - TIMES_USUAL * usual) for unit in self._units)
        allowed = self._allowed + usual  # The first answer of a large model costs as much more, on a slow machine above all.
        if spent > allowed:
            raise Broken("wall", f"some answers took {spent:.1f} {self._unit} more than the {usual:.2f} that are usual; "
                                 f"{allowed:.1f} is the most: train before evaluate_bpb")
