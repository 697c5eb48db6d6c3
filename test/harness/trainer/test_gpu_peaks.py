"""What a GPU could do at best, by the name that its driver gives it, and whether PyTorch's kernels run on it at all."""
import json
import math
import os
import sys
from types import SimpleNamespace

import pytest

from gpu_trainer import prepare

WHOLE = [
    ("Tesla T4", 65), ("NVIDIA A10", 125), ("NVIDIA A10G", 70), ("NVIDIA L4", 121), ("NVIDIA L40", 181), ("NVIDIA L40S", 362),
    ("NVIDIA A30", 165), ("NVIDIA A40", 149.7), ("NVIDIA A100-SXM4-40GB", 312), ("NVIDIA A100 80GB PCIe", 312),
    ("NVIDIA H100 80GB HBM3", 989.5), ("NVIDIA H100 PCIe", 756.5), ("NVIDIA H100 NVL", 835.5), ("NVIDIA H200", 989.5),
    ("NVIDIA H200 NVL", 835.5), ("NVIDIA GH200 480GB", 989.5), ("NVIDIA H20", 148), ("NVIDIA H800", 989.5), ("NVIDIA H800 PCIe", 756.5),
    ("NVIDIA B200", 2250), ("NVIDIA GB200", 2500), ("NVIDIA B300 SXM6 AC", 2250), ("NVIDIA GB300", 2500),
    ("NVIDIA GeForce RTX 4090", 165.2), ("NVIDIA GeForce RTX 5090", 209.5),
]
SLICES = [
    ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", 14, 312 * 14 / 108), ("NVIDIA H100 80GB HBM3 MIG 3g.40gb", 60, 989.5 * 60 / 132),
    ("NVIDIA H100 PCIe MIG 1g.10gb", 16, 756.5 * 16 / 114), ("NVIDIA H200 MIG 7g.141gb", 132, 989.5),
]
UNKNOWN = ["", "NVIDIA RTX A10000", "NVIDIA GeForce RTX 3050", "NVIDIA H1000", "AMD Instinct MI300X", "NVIDIA B300 SXM6 AC MIG 1g.34gb"]


@pytest.mark.parametrize(("name", "teraflops"), WHOLE)
def test_a_whole_gpu_has_its_own_products_peak(name, teraflops):
    assert prepare.peak_of(name, 100) == pytest.approx(teraflops * 1e12)


def test_every_product_of_the_table_is_told_from_the_others():
    assert sorted(set(prepare.PEAK_FLOPS.values())) == sorted({teraflops * 1e12 for _, teraflops in WHOLE})
    assert set(prepare.MULTIPROCESSORS) <= set(prepare.PEAK_FLOPS)


@pytest.mark.parametrize(("name", "multiprocessors", "teraflops"), SLICES)
def test_a_slice_has_its_share_of_the_multiprocessors(name, multiprocessors, teraflops):
    assert prepare.peak_of(name, multiprocessors) == pytest.approx(teraflops * 1e12)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_the_tables_do_not_know_has_no_peak_that_a_share_could_be_taken_of(name):
    assert prepare.peak_of(name, 100) == math.inf


WHEEL = ["sm_75", "sm_80", "sm_86", "sm_90", "sm_100", "sm_120"]


@pytest.mark.parametrize(("product", "capability", "runs"), [
    ("P100", (6, 0), False), ("V100", (7, 0), False), ("T4", (7, 5), True), ("A100", (8, 0), True), ("L4", (8, 9), True), ("H200", (9, 0), True),
    ("B200", (10, 0), True), ("B300", (10, 3), True), ("Thor", (11, 0), False), ("GB10", (12, 1), True), ("one to come", (13, 0), False),
])
def test_pytorchs_wheels_have_kernels_for_turing_and_most_later_gpus(product, capability, runs):
    assert prepare.has_kernels(capability, WHEEL) is runs


def test_a_ptx_of_an_older_gpu_runs_on_all_later_ones():
    assert prepare.has_kernels((13, 0), ["sm_90a", "compute_120"]) and not prepare.has_kernels((8, 0), ["compute_120"])


@pytest.mark.parametrize(("wanted", "capability", "runs"), [("cuda", (7, 0), False), ("cuda", (9, 0), True), ("", (7, 0), True)])
def test_a_gpu_without_kernels_ends_a_run_that_is_to_have_one_and_the_supervisor_hears_why(monkeypatch, wanted, capability, runs):
    cuda = SimpleNamespace(is_available=lambda: True, get_device_capability=lambda: capability, get_arch_list=lambda: WHEEL)
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, device=str))
    monkeypatch.setattr(prepare, "DEVICE", wanted)
    reader, writer = os.pipe()
    monkeypatch.setenv("AUTORESEARCH_SEAL", f"0,0,{writer}")
    if runs:
        assert prepare.device() == "cuda"
    else:
        with pytest.raises(SystemExit, match="compute capability 7.0; use another GPU, or an image whose PyTorch"):
            prepare.device()
        assert json.loads(os.read(reader, 4096))["op"] == "no_gpu"
    os.close(reader)
    os.close(writer)
