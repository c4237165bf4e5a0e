"""EdgeProfiler's way, written anew: a loop in Python, and in it the equations of the paper.

As in its script (github.com/ShakyaJayakody/EdgeProfiler at b7762d9; Pinnock et al. 2025,
arXiv:2506.09061, equations 7 to 15) a configuration is an object, each of whose quantities asks
anew for those it is made of, and a profile is a dictionary: parameters, FLOPs, memory, five times
and their sum, arithmetic intensity, energy, and the compute time part by part.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass
class Sizes:
    """Extents of a model, and the context."""

    layers: int = 16
    hidden: int = 2048
    intermediate: int = 8192
    vocab: int = 128256
    context: int = 1024


@dataclass
class Board:
    """Figures of a device, each with the part of it that is reached."""

    peak_flops: tuple[float, float] = (64e9, 0.7)
    memory: tuple[float, float] = (17e9, 0.6)
    storage: tuple[float, float] = (5e8, 0.8)
    link: tuple[float, float] = (16e9, 0.7)
    network: tuple[float, float] = (1e8, 0.8)
    joule_per_flop: float = 1e-12
    joule_per_byte: float = 1e-9


class Configuration:
    """A model on a device, in elements of some bytes."""

    def __init__(self, sizes: Sizes, board: Board, width: int) -> None:
        self.sizes, self.board, self.width = sizes, board, width

    def parts(self) -> dict[str, int]:
        """FLOPs of a token by part (eq. 8, as computed)."""
        s = self.sizes
        each = {
            "projections": 8 * s.hidden * s.hidden,
            "scores": 4 * s.hidden * s.context,
            "feed_forward": 4 * s.hidden * s.intermediate,
            "norms": 4 * s.hidden,
            "softmax": 5 * s.hidden,
        }
        return {name: s.layers * part for name, part in each.items()}

    def parameters(self) -> int:
        """Weights (eq. 7)."""
        s = self.sizes
        layer = 4 * s.hidden * s.hidden + 2 * s.hidden * s.intermediate
        return s.layers * layer + 2 * s.vocab * s.hidden

    def flops(self) -> int:
        """FLOPs of a token."""
        return sum(self.parts().values())

    def footprint(self) -> int:
        """Bytes held (eq. 9)."""
        s = self.sizes
        states = s.context * s.hidden
        return (self.parameters() + states + 2 * s.layers * states) * self.width

    def weights(self) -> int:
        """Bytes of weights."""
        return self.parameters() * self.width

    @staticmethod
    def over(amount: float, rate: tuple[float, float]) -> float:
        """Seconds (eq. 10 to 14)."""
        return amount / (rate[0] * rate[1])

    def profile(self) -> dict[str, float]:
        """Everything of a configuration."""
        board, sizes = self.board, self.sizes
        compute = self.over(self.flops(), board.peak_flops)
        memory = self.over(self.footprint(), board.memory)
        load, copy = self.over(self.weights(), board.storage), self.over(self.weights(), board.link)
        sent = self.over(sizes.context * sizes.hidden * self.width, board.network)
        each = {name: 1e3 * self.over(n, board.peak_flops) for name, n in self.parts().items()}
        energy = self.flops() * board.joule_per_flop + self.footprint() * board.joule_per_byte
        return {
            "parameters": self.parameters() / 1e6,
            "flops": self.flops() / 1e9,
            "footprint": self.footprint() / 2**20,
            "compute": 1e3 * compute,
            "memory": 1e3 * memory,
            "load": 1e3 * load,
            "copy": 1e3 * copy,
            "network": 1e3 * sent,
            "end_to_end": 1e3 * (max(compute, memory) + load + copy + sent),
            "intensity": self.flops() / self.footprint(),
            "energy": energy,
            **each,
        }


def loop(contexts: Iterable[int]) -> list[dict[str, float]]:
    """A configuration for each context, one after the other."""
    board = Board()
    return [Configuration(Sizes(context=context), board, 1).profile() for context in contexts]
