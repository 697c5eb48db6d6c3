"""Time in which the machine stood still: a worker that was paused or moved ran neither us nor train.py.

The limits go on counting, so nobody gains a second by it. Only the blame changes: where a limit of time broke and would
not have without the suspension, the run is lost instead of crashed.
"""
LATE_SECONDS = 5.0  # Looks come four times a second; one this much later than that was not ours to time.
BUSY_SHARE = 0.25  # Of a processor: a run that had as much of one meanwhile was slow, and nothing stood still.


class Suspension:
    """Call `look` often. `seconds`: how long nothing ran, in all."""

    def __init__(self):
        self.seconds = 0.0
        self._last = None
        self._ended = 0.0

    def look(self, now, used):
        """`now`: seconds since the start; `used`: CPU seconds of train.py's tree and of the supervisor since then.

        A fork bomb that keeps us from looking uses the time that we miss, so a late look alone says nothing.
        """
        if self._last is not None:
            passed, used_meanwhile = now - self._last[0], used - self._last[1]
            if passed > LATE_SECONDS and used_meanwhile < BUSY_SHARE * passed:
                self.seconds += passed - used_meanwhile
                self._ended = now
        self._last = (now, used)

    def explains(self, reason, now, intent, evaluating_since):
        """Whether a limit that broke (`wall` or `start`) `now` had not broken on a machine that runs all the time.

        `evaluating_since`: seconds since the start, None before the evaluation.
        """
        if self.seconds == 0.0 or reason not in ("wall", "start"):
            return False
        if now > intent.wall_seconds:
            return now - self.seconds <= intent.wall_seconds
        if intent.clock != "wall":
            return False  # CPU seconds do not pass while nothing runs.
        if evaluating_since is None or reason == "start":
            return now - self.seconds <= intent.start_seconds
        return self._ended > evaluating_since

    @property
    def sentence(self):
        return f"the machine stood still for {self.seconds:.0f} s; run it again"
