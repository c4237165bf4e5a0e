"""Modules as people write them: how their layers and blocks are found, and what they are called.

Needs torch and transformers.
"""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from edgesym.architectures.traced.plan import Traced  # noqa: E402
from edgesym.catalogue import REGISTRY, Case  # noqa: E402
from edgesym.errors import ConfigError  # noqa: E402
from edgesym.graph.convention import convention  # noqa: E402
from edgesym.runtimes import find_runtime  # noqa: E402
from edgesym.symbols import symbol  # noqa: E402
from edgesym.tracing.job import Job, read_input  # noqa: E402
from edgesym.tracing.worker import _of_module  # noqa: E402
from edgesym.workload import phase  # noqa: E402

H, b, S = symbol("hidden"), symbol("batch"), symbol("context")


class Block(nn.Module):
    """A norm and two matrices."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(hidden)
        self.up, self.down = nn.Linear(hidden, 2 * hidden), nn.Linear(2 * hidden, hidden)

    def forward(self, x):
        return x + self.down(functional.gelu(self.up(self.norm(x))))


class Pairs(nn.Module):
    """Lists of layers in a list."""

    def __init__(self, hidden: int, depth: int = 3) -> None:
        super().__init__()
        pairs = ([nn.Linear(hidden, hidden), Block(hidden)] for _ in range(depth))
        self.layers = nn.ModuleList(map(nn.ModuleList, pairs))

    def forward(self, x):
        for mixes, block in self.layers:
            x = block(x + mixes(x))
        return x


class InTurn(nn.Module):
    """Blocks one after another."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(hidden) for _ in range(5)))
        self.head = nn.Linear(hidden, 3)

    def forward(self, x):
        print("%d of %.1f" % (self.head.in_features, self.head.in_features / 2))  # noqa: T201, UP031
        return self.head(self.blocks(x))


class Encoder(nn.Module):
    """PyTorch's own, which copies the layer that it is given."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(hidden, 4, hidden, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 4)

    def forward(self, x):
        return self.layers(x)


class Shrinking(nn.Module):
    """Layers of one kind that do not give what they are given."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.AvgPool1d(2) for _ in range(2))
        self.head = nn.Linear(hidden // 4, hidden)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


class Recurrent(nn.Module):
    """Two sizes whose names are one word of the table."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.layer = nn.GRU(dim, hidden, batch_first=True)

    def forward(self, x):
        return self.layer(x)[0]


class Bag(nn.Module):
    """Rows of a table, summed."""

    def __init__(self, vocab: int, hidden: int) -> None:
        super().__init__()
        self.table = nn.EmbeddingBag(vocab, hidden)

    def forward(self, ids):
        return self.table(ids)


class Mixing(nn.Module):
    """A Fourier transform and windows of symbolic size."""

    def __init__(self, hidden: int, window: int) -> None:
        super().__init__()
        self.window, self.scale = window, nn.Parameter(torch.ones(()))

    def forward(self, x):
        padded = functional.pad(x, (0, 0, self.window - 1, 0))
        return torch.fft.fft(x).real * padded.unfold(1, self.window, 1).sum(-1) * self.scale


def traced(kind: type, sizes: dict[str, int], text: str) -> Traced:
    job = Job(
        "own", "own", {}, f"{__name__}:{kind.__name__}", sizes, {}, (read_input(text, sizes),)
    )
    return _of_module(job, "")


def hidden(kind: type, **more: int) -> Traced:
    return traced(kind, {"hidden": 24, **more}, "x: (batch, context, hidden)")


def form(model, quantity: str, counting: str = "pytorch"):
    case = Case(model, phase("prefill"), convention(counting), find_runtime("unfused"))
    return REGISTRY[quantity].expression(case)


def blocks(found: Traced) -> dict[str, int]:
    """Name of a block -> how often it is there."""
    return {p.name: int(p.repeat.xreplace(found.model.values)) for p in found.model.plans}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Block, {"Block": 1}),
        (Pairs, {"Linear": 3, "Block": 3}),
        (InTurn, {"Block": 5, "head": 1}),
        (Encoder, {"TransformerEncoderLayer": 4}),
        (Shrinking, {"Shrinking": 1}),
    ],
)
def test_blocks_are_called_by_their_classes(kind: type, expected: dict[str, int]) -> None:
    assert blocks(hidden(kind)) == expected


def test_a_norm_of_pytorch_is_one_operation() -> None:
    (plan,) = hidden(Block).model.plans
    assert [op.function for op in plan.operations if str(op.purpose) == "norm"] == ["rms_norm"]


def test_a_size_that_is_printed_is_no_condition() -> None:
    assert hidden(InTurn).model.domain.conditions == ()


def test_sizes_of_one_word_stay_apart() -> None:
    found = traced(Recurrent, {"dim": 6, "hidden": 8}, "x: (batch, context, dim)").model
    dim = symbol("extent", "dim")
    assert found.values[dim] == 6
    assert found.values[H] == 8
    assert (form(found, "flops") - 6 * S * b * H * (dim + H)).expand() == 0
    assert (form(found, "parameters") - 3 * H * (dim + H + 2)).expand() == 0


def test_rows_of_a_bag_are_read_and_summed() -> None:
    found = traced(Bag, {"vocab": 50, "hidden": 8}, "ids: (batch, context) token").model
    assert form(found, "flops", "default") == b * S * H
    assert form(found, "parameters") == symbol("vocab") * H
    read = form(found, "weight_bytes") / symbol("weight_bytes_per_element")
    assert (read - b * S * H).expand() == 0


def test_windows_and_transforms_are_of_symbolic_sizes() -> None:
    found = hidden(Mixing, window=3).model
    assert found.domain.conditions == ()
    assert form(found, "flops", "default").has(symbol("window"))


def test_what_is_missing_is_said_at_once() -> None:
    with pytest.raises(ConfigError, match=r"needs dim, hidden too; give its sizes as --size dim="):
        traced(Recurrent, {}, "x: (batch, context, 5)")
    with pytest.raises(ConfigError, match=r"unexpected keyword argument 'y'; its forward takes x"):
        traced(Block, {"hidden": 8}, "y: (batch, context, hidden)")


class Mean(nn.Module):
    """A parameter that is called as an operation is."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.empty(hidden))

    def forward(self, x):
        return x - x.mean(1, keepdim=True) * self.mean


def test_a_parameter_and_an_operation_of_one_name_are_two() -> None:
    (plan,) = hidden(Mean).model.plans
    assert [op.part for op in plan.operations] == ["mean_2", "mul", "sub"]
