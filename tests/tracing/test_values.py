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


class Adapters(Looking):
    """Each place goes through the module of its kind, as adapters of languages do."""

    def __init__(self, hidden: int) -> None:
        super().__init__(hidden)
        self.kinds = torch.nn.ModuleList(torch.nn.Linear(hidden, hidden) for _ in range(2))

    def forward(self, ids):
        kind, found = torch.zeros_like(ids), self.table(ids)
        made = torch.zeros_like(found)
        for index, part in enumerate(self.kinds):
            made[kind == index] = part(found[kind == index])
        return made


class Chunks(Looking):
    """Computes with the number of tokens in a tensor."""

    def forward(self, ids):
        count = torch.div(ids.shape[1], 1, rounding_mode="trunc") + 1
        return self.linear(self.linear.weight.new_zeros((count, self.linear.in_features)))


class Constant(Looking):
    """Looks at a number of its own."""

    def forward(self, ids):
        found = self.table(ids)
        return self.linear(found) if torch.tensor(0.95).item() > 0 else found


def products(module: type[torch.nn.Module]) -> list[str]:
    run = ran(module)
    size = run.sizes.expression
    return [str(size(op.flops)) for op in run.step.operations if op.flops is not None]


def test_of_a_mask_of_one_number_all_places_are_picked_or_none() -> None:
    assert products(Adapters) == ["2*H**2*T*b", "0"]  # the second one gets no place


def test_a_mask_that_is_written_in_parts_is_of_one_number_no_more() -> None:
    class Parts(Adapters):
        def forward(self, ids):
            kind, found = torch.zeros_like(ids), self.table(ids)
            kind[:, :1] = 1
            return self.kinds[0](found[kind == 0])

    run = ran(Parts)
    with pytest.raises(ConfigError, match="a size follows from the values"):
        [run.sizes.expression(op.flops) for op in run.step.operations if op.flops is not None]


def test_a_size_in_a_tensor_stays_one() -> None:
    assert products(Chunks) == ["2*H**2*(T + 1)"]


def test_a_constant_of_the_code_is_known() -> None:
    assert products(Constant) == ["2*H**2*T*b"]
