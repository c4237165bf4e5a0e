"""What code that looks at values gets while it is traced, and where it is refused."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from edgesym.errors import ConfigError  # noqa: E402
from edgesym.tracing.job import Input  # noqa: E402
from edgesym.tracing.module import run_module  # noqa: E402

IDS = (Input("ids", ("batch", "tokens"), is_token=True),)


class Looking(torch.nn.Module):
    """Looks at a mask that does not depend on weights, as encoders with padding do."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.table = torch.nn.Embedding(11, hidden)
        self.linear = torch.nn.Linear(hidden, hidden)

    def forward(self, ids):
        mask = torch.ones_like(ids)
        found = self.table(ids)
        return self.linear(found) if mask.min().item() == 1 else found


class Routing(Looking):
    """Looks at what the network computes."""

    def forward(self, ids):
        found = self.table(ids)
        return self.linear(found) if found.sum().item() > 0 else found


class Itself(Looking):
    """Calls the forward of its layers itself."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden)
        self.layers = torch.nn.ModuleList(torch.nn.Linear(hidden, hidden) for _ in range(3))

    def forward(self, ids):
        found = self.table(ids)
        for layer in self.layers:
            found = layer.forward(found)
        return found


def ran(kind: type):
    return run_module(lambda sizes: kind(sizes["hidden"]), {"hidden": 6}, IDS, (__name__,))


def test_a_mask_that_is_known_decides_a_branch() -> None:
    assert "addmm" in [op.name for op in ran(Looking).step.operations]


def test_a_branch_on_what_the_network_computes_is_refused_with_its_line() -> None:
    with pytest.raises(ConfigError, match=r"test_values\.py:\d+: the code asks for values"):
        ran(Routing)


def test_layers_whose_forward_is_called_are_entered() -> None:
    assert ran(Itself).step.entered == ("layers.0", "layers.1", "layers.2")
