"""Writing files: each whole or as it was, with its mode, and nothing beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgesym.errors import OutputError
from edgesym.files.write import BESIDE, replace_files, write_file, write_files
from tests.files.faults import ENDS, Faults

if sys.platform == "win32":
    pytest.skip("has other modes and signals", allow_module_level=True)

OLD, NEW = {"a": b"old" * 1000, "b": b"old b"}, {"a": b"new" * 2000, "b": b"new b"}


def there(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("durable", [False, True])
@pytest.mark.parametrize("end", [end for end in ENDS if end != "the request to end"])
def test_whatever_fails_each_file_is_the_old_or_the_new_one(tmp_path, monkeypatch, end, durable):
    fault, _ = ENDS[end]
    for n in range(1, 40):
        folder = tmp_path / str(n)
        folder.mkdir()
        write_files(folder, OLD)
        with Faults(folder, n, fault).installed(monkeypatch) as faults:
            try:
                write_files(folder, NEW, durable=durable)
                failed = False
            except (OutputError, KeyboardInterrupt):
                failed = True
        found = there(folder)
        assert found.keys() == OLD.keys(), faults.steps
        assert all(found[name] in (OLD[name], NEW[name]) for name in found), faults.steps
        if not faults.hit:
            assert not failed
            break
        # a folder that is there need not be made, nor does every system sync one
        assert failed or faults.steps[n - 1].startswith(("mkdir", "fsync"))
    assert n > 6
    assert there(folder) == NEW


@pytest.mark.parametrize("end", ["a full disk", "Ctrl-C"])
def test_a_folder_that_was_made_goes_again(tmp_path, monkeypatch, end):
    for n in range(1, 20):
        folder = tmp_path / str(n) / "deeper"
        with Faults(tmp_path, n, ENDS[end][0]).installed(monkeypatch) as faults:
            try:
                write_file(folder / "a", b"new")
                break
            except (OutputError, KeyboardInterrupt):
                assert not folder.parent.exists(), faults.steps
    assert there(folder) == {"a": b"new"}
    assert n > 4


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444, 0o755])
def test_the_mode_of_a_file_that_is_there_is_kept(tmp_path, mode):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_file(path, b"new")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"new", mode)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_the_users_mask_gives(tmp_path, mask, mode):
    before = os.umask(mask)
    try:
        write_file(tmp_path / "a", b"new")
        replace_files(tmp_path, {"b": b"new"}, mode=0o600)
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


def test_a_link_keeps_its_name_and_what_it_leads_to_is_written(tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there/file")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert there(tmp_path / "there") == {"file": b"new"}
    replace_files(tmp_path, {"link": b"newer"}, follows=False)
    assert not (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("place", ["/dev/null", "/dev/full", "folder", "pipe"])
def test_what_is_no_plain_file_is_not_replaced(tmp_path, place):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    path = tmp_path / place
    before = path.stat()
    with pytest.raises(OutputError, match="cannot be written: it is a"):
        write_file(path, b"new")
    assert path.stat().st_ino == before.st_ino


def test_names_that_cannot_be_are_one_error(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    for path in (tmp_path / "file" / "a", tmp_path / "x\0y", tmp_path / ("x" * 300)):
        with pytest.raises(OutputError, match="cannot be written"):
            write_file(path, b"new")
    assert there(tmp_path) == {"file": b"mine"}
    longest = tmp_path / ("x" * 255)
    assert write_file(longest, b"new").read_bytes() == b"new"


KILLED = """
import sys
from pathlib import Path
import pytest
from edgesym.files.write import write_files
from tests.files.faults import Faults, killed
folder = Path(sys.argv[1])
with pytest.MonkeyPatch.context() as patch:
    with Faults(folder, int(sys.argv[2]), killed).installed(patch):
        write_files(folder, {"a": b"new" * 2000}, durable=True)
"""


def test_what_is_killed_at_any_step_leaves_the_old_file_or_the_new_one(tmp_path):
    for n in range(1, 20):
        write_file(tmp_path / "a", OLD["a"])
        ran = subprocess.run(
            [sys.executable, "-c", KILLED, str(tmp_path), str(n)],
            cwd=Path(__file__).parents[2],
            check=False,
        )
        assert (tmp_path / "a").read_bytes() in (OLD["a"], NEW["a"])
        if ran.returncode == 0:
            break
        assert ran.returncode == -9
        assert all(path.name.startswith(BESIDE) or path.name == "a" for path in tmp_path.iterdir())
    assert n > 4
    assert (tmp_path / "a").read_bytes() == NEW["a"]
