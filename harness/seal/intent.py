"""What a run was started with."""
import json
import re
from dataclasses import dataclass

CLOCKS = ("cpu", "wall", "virtual")


class BadIntent(Exception):
    """intent.json is not what this supervisor understands."""


@dataclass(frozen=True)
class Intent:
    nonce: str
    seed: int
    budget_seconds: float
    start_seconds: float
    wall_seconds: float
    require_sealed: bool
    clock: str


def _positive(clocks, key):
    value = clocks.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1e7:
        raise BadIntent(f"clocks.{key} must be seconds above 0, not {value!r}")
    return float(value)


def read_intent(path):
    """Reads and checks intent.json. Raises BadIntent (its nonce attribute is set where that much could be read)."""
    try:
        with open(path, "rb") as file:
            raw = json.loads(file.read(1 << 22))
    except (OSError, ValueError) as error:
        raise BadIntent(f"intent.json cannot be read: {error}") from error
    if not isinstance(raw, dict) or raw.get("schema") != 1:
        raise BadIntent("intent.json is not of schema 1; use the supervisor and the controller of one release")
    nonce = raw.get("nonce")
    if not isinstance(nonce, str) or not re.fullmatch("[0-9a-f]{32}", nonce):
        raise BadIntent("the nonce must be 32 hex digits")
    try:
        clocks = raw.get("clocks")
        if not isinstance(clocks, dict):
            raise BadIntent("clocks is missing")
        if not isinstance(raw.get("seed"), int) or isinstance(raw["seed"], bool):
            raise BadIntent("seed must be an integer")
        if not isinstance(raw.get("requireSealed"), bool):
            raise BadIntent("requireSealed must be true or false")
        if raw.get("clock") not in CLOCKS:
            raise BadIntent(f"clock must be one of {', '.join(CLOCKS)}, not {raw.get('clock')!r}")
        return Intent(nonce, raw["seed"], _positive(clocks, "budgetSeconds"), _positive(clocks, "startSeconds"),
                      _positive(clocks, "wallSeconds"), raw["requireSealed"], raw["clock"])
    except BadIntent as error:
        error.nonce = nonce
        raise
