"""Modules of plain PyTorch: their traced counts are what PyTorch counts when they really run."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from edgesym.architectures.traced.saved import of_data  # noqa: E402
from edgesym.symbols import symbol  # noqa: E402
from edgesym.tracing.checked import counts  # noqa: E402
from edgesym.tracing.fields import size_symbols  # noqa: E402
from edgesym.tracing.job import Job, read_input  # noqa: E402
from edgesym.tracing.worker import traced  # noqa: E402

FOLDER = Path(__file__).parents[2] / "examples" / "modules"

#: File and class, its sizes, further arguments, its inputs, and other sizes at which it is counted.
MODULES = {
    "gpt.py:GPT": (
        {"hidden": 64, "vocab": 500, "heads": 4, "positions": 128},
        {"layers": 3},
        ("ids: (batch, context) token",),
        {"hidden": 96, "vocab": 300},
    ),
    "vit.py:ViT": (
        {"hidden": 48, "heads": 6, "patch": 8, "image": 64, "classes": 10},
        {"layers": 3},
        ("image: (batch, 3, image, image)",),
        {"hidden": 60, "image": 96},
    ),
    "moe.py:MoE": (
        {"hidden": 32, "inner": 64},
        {"experts": 4, "chosen": 2},
        ("x: (batch, context, hidden)",),
        {"hidden": 40, "inner": 24},
    ),
    "moe.py:DenseMoE": (
        {"hidden": 32, "inner": 64},
        {"experts": 4, "chosen": 2},
        ("x: (batch, context, hidden)",),
        {"hidden": 40, "inner": 24},
    ),
    "moe.py:GatheredMoE": (
        {"hidden": 32, "inner": 64, "experts": 8, "chosen": 2},
        {},
        ("x: (batch, context, hidden)",),
        {"experts": 16, "chosen": 3},
    ),
    "unet.py:UNetBlock": (
        {"channels": 32, "height": 24, "width": 16},
        {},
        ("x: (batch, channels, height, width)",),
        {"channels": 64, "height": 8},
    ),
    "lora.py:FeedForward": (
        {"hidden": 32, "intermediate": 64, "rank": 4},
        {},
        ("x: (batch, context, hidden)",),
        {"rank": 16},
    ),
    "scan.py:Cell": (
        {"hidden": 32},
        {},
        ("x: (batch, context, hidden)",),
        {"hidden": 40},
    ),
    "scan.py:SelectiveScan": (
        {"hidden": 32, "state": 8},
        {},
        ("x: (batch, context, hidden)",),
        {"hidden": 40, "state": 4},
    ),
    "scan.py:Lstm": (
        {"hidden": 32},
        {},
        ("x: (batch, context, hidden)",),
        {"hidden": 40},
    ),
    "functions.py:attention": (
        {"heads": 4, "width": 8},
        {},
        tuple(f"{name}: (batch, heads, context, width)" for name in "qkv"),
        {"heads": 3, "width": 16},
    ),
    "functions.py:low_rank": (
        {"inner": 32, "rank": 4, "outer": 16},
        {},
        ("x: (batch, context, inner)", "down: (inner, rank)", "up: (rank, outer)"),
        {"rank": 3, "outer": 48},
    ),
}
_BATCH, _TOKENS = 2, 12


def job_of(name: str) -> Job:
    """What is asked of ``edgesym trace``."""
    sizes, arguments, inputs, _ = MODULES[name]
    taken = tuple(read_input(text, sizes) for text in inputs)
    return Job(name, name, {}, f"{FOLDER}/{name}", sizes, arguments, taken)


def count(name: str, sizes: dict[str, int]) -> tuple[int, int]:
    """FLOPs and parameters of a real run, as PyTorch counts them."""
    file, _, kind = name.partition(":")
    spec = importlib.util.spec_from_file_location(f"example_{file[:-3]}", FOLDER / file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    job, made = job_of(name), getattr(module, kind)
    extents = {**sizes, "batch": _BATCH, "context": _TOKENS}
    given = {}
    for each in job.inputs:
        shape = [extents.get(word, word) for word in each.shape]
        given[each.name] = (
            torch.zeros(shape, dtype=torch.long) if each.is_token else torch.randn(shape)
        )
    run = made
    if isinstance(made, type):
        names = made.__init__.__code__.co_varnames
        own = {word: number for word, number in sizes.items() if word in names}
        run = made(**job.arguments, **own).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad(), _plainly():
        run(**given)
    parameters = run.parameters() if isinstance(run, torch.nn.Module) else ()
    return counter.get_total_flops(), sum(p.numel() for p in parameters)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Without the fused operations that PyTorch has no count for."""
    is_fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with warnings.catch_warnings(), sdpa_kernel(SDPBackend.MATH):
            warnings.simplefilter("ignore")
            with torch.backends.mkldnn.flags(enabled=False):
                yield
    finally:
        torch.backends.mha.set_fastpath_enabled(is_fused)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODULES)
def test_counts_are_those_of_a_real_run(name: str) -> None:
    sizes, _, _, other = MODULES[name]
    answer = traced(job_of(name))
    assert "traced" in answer, answer
    model = of_data(answer["traced"], name).model
    for numbers in (sizes, {**sizes, **other}):
        put = {s: numbers[word] for word, s in size_symbols(numbers).items()}
        put |= {s: n for s, n in model.values.items() if s not in put}
        assert symbol("batch") not in put
        ours = counts(model, _BATCH, _TOKENS, put)
        flops, parameters = count(name, numbers)
        assert (ours["prefill"], ours["parameters"]) == (flops, parameters)
