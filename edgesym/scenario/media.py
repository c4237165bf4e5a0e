"""Images and audio in the prompts of a setup: what they are to its towers, and to the prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from edgesym.algebra.substitute import put_in
from edgesym.architectures.model import Model
from edgesym.errors import ConfigError
from edgesym.frozen import FrozenMap
from edgesym.ledger import Kind
from edgesym.scenario.run import Run
from edgesym.symbols import symbol
from edgesym.units import human

__all__ = [
    "counted_in",
    "follow_media",
    "following",
    "given_media",
    "refuse_media",
    "refuse_medium",
]

_S, _S_p, _T_g = symbol("context"), symbol("prompt_tokens"), symbol("generated_tokens")
_TEXT = symbol("text_tokens")
#: Medium -> how many of it are in a prompt, and the tokens of each.
_TOKENS = {
    "image": (symbol("images"), symbol("image_tokens")),
    "audio": (symbol("clips"), symbol("audio_tokens")),
}
_CROPS = symbol("crops")
_SIZE = (symbol("image_height"), symbol("image_width"))
#: How each is called, one and several.
_CALLED = {"image": ("image", "images"), "audio": ("piece of audio", "pieces of audio")}
_VERBS = {"image": "sees no images", "audio": "hears no audio"}


def refuse_media(run: Run, model: Model) -> None:
    """Refuse images and audio that a model has no tower for, and sizes that it does not take.

    Raises:
        ConfigError: naming the option, and what the model takes.
    """
    towers = {tower.medium: tower for tower in model.towers}
    for medium in run.media:
        option = "images" if medium == "image" else "clips"
        refuse_medium(model, medium, f"{option} = {getattr(run, option)}")
    tower = towers.get("image")
    if tower is None or not run.images:
        return
    if not tower.needs("image_height") and run.image_height:
        height, width = (tower.sizes[side] for side in _SIZE)
        raise ConfigError(
            f"image size {run.image_width}x{run.image_height}: {model.name} brings every image, "
            f"or crop of one, to {width}x{height}; leave the size out"
        )
    if tower.needs("image_height") and not run.image_height:
        raise ConfigError(
            f"images = {run.images}: {model.name} takes images of any size; give theirs, in "
            "pixels, with --image-size WxH"
        )
    if not tower.needs("crops") and run.crops:
        raise ConfigError(
            f"crops = {run.crops}: {model.name} does not cut images, or by their size alone; "
            "leave it out"
        )
    if tower.needs("crops") and not run.crops:
        raise ConfigError(
            f"images = {run.images}: {model.name} cuts images into crops; give how many an image "
            "is, the whole of it among them where it is one, with --image-crops N"
        )


def refuse_medium(model: Model, medium: str, asked: str) -> None:
    """Refuse a medium that a model has no tower for, or of which no more than that is known.

    Raises:
        ConfigError: naming what was asked.
    """
    tower = next((tower for tower in model.towers if tower.medium == medium), None)
    if tower is None:
        why = f" counts {model.counted}, and" if model.counted else ""
        raise ConfigError(f"{asked}: {model.name}{why} {_VERBS[medium]}; leave them out")
    if _TOKENS[medium][1] not in tower.sizes:
        raise ConfigError(
            f"{asked}: what {model.name} makes of them is not described, only what its "
            f"{tower.name} weighs; leave them out"
        )


def follow_media(run: Run, model: Model) -> FrozenMap[sympy.Symbol, sympy.Expr]:
    """What follows from images and audio, in closed form: sizes in towers, tokens, the prompt.

    S_p = S_t + n_i t_i + n_a t_a: the prompt is its text and the tokens of all images and audio.
    """
    if not run.media:
        return FrozenMap()
    found: dict[sympy.Symbol, sympy.Expr] = {}
    prompt: sympy.Expr = _TEXT
    for tower in model.towers:
        if tower.medium in run.media:
            count, tokens = _TOKENS[tower.medium]
            found |= dict(tower.sizes)
            prompt += count * tower.sizes[tokens]
    found[_S_p] = prompt
    if run.context is None:
        found[_S] = prompt + _T_g
    return FrozenMap(found)


def given_media(run: Run) -> dict[sympy.Symbol, Any]:
    """The numbers that a run gives of images, audio, and the text beside them."""
    if not run.media:
        return {}
    asked = {
        "images": run.images,
        "clips": run.clips,
        "image_height": run.image_height,
        "image_width": run.image_width,
        "crops": run.crops,
        "audio_seconds": run.audio_seconds,
    }
    found = {symbol(word): number for word, number in asked.items() if number is not None}
    return {**found, _TEXT: run.prompt}


def following(
    follow: Mapping[sympy.Symbol, sympy.Expr],
    values: Mapping[sympy.Symbol, Any],
    given: Mapping[sympy.Symbol, Any],
) -> dict[sympy.Symbol, Any]:
    """The numbers of what follows from others, save those that are given; in their order.

    Raises:
        ConfigError: a size that is no whole number of tokens.
    """
    known = dict(values)
    found: dict[sympy.Symbol, Any] = {}
    for made, form in follow.items():
        if made in given or form.free_symbols - known.keys():
            continue
        number = form.xreplace({s: sympy.nsimplify(known[s]) for s in form.free_symbols})
        if not number.is_Integer or number < 0:
            raise ConfigError(f"{made} = {form} is {number}, no whole number; choose another size")
        known[made] = found[made] = int(number)
    return found


def counted_in(setup: Any) -> str:
    """What of a multimodal model is counted, with the bytes of its towers, and what prompts hold.

    Nothing of a model that is text and no more.
    """
    model = setup.model
    if not model.towers:
        return str(model.counted)
    values, rows = setup.values(), setup.case("decode").rows(Kind.STORED)
    told = []
    for tower in model.towers:
        form = rows.filter(where=lambda row, of=tower: row.block in of.blocks).bytes()
        told.append(f"{tower.name} ({human(float(put_in(form, values)), 'B')})")
    return f"text and {' and '.join(told)}; {_told_of_media(setup.run, model, values)}"


def _told_of_media(run: Run, model: Model, values: Mapping[sympy.Symbol, Any]) -> str:
    """What prompts hold beside text, in words; that they hold nothing, where the model could."""
    told = []
    for tower in model.towers:
        one, many = _CALLED[tower.medium]
        count, tokens = _TOKENS[tower.medium]
        if not values.get(count):
            told.append(f"no {one if tower.medium == 'image' else 'audio'}")
            continue
        number = values[count]
        cut = f" in {values[_CROPS]} crops" if _CROPS in values else ""
        size = (
            f" of {values[_SIZE[1]]}x{values[_SIZE[0]]} pixels{cut}"
            if tower.medium == "image"
            else f" of {human(float(run.audio_seconds or 0), 's')}"
        )
        each = "" if number == 1 else " each"
        told.append(
            f"{number} {one if number == 1 else many}{size} ({values[tokens]} tokens{each})"
        )
    return f"{' and '.join(told)} in the prompt" if told else ""
