"""A setup: a model, on a device or none, in a run; its closed forms and its numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sympy

from edgesym.architectures.locate import as_model
from edgesym.architectures.model import Model
from edgesym.catalogue import Case, find_quantity
from edgesym.devices import Device, Figure, find_device
from edgesym.domain import checked, held
from edgesym.engine.compile import Profile
from edgesym.engine.evaluate import symbols_of
from edgesym.engine.program import Program, program_of
from edgesym.errors import ConfigError, DeviceError, UnknownNameError
from edgesym.formats import Formats
from edgesym.graph.width import Widths
from edgesym.memo import Key, memo
from edgesym.numbers import Number
from edgesym.pruning import Skip, skip_of, without
from edgesym.quantities.case import Drafting
from edgesym.quantities.composition import find_composition
from edgesym.runtimes import Runtime, runtime_of
from edgesym.runtimes.placement import HOST, Place, Placement
from edgesym.runtimes.runtime import EFFICIENCY
from edgesym.scenario import media
from edgesym.scenario.allocated import allocated
from edgesym.scenario.axes import axis_of, profile_of
from edgesym.scenario.drafted import (
    DRAFTED,
    draft_of,
    drafting_of,
    labels_of_draft,
    numbers_of_draft,
)
from edgesym.scenario.fitted import FromFit, fits_of
from edgesym.scenario.given import changed, check_extents, check_kinds
from edgesym.scenario.joining import numbers_of_joining
from edgesym.scenario.overrides import Override, overrides_of
from edgesym.scenario.placed import (
    NOTHING,
    Placed,
    figures_of_host,
    host_of,
    opened,
    placed,
    refuse_beside_places,
    told_of_host,
)
from edgesym.scenario.places import read_places
from edgesym.scenario.possible import possible
from edgesym.scenario.run import Run
from edgesym.symbols import describe, symbol
from edgesym.workload import PROMPT, REST_OF_PROMPT, checking, phase

__all__ = ["Setup", "as_setup"]

_OFFLOADED = "offloaded_layers"
_b, _S, _S_x = symbol("batch"), symbol("context"), symbol("source_tokens")
_S_p, _T_g = symbol("prompt_tokens"), symbol("generated_tokens")
_C = symbol("cached_tokens")


@dataclass(frozen=True, slots=True, repr=False)
class Setup:
    """A model, on a device or none, in a run; what the run prunes is removed of the model.

    Models and devices may be given by name.

    >>> from edgesym import load
    >>> setup = Setup(load("llama-3.2-1b"), run=Run(batch=2, context=1024))
    >>> setup.expression("kv_cache_bytes"), setup.number("kv_cache_bytes")
    (2*B_c*D*K*L*S*b, 67108864)

    Raises:
        UnknownNameError: a number is given for a symbol that the model does not have.
    """

    model: Model
    device: Device | None = None
    run: Run = field(default_factory=Run)

    def __post_init__(self) -> None:
        """Take the names of a model and a device for them; refuse what has no number or no form."""
        held("Setup", "run", self.run, Run)
        held("Setup", "device", self.device, Device | str | None)
        if isinstance(self.device, str):
            object.__setattr__(self, "device", find_device(self.device))
        model = without(as_model(self.model, "Setup"), self.run.pruning.removals)
        object.__setattr__(self, "model", model)
        runtime = self.runtime
        weights = self.run.formats(self.model).weights.main.name
        if not (runtime.runs(weights) or runtime.rest):
            runs = ", ".join(sorted(runtime.formats))
            raise ConfigError(f"{runtime.name} does not run weights in {weights}; it runs {runs}")
        if self.device is not None:
            object.__setattr__(self, "device", runtime.on(self.device))
        joined = find_composition(self.composition)
        if self.run.places:
            refuse_beside_places(self.run, joined)
        _ = self.placed
        if joined.stated() and self.run.batch != 1:
            raise ConfigError(
                f"the composition {joined.name} is for one sequence, not a batch of "
                f"{self.run.batch}"
            )
        self.run.refuse_model(self.model)
        media.refuse_media(self.run, self.model)
        if self.run.draft and joined.stated():
            raise ConfigError(
                f"the composition {joined.name} is for steps that make one token; leave "
                f"draft = {self.run.draft} out, or choose another composition"
            )
        drafted = self.drafting.own.values() if self.drafting else ()
        for made, _ in self.run.given:
            row = describe(made)
            self.run.pruning.refuse_given(made)
            if row.word.partition(".")[0] == _OFFLOADED:
                raise ConfigError(f"{row.word}: a recipe of places says how many; --gpu-layers N")
            sizes = (*self.model.values, *self.model.operators)
            if row.scope == "model" and made not in (*sizes, *drafted):
                known = [describe(s).word for s in sizes]
                raise UnknownNameError(f"symbol of {self.model.name}:", row.word, known)
        check_kinds(self, lambda: _values(replace(self, run=replace(self.run, given=()))))
        if self.model.domain:
            given = {**self.model.values, **dict(self.run.given)}
            for step in self.run.ends:
                self.model.domain.check({**given, **step}, self.model.name)

    def __repr__(self) -> str:
        """What is run where, and a digest of all of it: equal where setups are."""
        parts = repr((self.model, self.device, self.run)).encode()
        return f"<Setup {self.title}: {self.describe()} {hashlib.sha256(parts).hexdigest()[:12]}>"

    @property
    def formats(self) -> Formats:
        """The formats of the run."""
        return self.run.formats(self.model)

    @property
    def dtype(self) -> str:
        """The dtype the device computes in; none without a device."""
        if self.device is None:
            return ""
        weights = self.formats.weights
        suited = self.runtime.computes_in(weights.main.name) or weights.arithmetic
        return self.device.arithmetic(replace(weights.main, arithmetic=suited), self.run.compute)

    @property
    def shape(self) -> Key:
        """What its closed forms and its figures follow from: all but the numbers of its run.

        Of these a recipe of places looks at whether a step has tokens enough to copy weights for.

        >>> from edgesym import load
        >>> model = load("llama-3.2-1b")
        >>> Setup(model).shape == Setup(model, run=Run(context=1024)).shape
        True
        """
        # a file of the user's own is what it says now
        own = self.runtime if self.run.kernels.endswith(".toml") else None
        where = self.placed if self.run.places else None
        beside = self.host if self._host_named.endswith(".toml") else None
        return Key((self.model, self.device, self.run.form, own, where, beside))

    @property
    def _host_named(self) -> str:
        """The processor beside the device, as the run or the device names it."""
        return self.run.host or ("" if self.device is None else self.device.host)

    @property
    def identity(self) -> Hashable:
        """What its numbers follow from: itself, and what files of places and of a host say now."""
        files = (self.run.places, self._host_named if self.run.places else "")
        return (self, self.shape) if any(name.endswith(".toml") for name in files) else self

    def figures(self) -> dict[sympy.Symbol, Figure]:
        """The figure behind the number of each symbol of the device; none without one.

        Kernels that the runtime sets apart have figures of their own, or those of all others.
        """
        if self.device is None:
            return {}
        of_all = self.device.in_dtype(self.dtype)
        found = {symbol(word): figure for word, figure in of_all.items()}
        for apart in self.runtime.efficiency:
            own = {word: of_all[word] for word in EFFICIENCY} | apart.in_dtype(self.dtype)
            found |= {symbol(word, apart.kind): figure for word, figure in own.items()}
        if self.placement.blocks:
            # a runtime that does not say what handing over costs pays a launch
            found.setdefault(symbol("handover_overhead"), of_all["launch_overhead"])
        if self.computes_beside:
            rest, host = host_of(self.runtime, self.device, self.run.host)
            own = figures_of_host(rest, host, self.formats.weights.main, self.placement.split)
            found |= {symbol(word, HOST): figure for word, figure in own.items()}
        for part in self.fits:
            found |= part.figures
        if self.draft is not None and self.drafting is not None:
            names = self.drafting.own
            found |= {names[s]: f for s, f in self.draft.figures().items() if s in names}
        return found

    @property
    def fits(self) -> tuple[FromFit, ...]:
        """What fits say of the device in the runtime, and of the processor beside it.

        Nothing where no fit is of their class, and of that processor where it runs nothing.
        """
        return fits_of(self)

    @property
    def draft(self) -> Setup | None:
        """The setup of the model that drafts tokens; none where no model does."""
        found: Setup | None = draft_of(self) if self.run.draft else None
        return found

    @property
    def drafting(self) -> Drafting | None:
        """How tokens are drafted; none where a step makes one token."""
        return drafting_of(self) if self.run.draft else None

    @property
    def placement(self) -> Placement:
        """Which layers, and weights without a kernel, lie and run elsewhere than on the device."""
        return self.placed.placement

    @property
    def placed(self) -> Placed:
        """Where the layers lie, with the numbers that count them."""
        run, runtime = self.run, self.runtime
        if not run.places and not runtime.rest:
            return NOTHING
        alone = self.device is not None and "link_bandwidth" not in self.device.figures
        shared_by = self.device.name if self.device is not None and alone else ""
        tokens = (("prefill", run.batch * (run.prompt - (run.cached or 0))), ("decode", run.batch))
        return placed(runtime, self.model, self.formats, read_places(run.places), shared_by, tokens)

    @property
    def computes_beside(self) -> bool:
        """Whether the processor beside the device runs anything."""
        return Place.HOST in self.placement.everywhere

    @property
    def host(self) -> Device | None:
        """The processor beside the device, where the run leaves it something; else none.

        Raises:
            DeviceError: the device names none.
        """
        held = {place.memory for place in self.placement.everywhere}
        if self.device is None or HOST not in held:
            return None
        return host_of(self.runtime, self.device, self.run.host)[1]

    @checked
    def placing(self, symbols: Iterable[sympy.Symbol]) -> Setup:
        """The setup with what a symbol of offloaded layers counts left open, if it is asked for.

        All layers lie on the device, unless the run says otherwise.
        """
        places = opened(self.run.places, self.placed, symbols)
        run = self.run if places == self.run.places else replace(self.run, places=places)
        return self if run is self.run else replace(self, run=run)

    @property
    def runtime(self) -> Runtime:
        """What runs the model: the runtime that the run names, or its backend for the device."""
        return runtime_of(self.run.kernels, self.device)

    @property
    def kernels(self) -> str:
        """What runs the model, by name; a user's own by its file."""
        named = self.run.kernels
        return named if named.endswith(".toml") else self.runtime.id

    @property
    def composition(self) -> str:
        """How compute and memory time are joined: as the run says, or else the runtime."""
        return self.run.composition or self.runtime.composition

    @property
    def skip(self) -> Skip | None:
        """What leaves out products with values that are pruned; None where all are computed."""
        sparsity = self.run.pruning.sparsity
        if sparsity is None or self.device is None:
            return None
        return skip_of(sparsity, self.device.id, self.dtype, self.runtime.id)

    @property
    def pruned(self) -> str:
        """What is pruned, in words; empty where nothing is."""
        return self.run.pruning.described(self.skip)

    @property
    def machine(self) -> Device:
        """The device, where one is needed.

        Raises:
            DeviceError: there is none.
        """
        if self.device is None:
            raise DeviceError(f"{self.model.name} is on no device; give it one, with --device")
        return self.device

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the model is counted, and what to know of its published formats.

        Nothing of those where others are asked for.
        """
        return self.model.scope + (() if self.run.weights else self.model.notes)

    @property
    def lower_bound(self) -> str:
        """What the footprint leaves out, which makes it a lower bound; empty if nothing."""
        return "" if self.run.weights else self.model.lower_bound

    @property
    def follow(self) -> Mapping[sympy.Symbol, sympy.Expr]:
        """What follows from images and audio in the prompt, in closed form."""
        return media.follow_media(self.run, self.model)

    @property
    def timed_at(self) -> int:
        """Tokens attended to where a token is timed, those of images and audio among them."""
        return int(self.values()[_S]) if self.run.media else self.run.timed_at

    @property
    def counted(self) -> str:
        """What of a multimodal model is counted, and what its prompts hold; empty of others."""
        return media.counted_in(self)

    @property
    def title(self) -> str:
        """The model, and the device where there is one."""
        return self.model.name + ("" if self.device is None else f" on {self.device.name}")

    @property
    def overrides(self) -> tuple[Override, ...]:
        """The numbers that a user gave in place of the model's, the formats' or the device's."""
        return overrides_of(self.device, self.dtype, self.run.given, self.values())

    def labels(self) -> dict[str, Any]:
        """What is run, by name."""
        run, formats = self.run, self.formats
        on_device = {} if self.device is None else {"device": self.device.id, "compute": self.dtype}
        return {
            "model": self.model.name,
            **on_device,
            "weights": formats.weights.name,
            "activations": formats.activations.name,
            "cache": formats.cache.name,
            "batch": run.batch,
            "prompt": run.prompt,
            **({} if run.cached is None else {"cached": run.cached}),
            "generate": run.generate,
            "context": self.timed_at,
            **({"counted": self.counted} if self.counted else {}),
            "kernels": self.kernels,
            "composition": self.composition,
            "convention": run.counting.name,
            **({"prune": run.prune} if run.prune else {}),
            **({"places": run.places} if run.places else {}),
            **({"host": self.host.id} if run.places and self.host is not None else {}),
            **labels_of_draft(run),
            **({"given": {o.word: o.value for o in self.overrides}} if self.overrides else {}),
            **({"notes": list(self.notes)} if self.notes else {}),
        }

    def describe(self) -> str:
        """What is run, in a sentence."""
        run, formats = self.run, self.formats
        computed = f", computed in {self.dtype}" if self.dtype else ""
        computed += f", {self.pruned}" if self.pruned else ""
        computed += f", {self.placed.described}" if self.placed.described else ""
        computed += self._beside if self.run.places else ""
        computed += f", {run.drafts()}" if run.draft else ""
        given = "".join(f", {override}" for override in self.overrides)
        joined = "" if self.composition == "max" else f", composition {self.composition}"
        counted = f"; counted: {self.counted}" if self.counted else ""
        return (
            f"weights {formats.weights.name}, activations {formats.activations.name}, "
            f"cache {formats.cache.name}{computed}, {self.kernels} kernels{joined}; "
            f"batch {run.batch}, prompt {run.prompted}, {run.generate} generated, "
            f"a token timed at a context of {self.timed_at}{given}{counted}"
        )

    @property
    def _beside(self) -> str:
        """The host in words, where a recipe of places uses one, and whether it is assumed."""
        if (host := self.host) is None or self.device is None:
            return ""
        assumed = self.device.host_assumed and not self.run.host
        return told_of_host(host, self.placement, assumed=assumed)

    def case(self, name: str) -> Case:
        """The case of a phase: the prefill of the prompt, or a decode step at the context."""
        prompt = PROMPT if self.run.cached is None else REST_OF_PROMPT
        prompt = replace(prompt, media=self.run.media)
        work = prompt if name == "prefill" else phase(name)
        if self._source_is_prompt:
            same = {_S_x: _S_p}
            work = replace(
                work,
                new_source=work.new_source.xreplace(same),
                cached_source=work.cached_source.xreplace(same),
            )
        case = Case(
            self.model,
            work,
            self.run.counting,
            self.runtime,
            composition=self.composition,
            widths=self._widths,
            placement=self.placement,
            prompt=prompt,
            drafting=self.drafting,
        )
        checks = self.drafting is not None and name == "decode"
        return replace(case, workload=checking(work)) if checks else case

    @property
    def _widths(self) -> Widths:
        """Bytes per element, and which products with pruned values are left out."""
        widths, skip = self.formats.widths, self.skip
        return widths if skip is None else replace(widths, skips=skip.groups)

    @property
    def _source_is_prompt(self) -> bool:
        return self.run.source is None and _S_x not in self.model.values

    def expression(self, name: str) -> sympy.Expr:
        """A quantity in closed form: of the prefill in S_p, of the decode step in S.

        Raises:
            UnknownNameError: no such quantity.
        """
        quantity = find_quantity(name)
        return quantity.expression(self.case(quantity.phase or "decode"))

    @checked
    def known(self, names: Iterable[str]) -> dict[str, sympy.Expr]:
        """The closed forms of those of the quantities whose every symbol has a number here.

        What a device has no figure for is left out; what only the user can say is asked for.

        Raises:
            UnknownNameError: no such quantity.
            ConfigError: what an operator of the model's own computes has no number, or how many
                tokens are drafted or accepted.
        """
        return dict(_known(self, tuple(names)))

    def values(self) -> dict[sympy.Symbol, Number]:
        """The number of every symbol; computed once for equal setups."""
        return dict(_values(self))

    def number(self, name: str) -> Any:
        """A quantity at this setup, exact where no device figure enters.

        Raises:
            DeviceError, ConfigError: a symbol has no number, or the quantity one that cannot be.
        """
        program = self.program([name])
        self.require(name, program.symbols)
        return possible(name, program.exact(self.values())[0], self.title)

    @checked
    def program(self, names: Iterable[str]) -> Program:
        """The program of several quantities, which does not depend on the setup's numbers.

        Raises:
            UnknownNameError: no such quantity.
        """
        return program_of(self.expression(name) for name in names)

    @checked
    def compile(self, quantities: Iterable[str], axes: Iterable[str]) -> Profile:
        """Quantities as a function of columns of axes, this setup's other numbers put in.

        >>> from edgesym import load
        >>> cache = Setup(load("llama-3.2-1b")).compile(["kv_cache_bytes"], ["context", "layers"])
        >>> cache(context=[1024, 2048], layers=16)["kv_cache_bytes"].tolist()
        [33554432.0, 67108864.0]

        Args:
            axes: symbols by word, letter or short name: ``context``, ``batch``, ``hidden``,
                ``bits``, ``bandwidth``, ``density``...

        Raises:
            UnknownNameError: no such quantity or symbol.
            ConfigError: an axis that none of the quantities depends on.
            DeviceError: a figure of a device is missing, or the device itself.
        """
        wanted = tuple(axes)
        placing = self.placing(axis_of(name).symbol for name in wanted)
        forms = {name: placing.expression(name) for name in quantities}
        units = {name: find_quantity(name).unit for name in forms}
        return profile_of(placing, forms, units, wanted)

    @checked
    def require(self, what: str, symbols: Iterable[sympy.Symbol]) -> None:
        """Refuse symbols that have no number in this setup; ``what`` needs them.

        Raises:
            DeviceError: a figure of a device is missing, or the device itself.
            ConfigError: another symbol is.
        """
        values = self.values()
        missing = sorted((describe(s) for s in symbols if s not in values), key=lambda e: e.word)
        if not missing:
            return
        figures = [entry.word for entry in missing if entry.scope == "device"]
        if figures and self.device is None:
            raise DeviceError(
                f"{what} needs {', '.join(figures)} of a device; name one with --device"
            )
        names = ", ".join(f"{entry.word} ({entry.meaning})" for entry in missing)
        where = self.model.name if self.device is None else self.device.name
        hint = self.run.options_of(entry.word for entry in missing)
        error = DeviceError if figures else ConfigError
        raise error(f"{what} needs {names}, which {where} has no number for; give it with {hint}")


def as_setup(given: Any, verb: str) -> Setup:
    """The setup that is given to a verb; a model, or its name, is one on no device.

    >>> as_setup("llama-3.2-1b", "estimate").run.batch
    1

    Raises:
        ConfigError, UnknownNameError: neither a setup nor a model.
    """
    return given if isinstance(given, Setup) else Setup(as_model(given, verb))


@memo(key=lambda setup: setup.identity, size=256)
def _values(setup: Setup) -> Mapping[sympy.Symbol, Number]:
    """The number of every symbol of a setup: it is a fact of the value."""
    run = setup.run
    lasting, joining = _lasting(setup)
    source = {} if run.source is None else {_S_x: run.source}
    cached = {} if run.cached is None else {_C: run.cached}
    values: dict[sympy.Symbol, Number] = {
        **lasting,
        _b: run.batch,
        _S: run.timed_at,
        _S_p: run.prompt,
        _T_g: run.generate,
        **source,
        **cached,
        **joining,
        **numbers_of_draft(setup),
        **media.given_media(run),
    }
    values |= media.following(setup.follow, values, {})
    if not run.given:
        return values
    given = {made: changed(setup, made, number, values) for made, number in run.given}
    check_extents(setup, given)
    return {**values, **given, **media.following(setup.follow, {**values, **given}, given)}


@memo(key=lambda setup: setup.shape, size=256)
def _lasting(
    setup: Setup,
) -> tuple[Mapping[sympy.Symbol, Number], Mapping[sympy.Symbol, Number]]:
    """The numbers that stay as those of the run change, and what the composition needs besides."""
    check_extents(setup, {})
    lasting = {
        **setup.model.values,
        **setup.formats.values(),
        **{made: figure.value for made, figure in setup.figures().items()},
        **allocated(setup.runtime, setup.model, setup.formats, setup.device),
        **setup.placed.numbers,
    }
    joined, width = find_composition(setup.composition), setup.formats.weights.bytes_per_element
    return lasting, numbers_of_joining(joined, setup.runtime.smoothness, setup.device, width)


@memo(key=lambda setup, names: (setup.shape, names), size=256)
def _known(setup: Setup, names: tuple[str, ...]) -> Mapping[str, sympy.Expr]:
    """The closed forms of those of the quantities whose every symbol has a number."""
    forms, values = {name: setup.expression(name) for name in names}, _values(setup)
    own = setup.model.operators
    for name, form in forms.items() if own else ():
        setup.require(name, symbols_of(form) & {*own})
    if setup.run.draft:
        setup.require("a draft", frozenset().union(*map(symbols_of, forms.values())) & {*DRAFTED})
    return {name: form for name, form in forms.items() if symbols_of(form) <= values.keys()}
