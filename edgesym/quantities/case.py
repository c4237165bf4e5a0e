"""The case that a quantity is asked of: a model, a step, what runs it, and what drafts for it.

gamma tokens are drafted one after the other, and the model runs them all in one step, which gives
one more (Leviathan et al. 2023, arXiv:2211.17192; Chen et al. 2023, arXiv:2302.01318).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import sympy

from edgesym.algebra.substitute import put_in
from edgesym.architectures.model import Model
from edgesym.engine.series import power_sum
from edgesym.errors import UnknownNameError
from edgesym.frozen import FrozenMap
from edgesym.graph.block import Block
from edgesym.graph.convention import Convention, convention
from edgesym.graph.copies import without_copies
from edgesym.graph.kernels import Kernel, partition
from edgesym.graph.training import Training
from edgesym.graph.width import UNIFORM, Widths
from edgesym.ledger import Kind, Ledger, ledger
from edgesym.runtimes import Runtime, find_runtime
from edgesym.runtimes.placement import NOWHERE_ELSE, Placement
from edgesym.symbols import symbol
from edgesym.workload import MEDIA, PROMPT, Workload, checking, phase

__all__ = ["Case", "Draft", "Drafting"]

_DRAFTED = symbol("draft_tokens")


@dataclass(frozen=True, slots=True)
class Case:
    """What a quantity is asked of.

    Attributes:
        model: the model.
        workload: the step.
        counting: the convention.
        runtime: what runs it: which operations run together, and what is launched.
        part: the part of the model it is limited to; ``*`` for all.
        training: the way of training, for the quantities of training.
        composition: how compute and memory time are joined; as the runtime does where empty.
        widths: the bytes of an element of every tensor.
        placement: which layers and weights lie and run elsewhere than on the device.
        prompt: the prefill before a decode step.
        drafting: what guesses tokens that a decode step checks; none where it makes one token.
    """

    model: Model
    workload: Workload = field(default_factory=lambda: phase("decode"))
    counting: Convention = field(default_factory=convention)
    runtime: Runtime = field(default_factory=lambda: find_runtime("fused"))
    part: str = "*"
    training: Training = field(default_factory=Training)
    composition: str = ""
    widths: Widths = UNIFORM
    placement: Placement = NOWHERE_ELSE
    prompt: Workload = PROMPT
    drafting: Drafting | None = None

    def __post_init__(self) -> None:
        """Take the runtime's composition where none is given."""
        object.__setattr__(self, "composition", self.composition or self.runtime.composition)

    def during(self, name: str) -> Case:
        """The same case in another phase."""
        work = phase(name)
        checks = self.drafting is not None and name == "decode"
        return replace(self, workload=checking(work) if checks else work)

    @property
    def alone(self) -> Case:
        """The same step of the model itself, without what a draft does before it."""
        return self if self.drafting is None else replace(self, drafting=None, counting=self.counts)

    @property
    def counts(self) -> Convention:
        """The convention for the step: one that checks tokens needs the logits of each."""
        checks = self.drafting is not None and self.workload.name == "decode"
        if not checks or self.counting.logits != "last":
            return self.counting
        return replace(self.counting, logits="all")

    @property
    def yields(self) -> sympy.Expr:
        """Tokens that a decode step gives each sequence, on average: one where nothing drafts.

        One, and each drafted token before the first that is not accepted: 1 + alpha + ... +
        alpha^gamma, where each is accepted with probability alpha, whatever the others are
        (Leviathan et al. 2023, arXiv:2211.17192, equation 1).
        """
        if self.drafting is None:
            return sympy.S.One
        return power_sum(symbol("acceptance"), symbol("draft_tokens") + 1)

    def blocks(self) -> tuple[Block, ...]:
        """The distinct blocks of the model for the step, without copies that are not made."""
        dropped = self.runtime.fusion.code.dropped
        made = self.model.blocks(self.workload, self.counts)
        return tuple(without_copies(block, dropped) for block in made)

    @property
    def encoding(self) -> frozenset[str]:
        """Names of the blocks of towers, which run over images and audio alone."""
        return frozenset(plan.name for plan in self.model.plans if plan.over in MEDIA)

    def text_blocks(self) -> tuple[Block, ...]:
        """The distinct blocks of the model for the step, without those of towers."""
        return tuple(block for block in self.blocks() if block.name not in self.encoding)

    def kernels(self, block: Block) -> list[Kernel]:
        """The kernels that the runtime makes of a block."""
        return partition(block, self.runtime.fusion)

    def rows(self, *kinds: Kind) -> Ledger:
        """Rows of these kinds, of the part asked for.

        Raises:
            UnknownNameError: the model has no such part.
        """
        fusion = self.runtime.fusion
        whole = ledger(self.model, self.workload, self.counts, fusion, self.widths)
        if self.part != "*" and not whole.filter(part=self.part).rows:
            prefixes = [part.partition(".")[0] for part in whole.parts()]
            known = [*prefixes, *whole.parts()]
            raise UnknownNameError(f"part of {self.model.name}:", self.part, known)
        return whole.filter(*kinds, part=self.part)

    def total(self, *kinds: Kind) -> sympy.Expr:
        """The sum of the rows of these kinds."""
        return self.rows(*kinds).total()


@dataclass(frozen=True, slots=True)
class Drafting:
    """How tokens are drafted.

    Attributes:
        case: a decode step of the draft; none where drafts cost nothing, as those that are looked
            up in the prompt.
        own: a symbol of the draft's closed forms -> its name beside those of the model.
        modules: how many such drafts there are, of which each drafts in turn: each is held, and
            each runs over the prompt.
    """

    case: Case | None = None
    own: FrozenMap[sympy.Symbol, sympy.Symbol] = field(default_factory=FrozenMap)
    modules: sympy.Expr = sympy.S.One

    def beside(self, case: Case) -> Draft | None:
        """What the draft does beside a step of the model: gamma steps, or its own prefill."""
        if self.case is None:
            return None
        decodes = case.workload.name == "decode"
        source = case.workload.cached_source
        work = replace(phase("decode"), cached_source=source) if decodes else case.workload
        step = replace(self.case, workload=work, prompt=case.prompt)
        return Draft(step, self.own, _DRAFTED if decodes else self.modules, self.modules)


@dataclass(frozen=True, slots=True)
class Draft:
    """A step of a draft, beside one of the model.

    Attributes:
        times: how often it runs.
        modules: how many drafts are held.
    """

    case: Case
    own: FrozenMap[sympy.Symbol, sympy.Symbol]
    times: sympy.Expr
    modules: sympy.Expr

    def of(self, cost: Callable[[Case], sympy.Expr], *, held: bool = False) -> sympy.Expr:
        """A cost of all its steps, or of what is held, in its own symbols."""
        return (self.modules if held else self.times) * self.named(cost(self.case))

    def named(self, form: sympy.Expr) -> sympy.Expr:
        """A closed form of the draft in its own symbols."""
        return put_in(form, self.own, settle=False)
