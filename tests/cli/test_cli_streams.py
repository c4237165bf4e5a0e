"""Standard streams that are closed, full, no text or in another encoding; memory that ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

if not sys.platform.startswith("linux"):
    pytest.skip("has no /dev/full", allow_module_level=True)

ROOT = Path(__file__).parents[2]
CALL = (sys.executable, "-c", "from edgesym.cli.main import main; main()")
OURS = {"PYTHONPATH": str(ROOT), "EDGESYM_CACHE": "off"}
CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
    "torch_dtype": "bfloat16",
}


@pytest.fixture
def shell(tmp_path):
    """Run ``edgesym`` with redirections as a shell does; returns exit code, output, errors."""

    def run(arguments, redirections="", environment=(), **about):
        command = f'exec "$@" {redirections}'
        ran = subprocess.run(
            ["bash", "-c", command, "bash", *CALL, *arguments],
            cwd=tmp_path,
            env={**os.environ, **OURS, **dict(environment)},
            capture_output=True,
            check=False,
            timeout=120,
            **about,
        )
        return ran.returncode, ran.stdout, ran.stderr.decode(errors="replace")

    return run


STREAMS = {
    "full": (("models",), ">/dev/full", "standard output cannot be written (No space left"),
    "closed": (("models",), ">&-", "standard output cannot be written (Bad file descriptor)"),
    "version": (("--version",), ">/dev/full", "standard output cannot be written"),
    "help": (("solve", "--help"), ">/dev/full", "standard output cannot be written"),
    "json": (("formats", "--json"), ">/dev/full", "standard output cannot be written"),
    "no input": (("check", "-"), "<&-", "standard input: is closed"),
    "binary input": (("check", "-"), r"< <(printf '\xff\xfe\x00')", "not UTF-8 text: it is UTF-16"),
    "umlauts in latin-1": (("check", "-"), r"< <(printf 'a = \"\xe4\"')", "the byte 0xe4"),
    "endless input": (("check", "-"), "</dev/zero", "larger than 4000000 bytes"),
    "empty input": (("check", "-"), "</dev/null", "there is no [[claim]] in it"),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_streams_that_do_not_serve_end_in_one_line_and_exit_code_2(shell, kind):
    arguments, redirections, said = STREAMS[kind]
    code, out, err = shell(arguments, redirections)
    assert (code, out) == (2, b"")
    assert said in err
    assert len(err.splitlines()) == 1, err
    assert err.startswith("Error: ")


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_without_standard_error_the_exit_code_still_says_it(shell, closed):
    assert shell(("derive", "no-such-model"), closed)[:2] == (2, b"")
    assert shell(("derive", "no-such-model"), f">&- <&- {closed}")[:2] == (2, b"")


def test_no_file_takes_the_place_of_a_stream_that_is_closed(shell, tmp_path):
    (tmp_path / "small.json").write_text(json.dumps(CONFIG))
    asked = ("export", "small.json", "-q", "parameters", "--output", "made.py")
    code, _, err = shell(asked, "<&- >&-")
    assert (code, "Wrote made.py" in err) == (0, True)
    text = (tmp_path / "made.py").read_text()
    compile(text, "made.py", "exec")


def test_a_reader_that_goes_away_ends_it_quietly(shell):
    code, _, err = shell(("models",), "> >(exec true); sleep 0")
    assert code in (0, 141)
    assert err == ""


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "utf-8"},
    ],
    ids=str,
)
def test_names_of_any_letters_are_printed_in_any_encoding(shell, tmp_path, environment):
    (tmp_path / "Größe-模型.json").write_text(json.dumps(CONFIG))
    code, out, err = shell(("derive", "Größe-模型.json", "-q", "parameters"), "", environment)
    assert "Traceback" not in err
    if code:  # the name of a file is no text in this locale, and that is said
        assert "must be text" in err
        assert len(err.splitlines()) == 1
    else:
        assert out.startswith(b"parameters [1] = ")
    code, out, err = shell(("derive", "Größe-模型", "-q", "parameters"), "", environment)
    assert (code, out, len(err.splitlines())) == (2, b"", 1)


def test_a_name_that_is_no_text_is_refused_in_one_line(shell, tmp_path):
    (tmp_path / os.fsdecode(b"m\xfc.json")).write_text(json.dumps(CONFIG))
    (tmp_path / os.fsdecode(b"d\xfc.toml")).write_text("")
    for arguments in (
        ("derive", os.fsdecode(b"m\xfc.json")),
        ("estimate", "llama-3.2-1b", "--device", os.fsdecode(b"d\xfc.toml")),
    ):
        code, out, err = shell(arguments)
        assert (code, out) == (2, b"")
        assert "\\udcfc." in err
        assert len(err.splitlines()) == 1


def test_memory_that_ends_is_one_line(shell, tmp_path):
    asked = ("sweep", "llama-3.2-1b", "--over", "context=1..9000", "--over", "batch=1..1000")
    asked += ("-q", "kv_cache_bytes", "-q", "flops", "--top", "3", "--by", "flops")
    for kilobytes in (700_000, 400_000, 250_000):
        command = f"ulimit -v {kilobytes} && exec " + '"$@"'
        ran = subprocess.run(
            ["bash", "-c", command, "bash", *CALL, *asked],
            cwd=tmp_path,
            env={
                **os.environ,
                **OURS,
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if ran.returncode == 0:
            continue
        assert ran.returncode == 2
        assert "Traceback" not in ran.stderr


def test_warnings_of_ours_are_lines_also_where_python_raises_warnings(shell):
    asked = ("derive", "Meta Llama 3.2 1B Instruct", "-q", "parameters", "--brief")
    code, out, err = shell(asked, environment={"PYTHONWARNINGS": "error"})
    assert (code, err.startswith("Warning: Meta Llama 3.2 1B Instruct is read as")) == (0, True)
    assert b"parameters" in out


def test_a_folder_that_is_gone_is_said_to_be(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    swept = ("sweep", "llama-3.2-1b", "--over", "batch=1,2", "-q", "flops", "--out", "a.csv")
    ran = subprocess.run(
        ["bash", "-c", 'rmdir ../gone; exec "$@"', "bash", *CALL, *swept],
        cwd=gone,
        env={**os.environ, **OURS},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert ran.stderr.decode().startswith("Error: the folder that edgesym is run in is gone")


def test_the_package_is_a_command_too(tmp_path):
    ran = subprocess.run(
        [sys.executable, "-m", "edgesym", "schema"],
        cwd=tmp_path,
        env={**os.environ, **OURS},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert (ran.returncode, b"estimate" in ran.stdout) == (0, True)
