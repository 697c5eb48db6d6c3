"""Which GPUs a confined train.py can open: those of its own run, whatever it sets CUDA_VISIBLE_DEVICES to."""
import os

import pytest

from supervised import make_run, supervise

from seal.confine import gpu_files, landlock, visible

SHARED = ["nvidia-caps", "nvidia-modeset", "nvidia-uvm", "nvidia-uvm-tools", "nvidiactl"]
ALL = ["nvidia0", "nvidia1", "nvidia2"]
FIRST, SECOND, MIG = "GPU-aaaaaaaa-1111", "GPU-bbbbbbbb-2222", "MIG-cccccccc-3333"


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with three GPUs: the devices in /dev, and what its driver tells of them in /proc."""
    devices, gpus = tmp_path / "dev", tmp_path / "gpus"
    devices.mkdir()
    for name in [*SHARED, *ALL, "nvidia-nvswitch0", "null"]:
        (devices / name).touch()
    monkeypatch.setattr(gpu_files, "DEVICES", str(devices))
    monkeypatch.setattr(gpu_files, "GPUS", str(gpus))

    def told(*facts):
        for number, (uuid, minor) in enumerate(facts):
            (gpus / f"0000:0{number}:00.0").mkdir(parents=True)
            minor_line = f"Device Minor: \t {minor}\n" if minor is not None else ""
            (gpus / f"0000:0{number}:00.0" / "information").write_text(f"Model: \t\t NVIDIA H200\nGPU UUID: \t {uuid}\n{minor_line}")
    return told


def opened(gpu):
    """Names of the device files of the machine that the rules let the child drive."""
    rules = visible.rules(visible.Paths("/w", (), (), gpu))
    return sorted(os.path.basename(path) for path, rights in rules if rights & landlock.IOCTL_DEV)


KNOWN = [(FIRST, 2), (SECOND, 0), ("GPU-dddddddd-4444", 1)]


@pytest.mark.parametrize(("named", "told", "own"), [
    (FIRST, KNOWN, ["nvidia2"]),
    (f"{FIRST}, {SECOND}", KNOWN, ["nvidia0", "nvidia2"]),
    ("GPU-bbbb", KNOWN, ["nvidia0"]),
    (None, KNOWN, ALL),
    ("0", KNOWN, ALL),
    (MIG, KNOWN, ALL),
    (f"{FIRST},{MIG}", KNOWN, ALL),
    ("GPU-eeeeeeee-5555", KNOWN, ALL),
    (FIRST, [], ALL),
    (FIRST, [("GPU-????????-????", 2)], ALL),
    (FIRST, [(FIRST, None)], ALL),
])
def test_a_run_with_a_gpu_can_open_its_own_where_the_driver_tells_which_that_is(machine, monkeypatch, named, told, own):
    machine(*told)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if named is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert opened(gpu=True) == sorted(SHARED + own)


def test_for_a_run_without_a_gpu_the_driver_does_not_exist(machine, monkeypatch):
    machine(*KNOWN)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", FIRST)
    assert opened(gpu=False) == []
    assert not [path for path, _ in visible.rules(visible.Paths("/w", (), ())) if "nvidia" in path]


def test_a_train_py_without_a_gpu_is_told_of_none(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", FIRST)
    code, result, log = supervise(make_run(tmp_path, 'import os\nprint("SEES", repr(os.environ.get("CUDA_VISIBLE_DEVICES")))\n'))
    assert "SEES ''\n" in log
