"""What the supervisor takes for an intent is what intent.schema.json says, which is made from the controller's own codec."""
import json

import pytest
from jsonschema import Draft202012Validator

from supervised import HARNESS, NONCE
from seal.intent import BadIntent, read_intent

VALID = Draft202012Validator(json.loads((HARNESS / "intent.schema.json").read_text()))
SECONDS = {"budgetSeconds": 4, "startSeconds": 100.5, "wallSeconds": 600}
INTENT = {"schema": 1, "lane": "test", "experiment": "000001", "attempt": 1, "parent": "b" * 40, "nonce": NONCE, "intent": "0" * 64,
          "seed": 7, "clocks": SECONDS, "requireSealed": False, "clock": "cpu"}
MISSING = object()
VALUES = [MISSING, None, True, False, 0, 1, 2, -1, 7.0, 1.5, 1e7, 9999999.5, 2**53 - 1, 2**53, 1 - 2**53, -(2**53), 1e300, "", "x", "\n",
          "1", "000001", "00001", "12345678", "0" * 32, "F" * 32, "g" * 32, "0" * 33, "0" * 63, "f" * 64, "cpu", "wall", "virtual", "CPU",
          [], ["cpu"], {}, SECONDS, {**SECONDS, "more": 1}]


def accepted(folder, intent):
    path = folder / "intent.json"
    path.write_text(json.dumps(intent))
    try:
        read_intent(path)
    except BadIntent:
        return False
    return True


def changed(intent, name, value):
    return {key: kept for key, kept in {**intent, name: value}.items() if kept is not MISSING}


@pytest.mark.parametrize("name", [*INTENT, "more"])
def test_a_field_may_hold_what_the_schema_lets_it_hold(tmp_path, name):
    for value in VALUES:
        intent = changed(INTENT, name, value)
        assert accepted(tmp_path, intent) == VALID.is_valid(intent), intent


@pytest.mark.parametrize("name", SECONDS)
def test_a_clock_may_hold_what_the_schema_lets_it_hold(tmp_path, name):
    for value in VALUES:
        intent = {**INTENT, "clocks": changed(SECONDS, name, value)}
        assert accepted(tmp_path, intent) == VALID.is_valid(intent), intent


@pytest.mark.parametrize("intent", [None, [], "intent", 1, {}])
def test_what_is_no_intent_at_all_is_refused(tmp_path, intent):
    assert not VALID.is_valid(intent)
    assert not accepted(tmp_path, intent)


def test_the_table_holds_intents_of_both_kinds():
    kinds = [VALID.is_valid(changed(INTENT, name, value)) for name in INTENT for value in VALUES]
    assert kinds.count(True) > 20 and kinds.count(False) > 100
