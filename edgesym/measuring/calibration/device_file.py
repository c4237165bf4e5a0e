"""A calibration as a device file.

**Peaks are what was sustained.** A theoretical peak is cores x clock x operations per cycle, and a
machine does not say the last two: clocks change with load and are hidden in virtual machines, and
no flag tells how many units a core has. So ``peak`` is the rate of the best library's product, and
``memory_bandwidth`` that of reading, each the most that this machine was seen to do.

``compute_utilisation`` and what else is not measured is the class's. Its shares are of theoretical
peaks, which a good library's products come within a tenth or two of: less than the range that a
class gives. Bandwidth is not so near its theory, so ``memory_utilisation``, the share of the
sustained rate that a step's reading reaches, is the file's own, with a range. ``edgesym measure
--refit`` replaces both with what runs on this machine show.

A launch lies between the dispatch of an operation and that with a thread to wake
(:mod:`.launches`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

from edgesym.measuring.calibration.calibrate import Calibration
from edgesym.measuring.calibration.rate import Rate
from edgesym.measuring.host import class_of
from edgesym.plain import clean

__all__ = ["device_file", "table"]

#: The least share of a sustained rate that a step's reading is taken to reach: llama.cpp on a
#: Raspberry Pi 5 decodes at 0.5526 of the theoretical bandwidth, where memset by one thread reaches
#: 0.80 (edgesym/devices/data/raspberry-pi-5.toml).
_LEAST = "0.5526 / 0.80"
#: What loading reaches of a rate that a reader sustained: EdgeProfiler's factor at the least.
_LEAST_LOADING = 0.8
_PI = "https://huggingface.co/spaces/nyunai/edge-llm-leaderboard"
_EDGEPROFILER = "https://github.com/ShakyaJayakody/EdgeProfiler"


def device_file(found: Calibration, command: str, on: date, name: str = "") -> str:
    """The text of the device file.

    Args:
        command: that measured it, as typed.
        on: which day.
        name: of the device; that of the processor or accelerator by default.
    """
    fast = found.accelerator
    called = str(fast["name"]) if fast else found.host.cpu or found.host.machine
    kind, machine = ("accelerator", "") if fast else ("processor", found.host.machine)
    class_name, why = class_of(kind, called, machine)
    said = called if fast else f"{called}, {found.threads} threads"
    source = f"{command}, {on.isoformat()}"
    lines = [
        f"# Measured by {_written(command)} on {on.isoformat()}; --device takes this file.",
        "# The best of several runs each, as in STREAM; std is how far the median one was from it.",
        *([f"# {found.busy}"] if found.busy else []),
        *(f"# not measured: {step}: {reason}" for step, reason in found.missed.items()),
        f"name = {_written(clean(name or said))}",
        f"summary = {_written(f'{said}, as measured')}",
        f"class = {_written(class_name)}  # {why}",
        "",
    ]
    rows = _of_accelerator(found, source) if fast else _of_processor(found, source)
    for each in rows:
        lines += [*each, ""]
    return "\n".join(lines).rstrip() + "\n"


def table(figure: str, **row: object) -> list[str]:
    """The lines of a figure.

    >>> table("peak.fp32", value=2.5, unit="GFLOP/s")
    ['[peak.fp32]', 'value = 2.5', 'unit = "GFLOP/s"']
    """
    return [
        f"[{figure}]",
        *(f"{key} = {_written(value)}" for key, value in row.items()),
    ]


def _written(value: object) -> str:
    """A value as TOML has it: as JSON, but for a sign that TOML escapes and JSON does not."""
    text = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return text.encode("utf-8", "replace").decode("utf-8")


def _measured(
    figure: str, rate: Rate, unit: str, factor: float, source: str, what: str = ""
) -> list[str]:
    condition = ", ".join(filter(None, (what, rate.by, rate.how)))
    return table(
        figure,
        value=_rounded(rate.value / factor),
        std=_rounded(rate.std / factor),
        unit=unit,
        kind="measured",
        condition=condition,
        source=source,
    )


def _of_processor(found: Calibration, source: str) -> Iterator[list[str]]:
    rates, host = found.rates, found.host
    threads = f"{found.threads} threads"
    for dtype, rate in found.products.items():
        what = f"what was sustained, {threads}"
        yield _measured(f"peak.{dtype}", rate, "GFLOP/s", 1e9, source, what)
    yield table(
        "memory_size",
        value=_rounded(host.memory / 2**30),
        unit="GiB",
        kind="measured",
        condition="what the system manages (MemTotal)",
        source=source,
    )
    if host.free:
        yield table(
            "memory_reserve",
            value=_rounded((host.memory - host.free) / 2**30),
            unit="GiB",
            kind="measured",
            condition="in use while measured (MemTotal - MemAvailable)",
            source=source,
        )
    others = ", ".join(f"{kind} {rates[kind].value / 1e9:.4g} GB/s" for kind in ("copy", "triad"))
    what = f"reading, as weights are read; {others}"
    yield _measured("memory_bandwidth", rates["read"], "GB/s", 1e9, source, what)
    yield _reading(source)
    if "storage" in rates:
        yield _measured(
            "storage_bandwidth", rates["storage"], "MB/s", 1e6, source, "reading a file"
        )
        yield _loading()
    low, high = (
        rates["dispatch"].value * 1e6,
        (rates["dispatch"].value + rates["waking"].value) * 1e6,
    )
    yield table(
        "launch_overhead",
        value=_rounded((low + high) / 2),
        range=[_rounded(low), _rounded(high)],
        unit="us",
        kind="measured",
        condition="between a small operation alone and one with a thread to wake, "
        f"{rates['waking'].how}",
        source=source,
    )


def _of_accelerator(found: Calibration, source: str) -> Iterator[list[str]]:
    fast = found.accelerator
    rates = {name: Rate.read(row) for name, row in fast["rates"].items()}
    for dtype, row in fast["products"].items():
        yield _measured(
            f"peak.{dtype}", Rate.read(row), "TFLOP/s", 1e12, source, "what was sustained"
        )
    yield table(
        "memory_size",
        value=_rounded(fast["memory"] / 2**30),
        unit="GiB",
        kind="measured",
        condition="what the driver says",
        source=source,
    )
    yield table(
        "memory_reserve",
        value=_rounded((fast["memory"] - fast["free"]) / 2**30),
        unit="GiB",
        kind="measured",
        condition="in use while measured",
        source=source,
    )
    yield _measured("memory_bandwidth", rates["copy"], "GB/s", 1e9, source, "a copy on the device")
    yield _reading(source)
    if "link" in rates:
        yield _measured("link_bandwidth", rates["link"], "GB/s", 1e9, source, "host to device")
    if "storage" in found.rates:
        storage = found.rates["storage"]
        yield _measured("storage_bandwidth", storage, "MB/s", 1e6, source, "reading a file")
        yield _loading()
    yield _measured("launch_overhead", rates["launch"], "us", 1e-6, source, "a kernel in a queue")


def _reading(source: str) -> list[str]:
    return table(
        "memory_utilisation",
        value=f"mean({_LEAST}, 1)",
        range=[_LEAST, "1"],
        unit="1",
        kind="assumed",
        condition="share of the sustained rate that a step's reading reaches: from llama.cpp on a "
        "Raspberry Pi 5 over what memset reaches there, to all of it",
        source=_PI,
    )


def _loading() -> list[str]:
    return table(
        "storage_utilisation",
        value=f"mean({_LEAST_LOADING}, 1)",
        range=[_LEAST_LOADING, 1],
        unit="1",
        kind="assumed",
        condition="share of the sustained rate that loading reaches: from EdgeProfiler's factor on",
        source=_EDGEPROFILER,
    )


def _rounded(number: float) -> float:
    """A number to four digits: more is noise."""
    return float(f"{number:.4g}")
