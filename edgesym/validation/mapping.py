"""From a measurement to the setup that it measured, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from edgesym.architectures.locate import cards, load
from edgesym.architectures.model import Model
from edgesym.devices import Device, find_device
from edgesym.errors import DeviceError, EdgesymError, UnknownNameError
from edgesym.formats import Formats
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.validation.corpus import Measurement
from edgesym.validation.labels import read_label

__all__ = ["ASSUMED_CONTEXT", "Mapped", "mapped"]

#: Tokens attended to where a published decode speed does not say how many: short chats.
ASSUMED_CONTEXT = 128


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a measurement was of.

    Attributes:
        setup: the setup; none where ``reason`` says why.
        reason: why the row cannot be compared; empty where it can.
        assumed: what the row does not say and was taken for it.
    """

    setup: Setup | None
    reason: str = ""
    assumed: tuple[str, ...] = ()


class _UnmappedError(Exception):
    """The reason why a row has no setup."""


def mapped(row: Measurement) -> Mapped:
    """The setup of a measurement: model, recipe, device, runtime and workload.

    Memory needs no device. A number that the row leaves open is taken from its kind of benchmark,
    and said in ``assumed``.
    """
    try:
        return _mapped(row)
    except _UnmappedError as reason:
        return Mapped(None, str(reason))


def _mapped(row: Measurement) -> Mapped:
    if reason := read_label("exclude", row.labels):
        raise _UnmappedError(reason)
    model = _model(row.labels)
    device = None if row.kind == "memory" else _device(row.labels)
    run, assumed = _run(row)
    if said := read_label("assumed", row.labels):
        assumed = (*assumed, said)
    try:
        return Mapped(Setup(model, device, run), assumed=assumed)
    except EdgesymError as error:
        raise _UnmappedError(str(error)) from error


@cache
def _card(name: str) -> Model:
    return load(name)


def _model(labels: Mapping[str, str]) -> Model:
    name = (read_label("model", labels) or "").lower()
    if name not in cards():
        raise _UnmappedError(f"no card of the model {labels['model']}")
    return _card(name)


@cache
def _found(name: str) -> Device:
    """A device by name; files of the label's choosing are not read."""
    if name.lower().endswith(".toml"):
        raise UnknownNameError("device", name, ())
    return find_device(name)


def _device(labels: Mapping[str, str]) -> Device:
    name = read_label("device", labels) or labels["device"]
    try:
        return _found(re.sub(r"[\s_]+", "-", name.lower()))
    except (DeviceError, UnknownNameError):
        what = ", ".join(filter(None, (labels["device"], labels.get("device_detail"))))
        raise _UnmappedError(f"no device file of the {what}") from None


def _run(row: Measurement) -> tuple[Run, tuple[str, ...]]:
    """The run of a measurement, and what was assumed of it."""
    weights = _weights(row.labels)
    runtime = read_label("runtime", row.labels) or "fused"
    context, assumed = _context(row)
    prompt = context if row.phase == "prefill" else max(1, context - 1)
    run = Run(row.batch, prompt, 1, context, weights=weights, kernels=runtime)
    return run, assumed


def _context(row: Measurement) -> tuple[int, tuple[str, ...]]:
    """Tokens attended to by the step that was timed, or that memory was set aside for.

    Of a mean over a generation it is the middle one: the time of a step grows linearly.
    """
    if row.phase == "prefill":
        if not row.prompt:
            raise _UnmappedError("the tokens of the prompt are not stated")
        return row.prompt, ()
    if row.cached is not None:
        return row.cached + 1, ()
    if row.kind == "memory":
        if stated := read_label("context", row.labels):
            return int(stated), ()
        if row.prompt is None:
            raise _UnmappedError("the context that memory was set aside for is not stated")
        return row.prompt + (row.generated or 1), ()
    if row.generated is not None:
        empty = () if row.prompt is not None else ("an empty cache, as llama-bench begins with",)
        return max(1, (row.prompt or 0) + row.generated // 2), empty
    if row.prompt is not None:
        return row.prompt + 1, ()
    return ASSUMED_CONTEXT, (f"a context of {ASSUMED_CONTEXT} tokens",)


def _weights(labels: Mapping[str, str]) -> str:
    label = labels.get("quant", labels.get("dtype")) or "weights that are not stated"
    name = read_label("weights", labels)
    if name is None or not _is_format(name):
        raise _UnmappedError(f"no number format or recipe for {label}")
    return name


@cache
def _is_format(name: str) -> bool:
    try:
        Formats.of(name or "bf16")
    except EdgesymError:
        return False
    return not name.lower().endswith(".toml")
