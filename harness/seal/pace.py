"""Whether the evaluation was spent on answering. A model that first trains on would have had more than its budget."""
import statistics

from seal.ending import Broken

UNITS = 32  # Looks at the clock per evaluation, for each is a look at all processes.
TIMES_USUAL = 3.0
PAUSE_SHARE = 0.1  # Of the budget,
PAUSE_SECONDS = {"cpu": 1.0, "wall": 60.0}  # and so many seconds more, which on a GPU may go into a compilation.


class Pace:
    """`clock()` is seconds on the budget's clock. Call `begin` before the first question and `answered` after each."""

    def __init__(self, clock, kind, budget_seconds):
        self._clock, self._kind = clock, kind
        self._allowed = PAUSE_SECONDS.get(kind, float("inf")) + PAUSE_SHARE * budget_seconds
        self._units = []

    def begin(self, requests):
        self._every = max(1, requests // UNITS)
        self._answered = 0
        self._last = self._clock()

    def answered(self):
        self._answered += 1
        if self._answered % self._every == 0:
            now = self._clock()
            self._units.append(now - self._last)
            self._last = now

    def check(self):
        """Raises Broken where one answer took far longer than is usual for this model."""
        if not self._units:
            return
        usual, longest = statistics.median(self._units), max(self._units)
        if longest > TIMES_USUAL * usual + self._allowed:
            unit = "CPU seconds" if self._kind == "cpu" else "seconds"
            raise Broken("wall", f"one answer took {longest:.1f} {unit} where {usual:.2f} are usual; train before evaluate_bpb")
