"""What a block that predicts further tokens begins with: a hidden state and the token after it."""

from __future__ import annotations

from edgesym.graph.builder import Builder
from edgesym.graph.tensor import Tensor
from edgesym.layers.embedding import embedding
from edgesym.layers.norm import norm
from edgesym.symbols import symbol

__all__ = ["predictor"]


def predictor(build: Builder, part: str, x: Tensor, *, function: str = "rms_norm") -> Tensor:
    """A hidden state beside the next token, both normalised, projected: (b, T, H) -> (b, T, H).

    4 b T H^2 FLOPs of the projection of 2 H to H. The table of tokens is the model's own
    (DeepSeek-AI 2024, arXiv:2412.19437, section 2.2, equation 21).

    Args:
        function: of the norms.
    """
    token = embedding(build, f"{part}.token", shared=True)
    state = norm(build, f"{part}.state_norm", x, function=function)
    token = norm(build, f"{part}.token_norm", token, function=function)
    *rows, width = x.shape
    made = build.activation(f"{part}.beside", *rows, 2 * width)
    both = build.run(f"{part}.beside", "append", "columns", (token, state), made)
    return build.project(f"{part}.projection", both, symbol("hidden"))
