"""``edgesym runtimes``: what runs models, or the rules of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

import click

from edgesym.cli.output import Write, output_options
from edgesym.devices import Figure
from edgesym.document.listing import listing
from edgesym.document.nodes import Document, Text, table
from edgesym.runtimes import Memory, Runtime, find_runtime, runtime_names

__all__ = ["command"]


@click.command()
@click.argument("runtime", required=False)
@output_options
def command(runtime: str | None, write: Write) -> None:
    """List the runtimes, or what one runs together and launches."""
    if runtime is not None:
        write(_of_one(find_runtime(runtime)))
        return
    found = (find_runtime(name) for name in runtime_names())
    rows = (
        (each.id, each.summary, _formats(each) or "all", _figures(each), each.source)
        for each in found
    )
    head = ("runtime", "what it is", "weights in", "figures of its own", "source")
    write(listing("Runtimes", "runtimes", head, rows))


def _of_one(found: Runtime) -> Document:
    """The rules of a runtime, a row each."""
    fusion = found.fusion
    rows = [("differs from", base, "in what is said here") for base in found.bases[:1]]
    rows += [("runs", "weights in", _formats(found))] if found.formats else []
    rows += [("runs", "products of", f"{found.most_rows} rows at most")] if found.most_rows else []
    rows += [("leaves the rest", "to the processor beside", found.rest)] if found.rest else []
    rows += [("places", *row) for row in _of_places(found)]
    rows += [("whole block", "one kernel for a block", "")] if fusion.whole else []
    rows += [
        ("fused", rule.kernel, _listed(rule.purposes) + (" of one input" if rule.siblings else ""))
        for rule in fusion.fuse
    ]
    rows += [
        ("absorbed", _listed(rule.purposes), f"into {_listed(rule.into) or 'what makes its input'}")
        for rule in fusion.absorb
    ]
    rows += [("kernels", found.composition, "joins computing and moving bytes")]
    rows += [("launches", "queued", "ahead of what runs")] if found.queued else []
    rows += [("launches", purpose, f"{count} each") for purpose, count in found.launches]
    rows += [("computed in", name, ", ".join(dtypes)) for name, dtypes in found.arithmetic]
    rows += [("reaches", name, str(figure)) for name, figure in found.figures.items()]
    rows += [
        ("reaches apart", each.kind, _listed(each.purposes) + _given(each.figures))
        for each in found.efficiency
    ]
    rows += [("memory", *row) for row in _of_memory(found.memory or Memory())]
    blocks = (Text(f"{found.summary} ({found.source})"), table(("rule", "of", "what"), rows))

    def answer() -> dict[str, object]:
        return {
            "runtime": found.id,
            "name": found.name,
            "summary": found.summary,
            "source": found.source,
            "bases": list(found.bases),
            "whole": fusion.whole,
            "fuse": [
                {
                    "kernel": rule.kernel,
                    "purposes": sorted(rule.purposes),
                    "chain": rule.chain,
                    "siblings": rule.siblings,
                }
                for rule in fusion.fuse
            ],
            "absorb": [
                {"purposes": sorted(rule.purposes), "into": sorted(rule.into)}
                for rule in fusion.absorb
            ],
            "launches": {purpose: float(count) for purpose, count in found.launches},
            "composition": found.composition,
            "queued": found.queued,
            "arithmetic": {name: list(dtypes) for name, dtypes in found.arithmetic},
            "formats": sorted(found.formats),
            "most_rows": found.most_rows or None,
            "rest": found.rest or None,
            "places": dict(_of_places(found)) or None,
            "figures": {name: _as_json(figure) for name, figure in found.figures.items()},
            "efficiency": [
                {
                    "kernel": each.kind,
                    "purposes": sorted(each.purposes),
                    "figures": {name: _as_json(f) for name, f in each.figures.items()},
                }
                for each in found.efficiency
            ],
            "memory": None if found.memory is None else dict(_of_memory(found.memory)),
        }

    return Document(found.name, blocks, answer)


def _of_places(found: Runtime) -> Iterator[tuple[str, str]]:
    """How layers are left elsewhere than on the device."""
    if (leaving := found.leaving) is None:
        return
    told = {
        "leave first": f"the {'last' if leaving.last else 'first'} layers",
        "runs": f"{leaving.runs}, what the host computes" if leaving.runs else "",
        "head": "counts as a layer, and leaves last" if leaving.head else "",
        "copies_from": f"{leaving.copies_from} tokens: the device computes what the host holds"
        if leaving.copies_from
        else "",
    }
    yield from ((key, said) for key, said in told.items() if said)


def _formats(found: Runtime) -> str:
    return ", ".join(sorted(found.formats))


def _figures(found: Runtime) -> str:
    """The figures that a runtime has of its own, with their values."""
    return ", ".join(f"{name} {figure}" for name, figure in found.figures.items())


def _given(figures: Mapping[str, Figure]) -> str:
    return "".join(f"; {name} {figure}" for name, figure in figures.items())


def _as_json(figure: Figure) -> dict[str, object]:
    return {
        "value": figure.value,
        "std": figure.std,
        "unit": figure.unit,
        "kind": figure.kind,
        "condition": figure.condition,
        "source": figure.source,
    }


def _of_memory(memory: Memory) -> Iterator[tuple[str, str]]:
    """How a runtime holds a model, by the keys of its file."""
    held = memory.holding
    told = {
        "tokens": str(memory.tokens or ""),
        "inputs": "held by the host" if memory.inputs else "",
        "cache_page": f"{memory.cache_page} tokens" if memory.cache_page > 1 else "",
        "activations": _bytes(memory.activation_bytes),
        "mask": _bytes(memory.mask_bytes),
        "made_by": _listed(held.made_by),
        "read_by": _listed(held.read_by),
        "entries": "held to the end of a block" if held.entries else "",
        "outlive": "held after the last layer" if held.outlive else "",
        "embedded": "held to the end of a step" if memory.embedded else "",
        "routed": f"{memory.routed} more copies of rows of experts" if memory.routed else "",
        "appended": "made anew beside what was cached" if memory.appended else "",
        "table": "held beside what products read" if memory.table else "",
        "copied": ", ".join(sorted(memory.copied)),
        "source": memory.source,
    }
    return ((key, said) for key, said in told.items() if said)


def _bytes(width: Fraction | None) -> str:
    return "" if width is None else f"{width} bytes each"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
