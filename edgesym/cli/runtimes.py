"""``edgesym runtimes``: what runs models, or the rules of one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import click

from edgesym.cli.output import Write, output_options
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
    rows = ((each.id, each.name, each.summary, each.source) for each in found)
    write(listing("Runtimes", "runtimes", ("runtime", "name", "what it is", "source"), rows))


def _of_one(found: Runtime) -> Document:
    """The rules of a runtime, a row each."""
    fusion = found.fusion
    rows = [("whole block", "one kernel for a block", "")] if fusion.whole else []
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
    rows += [("memory", *row) for row in _of_memory(found.memory or Memory())]
    blocks = (Text(f"{found.summary} ({found.source})"), table(("rule", "of", "what"), rows))

    def answer() -> dict[str, object]:
        return {
            "runtime": found.id,
            "name": found.name,
            "summary": found.summary,
            "source": found.source,
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
            "memory": None if found.memory is None else dict(_of_memory(found.memory)),
        }

    return Document(found.name, blocks, answer)


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
        "table": "held beside what products read" if memory.table else "",
        "copied": ", ".join(sorted(memory.copied)),
        "source": memory.source,
    }
    return ((key, said) for key, said in told.items() if said)


def _bytes(width: Fraction | None) -> str:
    return "" if width is None else f"{width} bytes each"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
