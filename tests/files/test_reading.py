"""Reading files: what is no plain file, no UTF-8 or too large is refused at once, by name."""

from __future__ import annotations

import gzip
import io
import os
import socket
import sys
from pathlib import Path

import pytest

from edgesym.errors import ConfigError
from edgesym.files import read
from edgesym.files.parse import load_json
from edgesym.files.read import is_file, is_folder, is_there, read_bytes, read_input, read_text

if sys.platform == "win32":
    pytest.skip("has no such files", allow_module_level=True)


def pipe(path):
    os.mkfifo(path)


def bound_socket(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


SPECIAL = {
    "a pipe": (pipe, "is a pipe, and no file; save what it gives as a file"),
    "a socket": (bound_socket, "is a socket, and no file"),
    "a folder": (Path.mkdir, "is a folder, and no file; name a file in it"),
    "zeros without end": (lambda p: p.symlink_to("/dev/zero"), "is a device of characters"),
    "a link to nothing": (lambda p: p.symlink_to("gone"), "a link to gone, which is not there"),
    "a link to itself": (lambda p: p.symlink_to(p), r"cannot be read \("),
    "nothing": (lambda p: None, r"cannot be read \(No such file"),
}


@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    make, said = SPECIAL[kind]
    make(tmp_path / "it")
    with pytest.raises(ConfigError, match=said) as caught:
        read_text(tmp_path / "it", "data file")
    assert str(caught.value).startswith(f"{tmp_path / 'it'}: ")
    assert not is_file(tmp_path / "it")


def test_what_becomes_a_pipe_after_it_was_looked_at_is_not_waited_for(tmp_path, monkeypatch):
    pipe(tmp_path / "it")
    (tmp_path / "file").write_text("x")
    plain = (tmp_path / "file").stat()
    monkeypatch.setattr(Path, "stat", lambda self, **_: plain)
    with pytest.raises(ConfigError, match="is a pipe"):
        read_bytes(tmp_path / "it", "data file")


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file/below"])
def test_a_name_that_nothing_can_have_is_refused(tmp_path, name):
    (tmp_path / "file").write_text("x")
    path = f"{tmp_path}/{name}"
    assert (is_there(path), is_file(path), is_folder(path)) == (False, False, False)
    with pytest.raises(ConfigError):
        read_text(path, "data file")


def test_a_file_without_a_size_is_read_no_further_than_allowed(tmp_path):
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("there is no /proc")
    assert b"VmRSS" in read_bytes(status, "status")
    with pytest.raises(ConfigError, match="larger than 10 bytes; this is no status"):
        read_bytes(status, "status", 10)


def test_an_error_while_reading_names_the_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("x")

    class Broken(io.FileIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(read.os, "fdopen", Broken)
    with pytest.raises(ConfigError, match=r"file: cannot be read \(Input/output error\)"):
        read_bytes(tmp_path / "file", "data file")


def test_a_name_of_bytes_that_are_no_text_is_refused(tmp_path):
    path = os.fsencode(tmp_path) + b"/m\xfc.json"
    Path(os.fsdecode(path)).write_text("{}")
    with pytest.raises(ConfigError, match="holds bytes that are no text"):
        read_text(os.fsdecode(path), "data file")


def test_a_link_is_not_followed_where_it_may_not_be(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    assert read_bytes(tmp_path / "link", "entry") == b"x"
    with pytest.raises(ConfigError, match="cannot be read"):
        read_bytes(tmp_path / "link", "entry", follows=False)


TEXTS = {
    "a byte order mark": (b"\xef\xbb\xbfabc", "abc"),
    "any ends of lines": (b"a\r\nb\rc\n", "a\nb\nc\n"),
    "umlauts": ("ä€".encode(), "ä€"),
}


@pytest.mark.parametrize("kind", TEXTS)
def test_text_is_strict_utf_8_with_plain_ends_of_lines(tmp_path, kind):
    content, text = TEXTS[kind]
    (tmp_path / "file").write_bytes(content)
    assert read_text(tmp_path / "file", "data file") == text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a\nb\n\xff", "line 3 holds the byte 0xff"),
        (b"\xed\xa0\x80", "line 1 holds the byte 0xed"),
        ("[x]".encode("utf-16"), "it is UTF-16; save it as UTF-8"),
        (b"\xc3", "unexpected end of data"),
    ],
)
def test_what_is_no_utf_8_is_refused_with_its_line(tmp_path, content, said):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"file: not UTF-8 text: .*{said}"):
        read_text(tmp_path / "file", "data file")


def test_what_is_gzipped_is_read_within_bounds(tmp_path):
    path = tmp_path / "it.json.gz"
    path.write_bytes(gzip.compress(b'{"a": 1}'))
    assert load_json(path, "trace") == {"a": 1}
    path.write_bytes(gzip.compress(b" " * 5_000_000))
    assert path.stat().st_size < 10_000
    with pytest.raises(ConfigError, match="unpacks to more than 4000000 bytes; this is no trace"):
        load_json(path, "trace")
    path.write_bytes(gzip.compress(b'{"a": 1}')[:-9])
    with pytest.raises(ConfigError, match="is cut off"):
        load_json(path, "trace")
    path.write_bytes(gzip.compress(b'{"a": 1}')[:10] + b"\xff" * 400)
    with pytest.raises(ConfigError, match="is no sound gzip"):
        load_json(path, "trace")


def test_standard_input_that_is_closed_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(ConfigError, match="standard input: is closed"):
        read_input("claim file")
