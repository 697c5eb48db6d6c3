"""supervise_sha256 covers every module of the supervisor, wherever it lies: numbers under other code never compare."""
import hashlib
import shutil
from pathlib import Path

import pytest
from supervised import HARNESS

from seal.conditions import modules, supervise_sha256


@pytest.fixture
def copy(tmp_path):
    """A flat supervisor of three files."""
    (tmp_path / "seal").mkdir()
    for name in ("supervise.py", "seal/a.py", "seal/b.py"):
        (tmp_path / name).write_text(f"# {name}\n")
    return tmp_path


def put(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def test_of_a_flat_folder_it_is_the_sum_over_lines_of_sha256_and_name(copy):
    names = ["supervise.py", "seal/a.py", "seal/b.py"]
    lines = "".join(f"{hashlib.sha256((copy / name).read_bytes()).hexdigest()}  {name}\n" for name in names)
    assert supervise_sha256(copy) == hashlib.sha256(lines.encode()).hexdigest()


@pytest.mark.parametrize("name", ["supervise.py", "seal/a.py", "seal/evaluation/exam.py", "seal/a/b/c.py"])
def test_one_changed_byte_changes_it(copy, name):
    put(copy, name, "x = 1\n")
    before = supervise_sha256(copy)
    put(copy, name, "x = 2\n")
    assert supervise_sha256(copy) != before


@pytest.mark.parametrize("name", ["seal/new.py", "seal/evaluation/new.py"])
def test_a_module_more_changes_it(copy, name):
    before = supervise_sha256(copy)
    put(copy, name, "")
    assert supervise_sha256(copy) != before


def test_a_module_that_moves_changes_it(copy):
    before = supervise_sha256(copy)
    put(copy, "seal/confine/a.py", (copy / "seal/a.py").read_text())
    (copy / "seal/a.py").unlink()
    assert supervise_sha256(copy) != before


def test_compiled_modules_and_notes_are_no_part_of_it(copy):
    before = supervise_sha256(copy)
    put(copy, "seal/__pycache__/a.cpython-311.pyc", "x")
    put(copy, "seal/README.md", "# seal")
    assert supervise_sha256(copy) == before


def test_every_module_that_a_run_imports_is_in_the_list():
    root = Path(HARNESS)
    every = sorted(str(path.relative_to(root)) for path in (root / "seal").rglob("*.py"))
    assert modules(root) == every


def test_the_order_does_not_depend_on_how_the_folder_was_written(copy, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    for name in ("seal/b.py", "seal/a.py", "supervise.py"):
        (other / name).parent.mkdir(exist_ok=True)
        shutil.copy(copy / name, other / name)
    assert supervise_sha256(other) == supervise_sha256(copy)
