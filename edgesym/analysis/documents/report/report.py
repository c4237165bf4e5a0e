"""A report: every formula and number of some models, on devices or on none."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from edgesym.analysis.documents.report.comparison import comparison_sections
from edgesym.analysis.documents.report.model import model_section
from edgesym.analysis.estimate import estimate
from edgesym.architectures.model import Model
from edgesym.devices import Device
from edgesym.document.nodes import Bibliography, Block, Code, Document, Imprint, Section, Text
from edgesym.document.references import References
from edgesym.scenario.run import Run
from edgesym.scenario.setup import Setup

__all__ = ["report_document"]


def report_document(
    models: Sequence[Model], devices: Sequence[Device], run: Run, imprint: Imprint | None = None
) -> Document:
    """What each model costs in closed form and in numbers, and what follows from the formulas."""
    references = References()
    groups = [[Setup(m, d, run) for d in devices] or [Setup(m, None, run)] for m in models]
    names = ", ".join(model.name for model in models)
    on = f" on {', '.join(device.name for device in devices)}" if devices else ""
    sections = [
        *(model_section(group, references) for group in groups),
        *comparison_sections([setup for group in groups for setup in group]),
    ]
    sections.append(Section("Sources used", (Bibliography(references.sources),)))
    title = f"What {names} cost{'s' if len(models) == 1 else ''}{on}"
    blocks: tuple[Block, ...] = (*_preamble(run), *sections)
    return Document(title, blocks, partial(_data, groups), imprint=imprint)


#: What runs where the run names nothing.
_USUAL = "those of the runtime that is usual on each device"


def _preamble(run: Run) -> tuple[Text, ...]:
    """How is counted, and what is run."""
    choices = "; ".join(run.counting.describe())
    batch = f"{run.batch}, {run.drafts()}" if run.draft else f"{run.batch}"
    return (
        Text(
            (
                "Closed forms derived from the dataflow graph, and their numbers. Convention ",
                *(Code(run.counting.name), f": {choices}."),
            )
        ),
        Text(
            (
                *(
                    "Kernels are ",
                    Code(run.kernels) if run.kernels else _USUAL,
                    "; a decode step is one token at a context ",
                ),
                f"of {run.timed_at} tokens, a prefill {run.prompted} tokens, batch {batch}.",
            )
        ),
        Text("Bytes are IEC (1 GiB = 2^30 B), rates SI (1 GB/s = 10^9 B/s)."),
    )


def _data(groups: Sequence[Sequence[Setup]]) -> dict[str, Any]:
    """The estimates of every model on every device, or what is run where there is none."""
    return {
        "setups": [
            setup.labels() if setup.device is None else estimate(setup).as_json()
            for group in groups
            for setup in group
        ]
    }
