"""A runtime file that says only what differs from another, and what is meant on a device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgesym import Run, Setup, find_device, load
from edgesym.data import shipped, stems
from edgesym.devices import device_names
from edgesym.errors import ConfigError, UnknownNameError
from edgesym.graph.meaning import Purpose
from edgesym.runtimes import find_runtime, runtime_names, runtime_of

HEAD = 'name = "Mine"\nsummary = "a runtime of my own"\nsource = "its code"\n'


@pytest.fixture
def written(tmp_path):
    def write(text, name="mine"):
        path = tmp_path / f"{name}.toml"
        path.write_text(HEAD + text, encoding="utf-8")
        return str(path)

    return write


def test_a_file_has_what_its_base_has_but_for_what_it_says(written):
    base = find_runtime("llama.cpp")
    same = find_runtime(written('base = "llama.cpp"\n'))
    assert (same.fusion, same.launches, same.memory) == (base.fusion, base.launches, base.memory)
    assert (same.name, same.bases, same.backends) == ("Mine", ("llama.cpp",), False)
    text = 'base = "llama.cpp"\n[launches]\ndown = 3\n[memory]\ntokens = 64\n'
    found = find_runtime(written(text))
    assert dict(found.launches) == {**dict(base.launches), Purpose.DOWN: 3}
    assert (found.memory.tokens, found.memory.cache_page) == (64, base.memory.cache_page)


def test_its_rules_come_first_and_one_of_the_same_kernel_replaces_the_bases(written):
    rule = '[[fuse]]\nkernel = "{}"\npurposes = ["scores", "softmax"]\nsource = "its code"\n'
    base = find_runtime("llama.cpp").fusion.fuse
    added = find_runtime(written('base = "llama.cpp"\n' + rule.format("mine"))).fusion.fuse
    assert [each.kernel for each in added] == ["mine", *(each.kernel for each in base)]
    replaced = find_runtime(written('base = "llama.cpp"\n' + rule.format("core"))).fusion.fuse
    assert [each.kernel for each in replaced] == [each.kernel for each in base]
    assert replaced[0].purposes == {Purpose.SCORES, Purpose.SOFTMAX}


def test_a_users_base_lies_beside_the_file_that_names_it(written):
    written('base = "llama.cpp"\n[launches]\nnorm = 3\n', "below")
    found = find_runtime(written('base = "below.toml"\n'))
    assert dict(found.launches)[Purpose.NORM] == 3
    assert found.bases == ("below.toml", "llama.cpp")


def test_a_circle_of_bases_is_refused(written):
    written('base = "mine.toml"\n', "other")
    with pytest.raises(ConfigError, match=r"base = 'mine\.toml' closes a circle, .*other\.toml"):
        find_runtime(written('base = "other.toml"\n'))


BAD = [
    ('base = "lama.cpp"', UnknownNameError, "base of runtime .*'lama.cpp'; nearest: llama.cpp"),
    ('base = "none.toml"', ConfigError, r"none\.toml: cannot be read"),
    ("base = 7", ConfigError, "base = 7 must be a text"),
    ('base = "llama.cpp"\nfuse = 3', ConfigError, "fuse = 3 must be a list"),
    ('base = "llama.cpp"\nlaunches = 3', ConfigError, r"launches = 3 must be a table"),
    ('rest = "llama.cpu"', UnknownNameError, "rest of runtime .*'llama.cpu'"),
    ('rest = "llama.cpp-cpu"', ConfigError, "runs the formats that this does not; list those"),
    ('formats = ["fp16"]\nrest = "llama.cpp-opencl"', ConfigError, "leaves formats to another"),
    ("most_rows = 0", ConfigError, "most_rows = 0 must be a whole number from 1"),
    ("backends = 1", ConfigError, "backends = 1 must be true or false"),
]


@pytest.mark.parametrize(("text", "error", "says"), BAD)
def test_a_file_that_makes_no_sense_is_refused(written, text, error, says):
    path = written(text)
    with pytest.raises(error, match=says) as caught:
        find_runtime(path)
    assert "mine.toml" in str(caught.value) or "none.toml" in str(caught.value)


@pytest.mark.parametrize("name", runtime_names())
def test_every_base_and_rest_ships(name):
    found = find_runtime(name)
    assert {*found.bases, *filter(None, [found.rest])} <= {*runtime_names()}


@pytest.mark.parametrize("name", list(stems("devices/classes")))
def test_every_runtime_of_a_class_ships(name):
    assert {*shipped("devices/classes", name).get("runtimes", ())} <= {*runtime_names()}


def test_what_backends_have_in_common_is_on_a_device_its_own():
    card, board = find_device("rtx-3090"), find_device("raspberry-pi-400")
    assert runtime_of("llama.cpp", card).id == "llama.cpp-cuda"
    assert runtime_of("llama.cpp", board).id == "llama.cpp-cpu"
    assert runtime_of("llama.cpp", None).id == "llama.cpp"
    # one that is named is that one, whether the device lists it or not
    assert runtime_of("llama.cpp-vulkan", board).id == "llama.cpp-vulkan"
    assert runtime_of("fused", card).id == "fused"


def test_what_is_named_by_its_base_is_said_by_its_own_name():
    made = Setup(load("llama-3.2-1b"), find_device("rtx-3090"), Run(kernels="llama.cpp"))
    assert made.labels()["kernels"] == "llama.cpp-cuda"
    assert "llama.cpp-cuda kernels" in made.describe()
    own = Setup(load("llama-3.2-1b"), find_device("rtx-3090"), Run(kernels="llama.cpp-cuda"))
    assert made.number("step_time") == own.number("step_time")


def test_no_runtime_named_is_the_usual_one_of_the_device():
    model, card = load("llama-3.2-1b"), find_device("rtx-3090")
    assert Setup(model, card).runtime.id == card.runtimes[0] == "llama.cpp-cuda"
    assert Setup(model).runtime.id == "fused"
    bare = replace(card, runtimes=())
    assert Setup(model, bare).runtime.id == "fused"


@pytest.mark.parametrize("name", device_names())
def test_the_usual_runtime_of_every_device_runs_there(name):
    for weights in ("bf16", "Q4_K_M"):
        made = Setup(load("llama-3.2-1b"), find_device(name), Run(weights=weights))
        assert made.runtime.id in runtime_names()
        assert made.number("step_time") > 0
