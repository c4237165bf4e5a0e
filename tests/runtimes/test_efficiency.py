"""What a runtime reaches: figures of its own, by dtype and by purpose, in place of a device's."""

from __future__ import annotations

import pytest

from edgesym import Run, Setup, derive, explain, find_device, load
from edgesym.analysis.estimate import estimate
from edgesym.errors import ConfigError, DeviceError, UnknownNameError
from edgesym.quantities.time import kernel_costs
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol

HEAD = """
name = "mine"
summary = "a test"
source = "a test"
[[fuse]]
kernel = "core"
purposes = ["scores", "softmax", "values"]
source = "a test"
"""
FIGURES = """
[figures.memory_utilisation]
value = 0.5
unit = "1"
source = "a test"
[figures.compute_utilisation.bf16]
value = 0.25
std = 0.05
unit = "1"
source = "a test"
"""
APART = """
[[efficiency]]
kernel = "attention"
purposes = ["scores"]
[efficiency.compute_utilisation.bf16]
value = 0.1
unit = "1"
source = "a test"
"""


@pytest.fixture
def runtime(tmp_path):
    def write(text):
        path = tmp_path / "mine.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return str(path)

    return write


def setup(path, device="rtx-4090", **options):
    return Setup(load("llama-3.2-1b"), find_device(device), Run(kernels=path, **options))


def test_its_figures_stand_in_place_of_the_devices(runtime):
    made = setup(runtime(FIGURES))
    values = made.values()
    assert values[symbol("memory_utilisation")] == 0.5
    assert values[symbol("compute_utilisation")] == 0.25
    assert (
        values[symbol("memory_bandwidth")]
        == find_device("rtx-4090").values("bf16")[symbol("memory_bandwidth")]
    )
    assert "compute_utilisation" in {
        describe(made).word
        for found in estimate(setup(runtime(FIGURES), batch=64)).uncertain.values()
        for made in found.contributions
    }


def test_what_is_set_by_hand_stays(runtime):
    device = find_device("rtx-4090").with_settings(["memory_utilisation=0.9"])
    made = Setup(load("llama-3.2-1b"), device, Run(kernels=runtime(FIGURES)))
    assert made.values()[symbol("memory_utilisation")] == 0.9


def test_figures_of_another_dtype_are_not_taken(runtime):
    made = setup(runtime(FIGURES), weights="int8")
    own = find_device("rtx-4090").values("int8")[symbol("compute_utilisation")]
    assert made.values()[symbol("compute_utilisation")] == own


def test_a_figure_for_all_dtypes_stands_in_place_of_the_devices_of_one(runtime):
    path = runtime(FIGURES.replace(".bf16", ""))
    board = find_device("raspberry-pi-5")
    assert "compute_utilisation.int8" in board.figures
    for settings, value in (
        ([], 0.25),
        (["compute_utilisation.int8=0.3"], 0.3),
        (["compute_utilisation=0.4"], 0.4),
    ):
        run = Run(kernels=path, weights="q4_0")
        made = Setup(load("llama-3.2-1b"), board.with_settings(settings), run)
        assert (made.dtype, made.values()[symbol("compute_utilisation")]) == ("int8", value)


def test_kernels_of_a_purpose_have_a_symbol_of_their_own(runtime):
    made = setup(runtime(FIGURES + APART))
    apart = symbol("compute_utilisation", "attention")
    step = derive(made.model, "step_time", kernels=made.run.kernels).expression
    assert apart in step.free_symbols
    slow = [k for k in kernel_costs(made.case("decode")) if apart in k.compute_time.free_symbols]
    assert [kernel.name for kernel in slow] == ["attention.core"]
    assert made.values()[apart] == 0.1
    assert made.values()[symbol("memory_utilisation", "attention")] == 0.5
    sources = {row.symbol: row.sources for row in explain(made, "step_time").symbols}
    assert sources[apart] == ("a test",)


def test_a_format_that_it_does_not_run_is_refused(runtime):
    path = runtime("")
    with open(path, "r+", encoding="utf-8") as file:  # noqa: PTH123
        text = file.read()
        file.seek(0)
        file.write('formats = ["bf16"]\n' + text)
    assert setup(path).number("step_time") > 0
    with pytest.raises(ConfigError, match="mine does not run weights in q4_0; it runs bf16"):
        setup(path, weights="q4_0")


BAD = [
    ("[figures]\nspeed = 1\n", UnknownNameError, "figures: 'speed'"),
    (
        "[figures]\nmemory_utilisation = 0.5\n",
        ConfigError,
        "= 0.5 must be a table",
    ),
    (
        '[figures.memory_utilisation]\nvalue = 1.5\nunit = "1"\nsource = "x"\n',
        DeviceError,
        "lies between 0 and 1",
    ),
    (FIGURES.replace("bf16", "bf61"), UnknownNameError, "'bf61'; nearest: bf16"),
    ("[[efficiency]]\nkernel = 'a b'\npurposes = ['scores']\n", ConfigError, "a plain name"),
    ("[[efficiency]]\nkernel = 'a'\npurposes = ['score']\n", UnknownNameError, "'score'"),
    ("[[efficiency]]\nkernel = 'a'\n", ConfigError, "purposes"),
]


@pytest.mark.parametrize(("text", "error", "message"), BAD)
def test_figures_that_make_no_sense_are_refused(runtime, text, error, message):
    with pytest.raises(error, match=message):
        find_runtime(runtime(text))
