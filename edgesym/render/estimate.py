"""An estimate in words."""

from __future__ import annotations

from edgesym.analysis.estimate import Estimate
from edgesym.units import human

__all__ = ["estimate_lines", "estimate_rows"]


def estimate_lines(found: Estimate) -> list[str]:
    """The lines that a person reads."""
    heading = f"{found.setup.model.name} on {found.setup.machine.name}"
    rows = (f"{label:12} {text}" for label, text in estimate_rows(found))
    return [heading, found.setup.describe(), "", *rows]


def estimate_rows(found: Estimate) -> list[tuple[str, str]]:
    """A label and a sentence for each finding."""
    setup, numbers = found.setup, found.quantities
    size = found.memory_size
    footprint = numbers["memory_footprint"]
    verdict = "fits" if found.fits else f"does not fit: {human(footprint - size, 'B')} too much"

    def time(name: str) -> str:
        return human(numbers[name], "s")

    parts = ", ".join(
        f"{label} {human(numbers[name], 'B')}"
        for label, name in (
            ("weights", "weight_storage_bytes"),
            ("KV cache", "kv_cache_bytes"),
            ("activations", "activation_bytes"),
        )
    )
    once = [f"loading from storage {time('load_time')}"] if "load_time" in numbers else []
    if "transfer_time" in numbers:
        once.append(f"copying to the device {time('transfer_time')}")
    waits = sorted(found.shares.items(), key=lambda item: -item[1])
    return [
        ("memory", f"{human(footprint, 'B')} of {human(size, 'B')}: {verdict} ({parts})"),
        ("once", ", ".join(once) or "no storage figure"),
        ("first token", time("time_to_first_token")),
        (
            "per token",
            f"{time('time_per_output_token')}, {human(numbers['tokens_per_second'], 'tokens/s')}",
        ),
        (
            "generation",
            f"{human(found.generation_time, 's')} for prompt and {setup.run.generate} tokens",
        ),
        ("energy", _energy(numbers.get("energy_per_token"))),
        ("bound by", ", ".join(f"{name} {share:.1%}" for name, share in waits if share >= 0.0005)),
        ("helps most", f"{found.helps_most[0]}: {found.helps_most[1]:.2f} times as fast"),
    ]


def _energy(per_token: float | None) -> str:
    return "no energy figures" if per_token is None else f"{human(per_token, 'J')} per token"
