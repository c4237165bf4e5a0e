"""EdgeProfiler's latencies by their terms, device by device, beside what we derive."""

from __future__ import annotations

from collections.abc import Iterator

from edgesym.analysis.crossovers.waits import waits
from edgesym.analysis.pictures.chart import Bar, Bars
from edgesym.claims.edgeprofiler import derived_at, script_at
from edgesym.quantities.stated import paper

__all__ = ["latencies"]

_NOTE = (
    "Left bars: the terms of {script}, max(compute, memory) + loading + copying + network for "
    "every token, from its formulas and inputs. Right bars: edgesym, the real model on the real "
    "device, a decode step at context {context} by what it waits for; loading is paid once and not "
    "by each token. *: does not fit in the device's memory"
)


def latencies() -> Bars:
    """Figure 3 (a) to (c): a panel for each device, a pair of bars for each model and precision."""
    given = paper("edgeprofiler")
    note = _NOTE.format(script=given["script"], context=given["inputs"]["shared"]["context"])
    title = f"Latency of a token by its terms: {given['paper']}, and edgesym"
    return Bars(title, note, "latency", "s", tuple(_bars()))


def _bars() -> Iterator[Bar]:
    inputs = paper("edgeprofiler")["inputs"]
    for letter, (device, hardware) in zip("abc", inputs["devices"].items(), strict=True):
        panel = f"({letter}) {device}"
        for model, shape in inputs["models"].items():
            for precision, width in inputs["precisions"].items():
                label = f"{model} {precision}"
                yield Bar(panel, label, _script(device, model, width), faint=True)
                card, weights = shape["card"], inputs["formats"][precision]
                setup = derived_at(hardware["device"], card, weights)
                fits = float(setup.number("memory_footprint")) <= setup.machine.room
                parts = ((name, value) for name, value in waits(setup).items() if value > 0)
                yield Bar(panel, label, tuple(parts), mark="" if fits else "*")


def _script(device: str, model: str, width: float) -> tuple[tuple[str, float], ...]:
    """The terms of the script's latency; of compute and memory the longer."""
    found = script_at(device, model, width)
    return (
        ("compute or memory", max(found["compute_time"], found["memory_time"])),
        ("loading, every token", found["load_time"]),
        ("copying", found["transfer_time"]),
        ("network", found["network_time"]),
    )
