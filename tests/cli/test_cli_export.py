"""``edgesym export``: files that run, and one clear line where there is none."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_a_file_runs_and_checks_itself(edgesym, tmp_path):
    ran = edgesym(
        *("export", "llama-3.2-1b", "-q", "flops", "-q", "kv_cache_bytes"),
        *("--to", "python", "--output", "made.py", "--context", "4096"),
    )
    assert (ran.code, ran.out, ran.err) == (0, "", "Wrote made.py\n")
    got = subprocess.run(
        [sys.executable, tmp_path / "made.py"], capture_output=True, text=True, check=True
    )
    assert got.stdout.splitlines()[1] == "kv_cache_bytes 134217728 ok"


def test_text_is_printed_where_no_file_is_named(edgesym):
    ran = edgesym("export", "llama-3.2-1b", "--device", "pi5", "--to", "c")
    assert ran.out.startswith("// time_per_output_token of llama-3.2-1b on Raspberry Pi 5")
    assert "int main(void)" in ran.out


ERRORS = [
    (("--to", "excel"), "a workbook is not printed; say where to write it with --output FILE"),
    (("--output", "made.c"), "--output made.c: the name of python must end in .py"),
    (("--output", "there.py"), "--output there.py: is there already; --force replaces it"),
    (("--output", "no/such\0/made.py"), "cannot be written"),
    (("-q", "flopz"), "unknown quantity 'flopz'; nearest: flops"),
    (("--inputs", "contexd"), "unknown input of these quantities 'contexd'; nearest: context"),
    (("-q", "flops", "--set", "weight_bytes_per_element=2"), "changes nothing"),
    (("-q", "step_time"), "name one with --device"),
]


@pytest.mark.parametrize(("arguments", "message"), ERRORS)
def test_a_mistake_is_one_line(edgesym, tmp_path, arguments, message):
    (tmp_path / "there.py").write_text("mine")
    if "\0" in "".join(arguments):
        (tmp_path / "no").write_text("a file")
        arguments = ("--output", "no/made.py")
    ran = edgesym("export", "llama-3.2-1b", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.startswith("Error: ")
    assert len(ran.err.strip().splitlines()) == 1
    assert (tmp_path / "there.py").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "no") == ["there.py"]


def test_force_replaces(edgesym, tmp_path):
    (tmp_path / "there.py").write_text("mine")
    ran = edgesym("export", "llama-3.2-1b", "--output", "there.py", "--force")
    assert (ran.code, "def evaluate" in (tmp_path / "there.py").read_text()) == (0, True)
