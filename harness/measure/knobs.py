"""The knobs of a train.py, read from the marks behind its constants (train.py's docstring says how they look)."""
import ast
import math
import re
from dataclasses import dataclass

LINE = re.compile(r"^([A-Z][A-Z0-9_]*)(\s*=\s*)([^#]*?)(\s*)# (range|one of): ([^|]*?)\s*\|", re.M)


@dataclass(frozen=True)
class Knob:
    """One marked constant: a range from `low` to `high`, or `options`; `literal` is how its value is written now."""
    name: str
    literal: str
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    options: tuple[str, ...] = ()

    @property
    def whole(self):
        return isinstance(ast.literal_eval(self.literal), int)

    def draw(self, rng):
        """A literal from all that the mark allows, each as likely; `rng` is a random.Random."""
        if self.options:
            return rng.choice(self.options)
        if self.log:
            value = math.exp(rng.uniform(math.log(self.low), math.log(self.high)))
        else:
            value = rng.uniform(self.low, self.high)
        return str(round(value)) if self.whole else f"{value:.4g}"


def knobs_of(source):
    """The marked constants of a train.py, in their order."""
    return [_knob(match) for match in LINE.finditer(source)]


def _knob(match):
    name, _, literal, _, kind, mark = match.groups()
    if kind == "one of":
        return Knob(name, literal, options=tuple(option.strip() for option in mark.split(",")))
    bounds, _, log = mark.partition(",")
    low, high = (float(bound) for bound in bounds.split(".. "))
    return Knob(name, literal, low, high, log.strip() == "log")


def turn(source, **literals):
    """The train.py with some of its knobs at other values. Raises KeyError for a name that is not marked."""
    for name, literal in literals.items():
        marked = re.compile(rf"^({name}\s*=\s*)[^#]*?(\s*# (?:range|one of):)", re.M)
        source, count = marked.subn(lambda m: f"{m[1]}{literal}{m[2]}", source)
        if count != 1:
            raise KeyError(name)
    return source
