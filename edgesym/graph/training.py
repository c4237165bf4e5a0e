"""Choices of training: what is run again, dropped out, and divided over devices, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from edgesym.domain import checked
from edgesym.errors import UnknownNameError
from edgesym.graph.convention import choices_in

__all__ = ["TRAINING_CHOICES", "Training", "training"]

#: The choices that each field of :class:`Training` allows; the first is the default.
TRAINING_CHOICES: dict[str, dict[str, str]] = {
    "recompute": {
        "none": "everything that a gradient needs is kept",
        "selective": "the core of attention is run again (Korthikanti et al. 2022)",
        "flash": "scores and softmax are computed again, the product with the values is not "
        "(Dao et al. 2022)",
        "full": "every layer is run again from its input",
        "interval": "the input of one layer in n_r is kept, from which n_r layers are run again "
        "(Chen et al. 2016)",
    },
    "dropout": {
        "none": "no dropout",
        "applied": "dropout of the embedding, of the softmax and of what enters a residual sum",
    },
    "split": {
        "none": "each device holds whole layers",
        "tensor": "heads, feed-forward dimension and vocabulary are divided over t devices "
        "(Shoeybi et al. 2019)",
        "sequence": "so divided, and along the sequence elsewhere (Korthikanti et al. 2022)",
    },
    "pipeline": {
        "none": "each device holds all layers",
        "1f1b": "p stages, one forward and one backward in turn: p microbatches in flight",
        "interleaved": "so in turn, with v chunks of layers on each stage",
        "gpipe": "p stages, all forwards before the first backward: m microbatches in flight",
    },
    "zero": {
        "none": "each data-parallel device holds the whole state of training",
        "1": "the states of the optimizer are divided over d devices",
        "2": "gradients as well",
        "3": "parameters as well",
    },
}


@dataclass(frozen=True, slots=True)
class Training:
    """One way of training; see :data:`TRAINING_CHOICES` for what each field may say."""

    recompute: str = "none"
    dropout: str = "none"
    split: str = "none"
    pipeline: str = "none"
    zero: str = "none"

    def __post_init__(self) -> None:
        """Refuse a choice that no quantity knows."""
        for field, choices in TRAINING_CHOICES.items():
            if getattr(self, field) not in choices:
                raise UnknownNameError(f"choice for {field}", getattr(self, field), choices)

    @property
    def repeated(self) -> str:
        """What is run again: ``full`` also where the inputs of some layers alone are kept."""
        return "full" if self.recompute == "interval" else self.recompute

    def describe(self) -> list[str]:
        """A sentence per choice.

        >>> Training().describe()[1]
        'no dropout'
        """
        return [choices[getattr(self, field)] for field, choices in TRAINING_CHOICES.items()]


@checked
def training(text: str = "") -> Training:
    """A way of training from ``field=choice`` separated by commas.

    >>> training("recompute=full,zero=3").zero
    '3'

    Raises:
        ConfigError: a choice without a field, or two of one.
        UnknownNameError: an unknown field or choice.
    """
    changes = filter(None, (part.strip() for part in text.split(",")))
    return Training(**choices_in("training", text, changes, TRAINING_CHOICES))
