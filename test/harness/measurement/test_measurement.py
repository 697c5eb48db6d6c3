"""What a lane's Conditions say of the code that measures: a version, which nobody forgets to raise."""
import os
import re
import shutil
import subprocess
import sys

import pytest

import measured_code
from cpu_trainer import CPU
from supervised import HARNESS, HONEST, outcome

from seal import measurement, result
from seal.measurement import code_sha256

CODE = b'"""What it is."""\nimport os\n\n\ndef f(x):  # why\n    """How."""\n    return "# no comment" + x\n'


@pytest.mark.parametrize("edit", [
    lambda code: code + b"# a comment of a later release\n",
    lambda code: code.replace(b"  # why", b""),
    lambda code: code.replace(b"# why", "# pourquoi, ça alors".encode()),
    lambda code: code.replace(b"How.", b"How,\n    in more words."),
    lambda code: code.replace(b'"""What it is."""\n', b""),
    lambda code: code.replace(b"\n\n\n", b"\n"),
    lambda code: code.replace(b"import os\n", b"import os   \n"),
    lambda code: code.replace(b"\n", b"\r\n"),
], ids="comment gone other docstring none blank trailing crlf".split())
def test_what_changes_no_number_changes_no_sum(edit):
    assert edit(CODE) != CODE
    assert code_sha256(edit(CODE)) == code_sha256(CODE)


@pytest.mark.parametrize("edit", [
    lambda code: code.replace(b"# no comment", b"# another text"),
    lambda code: code.replace(b"+ x", b"+ x + x"),
    lambda code: code + b"x = 1\n",
    lambda code: code.replace(b"    return", b"    if x:\n        return"),
    lambda code: code + b"def (",
], ids="string expression statement depth nonsense".split())
def test_what_may_change_one_does(edit):
    assert code_sha256(edit(CODE)) != code_sha256(CODE)


def test_code_that_is_no_python_is_summed_as_it_is():
    assert code_sha256(b"def (") != code_sha256(b"def (  # why")


def test_the_code_that_measures_is_the_one_that_its_version_was_recorded_for():
    versions = [version for version, _ in measured_code.recorded()]
    assert versions == list(range(1, len(versions) + 1))
    assert measured_code.recorded()[-1] == (measurement.VERSION, measured_code.summed()), \
        f"The code that measures is another. Could the same train.py have another number now? {measured_code.__doc__}"


@pytest.mark.parametrize("name,edit,same", [
    ("seal/process/limits.py", "# a comment of a later release\n", True),
    ("seal/process/limits.py", "LAST_DISK_MB = 1\n", False),
    ("supervise.py", "# a comment\n", True),
    ("supervise.py", "x = 1\n", False),
])
def test_a_comment_is_no_other_measurement_and_a_constant_is(tmp_path, name, edit, same):
    for part in ("supervise.py", "seal"):
        (shutil.copytree if part == "seal" else shutil.copy)(HARNESS / part, tmp_path / part)
    with open(tmp_path / name, "a") as file:
        file.write(edit)
    assert (measured_code.summed(tmp_path) == measured_code.summed()) is same


def test_a_result_says_what_it_was_measured_with(tmp_path):
    made, _ = outcome(tmp_path, HONEST)
    words = dict(word.split(":", 1) for word in made["conditions"].split(" "))
    assert words["prepare"] == code_sha256((CPU / "prepare.py").read_bytes())[:16]
    assert words["supervise"] == f"v{measurement.VERSION}"
    assert words["python"] == "{}.{}".format(*sys.version_info)
    assert re.fullmatch(r"\d+\.\d+[\w.+]*", words["numpy"])
    assert words["processor"] and "torch" not in words


def test_it_is_known_without_a_run(tmp_path):
    made, _ = outcome(tmp_path, HONEST)
    ask = [sys.executable, "-I", HARNESS / "supervise.py", "--conditions", "--harness", CPU]
    said = subprocess.run(ask, env={**os.environ, "PYTHONPATH": "/nowhere"}, capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [made["conditions"], made["gpu"]]


@pytest.mark.parametrize("text,name", [
    ("processor\t: 0\nmodel name\t: A  B @ 2.0GHz\n", "A  B @ 2.0GHz"),
    ("CPU implementer\t: 0x41\nCPU part\t: 0xd0c\n", "0x41 0xd0c"),
    ("model name\t: " + "x" * 200 + "\n", "x" * 48),
])
def test_a_processor_is_named_as_its_kernel_does(tmp_path, text, name):
    (tmp_path / "cpuinfo").write_text(text)
    assert measurement.processor(tmp_path / "cpuinfo") == name


def test_a_gpu_leaves_the_processor_out_and_an_image_all_of_the_machine():
    assert "processor:" not in measurement.words(CODE, True)
    assert " processor:" in measurement.words(CODE, False)
    assert re.fullmatch(r"prepare:[0-9a-f]{16} supervise:v[0-9]+", measurement.words(CODE, True, True))


def test_the_longest_result_of_a_number_has_room_for_them(tmp_path, monkeypatch):
    monkeypatch.setattr(measurement, "_version", lambda name: "2.10.1+cu130")
    made, _ = outcome(tmp_path, HONEST)
    del made["pace"]  # Only a budget of CPU seconds has one.
    longest = {**made, "val_bpb": 12.345678, "start_seconds": 12345.678, "training_seconds": 12345.678, "wall_seconds": 12345.678,
               "memory_mb": 1234567.8, "steps": 1234567, "gpu": "x" * 76, "gpu_total_mb": 1234567, "gpu_peak_mb": 1234567.8,
               "unseen": {"part": 123, "parts": 123, "bpb": 12.345678, "gap": -12.345678, "error": 12.345678}, "log_bytes": 123456789,
               "conditions": measurement.words(CODE, True)}
    assert len(result.encode(longest)) <= result.MOST_BYTES
