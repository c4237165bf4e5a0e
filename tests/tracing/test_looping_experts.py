"""Loops over experts as transformers writes them: each runs its picked tokens, on average."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import sympy  # noqa: E402

from edgesym.errors import ConfigError  # noqa: E402
from edgesym.symbols import symbol  # noqa: E402
from edgesym.tracing.job import Input  # noqa: E402
from edgesym.tracing.module import run_module  # noqa: E402

EXPERTS = 4


class Experts(torch.nn.Module):
    """What all have: a router, and a matrix for each expert."""

    def __init__(self, hidden: int, chosen: int = 2) -> None:
        super().__init__()
        self.chosen = chosen
        self.router = torch.nn.Linear(hidden, EXPERTS, bias=False)
        self.weight = torch.nn.Parameter(torch.empty(EXPERTS, hidden, hidden))
        self.named = torch.nn.ModuleDict(
            {f"expert_{i}": torch.nn.Linear(hidden, hidden, bias=False) for i in range(EXPERTS)}
        )

    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        return self.run_experts(rows, self.router(rows)).view(x.shape)


class Hit(Experts):
    """A loop over the experts that some token takes; their matrices lie in one tensor."""

    def run_experts(self, rows, scores):
        best = scores.topk(self.chosen, -1).indices
        mask = torch.nn.functional.one_hot(best, EXPERTS + 1).permute(2, 1, 0)
        made = torch.zeros_like(rows)
        for expert in torch.greater(mask.sum(dim=(-1, -2)), 0).nonzero():
            _, token = torch.where(mask[expert[0]])
            made.index_add_(0, token, rows[token] @ self.weight[expert[0]])
        return made


class Named(Experts):
    """The same of modules with names, one expert a token, which takes so many and drops others."""

    limit = 4096

    def run_experts(self, rows, scores):
        mask = torch.nn.functional.one_hot(scores.argmax(-1), EXPERTS)
        mask = mask * (torch.cumsum(mask, dim=-2) <= self.limit)
        mask = mask[:, None].permute(2, 1, 0)
        made = torch.zeros_like(rows)
        for expert in torch.greater(mask.sum(dim=(-1, -2)), 0).nonzero():
            _, token = torch.where(mask[expert].squeeze(0))
            made.index_add_(0, token, self.named[f"expert_{expert[0]}"](rows[token]))
        return made


class Split(Experts):
    """Tokens sorted by their experts and split into as many as each has."""

    def run_experts(self, rows, scores):
        best = scores.topk(self.chosen, 1).indices
        taken = torch.zeros_like(scores).scatter(1, best, 1).long().sum(0).tolist()
        order = best.flatten().sort(0).indices
        token = order.div(self.chosen, rounding_mode="trunc")
        parts = rows[token].split(taken, dim=0)
        done = torch.cat([parts[i] @ self.weight[i] for i in range(EXPERTS)], dim=0)
        return torch.zeros_like(rows).index_add(0, token, done * order[:, None])


class Few(Named):
    """Of its experts each takes less tokens than there are."""

    limit = 3


def flops(module: type[torch.nn.Module], *work: str | int) -> sympy.Expr:
    given = (Input("x", (*(work or ("batch", "tokens")), "hidden"), is_token=False),)
    run = run_module(lambda n: module(n["hidden"]), {"hidden": 16}, given)
    size = run.sizes.expression
    return sympy.factor(
        sympy.Add(*(size(op.flops) for op in run.step.operations if op.flops is not None))
    )


@pytest.mark.parametrize(("module", "each"), [(Hit, 2), (Named, 1), (Split, 2)])
def test_all_experts_together_run_what_the_tokens_choose(
    module: type[torch.nn.Module], each: int
) -> None:
    b, t, h = (sympy.Symbol(name) for name in "bTH")
    found = flops(module)
    found = found.xreplace({s: sympy.Symbol(str(s)) for s in found.free_symbols})
    assert sympy.expand(found - 2 * b * t * h * (EXPERTS + each * h)) == 0


def test_a_single_token_runs_what_it_chooses() -> None:
    found, h = flops(Hit, 1, 1), symbol("hidden")
    assert sympy.expand(found - 2 * h * (EXPERTS + 2 * h)) == 0


def test_experts_that_may_drop_tokens_are_refused_with_the_line() -> None:
    with pytest.raises(ConfigError, match=r"test_looping_experts\.py:\d+: experts take no more"):
        flops(Few)
