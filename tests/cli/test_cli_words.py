"""Words of a command line that would say nothing: refused, never passed over."""

import pytest

ON_PI = ("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5")
ON_CARD = ("estimate", "llama-3.2-1b", "--device", "rtx-4090")
SWEPT = ("sweep", "llama-3.2-1b", "--device", "raspberry-pi-5", "--over", "batch=1,2", "-q")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*ON_PI, "--weights", ""), "--weights is empty"),
        ((*ON_PI, "--weights="), "--weights is empty"),
        ((*ON_PI, "--prune", " \t"), "--prune is empty"),
        (("derive", "llama-3.2-1b", "-q", ""), "-q is empty"),
        (("derive", ""), "an empty word behind derive"),
        (("derive", "--", ""), "an empty word behind --"),
        (("plot", "line", "gpt2", "--output="), "--output is empty"),
        (("",), "an empty word behind edgesym"),
    ],
)
def test_an_empty_word_is_refused_by_name(edgesym, arguments, said):
    ran = edgesym(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"Error: {said}; give a value, or leave it out\n"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((*ON_PI, "--weights", "q4_0", "--weights", "q8_0"), ["--weights", "q4_0", "q8_0"]),
        ((*ON_PI, "--batch=2", "--batch", "4"), ["--batch", "2", "4"]),
        (("derive", "llama-3.2-1b", "--letters", "hidden=d", "--letters=layers=n"), ["layers=n"]),
        ((*ON_PI, "--runtime", "ideal", "--kernels", "fused"), ["--kernels", "ideal", "fused"]),
        (("plot", "line", "gpt2", "--weights", "q4_0", "--weights", "q8_0"), ["--weights"]),
    ],
)
def test_an_option_of_one_value_is_not_given_two(edgesym, arguments, named):
    ran = edgesym(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert all(name in ran.err for name in ("takes one value", *named))


def test_options_of_several_values_are_given_several(edgesym):
    ran = edgesym("derive", "llama-3.2-1b", "-q", "parameters", "-q", "flops", "--brief")
    assert (ran.code, ran.err) == (0, "")
    assert "flops" in ran.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((*ON_PI, "--host", "raspberry-pi-4"), "--host raspberry-pi-4 changes nothing"),
        ((*ON_PI, "--host", "no-such-board"), "unknown device 'no-such-board'"),
        ((*ON_PI, "--source", "9"), "--source 9 changes nothing"),
        ((*ON_PI, "--fits", "."), "cortex-a76-board.json"),
        ((*SWEPT, "flops", "--set", "memory_bandwidth=1GB/s"), "memory_bandwidth changes nothing"),
        ((*SWEPT, "step_time", "--host", "raspberry-pi-4"), "changes nothing"),
        ((*SWEPT, "flops", "--overwrite"), "--overwrite is of a file"),
        (("claims", "--report", "latex"), "name a paper"),
        (("optimize", "llama-3.2-1b", "--threads", "2"), "give --measure too"),
        (("export", "llama-3.2-1b", "-q", "flops", "--force"), "--force replaces a file"),
        (("claims", "--full"), "name a paper"),
        (("claims", "--all", "--full"), "--full is of one paper"),
        (("devices", "--set", "memory_bandwidth=1GB/s"), "name the device"),
        (("table", "llama-3.2-1b", "--cached-tokens", "1e400"), "must be 1000000000 at most"),
    ],
)
def test_what_changes_nothing_is_refused(edgesym, arguments, said):
    ran = edgesym(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        (*SWEPT, "step_time", "--set", "memory_bandwidth=1GB/s"),
        (*SWEPT, "kv_cache_bytes", "--set", "vocab=64", "--where", "vocab < 100"),
        (*ON_CARD, "--gpu-layers", "8", "--host", "5950x", "--brief"),
        ("estimate", "blenderbot-3b", "--device", "raspberry-pi-5", "--source", "9", "--brief"),
    ],
)
def test_what_changes_something_is_taken(edgesym, arguments):
    assert edgesym(*arguments).code == 0
