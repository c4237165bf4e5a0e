"""Traced counts beside PyTorch's own, for every text type that transformers has.

``python -m benchmarks.traced_types [TYPE...] [--points N] [--to FILE]`` traces each type's class
at its default config (shortened to a few layers), and compares FLOPs of a prefill and of a step
of one token, parameters and cache bytes with FlopCounterMode on the meta device, at the defaults
and at random points inside the domain. A class that looks at values runs on small real tensors
instead. Each type has a process and a limit of work of its own. ``--to`` writes the rows to a
file, in the place of those of the same types; ``python -m reports.types`` makes the page of it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import time
import warnings
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.traced_configs import default_configs, families, made_small
from benchmarks.traced_points import compare_points, gaps
from edgesym.tracing.checked import counts, counts_of_class, is_inside
from edgesym.workload import step_values

POINTS = 3
#: CPU seconds that a type may take, its points included, and bytes of memory.
WORK, MEMORY = 300, 24 * 2**30
#: Sequences and tokens at which the defaults are compared.
_BATCH, _CACHED = 2, 24
#: A type of few layers, to warm up with.
_WARMING = "bert"
#: By how much widths are divided where a class runs on real tensors.
_SMALLER = (8, 4, 2, 1)


def types() -> list[str]:
    """The types of the causal, masked and sequence-to-sequence classes."""
    return list(families())


def runs(model_type: str) -> tuple[dict[str, Any], str, dict[str, int | None]]:
    """The first of the configs that the class itself can be run of, where, and its counts.

    Raises:
        Exception: what the class raised first, where it does not run.
    """
    configs = list(default_configs(model_type))
    raised: list[Exception] = []
    for config in configs:
        try:
            return config, "meta", counts_of_class(config, _BATCH, _CACHED)
        except Exception as error:  # noqa: BLE001 - whatever a class raises
            raised.append(error)
    for factor in _SMALLER if _asks_values(raised) else ():
        small = made_small(configs[0], factor)
        try:
            return small, "cpu", counts_of_class(small, _BATCH, _CACHED, "cpu")
        except Exception as error:  # noqa: BLE001 - likewise
            raised.append(error)
    raise raised[-1]


def _asks_values(raised: list[Exception]) -> bool:
    """Whether a class ran, and looked at what tensors without values do not have."""
    return any(
        "meta" in str(e) or isinstance(e, NotImplementedError | AssertionError) for e in raised
    )


def compare(model_type: str, tries: int = POINTS) -> dict[str, Any]:
    """A type's row: what its verdict is, and why."""
    from edgesym.tracing.trace import trace_config

    row: dict[str, Any] = {"type": model_type}
    try:
        config, device, theirs = runs(model_type)
    except Exception as error:  # noqa: BLE001 - whatever a class raises
        return row | {"verdict": "cannot run", "reason": _first_line(error)}
    start = time.process_time()
    try:
        traced = trace_config(config, name=model_type, origin=model_type)
        row["seconds"] = round(time.process_time() - start, 1)
        ours = counts(traced.model, _BATCH, _CACHED)
    except Exception as error:  # noqa: BLE001 - whatever a class raises
        return row | {"verdict": "refused", "reason": _first_line(error)}
    row |= {
        "on": device,
        "counts": theirs,
        "conditions": len(traced.model.domain.conditions),
    }
    steps = ((_BATCH, _CACHED, 0), (_BATCH, 1, _CACHED))
    inside = all(is_inside(traced.model, step_values(*step)) for step in steps)
    if inside and (found := gaps(ours, theirs)):  # as edgesym.tracing.checked refuses it
        return row | {
            "verdict": "refused",
            "reason": "layers that look alike differ",
            "gaps": found,
        }

    def class_counts(point: Mapping[str, Any], batch: int, cached: int) -> dict[str, int | None]:
        return counts_of_class(point, batch, cached, device)

    has_cache = theirs["decode"] is not None
    found_points = compare_points(
        traced, config, class_counts, model_type, tries, has_cache=has_cache, device=device
    )
    row |= {"points": found_points.compared, "class_refused": found_points.refused}
    if found_points.different:
        return row | {"verdict": "different"} | found_points.different
    if not inside and not found_points.compared:
        return row | {"verdict": "refused", "reason": "no point inside the domain was found"}
    return row | {"verdict": "equal"}


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:240]


def in_child(model_type: str, tries: int) -> dict[str, Any]:
    """The row of a type, made in a process of its own with limits of work and memory."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_CPU, (WORK, WORK + 5))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        code = 1
        try:
            row = compare(model_type, tries)
            with os.fdopen(writer, "w") as file:
                file.write(json.dumps(row))
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    with os.fdopen(reader) as file:
        text = file.read()
    _, status = os.waitpid(child, 0)
    if text:
        made: dict[str, Any] = json.loads(text)
        return made
    sign = os.waitstatus_to_exitcode(status)
    ended = signal.Signals(-sign).name if sign < 0 else f"code {sign}"
    reason = f"ended by {ended}: a limit of {WORK} CPU s and {MEMORY // 2**30} GiB"
    return {"type": model_type, "verdict": "refused", "reason": reason}


def main() -> None:
    """Print the row of each type, and the count of each verdict."""
    import torch
    import transformers

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("types", nargs="*")
    asked.add_argument("--to", type=Path)
    asked.add_argument("--points", type=int, default=POINTS)
    given = asked.parse_args()
    transformers.logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    known = families()
    compare(_WARMING, 0)  # what the libraries import when first used is there for every type
    rows = []
    for model_type in given.types or types():
        row = in_child(model_type, given.points)
        rows.append(row | {"families": known.get(model_type, [])})
        print(json.dumps(rows[-1]), flush=True)
        if given.to:
            _kept(given.to, rows)
    verdicts = Counter(row["verdict"] for row in rows)
    print(", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common()))


def _kept(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows in the place of those of the same types in a file."""
    import torch
    import transformers

    there = json.loads(path.read_text("utf-8"))["types"] if path.is_file() else []
    made = {row["type"]: row for row in (*there, *rows)}
    versions = {"torch": str(torch.__version__), "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(made[name]) for name in sorted(made))
    aside = path.with_name(f".{path.name}")
    aside.write_text(f'{{"versions": {json.dumps(versions)}, "types": [\n{lines}\n]}}\n', "utf-8")
    aside.replace(path)


if __name__ == "__main__":
    main()
