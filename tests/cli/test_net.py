"""Whatever ends a command ends in one line and an exit code."""

from __future__ import annotations

import os
import signal
import sys

import click
import pytest

from edgesym.cli.net import TRACEBACK, caught
from edgesym.errors import ConfigError
from edgesym.plain import LONGEST

DEFECT = "Error: this is a defect of edgesym ("
ENDS = [
    (ConfigError("a\nb"), 2, "Error: a b\n"),
    (ConfigError("x\x1b[31m"), 2, "Error: x\\x1b[31m\n"),
    (ValueError("odd"), 2, f"{DEFECT}ValueError: odd"),
    (OverflowError("odd"), 2, f"{DEFECT}OverflowError: odd"),
    (RecursionError("odd"), 2, f"{DEFECT}RecursionError: odd"),
    (KeyError("odd"), 2, f"{DEFECT}KeyError: 'odd'"),
    (AssertionError(), 2, f"{DEFECT}AssertionError, "),
    (EOFError("odd"), 2, f"{DEFECT}EOFError: odd"),
    (MemoryError(), 2, "Error: out of memory; ask for less"),
    (OSError(28, "No space left on device", "/x"), 2, "Error: /x: the system says: No space left"),
    (PermissionError(13, "Permission denied"), 2, "Error: the system says: Permission denied"),
    (KeyboardInterrupt(), 130, "Stopped.\n"),
    (click.UsageError("no\nsuch"), 2, "Error: no such\n"),
    (BrokenPipeError(32, "Broken pipe"), 141, ""),
]


def run(error):
    """What a command line gives that ends in an error, raised where click runs."""

    @click.command()
    def command():
        raise error

    return caught(lambda: command([], standalone_mode=False))


@pytest.mark.parametrize(("error", "code", "said"), ENDS, ids=lambda value: type(value).__name__)
def test_every_end_has_one_line_and_a_code(capsys, monkeypatch, error, code, said):
    monkeypatch.delenv(TRACEBACK, raising=False)
    assert run(error) == code
    told = capsys.readouterr().err
    lines = [line for line in told.splitlines() if line]
    assert said.rstrip("\n") in told
    assert "Traceback" not in told
    assert len(lines) == bool(said) + 2 * isinstance(error, click.UsageError)


def test_a_line_is_bounded_and_keeps_the_remedy(capsys):
    assert run(ConfigError(f"key {'x' * 10**6} is unknown; nearest: y")) == 2
    told = capsys.readouterr().err
    assert len(told) <= LONGEST + 1
    assert told.endswith("is unknown; nearest: y\n")
    assert run(ValueError("x" * 10**6)) == 2
    told = capsys.readouterr().err
    assert "Please report it" in told
    assert TRACEBACK in told


@pytest.mark.parametrize("error", [ConfigError("odd"), ValueError("odd")])
def test_the_traceback_is_shown_where_it_is_asked_for(capsys, monkeypatch, error):
    monkeypatch.setenv(TRACEBACK, "1")
    assert run(error) == 2
    told = capsys.readouterr().err
    assert told.startswith("Traceback")
    assert told.splitlines()[-1].startswith("Error: ")


def test_the_request_to_end_cleans_up_and_ends(tmp_path):
    before = signal.getsignal(signal.SIGTERM)

    def ended():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            (tmp_path / "cleaned").touch()

    with pytest.raises(SystemExit) as stop:
        caught(ended)
    assert stop.value.code == 128 + signal.SIGTERM
    assert (tmp_path / "cleaned").exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_what_a_command_gives_is_its_code(capsys):
    assert caught(lambda: None) == 0
    assert caught(lambda: 1) == 1
    with pytest.raises(SystemExit) as stop:
        caught(lambda: sys.exit(1))
    assert stop.value.code == 1
    assert capsys.readouterr().err == ""
