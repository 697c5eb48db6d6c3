"""What torch.compile made in the baseline reaches later runs as copies; nothing that another run made ever does."""
import os
import sys
from types import SimpleNamespace

import pytest

from gpu_trainer import GPU
from supervised import BIGRAMS, EVALUATE, make_run, supervise
from test_no_gpu import NEEDS_COMPILER, NEEDS_SEAL, harness  # noqa: F401  (a fixture)

from seal.compiled import Compiled, _name
from seal.process import workdir

pytestmark = [NEEDS_COMPILER, NEEDS_SEAL]

TELL = """
def compiled():
    top = os.environ["TORCHINDUCTOR_CACHE_DIR"]
    return {os.path.relpath(os.path.join(f, n), top): open(os.path.join(f, n)).read() for f, _, names in os.walk(top) for n in names}
print("FOUND", sorted(compiled().items()), flush=True)
"""
WRITE = """
def write(name, content):
    path = os.path.join(os.environ["TORCHINDUCTOR_CACHE_DIR"], name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content)
"""
COMPILES = BIGRAMS + TELL + WRITE + 'write("fx/graph", "baseline")\n' + EVALUATE
READS = BIGRAMS + TELL + EVALUATE


@pytest.fixture
def run(tmp_path, harness):  # noqa: F811
    """Runs a train.py of a lane: (log, what was in its cache at the start)."""
    folder, number = harness(0), iter(range(100))

    def ended(source, experiment, *options, **changes):
        place = tmp_path / str(next(number))
        place.mkdir()
        made = make_run(place, source, experiment=experiment, **changes)
        code, result, log = supervise(made, "--gpu", "--compiled", str(tmp_path / "compiled"), *options, harness=folder)
        assert (code, result["status"]) == (0, "finished"), log
        return log, next(line for line in log.splitlines() if line.startswith("FOUND"))
    return ended


NOTHING, BASELINES = "FOUND []", "FOUND [('fx/graph', 'baseline')]"


def test_later_runs_get_what_the_baseline_compiled_and_nothing_that_a_candidate_did(run):
    candidate = COMPILES.replace('"baseline"', '"poison"') + 'write("fx/weights", "learned")\n'
    assert run(candidate, "000001")[1] == NOTHING
    log, found = run(COMPILES, "000000")
    assert found == NOTHING and "[supervisor: 1 files that it compiled are kept for the lane's later runs]" in log
    log, found = run(candidate, "000002")
    assert found == BASELINES and "[supervisor: 1 files that the baseline compiled are in this run's caches]" in log
    assert run(READS, "000003")[1] == BASELINES


def test_a_baseline_that_runs_again_compiles_all_for_later_runs_are_given_the_time_that_it_took(run):
    run(COMPILES, "000000")
    assert [run(READS, "000000", **changes)[1] for changes in ({}, {"attempt": 2})] == [NOTHING, NOTHING]
    assert run(READS, "000001")[1] == BASELINES


def test_a_candidate_can_neither_read_nor_change_what_later_runs_are_given(run, tmp_path):
    run(COMPILES, "000000")
    (archive,) = (tmp_path / "compiled").iterdir()
    before = archive.read_bytes()
    attack = f"""
for attempt in (lambda: open({str(archive)!r}, "rb"), lambda: open({str(archive)!r}, "r+b"), lambda: os.unlink({str(archive)!r}),
                lambda: os.replace("train.py", {str(archive)!r}), lambda: os.symlink("x", {str(archive.parent / 'x')!r}),
                lambda: os.listdir({str(archive.parent)!r})):
    try:
        attempt()
        print("REACHED", flush=True)
    except OSError:
        pass
"""
    log, _ = run(BIGRAMS + TELL + attack + EVALUATE, "000001")
    assert "REACHED" not in log
    assert list((tmp_path / "compiled").iterdir()) == [archive] and archive.read_bytes() == before


def test_a_folder_for_it_that_train_py_could_read_is_found_by_the_rehearsal(run, tmp_path):
    (tmp_path / "harness" / "compiled").mkdir()
    log, _ = run(COMPILES, "000000", "--compiled", str(tmp_path / "harness" / "compiled"))
    assert f"train.py could open {tmp_path}/harness/compiled" in log


def test_what_is_written_once_the_evaluation_has_begun_is_not_kept(run):
    late = COMPILES.replace("def model(x):", "def model(x):\n    write('fx/seen', str(x[0]))")
    run(late, "000000")
    assert run(READS, "000001")[1] == BASELINES


def test_a_run_that_is_not_sealed_neither_fills_nor_uses_it(run):
    run(COMPILES, "000000", "--confine", "none")
    assert run(READS, "000001")[1] == NOTHING
    run(COMPILES, "000000")
    assert run(READS, "000001", "--confine", "none")[1] == NOTHING


GPU_FACTS = {"name": "NVIDIA H100 80GB HBM3", "cuda": "13.2"}


@pytest.fixture
def lane(tmp_path):
    """`made(files, ...)`: a run of the lane that compiled these files ended, and what was said. `given()`: what the next one gets."""
    class Lane:
        said, number, work = [], 0, None

        def compiled(self):
            self.number += 1
            self.work = tmp_path / str(self.number)
            self.inductor = self.work / ".cache/inductor"
            self.inductor.mkdir(parents=True)
            return Compiled(tmp_path / "compiled", GPU_FACTS, self.said.append)

        def made(self, files, experiment="000000", attempt=1):
            compiled = self.compiled()
            for name, content in files.items():
                (self.inductor / name).write_text(content)
            compiled.keep(self.work, SimpleNamespace(experiment=experiment, attempt=attempt))

        def given(self):
            self.compiled().bring(self.work, None, SimpleNamespace(experiment="000001"))
            return {path.name: path.read_text() for path in self.inductor.rglob("*")}
    return Lane()


def test_only_the_first_attempt_of_the_baseline_is_kept_for_a_proposer_may_have_mended_the_next(lane):
    lane.made({"graph": "mended"}, attempt=2)
    lane.made({"graph": "a candidate's"}, experiment="000001")
    assert lane.given() == {}
    lane.made({"graph": "baseline"})
    lane.made({"graph": "of a baseline that runs again"})
    assert lane.given() == {"graph": "baseline"}


def test_a_run_of_another_user_of_the_group_can_read_it_and_no_other_user(lane, tmp_path):
    lane.made({"graph": "baseline"})
    (archive,) = (tmp_path / "compiled").iterdir()
    assert archive.stat().st_mode & 0o777 == 0o640


def test_links_and_pipes_are_left_out(lane):
    compiled = lane.compiled()
    (lane.inductor / "graph").write_text("baseline")
    (lane.inductor / "link").symlink_to("/etc/passwd")
    (lane.inductor / "folder").symlink_to("/etc")
    os.mkfifo(lane.inductor / "pipe")
    compiled.keep(lane.work, SimpleNamespace(experiment="000000", attempt=1))
    assert lane.given() == {"graph": "baseline"}


def test_a_cache_that_is_a_link_is_not_followed(lane, tmp_path):
    compiled = lane.compiled()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret").write_text("the supervisor's")
    lane.inductor.rmdir()
    lane.inductor.symlink_to(tmp_path / "elsewhere")
    compiled.keep(lane.work, SimpleNamespace(experiment="000000", attempt=1))
    assert lane.given() == {}


@pytest.mark.parametrize("limit", ["MOST_FILES", "MOST_BYTES"])
def test_more_than_a_compiler_makes_is_not_kept(lane, monkeypatch, limit):
    monkeypatch.setattr("seal.compiled." + limit, 2)
    lane.made({"a": "1", "b": "2", "c": "3"})
    assert lane.said[-1].startswith("what it compiled is not kept for later runs: there are more than ")
    assert lane.given() == {} and list((lane.work.parent / "compiled").iterdir()) == []


def test_folders_deeper_than_any_walk_are_not_kept(lane):
    compiled, here = lane.compiled(), os.getcwd()
    try:
        os.chdir(lane.inductor)
        for _ in range(sys.getrecursionlimit() + 100):
            os.mkdir("d")
            os.chdir("d")
    finally:
        os.chdir(here)
    compiled.keep(lane.work, SimpleNamespace(experiment="000000", attempt=1))
    assert "not kept" in lane.said[-1]
    workdir.empty(lane.work)


@pytest.mark.parametrize("length", [0, 700, 1100])
def test_a_damaged_archive_is_told_and_the_run_compiles_anew(lane, tmp_path, length):
    lane.made({"graph": "baseline" * 100})
    (archive,) = (tmp_path / "compiled").iterdir()
    archive.write_bytes(archive.read_bytes()[:length])
    assert lane.given() == {} and lane.said[-1].endswith(f"remove {archive}")


def test_each_gpu_product_driver_and_release_has_its_own(monkeypatch):
    names = {_name(GPU_FACTS), _name({**GPU_FACTS, "name": "NVIDIA H200"}), _name({**GPU_FACTS, "cuda": "13.0"})}
    monkeypatch.setattr("importlib.metadata.version", lambda package: "9.9")
    assert _name(GPU_FACTS) == "NVIDIA-H100-80GB-HBM3-CUDA-13.2-torch-9.9-triton-9.9.tar"
    assert len(names | {_name(GPU_FACTS)}) == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_child_of_another_uid_owns_its_copy(lane):
    lane.made({"graph": "baseline"})
    lane.compiled().bring(lane.work, 60601, SimpleNamespace(experiment="000001"))
    below = [lane.work / ".cache", *(lane.work / ".cache").rglob("*")]
    assert len(below) == 3 and {path.stat().st_uid for path in below} == {60601}


TORCH = BIGRAMS + """
import torch
from torch._dynamo.utils import counters
model_of = torch.compile(torch.nn.Sequential(torch.nn.Linear(8, 8), torch.nn.ReLU()), dynamic=False)
model_of(torch.ones(4, 8)).sum().backward()
print("GRAPHS", counters["inductor"]["fxgraph_cache_hit"], counters["inductor"]["fxgraph_cache_miss"], flush=True)
""" + EVALUATE


@pytest.mark.long
def test_pytorch_takes_the_baselines_graphs_and_compiles_only_what_is_new(tmp_path, harness):  # noqa: F811
    folder = harness(0)

    def graphs(number, source, experiment):
        (tmp_path / number).mkdir()
        patient = {"budgetSeconds": 4, "startSeconds": 800, "wallSeconds": 800}  # A busy machine compiles for minutes.
        made = make_run(tmp_path / number, source, experiment=experiment, clock="wall", clocks=patient)
        code, result, log = supervise(made, "--gpu", "--compiled", str(tmp_path / "compiled"), harness=folder, python=(str(GPU / ".venv/bin/python"),))
        assert (code, result["status"], result["sealed"]) == (0, "finished", "landlock"), log
        return next(line for line in log.splitlines() if line.startswith("GRAPHS"))

    assert graphs("0", TORCH, "000000") == "GRAPHS 0 2"
    assert graphs("1", TORCH, "000001") == "GRAPHS 2 0"
    assert graphs("2", TORCH.replace("ReLU", "Sigmoid"), "000002") == "GRAPHS 0 2"
