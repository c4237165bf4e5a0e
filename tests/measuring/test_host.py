"""The machine as fake /proc and /sys files describe it, and the class that its name suggests."""

from __future__ import annotations

import pytest

from edgesym.data import shipped
from edgesym.devices.classes import class_names
from edgesym.measuring.host import class_of, free_memory, read_host, said_of_load


@pytest.fixture
def machine(tmp_path):
    """A function that writes files of a machine; the root of its file system."""

    def written(**files):
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return written


def test_a_machine_is_read(machine):
    root = machine(
        proc__cpuinfo="model name\t: AMD Ryzen 5 7600X\nflags\t\t: fpu AVX2 avx512_vnni\n",
        proc__meminfo="MemTotal:       16000 kB\nMemAvailable:   12000 kB\nHugePages_Total: 0\n",
        sys__devices__system__cpu__cpu0__cache__index2__size="1024K\n",
        sys__devices__system__cpu__cpu0__cache__index3__size="32M\n",
    )
    found = read_host(root, "x86_64")
    assert (found.cpu, found.cache) == ("AMD Ryzen 5 7600X", 32 * 2**20)
    assert (found.memory, found.free) == (16000 * 1024, 12000 * 1024)
    assert {"avx2", "avx512_vnni"} <= found.features
    assert free_memory(root) == 12000 * 1024


def test_arm_says_its_board_or_its_part(machine):
    part = "processor : 0\nCPU part : 0xd0b\n"
    assert read_host(machine(proc__cpuinfo=part), "aarch64").cpu == "Arm part 0xd0b"
    board = machine(proc__cpuinfo=f"{part}Model : Raspberry Pi 5 Model B Rev 1.0\n")
    assert read_host(board, "aarch64").cpu == "Raspberry Pi 5 Model B Rev 1.0"


def test_a_system_that_says_nothing_is_no_error(tmp_path):
    found = read_host(tmp_path, "riscv64")
    assert (found.free, found.cache, found.features) == (0, 0, frozenset())
    assert free_memory(tmp_path) is None


@pytest.mark.parametrize(
    ("name", "machine", "says"),
    [
        ("AMD EPYC 9654 96-Core Processor", "x86_64", "server-cpu"),
        ("Intel(R) Xeon(R) Platinum 8480+", "x86_64", "server-cpu"),
        ("12th Gen Intel(R) Core(TM) i7-1260P", "x86_64", "x86-laptop-cpu"),
        ("Intel(R) Core(TM) Ultra 7 258V", "x86_64", "x86-laptop-cpu"),
        ("AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "x86_64", "x86-laptop-cpu"),
        ("13th Gen Intel(R) Core(TM) i9-13900K", "x86_64", "x86-desktop-cpu"),
        ("AMD Ryzen 9 7950X 16-Core Processor", "AMD64", "x86-desktop-cpu"),
        ("Raspberry Pi 4 Model B Rev 1.4", "aarch64", "cortex-a72-board"),
        ("Arm part 0xd0b", "aarch64", "cortex-a76-board"),
        ("Apple silicon", "arm64", "apple-cpu"),
        ("Snapdragon(R) X Elite", "aarch64", "arm-phone-cpu"),
        ("", "s390x", "generic-cpu"),
    ],
)
def test_the_class_of_a_processor(name, machine, says):
    assert class_of("processor", name, machine)[0] == says


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("NVIDIA GeForce RTX 2080 Ti", "geforce-turing"),
        ("NVIDIA GeForce RTX 5090", "geforce"),
        ("NVIDIA GeForce GTX 1080 Ti", "nvidia-older"),
        ("NVIDIA RTX A6000", "rtx-workstation"),
        ("NVIDIA RTX 6000 Ada Generation", "rtx-workstation"),
        ("NVIDIA L4", "rtx-workstation"),
        ("NVIDIA A100-SXM4-80GB", "nvidia-data-centre"),
        ("NVIDIA H100 80GB HBM3", "nvidia-data-centre"),
        ("Tesla T4", "nvidia-turing"),
        ("Orin", "jetson-orin"),
        ("AMD Instinct MI300X", "amd-data-centre"),
        ("AMD Radeon 780M Graphics", "amd-apu"),
        ("AMD Radeon RX 7900 XTX", "radeon"),
        ("AMD Radeon RX 6700 XT", "radeon-older"),
        ("Intel(R) Arc(TM) A770 Graphics", "intel-arc"),
        ("Intel(R) Arc(TM) Graphics", "intel-igpu"),
        ("Apple GPU", "apple-gpu"),
        ("Something new", "generic-gpu"),
    ],
)
def test_the_class_of_an_accelerator(name, says):
    assert class_of("accelerator", name)[0] == says


def test_every_class_that_is_suggested_ships():
    suggested = {row["says"] for rows in shipped("measuring", "classes").values() for row in rows}
    assert suggested <= set(class_names())


def test_a_load_is_told_from_half_of_the_threads_on():
    assert said_of_load(0.9, 2) == said_of_load(None, 2) == ""
    assert "load was 1.0" in said_of_load(1.0, 2)
