"""What a run was started with. Accepts what intent.schema.json beside supervise.py accepts, and nothing else."""
import json
import math
import re
from dataclasses import dataclass

BASELINE = "000000"  # The experiment whose train.py is a person's.
CLOCKS = ("cpu", "wall", "virtual")
WHOLE_AT_MOST = 2**53 - 1  # JavaScript writes the file: it holds no larger integer exactly.


class BadIntent(Exception):
    """intent.json is not what this supervisor understands."""


@dataclass(frozen=True)
class Wanted:
    """Which part of the unseen text is asked, and below which number; None: below any."""
    part: int
    beats: float | None


@dataclass(frozen=True)
class Intent:
    nonce: str
    experiment: str
    attempt: int
    seed: int
    budget_seconds: float
    start_seconds: float
    wall_seconds: float
    require_sealed: bool
    clock: str
    unseen: Wanted | None


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value, least=-WHOLE_AT_MOST):
    return _is_number(value) and least <= value <= WHOLE_AT_MOST and value == int(value)


def _is_text(value, pattern=".*"):
    return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


# A field that is missing shows as None.
FIELDS = {
    "lane": (_is_text, "must be text"),
    "experiment": (lambda value: _is_text(value, "[0-9]{6,}"), "must be six digits or more"),
    "attempt": (lambda value: _is_whole(value, 1), "must be an integer above 0"),
    "parent": (lambda value: value is None or _is_text(value), "must be text or null"),
    "intent": (lambda value: _is_text(value, "[0-9a-f]{64}"), "must be 64 hex digits"),
    "seed": (_is_whole, "must be an integer"),
    "clocks": (lambda value: isinstance(value, dict), "must name three clocks"),
    "requireSealed": (lambda value: isinstance(value, bool), "must be true or false"),
    "clock": (lambda value: isinstance(value, str) and value in CLOCKS, f"must be one of {', '.join(CLOCKS)}"),
}
SECONDS = (lambda value: _is_number(value) and 0 < value < 1e7, "must be seconds above 0")


def _unseen(value):
    """Controllers of before leave it out."""
    if value is None:
        return None
    named = value if isinstance(value, dict) else {}
    part, beats = named.get("part"), named.get("beats")
    if not _is_whole(part, 0) or not (beats is None or (_is_number(beats) and math.isfinite(beats))) or "beats" not in named:
        raise BadIntent(f"unseen must be a part and a number to beat, not {value!r}")
    return Wanted(int(part), beats)


def _check(name, value, rule):
    accepts, said = rule
    if not accepts(value):
        raise BadIntent(f"{name} {said}, not {value!r}")
    return value


def read_intent(path):
    """Reads and checks intent.json. Raises BadIntent (its nonce attribute is set where that much could be read)."""
    try:
        with open(path, "rb") as file:
            raw = json.loads(file.read(1 << 22))
    except (OSError, ValueError) as error:
        raise BadIntent(f"intent.json cannot be read: {error}") from error
    schema = raw.get("schema") if isinstance(raw, dict) else None
    if not _is_number(schema) or schema != 1:
        raise BadIntent("intent.json is not of schema 1; use the supervisor and the controller of one release")
    nonce = raw.get("nonce")
    if not _is_text(nonce, "[0-9a-f]{32}"):
        raise BadIntent("the nonce must be 32 hex digits")
    try:
        for name, rule in FIELDS.items():
            _check(name, raw.get(name), rule)
        budget, start, wall = (float(_check(f"clocks.{name}", raw["clocks"].get(name), SECONDS))
                               for name in ("budgetSeconds", "startSeconds", "wallSeconds"))
        return Intent(nonce, raw["experiment"], int(raw["attempt"]), int(raw["seed"]), budget, start, wall, raw["requireSealed"], raw["clock"], _unseen(raw.get("unseen")))
    except BadIntent as error:
        error.nonce = nonce
        raise
