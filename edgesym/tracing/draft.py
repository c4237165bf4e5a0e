"""An architecture file drafted from a model's own code, to be read and corrected.

What the blocks look like (:mod:`edgesym.tracing.seen`) is written as layers, what the code has for
their sizes as symbols and formulas over the keys of the config. The draft is then read as any such
file is, and its formulas are held against those of the code.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import sympy

from edgesym.architectures.config import common, text_part
from edgesym.architectures.keys import may_change_cost
from edgesym.architectures.reader import read_model
from edgesym.architectures.recipe import model_type_of
from edgesym.architectures.traced.plan import Traced, TracedPlan
from edgesym.architectures.traced.saved import of_data
from edgesym.data import shipped
from edgesym.errors import ConfigError, EdgesymError
from edgesym.symbols import declared, describe, symbol
from edgesym.tracing.ask import trace
from edgesym.tracing.fields import HINTS, sizes_of
from edgesym.tracing.job import Job
from edgesym.tracing.proof import Proved, prove
from edgesym.tracing.seen import decoder, ends

__all__ = ["Drafted", "drafted"]

_WINDOW = symbol("window")


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft.

    Attributes:
        tables: the file, but for its last comments.
        remarks: those: what was not recognised, and what its formulas were held against.
    """

    tables: str
    remarks: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file."""
        return self.tables + "\n" + "".join(f"# {line}\n" for line in self.remarks)


def drafted(job: Job) -> Drafted:
    """The draft of an architecture file of a config's class.

    Raises:
        ConfigError: the code cannot be traced, or is not of one stack of layers with a cache.
    """
    data = trace(job)
    runs = [(of_data(data, job.origin), dict(job.hints))]
    window = runs[0][0].model.values.get(_WINDOW)
    if window is not None and _asks_for(_WINDOW, runs[0][0]):
        hints = {**HINTS, "cached_tokens": HINTS["cached_tokens"] + window}
        far = Job(job.name, job.origin, config=job.config, code=job.code, hints=hints)
        runs.append((of_data(trace(far), job.origin), hints))
    draft = _Draft(job, runs, data.get("versions", {}))
    text = draft.text()
    return Drafted(text, (*draft.strange(), *_compared(text, job, runs)))


def _asks_for(size: sympy.Symbol, traced: Traced) -> bool:
    return any(size in c.relation.free_symbols for c in traced.model.domain.conditions)


class _Draft:
    """Writes the tables of an architecture file, one after another."""

    def __init__(
        self,
        job: Job,
        runs: Sequence[tuple[Traced, Mapping[str, int]]],
        versions: Mapping[str, str],
    ) -> None:
        self.job, self.versions = job, versions
        self.traced, self.far = runs[0][0], runs[-1][0]
        self.keys = text_part(job.config, job.origin)
        self.type = str(model_type_of(self.keys))
        self.values = self.traced.model.values
        plans, far = _plans(self.traced), _plans(self.far)
        names = list(plans)
        self.kinds = list(dict.fromkeys(self.traced.layers))
        others = [n for n in names if n not in self.kinds]
        caches = [
            p for p in plans.values() if any(t.cache for o in p.operations for t in o.outputs)
        ]
        if not self.kinds or any(plan.over != "new" for plan in plans.values()) or not caches:
            raise ConfigError(
                f"{job.origin}: a draft is of one stack of layers that keep a cache; write the "
                "file by hand (docs/adding-an-architecture.md)"
            )
        first = names.index(self.kinds[0])
        self.ends = ends(
            [plans[n] for n in others if names.index(n) < first],
            [plans[n] for n in others if names.index(n) > first],
        )
        self.blocks = {kind: decoder(plans[kind]) for kind in self.kinds}
        for kind, seen in self.blocks.items():
            if kind in far and "attention" in seen.layers and _has(far[kind], _WINDOW):
                seen.layers["attention"]["mask"] = "sliding"
        self.used: set[str] = set()
        self.flags: dict[str, str] = {}

    def text(self) -> str:
        """The file, but for what it was held against."""
        symbols = self._symbols()
        self._tie()
        layers, blocks = self._layers(), self._blocks()
        options = self._options()
        tables = [self._head(), symbols, options, layers, blocks]
        return "\n".join(table for table in tables if table)

    def _head(self) -> str:
        libraries = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        named = self.keys.get("architectures") or self.job.config.get("architectures") or []
        what = ", ".join(map(str, named)) if isinstance(named, list) else str(named)
        conditions = [str(c) for c in self.traced.model.domain.conditions][:4]
        more = len(self.traced.model.domain.conditions) - len(conditions)
        domain = ", ".join(conditions) + (f" and {more} more" if more > 0 else "")
        lines = [
            f"# A draft from the code of {what or self.type} ({libraries}),",
            "# made by edgesym trace --as-architecture, to be read and corrected. Hold it against",
            "# the code with edgesym verify CONFIG --as FILE --symbolic",
            f"# The code was run where {domain}." if domain else "",
            f"model_types = [{_toml(self.type)}]",
            f"source = {_toml(f'{libraries}, {what or self.type}, traced')}",
        ]
        surplus, cosmetic = self._unread()
        if surplus:
            lines += ["# Sizes that are in no formula of the code, and what was not looked at:"]
        lines += [f"cosmetic = {_toml([*surplus, *cosmetic])}"] if surplus or cosmetic else []
        return "\n".join(line for line in lines if line) + "\n"

    def _sizes(self) -> dict[str, sympy.Expr]:
        found: dict[str, sympy.Expr] = {}
        for seen in (self.ends, *self.blocks.values()):
            for word, size in seen.sizes.items():
                if found.setdefault(word, size) != size:
                    seen.strange.append(f"{word} is {size} in some layers, {found[word]} in others")
        if any("mask" in seen.layers.get("attention", {}) for seen in self.blocks.values()):
            found["window"] = _WINDOW
        return found

    def _key_of(self, size: sympy.Symbol) -> str:
        """The key of the config that a size stands under; empty if the config has none."""
        for key, made in sizes_of(self.keys, self.type).items():
            if made == size:
                return key
        return ""

    def _default(self, size: sympy.Symbol) -> str:
        """A field for a size: its key, with the default of the class where the config lacks it."""
        key = self._key_of(size)
        if key:
            self.used.add(key)
            return f"{{ key = {_toml(key)} }}"
        table = shipped("tracing/data", "fields")["symbols"]
        word = describe(size).word
        keys = [k for k, w in table.items() if w == word] or [word.partition(".")[2] or word]
        self.used.update(keys)
        return f"{{ key = {_toml(keys)}, default = {self.values[size]} }}"

    def _number(self, word: str, number: int) -> str:
        """A field for what the code has as a number: a size of 1, or one that its author wrote."""
        table = shipped("tracing/data", "fields")["symbols"]
        for key, value in self.keys.items():
            if table.get(key) == word and value == number:
                self.used.add(key)
                return _toml({"key": key, "only": [number]})
        return _toml({"default": number})

    def _symbols(self) -> str:
        keys = shipped("tracing/data", "draft")["layers"]
        there = [key for key in keys if self.keys.get(key) == len(self.traced.layers)]
        self.used.update(keys)
        field = {"key": there[0]} if there else {"key": keys, "default": len(self.traced.layers)}
        lines = [f"layers = {_toml(field)}"]
        derived = []
        for word, size in self._sizes().items():
            if isinstance(size, sympy.Symbol) and describe(size).word == word:
                lines.append(f"{_quoted(word)} = {self._default(size)}")
                continue
            if size.free_symbols - self.values.keys():
                self.ends.strange.append(f"{word} of {size}")
                continue
            if size.is_Integer:
                lines.append(f"{_quoted(word)} = {self._number(word, int(size))}")
                continue
            if size.atoms(sympy.Function):
                at = int(size.xreplace({s: sympy.Integer(n) for s, n in self.values.items()}))
                self.ends.strange.append(f"{word} of {size}, written as the number that it is here")
                lines.append(f"{_quoted(word)} = {self._number(word, at)}")
                continue
            names = {part: self._named(part) for part in sorted(size.free_symbols, key=str)}
            formula = sympy.sstr(size.xreplace({s: declared(n) for s, n in names.items()}))
            derived.append(f'{_quoted(word)} = {{ default = "={formula}" }}')
        return "[symbols]\n" + "\n".join([*lines, *derived]) + "\n"

    def _named(self, size: sympy.Symbol) -> str:
        """What a formula calls a size: a symbol of the file, or an option that gives it."""
        word = describe(size).word
        if self._sizes().get(word) == size:
            return word.replace(".", "_")
        name = f"given_{word.removeprefix('extent.')}".replace(".", "_")
        self.flags.setdefault(name, self._default(size))
        return name

    def _options(self) -> str:
        table = shipped("tracing/data", "draft")
        lines = [self.flags.pop("tied")]
        named = next((k for k in table["activation"] if k in self.keys), "")
        ran = self._activation()
        if named:
            lines.append(f"activation = {{ key = {_toml(named)}, default = {_toml(ran)} }}")
        else:
            lines.append(f"activation = {{ default = {_toml(ran)} }}")
        self.used.add(named)
        lines += [f"{_quoted(word)} = {field}" for word, field in self.flags.items()]
        only = [
            f"{_quoted(k.lstrip('_'))} = {_toml({'key': k, 'default': v, 'only': [v]})}"
            for k, v in self._fixed().items()
        ]
        if only:
            lines.append("# The code ran with these values alone; others are refused.")
        return "[options]\n" + "\n".join([*lines, *only]) + "\n"

    def _tie(self) -> None:
        """Let the config say whether head and embedding share their weights."""
        head, keys = self.ends.layers["head"], shipped("tracing/data", "draft")["tied"]
        key = next((k for k in keys if k in self.keys), keys[0])
        tied = head.get("tied", False)
        self.flags["tied"] = f"tied = {{ key = {_toml(key)}, default = {_toml(tied)} }}"
        head["tied"] = "=tied"
        self.used.add(key)

    def _activation(self) -> str:
        ran = {
            op.function
            for plan in _plans(self.traced).values()
            for op in plan.operations
            if op.purpose == "activation"
        }
        rows: dict[str, list[str]] = shipped("tracing/data", "draft")["activations"]
        return next((name for name, needed in rows.items() if set(needed) <= ran), "silu")

    def _doubtful(self) -> dict[str, Any]:
        """Keys that nothing reads so far, and that might change the cost."""
        known = [*common()["cosmetic"], *self.used]
        return {
            key: value
            for key, value in self.keys.items()
            if may_change_cost(key, value) and not any(fnmatchcase(key, name) for name in known)
        }

    def _unread(self) -> tuple[list[str], list[str]]:
        """Sizes in no formula; and lists and tables, which a draft does not look at."""
        sizes = sizes_of(self.keys, self.type)
        doubtful = self._doubtful()
        surplus = [k for k in doubtful if k in sizes]
        return surplus, [k for k, v in doubtful.items() if isinstance(v, dict | list)]

    def _fixed(self) -> dict[str, Any]:
        """Keys whose other values the code was not run with."""
        passed = {key for keys in self._unread() for key in keys}
        return {k: v for k, v in self._doubtful().items() if k not in passed}

    def _layers(self) -> str:
        """The table of layers, and a slot for each part that differs from layer to layer."""
        first, *others = self.blocks.values()
        lines, slots = ["[layers]"], []
        for part, options in {**self.ends.layers, **first.layers}.items():
            ways = [options, *(seen.layers.get(part) for seen in others)]
            if part in self.ends.layers or all(way == options for way in ways):
                lines.append(f"{_quoted(part)} = {_toml(options)}")
            elif all(ways):
                slots.append(self._slot(part))
        return "\n".join([*lines, "", *slots])

    def _slot(self, part: str) -> str:
        """A part that differs from layer to layer, by a list of the config that says so."""
        ways: list[dict[str, Any]] = []
        of_kind = {}
        for kind, seen in self.blocks.items():
            options = seen.layers[part]
            ways += [] if options in ways else [options]
            of_kind[kind] = ways.index(options)
        labels = [f"kind{of_kind[kind]}" for kind in self.traced.layers]
        each, said = "", {}
        for key, value in self.keys.items():
            if not isinstance(value, list) or len(value) != len(labels):
                continue
            pairs = dict.fromkeys(zip(labels, map(str, value), strict=True))
            if len(pairs) == len(ways) == len(set(map(str, value))):
                each, said = f"{key}[i]", dict(pairs.keys())
                self.used.add(key)
                self.flags[key] = f"{{ key = {_toml(key)}, default = [], per_layer = true }}"
        rows = [f"[slots.{_quoted(part)}]"]
        if not each:
            rows.append("# The layers of this config one by one; write the rule that they follow.")
            each = f"[{', '.join(map(repr, labels))}][i]"
        rows += [f"each = {_toml(each)}", "", f"[slots.{_quoted(part)}.kinds]"]
        for number, options in enumerate(ways):
            label = said.get(f"kind{number}", f"kind{number}").removesuffix("_attention")
            rows.append(f"{_quoted(label)} = {_toml(options)}")
        return "\n".join([*rows, ""])

    def _blocks(self) -> str:
        first, *others = self.blocks.values()
        if any(seen.steps != first.steps for seen in others):
            first.strange.append("layers whose steps follow each other otherwise than in the first")
        before, after = self.ends.steps
        steps = [f"    {_toml(step)}," for step in first.steps]
        rows = [
            f"embedding = {_toml(before)}",
            "decoder = [",
            *steps,
            "]",
            f"head = {_toml(after)}",
        ]
        return "\n".join(["[blocks]", *rows, ""])

    def strange(self) -> list[str]:
        """What belongs to no layer, a line each."""
        rows = dict.fromkeys(s for seen in (self.ends, *self.blocks.values()) for s in seen.strange)
        return [f"not recognised: {' '.join(row.split())}" for row in rows]


def _plans(traced: Traced) -> dict[str, TracedPlan]:
    """The blocks of traced code, by name."""
    return {plan.name: plan for plan in traced.model.plans if isinstance(plan, TracedPlan)}


def _has(plan: TracedPlan, size: sympy.Symbol) -> bool:
    """Whether the cache of a block or its products depend on a size."""
    extents = (e for op in plan.operations for t in op.outputs for e in t.shape)
    return any(size in e.free_symbols for e in extents)


def _quoted(word: str) -> str:
    return word if word.replace("_", "").isalnum() and word.isascii() else json.dumps(word)


def _toml(value: Any) -> str:
    """A value of an inline table."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_quoted(str(k))} = {_toml(v)}" for k, v in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)


def _compared(text: str, job: Job, runs: Sequence[tuple[Traced, Mapping[str, int]]]) -> list[str]:
    """How the formulas of a draft differ from those of the code."""
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        file = Path(folder) / "draft.toml"
        file.write_text(text, encoding="utf-8")
        try:
            model = read_model(
                job.config, name=job.name, origin=job.origin, architecture=str(file), text_only=True
            )
            rows = [
                row
                for traced, hints in runs
                for row in prove(model, traced, job.config, hints, str(file))
            ]
        except EdgesymError as error:  # a remark of the draft tells it
            told = " ".join(str(error).replace(str(file), "this file").split())
            return [f"This draft cannot be read as it is: {told}"]
    return _verdicts(rows)


def _verdicts(rows: Sequence[Proved]) -> list[str]:
    """What is proven of a draft, and what differs."""
    left = [row for row in rows if row.verdict != "proven"]
    # both sides of a window are held against the code
    where = dict.fromkeys(
        str(condition)
        for row in rows
        if row.verdict == "proven"
        for condition in row.presupposed
        if not condition.relation.has(_WINDOW)
    )
    further = f", where {', '.join(where)}" if where else ""
    if not left:
        return [f"equal in parameters, flops, cache for all sizes of the domain{further}"]
    told = (
        f"{row.verdict}: {row.quantity} of a {row.call} call; the code's less these: "
        f"{row.difference}" + (f" ({row.reason})" if row.reason else "")
        for row in left
    )
    return list(dict.fromkeys(told))
