"""Running the command line in this process, as a user would see it."""

import sys
from dataclasses import dataclass

import pytest

from edgesym.cli.main import main


@dataclass
class Ran:
    code: int
    out: str
    err: str


@pytest.fixture
def edgesym(monkeypatch, capsys, tmp_path):
    """Call with arguments; returns exit code, output and errors. Runs in an empty folder.

    What is printed is 80 columns wide, or ``columns``.
    """
    monkeypatch.chdir(tmp_path)
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments, columns=None):
        if columns:
            monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "argv", ["edgesym", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
