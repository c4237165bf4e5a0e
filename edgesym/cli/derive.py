"""``edgesym derive``: closed forms."""

from __future__ import annotations

import click
import sympy

from edgesym.algebra.substitute import put_in
from edgesym.algebra.tidy import tidy
from edgesym.catalogue import REGISTRY, Case, find_quantity
from edgesym.cli.common import (
    convention_option,
    echo_json,
    kernels_option,
    load_model,
    model_options,
    warn_of_encoder,
)
from edgesym.graph.convention import convention
from edgesym.graph.training import training
from edgesym.render.latex import latex
from edgesym.render.tables import render_table
from edgesym.render.text import plain
from edgesym.runtimes import find_runtime
from edgesym.symbols import describe, symbol
from edgesym.workload import PHASES, phase

__all__ = ["command"]

#: What is derived when no quantity is named.
USUAL = ("parameters", "flops", "weight_bytes", "kv_cache_bytes", "memory_footprint")


@click.command()
@click.argument("model")
@click.option(
    "-q", "--quantity", "names", multiple=True, metavar="Q", help="A quantity; may be repeated."
)
@click.option(
    "--part", default="*", help="A part of the model, such as attention or feed_forward.gate."
)
@click.option(
    "--phase",
    "phase_name",
    type=click.Choice(list(PHASES)),
    default="decode",
    show_default=True,
    help="prefill: S tokens, empty cache; decode: 1 token on S - 1; step: T on C.",
)
@click.option(
    "--symbolic/--numeric", default=True, help="Keep letters, or put in the model's integers."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "latex", "markdown", "json"]),
    default="text",
    show_default=True,
)
@click.option(
    "--training",
    "trained",
    default="",
    metavar="CHOICES",
    help="For quantities of training: recompute=full, dropout=applied, split=tensor, "
    "pipeline=1f1b, zero=3 and so on, joined by commas.",
)
@kernels_option("fused")
@convention_option
@model_options
def command(
    model: str,
    names: tuple[str, ...],
    part: str,
    phase_name: str,
    symbolic: bool,
    style: str,
    trained: str,
    kernels: str,
    counting: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
) -> None:
    """Print closed forms of a model's cost."""
    chosen = [find_quantity(name) for name in names or USUAL]
    if part != "*":
        chosen = [q for q in chosen if q.of_part] if not names else chosen
    loaded = load_model(model, allow_unknown, architecture)
    if phase_name != "prefill":
        warn_of_encoder(loaded)
    way = training(trained)
    case = Case(loaded, phase(phase_name), convention(counting), find_runtime(kernels), part, way)
    forms: dict[str, sympy.Expr] = {}
    for quantity in chosen:
        form = quantity.expression(case)
        forms[quantity.name] = tidy(form if symbolic else put_in(form, loaded.values))
    symbols = sorted({s for form in forms.values() for s in form.free_symbols}, key=str)
    if style == "json":
        echo_json(
            {
                "model": loaded.name,
                "phase": phase_name,
                "part": part,
                "kernels": kernels,
                "convention": case.counting.name,
                "quantities": {
                    name: {
                        "unit": REGISTRY[name].unit,
                        "phase": _fixed_phase(name, form) or phase_name,
                        "expression": plain(form),
                        "latex": latex(form),
                    }
                    for name, form in forms.items()
                },
                "symbols": {
                    str(s): {
                        "word": describe(s).word,
                        "meaning": describe(s).meaning,
                        "unit": describe(s).unit,
                        "value": loaded.values.get(s),
                    }
                    for s in symbols
                },
            }
        )
        return
    click.echo(_FORMS[style](forms))
    if style == "text":
        click.echo(
            f"\n{loaded.name}, {phase_name}, {kernels} kernels, convention {case.counting.name}"
        )
    rows = [
        [
            f"${describe(s).latex}$" if style != "text" else str(s),
            describe(s).meaning,
            "" if s not in loaded.values else f"{loaded.values[s]}",
        ]
        for s in symbols
    ]
    if style != "latex" and rows:
        click.echo("")
        click.echo(render_table(["symbol", "meaning", loaded.name], rows, style))


def _fixed_phase(name: str, form: sympy.Expr) -> str:
    """What a quantity is of, whatever phase is asked for; nothing where it follows that."""
    whole = symbol("generated_tokens") in form.free_symbols
    return "generation" if whole else REGISTRY[name].phase


def _of(name: str, form: sympy.Expr) -> str:
    """The unit of a quantity, and the phase that its meaning fixes."""
    unit, fixed = REGISTRY[name].unit, _fixed_phase(name, form)
    return f"{unit}, {fixed}" if fixed else unit


def _text(forms: dict[str, sympy.Expr]) -> str:
    return "\n".join(f"{name} [{_of(name, form)}] = {plain(form)}" for name, form in forms.items())


def _latex(forms: dict[str, sympy.Expr]) -> str:
    lines = (rf"\mathrm{{{name}}} &= {latex(form)}" for name, form in forms.items())
    body = " \\\\\n".join(
        line.replace("_", r"\_", line.split(" &=")[0].count("_")) for line in lines
    )
    return "\\begin{align*}\n" + body + "\n\\end{align*}"


def _markdown(forms: dict[str, sympy.Expr]) -> str:
    return "\n\n".join(
        f"**{name}** [{_of(name, form)}]\n\n$$\n{latex(form)}\n$$" for name, form in forms.items()
    )


_FORMS = {"text": _text, "latex": _latex, "markdown": _markdown}
