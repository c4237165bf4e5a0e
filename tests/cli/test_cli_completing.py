"""What a shell is told of how a line may go on."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from edgesym.cli.main import edgesym

RUN = ["estimate", "llama-3.2-1b"]


@pytest.mark.parametrize(
    ("typed", "begun", "wanted"),
    [
        ([], "est", "estimate"),
        (["estimate"], "llama-3.2-", "llama-3.2-1b"),
        (["estimate"], "LLAMA-3.2-", "llama-3.2-3b"),
        ([*RUN, "--device"], "rasp", "raspberry-pi-5"),
        ([*RUN, "--device"], "pi", "pi5"),
        ([*RUN, "--weights"], "q4_k", "q4_k_m"),
        ([*RUN, "--kernels"], "llama", "llama.cpp"),
        (["derive", "llama-3.2-1b", "-q"], "kv_", "kv_cache_bytes"),
        ([*RUN], "--dev", "--device"),
    ],
)
def test_names_are_completed(typed, begun, wanted, monkeypatch):
    monkeypatch.setenv("_EDGESYM_COMPLETE", "bash_complete")
    shell = ShellComplete(edgesym, {}, "edgesym", "_EDGESYM_COMPLETE")
    assert wanted in [item.value for item in shell.get_completions(typed, begun)]


def test_what_is_no_name_may_be_a_file(monkeypatch):
    monkeypatch.setenv("_EDGESYM_COMPLETE", "bash_complete")
    shell = ShellComplete(edgesym, {}, "edgesym", "_EDGESYM_COMPLETE")
    assert [item.type for item in shell.get_completions(["estimate"], "./con")] == ["file"]
