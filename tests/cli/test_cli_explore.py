"""``edgesym explore`` as a user calls it: a page in a folder, and what is refused."""

from __future__ import annotations

import json
import re

import pytest

SMALL = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "q4_0", "--runtime", "fused")


def index_of(text):
    (found,) = re.findall(r'<script type="application/json" id="index">(.*?)</script>', text)
    return json.loads(found)


def test_a_page_is_written_and_an_earlier_one_replaced(edgesym, tmp_path):
    folder = tmp_path / "page"
    done = edgesym("explore", *SMALL, "--to", folder)
    assert (done.code, done.out) == (0, "")
    assert f"Wrote {folder / 'index.html'}" in done.err
    assert [path.name for path in folder.iterdir()] == ["index.html"]
    index = index_of((folder / "index.html").read_text(encoding="utf-8"))
    assert list(index["setups"]) == ["0/0/llama.cpp-cpu/0", "0/0/fused/0"]
    assert edgesym("explore", *SMALL, "--to", folder).code == 0


def test_a_combination_that_does_not_run_is_told_on_the_page(edgesym, tmp_path):
    asked = ("llama-3.2-1b", "--device", "raspberry-pi-5", "--weights", "q4_0", "--weights", "bf16")
    done = edgesym("explore", *asked, "--runtime", "llama.cpp-opencl", "--to", tmp_path / "page")
    assert done.code == 0
    index = index_of((tmp_path / "page" / "index.html").read_text(encoding="utf-8"))
    assert "refused" not in index["setups"]["0/0/llama.cpp-opencl/0"]
    assert "no processor beside it" in index["setups"]["0/0/llama.cpp-opencl/1"]["refused"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("llama-3.2-1b",), "--to DIR writes it, or --serve shows it"),
        (("llama-3.2-1b", "--to", "page", "--serve"), "--to DIR writes it, or --serve shows it"),
        (("llama-9", "--to", "page"), "llama-9"),
        (("llama-3.2-1b", "--device", "pi9", "--to", "page"), "pi9"),
        (("llama-3.2-1b", "--runtime", "no", "--to", "page"), "no"),
        (("llama-3.2-1b", "--weights", "q99", "--to", "page"), "q99"),
        (("--serve", "--port", "70000", "--no-open", *SMALL), "--port 70000 must lie between"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(edgesym, tmp_path, arguments, said):
    done = edgesym("explore", *arguments)
    assert done.code == 2
    errors = [line for line in done.err.splitlines() if not line.startswith(("[", "Warning"))]
    assert len(errors) == 1
    assert said in errors[0]
    assert not (tmp_path / "page").exists()


def test_a_folder_that_holds_other_files_is_left_as_it_is(edgesym, tmp_path):
    (tmp_path / "page").mkdir()
    (tmp_path / "page" / "index.html").write_text("mine")
    done = edgesym("explore", *SMALL, "--to", "page")
    assert done.code == 2
    assert "holds other files, and no earlier page" in done.err
    assert (tmp_path / "page" / "index.html").read_text() == "mine"


def test_a_file_is_no_folder(edgesym, tmp_path):
    (tmp_path / "page").write_text("mine")
    done = edgesym("explore", *SMALL, "--to", "page")
    assert done.code == 2
    assert "page" in done.err


def test_a_model_that_is_named_twice_is_there_once(edgesym, tmp_path):
    done = edgesym("explore", "llama-3.2-1b", *SMALL, "--to", "page")
    assert done.code == 0
    index = index_of((tmp_path / "page" / "index.html").read_text(encoding="utf-8"))
    assert len(index["models"]) == 1
