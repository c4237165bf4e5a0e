"""From a measurement to the setup that it measured, or the reason why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from edgesym.architectures.locate import find_config, load
from edgesym.architectures.model import Model
from edgesym.architectures.naming import Named, cards, named_card
from edgesym.architectures.reader import read_model
from edgesym.devices import Device, find_device
from edgesym.errors import DeviceError, EdgesymError, UnknownNameError
from edgesym.formats import Formats
from edgesym.runtimes import runtime_names
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup
from edgesym.validation.corpus import Measurement
from edgesym.validation.labels import read_all, read_label

__all__ = ["ASSUMED_CONTEXT", "Mapped", "device_of", "mapped"]

#: Tokens attended to where a published decode speed does not say how many: short chats.
ASSUMED_CONTEXT = 128
#: How far a mean power may lie over the limit, which is held on the average of some seconds.
_OVER = 1.05
_BRACKETS = re.compile(r"\(([^()]*)\)")
_CORES = re.compile(r" \d+-core\b", re.IGNORECASE)


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
    except _UnmappedError as reason:  # the row's outcome tells it
        return Mapped(None, str(reason))


def _mapped(row: Measurement) -> Mapped:
    if reason := read_label("exclude", row.labels):
        raise _UnmappedError(reason)
    model, tuned = _model(row.labels)
    device, cores = (None, ()) if row.kind == "memory" else _device(row)
    if device is not None and row.kind == "energy":
        _check_power(row.labels, device)
    run, assumed = _run(row)
    assumed = (*assumed, *tuned, *cores, *read_all("assumed", row.labels))
    run = replace(run, places=_places(row.labels, model))
    try:
        return Mapped(Setup(model, device, run), assumed=assumed)
    except EdgesymError as error:
        raise _UnmappedError(str(error)) from error


def _places(labels: Mapping[str, str], model: Model) -> str:
    """What did not lie on the device; nothing where more layers are named than there are."""
    there = read_label("places", labels) or ""
    _, _, staying = there.partition("=")
    if staying and int(staying) > sum(count for _, count in model.order):
        there = ""
    return ",".join(filter(None, (there, read_label("experts", labels) or "")))


@cache
def _card(name: str, untied: bool) -> Model:
    """A card; ``untied`` where a file holds the table of its tied head a second time."""
    if not untied:
        return load(name)
    found = find_config(name)
    config = {**found.config, "tie_word_embeddings": False}
    return read_model(
        config, name=f"{name} untied", origin=found.origin, sources=(*found.sources, "the row")
    )


def _model(labels: Mapping[str, str]) -> tuple[Model, tuple[str, ...]]:
    """The model of a row, and what was assumed of it."""
    label = labels["model"]
    said = read_label("model", labels)
    found = Named(said, True) if said else named_card(label)
    if found is None or found.card not in cards():
        raise _UnmappedError(f"no card of the model {label}")
    assumed = () if found.exact else (f"the shape of {found.card}, from which it was tuned",)
    untied = read_label("untied", labels) is not None
    return _card(found.card, untied), assumed


@cache
def _found(name: str) -> Device | None:
    """A device by name; files of the label's choosing are not read."""
    if name.lower().endswith(".toml"):
        return None
    try:
        return find_device(name)
    except (DeviceError, UnknownNameError):  # the row says that no file is known of it
        return None


def device_of(row: Measurement) -> Device | None:
    """The device of a row; None where no file is known of it."""
    try:
        return _device(row)[0]
    except _UnmappedError:  # None stands for no file
        return None


def _device(row: Measurement) -> tuple[Device, tuple[str, ...]]:
    """The device of a row, and what was assumed of it.

    A step of decoding waits for the memory: where a chip with as many cores is not known, one
    with others stands for it.
    """
    labels, part = row.labels, read_label("part", row.labels) or ""
    name = f"{read_label('device', labels) or labels['device']} {part}".strip()
    inner = _BRACKETS.findall(labels["device"])
    for each in (name, *(f"{chip} {part}".strip() for chip in inner)):
        if device := _found(each):
            return device, ()
    less = _CORES.sub("", name)
    if row.phase == "decode" and less != name and (device := _found(less)):
        return device, (f"{device.name} with its usual number of cores",)
    what = ", ".join(filter(None, (labels["device"], labels.get("device_detail"))))
    raise _UnmappedError(f"no device file of the {what}")


def _check_power(labels: Mapping[str, str], device: Device) -> None:
    """That what is said to be drawn is no more than the board can.

    Raises:
        _UnmappedError: it is, so that more than the device was measured.
    """
    drawn, limit = read_label("power", labels), device.figures.get("power_limit")
    if drawn and limit is not None and float(drawn) > _OVER * limit.value:
        raise _UnmappedError("more power than the board's limit")


def _run(row: Measurement) -> tuple[Run, tuple[str, ...]]:
    """The run of a measurement, and what was assumed of it."""
    weights = _weights(row.labels)
    runtime = (read_label("runtime", row.labels) or "").lower()
    if runtime not in runtime_names():
        runtime = "fused"
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
        return _set_aside(row), ()
    if (held := read_label("held", row.labels)) and row.generated:
        asked = int(read_label("asked", row.labels) or 1)
        context = asked + round(float(held) * row.generated)
        return context, (f"prompts of {asked} tokens, {context} attended to on the average",)
    if row.generated is not None:
        empty = () if row.prompt is not None else ("an empty cache, as llama-bench begins with",)
        return max(1, (row.prompt or 0) + row.generated // 2), empty
    if row.prompt is not None:
        return row.prompt + 1, ()
    return ASSUMED_CONTEXT, (f"a context of {ASSUMED_CONTEXT} tokens",)


def _set_aside(row: Measurement) -> int:
    """The tokens that a memory was set aside for: stated, or those of the test that was run."""
    if stated := read_label("context", row.labels):
        return int(stated)
    if row.prompt is None and row.generated is None:
        raise _UnmappedError("the context that memory was set aside for is not stated")
    return (row.prompt or 0) + (row.generated or 1)


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
    except EdgesymError:  # a label that is no format
        return False
    return not name.lower().endswith(".toml")
