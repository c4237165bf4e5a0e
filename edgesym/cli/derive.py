"""``edgesym derive``: closed forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from edgesym.analysis.closed_forms import closed_forms
from edgesym.analysis.documents.closed_forms import closed_forms_document
from edgesym.catalogue import Case, Quantity, find_quantity
from edgesym.cli.authors import author_options, growing_of
from edgesym.cli.common import (
    composition_option,
    convention_option,
    kernels_option,
    load_model,
    model_options,
    prune_option,
    warn_of_encoder,
    warn_of_scope,
    weights_option,
)
from edgesym.cli.output import Write, output_options
from edgesym.cli.places import places_options
from edgesym.cli.unused import tell_idle
from edgesym.document.letters import read_letters
from edgesym.graph.convention import convention
from edgesym.graph.training import Training, training
from edgesym.pruning import read_pruning
from edgesym.quantities.composition import find_composition
from edgesym.quantities.registry import tagged
from edgesym.runtimes import find_runtime
from edgesym.scenario.media import refuse_medium
from edgesym.scenario.run import placed_in, stored
from edgesym.workload import PHASES, PROMPT, phase

__all__ = ["command"]


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
    "--images",
    is_flag=True,
    help="With n_i images in each prompt, whose tokens are among those of the prefill.",
)
@click.option("--audio", is_flag=True, help="With n_a pieces of audio in each prompt, likewise.")
@click.option(
    "--symbolic/--numeric", default=True, help="Keep letters, or put in the model's integers."
)
@click.option(
    "--training",
    "trained",
    default="",
    metavar="CHOICES",
    help="For quantities of training: recompute=full, dropout=applied, split=tensor, "
    "pipeline=1f1b, zero=3 and so on, joined by commas.",
)
@author_options
@weights_option
@prune_option
@places_options
@kernels_option("fused")
@composition_option
@convention_option
@model_options
@output_options
def command(
    model: str,
    names: tuple[str, ...],
    part: str,
    phase_name: str,
    images: bool,
    audio: bool,
    symbolic: bool,
    trained: str,
    weights: str | None,
    prune: str,
    places: str,
    leading: str | None,
    letters: str,
    measure: float,
    kernels: str,
    composition: str | None,
    counting: str,
    allow_unknown: tuple[str, ...],
    architecture: str,
    write: Write,
) -> None:
    """Print closed forms of a model's cost.

    For a paper: edgesym derive llama-3.2-1b -q flops --elementwise ignored --leading
    --letters hidden=d,layers=n --format latex --width 240pt
    """
    chosen = [find_quantity(name) for name in names or tagged("usual")]
    if part != "*":
        chosen = [q for q in chosen if q.of_part] if not names else chosen
    read = load_model(model, allow_unknown, architecture)
    warn_of_scope(read)
    loaded, widths = stored(read, weights or "", prune)
    if phase_name != "prefill":
        warn_of_encoder(loaded)
    asked = {"image": images, "audio": audio}
    media = tuple(medium for medium, wanted in asked.items() if wanted)
    for medium in media:
        refuse_medium(loaded, medium, f"--{'images' if medium == 'image' else medium}")
    step = replace(phase(phase_name), media=media if phase_name != "decode" else ())
    way = training(trained)
    runs = find_runtime(kernels)
    where = placed_in(runs, loaded, weights or "", places)
    joined = find_composition(composition).name if composition else ""
    case = Case(
        *(loaded, step, convention(counting), runs, part, way, joined, widths),
        placement=where.placement,
        prompt=replace(PROMPT, media=media),
    )
    _tell_idle(case, chosen, trained, places)
    growing = None if leading is None else growing_of(leading)
    found = closed_forms(case, phase_name, chosen, symbolic=symbolic, growing=growing)
    said = replace(found, prune=str(read_pruning(prune)), weights=weights or "")
    write(closed_forms_document(said, read_letters(letters, said.symbols)), measure)


def _tell_idle(case: Case, chosen: Sequence[Quantity], trained: str, places: str) -> None:
    """Tell of options that no heading shows and that change none of the quantities."""
    others: dict[str, Case] = {}
    if case.composition != case.runtime.composition:
        others[f"--composition {case.composition}"] = replace(case, composition="")
    choices = [choice for choice in trained.split(",") if choice.strip()]
    for choice in choices if case.training != Training() else ():
        rest = training(",".join(other for other in choices if other is not choice))
        if rest != case.training:
            others[f"--training {choice.strip()}"] = replace(case, training=rest)
    if places:
        here = Case(case.model).placement
        others[f"--gpu-layers, --offload: {places}"] = replace(case, placement=here)
    for option, other in others.items():
        if all(quantity.expression(other) == quantity.expression(case) for quantity in chosen):
            tell_idle(option, [quantity.name for quantity in chosen])
