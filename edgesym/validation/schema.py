"""What a row of measurements may hold: docs/measuring.md says what it means.

A column with a default may be absent; a cell that may be None may be empty. Other columns are
labels, which the rules of ``labels.toml`` may read.
"""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

from msgspec import Meta, Struct
from msgspec.structs import fields

from edgesym.filetypes import Line

__all__ = ["Card", "Kernel", "Published", "Step", "columns", "numbers"]

Label = Annotated[str, Meta(max_length=20_000, description="a text")]
Phase = Literal["decode", "prefill"]
Metric = Literal["tok_s", "s", "GB", "J_per_token"]
#: A mean over time is no whole number.
Batch = Annotated[
    float, Meta(ge=1, le=10**9, description="a number of sequences from 1 to 1000000000")
]
Tokens = Annotated[
    float, Meta(ge=0, le=10**9, description="a number of tokens up to 1000000000, or nothing")
]
Size = Annotated[
    int, Meta(ge=1, le=10**12, description=f"a whole number from 1 to {10**12}, or nothing")
]
Value = Annotated[float, Meta(gt=0, description="a positive number, in the unit of the metric")]
Seconds = Annotated[float, Meta(gt=0, description="a positive number of seconds")]
Joules = Annotated[float, Meta(gt=0, description="a positive number of joules, or nothing")]
Bytes = Annotated[float, Meta(gt=0, description="a positive number of bytes, or nothing")]


class Published(Struct):
    """One published figure."""

    device: Label
    framework: Label
    model: Label
    quant: Label
    phase: Phase
    batch: Batch
    prompt_tokens: Tokens | None
    gen_tokens: Tokens | None
    metric: Metric
    value: Value
    device_detail: Label = ""
    source_note: Label = ""


class Step(Struct):
    """One timed step, with joules and bytes where they were taken."""

    device: Label
    runtime: Label
    model: Label
    phase: Phase
    batch: Batch
    prompt_tokens: Tokens | None
    cached_tokens: Tokens | None
    dtype: Label
    median_s: Seconds
    energy_J: Joules | None = None  # noqa: N815 - as columns are called
    peak_bytes: Bytes | None = None


class Kernel(Struct):
    """One kernel alone; a card beside the file names its device where no column does."""

    kind: Label
    dtype: Label
    m: Size | None
    n: Size | None
    k: Size | None
    batch: Size | None
    heads: Size | None
    kv_heads: Size | None
    head_dim: Size | None
    context: Size | None
    new: Size | None
    median_s: Seconds
    device: Label = ""


class Card(Struct):
    """What is read of ``gpu_device.json``; its other keys are for people."""

    name: Line


def columns(kind: type) -> dict[str, bool]:
    """The columns of a kind of rows, and whether a file must have each.

    >>> columns(Step)["median_s"], columns(Step)["energy_J"]
    (True, False)
    """
    return {each.encode_name: each.required for each in fields(kind)}


def numbers(kind: type) -> dict[str, bool]:
    """The columns whose cells are numbers, and whether one may be empty.

    >>> numbers(Published)
    {'batch': False, 'prompt_tokens': True, 'gen_tokens': True, 'value': False}
    """
    typed = {each.encode_name: each.type for each in fields(kind) if not _is_text(each.type)}
    return {name: NoneType in get_args(each) for name, each in typed.items()}


def _is_text(kind: Any) -> bool:
    return get_origin(kind) is Literal or getattr(kind, "__origin__", None) is str
