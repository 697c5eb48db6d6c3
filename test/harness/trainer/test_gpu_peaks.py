"""What a GPU could do at best, by the name that its driver gives it."""
import math

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
