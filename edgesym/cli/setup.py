"""The options that make a setup, and a run without a model; shared by many verbs.

What they are given is read by :mod:`edgesym.cli.asked`, which is imported when it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from edgesym.cli.common import (
    composition_option,
    convention_option,
    kernels_option,
    model_options,
    prune_option,
    weights_option,
)
from edgesym.cli.count import COUNT, SIZE
from edgesym.cli.device import device_option, several_devices
from edgesym.cli.options import with_options
from edgesym.cli.places import host_option, places_options

__all__ = ["run_options", "setup_options", "setup_texts"]

F = TypeVar("F", bound=Callable[..., Any])


def run_options(verb: F) -> F:
    """Options that say what is run: the verb is handed a ``run``, and figures of devices.

    ``figures`` holds the texts of ``--set`` that are figures of a device.
    """

    @wraps(verb)
    def made(**options: Any) -> Any:
        from edgesym.cli.asked import keep, run_of

        keep(options)
        run, figures, others = run_of(options)
        return verb(run=run, figures=figures, **others)

    wrapped: F = _with_run(made)
    return wrapped


def setup_options(*, device: str) -> Callable[[F], F]:
    """Options that say what is run where: the verb is handed a ``setup``.

    ``device`` is "required" or "optional".
    """

    def decorate(verb: F) -> F:
        @wraps(verb)
        def made(**options: Any) -> Any:
            from edgesym.cli.asked import setup_of

            setup, others = setup_of(options)
            return verb(setup=setup, **others)

        wrapped: F = _with_setup(made, device)
        return wrapped

    return decorate


def setup_texts(*, device: str) -> Callable[[F], F]:
    """The options of :func:`setup_options`: the verb is handed what they are given, as it is.

    ``device`` is "required", "optional" or "several"; of several the verb is handed a tuple.
    """

    def decorate(verb: F) -> F:
        wrapped: F = _with_setup(verb, device)
        return wrapped

    return decorate


def _with_setup(verb: Callable[..., Any], device: str) -> Any:
    where = several_devices if device == "several" else device_option(required=device == "required")
    return with_options(_with_run(verb), (click.argument("model"), where, _RESERVE))


def _with_run(verb: Callable[..., Any]) -> Any:
    formats = (*_FORMATS, prune_option, places_options, host_option, _COMPUTE, composition_option)
    listed = (*formats, *_COUNTS, *_MEDIA, *_DRAFT, _SET, _FITS)
    return with_options(verb, (*listed, kernels_option(""), convention_option, model_options))


_SET = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override a figure of the device, such as memory_bandwidth=20GB/s, or a symbol, such "
    "as hidden=4096; or change it, such as peak=0.5*peak or idle_power=idle_power+1W. What "
    "changes nothing of what is asked is refused.",
)
_FITS = click.option(
    "--fits",
    type=click.Path(exists=True, file_okay=False),
    metavar="DIR",
    help="Fits of your own (edgesym fit --to DIR), each in place of the one that ships.",
)
_RESERVE = click.option(
    "--reserve",
    metavar="SIZE",
    help="Memory that the system and the runtime keep, such as 1GiB.  [default: the device's]",
)
_FORMATS = (
    weights_option,
    click.option(
        "--activations", metavar="FORMAT", help="By default that of float weights, else fp16."
    ),
    click.option("--cache", metavar="FORMAT", help="By default that of the activations."),
)
_COMPUTE = click.option(
    "--compute",
    metavar="DTYPE",
    help="Arithmetic dtype; by default the best that the device has for the weights.",
)
_DRAFT = (
    click.option(
        "--draft",
        metavar="MODEL[:FORMAT]|mtp|lookup",
        help="What drafts tokens that a step then checks: a model, its weights in --weights or the "
        "format behind the colon; the model's own block for that (mtp); or a look-up that costs "
        "nothing.",
    ),
    click.option("--draft-tokens", type=COUNT, metavar="N", help="Tokens drafted before a step."),
    click.option(
        "--acceptance",
        type=float,
        metavar="SHARE",
        help="Share of drafted tokens that are accepted, from 0 to 1.",
    ),
)
_COUNTS = (
    click.option(
        "--prompt",
        type=COUNT,
        help="Tokens of the prompt; like all counts also 8k, which is 8192, or 1M.  "
        "[default: 128, or what --context leaves beside --generate]",
    ),
    click.option(
        "--cached",
        type=COUNT,
        metavar="N",
        help="Tokens of each prompt that are cached already, such as a prefix that an earlier "
        "one had; fewer than --prompt.",
    ),
    click.option(
        "--generate",
        type=COUNT,
        help="Tokens generated.  [default: 128, or half a --context shorter than 256]",
    ),
    click.option(
        "--batch", type=COUNT, default=1, show_default=True, help="Sequences run together."
    ),
    click.option(
        "--context",
        type=COUNT,
        help="Tokens attended to where a token is timed.  [default: prompt + generate]",
    ),
    click.option(
        "--source",
        type=COUNT,
        help="Source tokens of an encoder-decoder.  [default: what the model fixes, else prompt]",
    ),
)
_MEDIA = (
    click.option(
        "--images",
        type=COUNT,
        metavar="N",
        help="Images in each prompt, whose tokens are added to it.  [default: no image]",
    ),
    click.option(
        "--image-size",
        type=SIZE,
        metavar="WxH",
        help="Pixels of each image, as the vision tower is given it, where it takes any size.",
    ),
    click.option(
        "--image-crops",
        "crops",
        type=COUNT,
        metavar="N",
        help="Crops that each image is cut into, the whole of it among them where it is one, of a "
        "model that cuts images by more than their size.",
    ),
    click.option(
        "--audio-seconds",
        type=float,
        metavar="S",
        help="Length of a piece of audio in each prompt.  [default: no audio]",
    ),
    click.option(
        "--clips", type=COUNT, metavar="N", help="Pieces of audio of that length.  [default: 1]"
    ),
)
