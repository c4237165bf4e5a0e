"""The shape of a setup: what decides its closed forms, and nothing that is a number of its run."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest

from edgesym.analysis.estimate import estimate
from edgesym.architectures.locate import load
from edgesym.architectures.reader import read_model
from edgesym.devices import find_device
from edgesym.engine import path as paths
from edgesym.graph.convention import convention
from edgesym.quantities.registry import REGISTRY
from edgesym.scenario.run import FIELDS, Run
from edgesym.scenario.setup import Setup
from edgesym.symbols import symbol
from tests.support import varied_cards

#: Another value for every field of a run that decides what is asked.
OTHERS = {
    "weights": "q8_0",
    "activations": "fp32",
    "cache": "q8_0",
    "prune": "2:4",
    "places": "storage=2",
    "host": "ryzen-9-7950x",
    "compute": "fp32",
    "counting": convention("pytorch"),
    "kernels": "unfused",
    "composition": "sum",
    "fits": ".",
    "given": ((symbol("hidden"), 512),),
    "source": 9,
    "cached": 9,
    "draft": "lookup",
}
#: Numbers that say something of a draft alone.
OF_DRAFTS = {"draft_tokens": (2, 3), "acceptance": (0.5, 0.75)}
#: Numbers of images: a model that takes them, and two runs that differ in no more than a number.
SIZES = {"images": 1, "image_height": 48, "image_width": 48}
OF_MEDIA = {
    "images": ("qwen3_vl", SIZES, {**SIZES, "images": 2}),
    "image_height": ("qwen3_vl", SIZES, {**SIZES, "image_height": 96}),
    "image_width": ("qwen3_vl", SIZES, {**SIZES, "image_width": 96}),
    "crops": ("internvl", {"images": 1, "crops": 2}, {"images": 1, "crops": 3}),
    "clips": ("", {}, {}),
    "audio_seconds": ("", {}, {}),
}
TOWERS = Path(__file__).parent.parent / "data" / "towers.json"


def made(card="llama-3.2-1b", device="raspberry-pi-5", **options):
    return Setup(load(card), find_device(device), Run(**options))


@pytest.mark.parametrize("name", [f.name for f in fields(Run)])
def test_a_run_has_the_form_of_others_that_differ_in_numbers_alone(name):
    if name in OF_DRAFTS:
        one, other = (made(draft="lookup", **{name: number}) for number in OF_DRAFTS[name])
        assert one.shape == other.shape
    elif name in OF_MEDIA:
        named, *runs = OF_MEDIA[name]
        if named:
            config = json.loads(TOWERS.read_text(encoding="utf-8"))[named]["config"]
            model = read_model(config, name=named, origin=named)
            one, other = (Setup(model, run=Run(**run)) for run in runs)
            assert one.shape == other.shape != Setup(model).shape
            assert one.number("flops") != 0
    elif name in FIELDS.values() and name not in OTHERS:
        assert made(**{name: 7}).shape == made().shape
    else:
        assert made(**{name: OTHERS[name]}).shape != made().shape


def test_numbers_given_by_hand_share_a_shape_as_their_symbols_do():
    H, L = symbol("hidden"), symbol("layers")
    assert made(given=((H, 512),)).shape == made(given=((H, 1024),)).shape
    assert made(given=((H, 512),)).shape != made(given=((L, 8),)).shape
    assert made(source=3).shape == made(source=4).shape
    assert made(cached=3).shape == made(cached=0).shape


@pytest.mark.parametrize("card", varied_cards())
def test_closed_forms_of_one_shape_are_equal_whatever_the_numbers(card):
    one, other = made(card), made(card, batch=1, prompt=5000, generate=3, context=777)
    assert one.shape == other.shape
    known = one.known(REGISTRY)
    fresh = {name: other.expression(name) for name in known}
    assert known == fresh
    assert one.figures() == other.figures()


def test_a_runtime_of_a_file_is_what_the_file_says_now(tmp_path):
    file = tmp_path / "own.toml"
    text = 'name = "Own"\nsummary = "s"\nsource = "x"\nbase = "fused"\n'
    file.write_text(text)
    before = estimate(made(kernels=str(file))).quantities
    file.write_text(f'{text}composition = "sum"\n')
    after = estimate(made(kernels=str(file))).quantities
    assert after["time_per_output_token"] > before["time_per_output_token"]


def test_places_and_a_host_of_files_are_what_the_files_say_now(tmp_path):
    where, host = tmp_path / "where.toml", tmp_path / "host.toml"
    cpu = 'class = "generic-cpu"\n[peak.fp32]\nvalue = 500\nunit = "GFLOP/s"\nsource = "x"\n'
    cpu += '[memory_bandwidth]\nunit = "GB/s"\nsource = "x"\nvalue = '
    asked = {"weights": "q4_0", "kernels": "llama.cpp", "host": str(host)}

    def taken(layers, bandwidth):
        where.write_text(f'[[rules]]\nplace = "host"\nlayers = "{layers}"\n')
        host.write_text(f"{cpu}{bandwidth}\n")
        found = estimate(made(device="rtx-4090", places=str(where), **asked))
        return found.quantities["time_per_output_token"]

    first, slower, more = taken("0-3", 60), taken("0-3", 30), taken("0-7", 30)
    assert first < slower < more
    assert taken("0-3", 60) == first


def test_a_prompt_too_short_to_copy_weights_for_has_another_shape():
    asked = {"weights": "q4_0", "kernels": "llama.cpp", "places": "gpu=5"}
    short, long, longer = (
        made(device="rtx-4090", prompt=n, generate=8, **asked).shape for n in (31, 32, 512)
    )
    assert short != long == longer


@pytest.mark.parametrize("device", ["raspberry-pi-5", "rtx-4090"])
@pytest.mark.parametrize("card", varied_cards())
def test_an_estimate_is_the_same_however_often_its_shape_was_asked_for(card, device):
    setups = [made(card, device, weights="q4_0", batch=n, context=300 * n) for n in range(1, 8)]
    warm = [estimate(setup).as_json() for setup in setups]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "_OFTEN", 10**9)
        paths.path_of.cache_clear()
        paths.whole_path.cache_clear()
        assert [estimate(replace(setup)).as_json() for setup in setups] == warm
