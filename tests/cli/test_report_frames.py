"""Pictures, dates, sources and frames of reports."""

import base64
import re
import shutil
import subprocess

import pytest

PI = ("report", "llama-3.2-1b", "--device", "raspberry-pi-5")
STEM = "llama-3.2-1b-raspberry-pi-5"
KINDS = ("roofline", "step", "memory", "regimes")


def test_markdown_has_its_pictures_beside_it(edgesym, tmp_path):
    ran = edgesym(*PI, "--date", "2026-05-31")
    assert ran.code == 0
    text = (tmp_path / f"{STEM}.md").read_text()
    for kind in KINDS:
        name = f"{STEM}-{kind}.svg"
        assert (tmp_path / name).read_bytes().startswith(b"<?xml")
        assert f"]({name})" in text
        assert f"Wrote {name}" in ran.out
    assert "*Figure 4. " in text
    assert "- date: 2026-05-31" in text
    assert f"- command: `edgesym {' '.join(PI)}`" in text
    for anchor in re.findall(r"\(#([\w.-]+)\)", text):
        heading = re.compile(rf"^#+ {anchor.replace('-', '.')}", re.IGNORECASE | re.MULTILINE)
        assert f'id="{anchor}"' in text or heading.search(re.sub(r"[^\w\s#-]", "", text)), anchor


def test_html_needs_nothing_else(edgesym, tmp_path):
    assert edgesym(*PI, "--format", "html", "--to", "made").code == 0
    (written,) = (tmp_path / "made").iterdir()
    text = written.read_text()
    pictures = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)" alt="([^"]+)">', text)
    assert len(pictures) == len(KINDS)
    assert all(base64.b64decode(content).startswith(b"<?xml") for content, _ in pictures)
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!data:|#|https?://)', text)
    assert not re.search(r'<(?:link|img|iframe|object)[^>]*"https?:', text)
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', text):
        assert target in ids


def test_a_report_is_the_same_on_the_same_day(edgesym, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    made = []
    for folder in ("one", "two"):
        for style in ("markdown", "latex", "html"):
            assert edgesym(*PI, "--format", style, "--to", folder).code == 0
        files = sorted((tmp_path / folder).iterdir())
        made.append({path.name: path.read_bytes() for path in files if path.suffix != ".pdf"})
    assert made[0] == made[1]
    assert b"1970-01-02" in made[0][f"{STEM}.md"]


def test_sources_are_cited_by_what_uses_them(edgesym, tmp_path):
    assert edgesym(*PI, "--format", "latex", "--no-figures").code == 0
    text = (tmp_path / f"{STEM}.tex").read_text()
    cited = set(re.findall(r"\\cite\{([^}]+)\}", text))
    listed = re.findall(r"\\bibitem\{([^}]+)\}", text)
    entries = (tmp_path / f"{STEM}.bib").read_text()
    assert cited == set(listed) == set(re.findall(r"@misc\{([^,]+),", entries))
    assert len(listed) == len(set(listed))
    assert "memory\\_size of Raspberry Pi 5" in entries


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="no bibtex on PATH")
def test_bibtex_reads_the_entries(edgesym, tmp_path):
    assert edgesym(*PI, "--format", "latex", "--no-figures").code == 0
    aux = "\n".join([r"\citation{*}", rf"\bibdata{{{STEM}}}", r"\bibstyle{plain}", ""])
    (tmp_path / "made.aux").write_text(aux)
    ran = subprocess.run(["bibtex", "made"], cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stdout
    assert b"error" not in ran.stdout.lower()


def test_without_matplotlib_a_report_says_that_it_has_no_figures(edgesym, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    ran = edgesym(*PI)
    assert ran.code == 0
    assert "pip install 'edgesym[plot]'; the report has no figures" in ran.err
    assert ran.err.count("\n") == 1
    asked = edgesym(*PI, "--figures")
    assert asked.code == 2
    assert "needs matplotlib" in asked.err


def test_what_cannot_be_drawn_is_said(edgesym):
    ran = edgesym(*PI, "--composition", "edgeprofiler")
    assert ran.code == 0
    assert re.search(r"no figure \S+-roofline: the composition edgeprofiler states whole", ran.err)


FRAMES = {
    "html": ("document.html.j2", "<title>{{ title }}</title><b>{{ date }}</b>{{ body }}"),
    "markdown": ("document.md.j2", "mine {{ date }}\n{{ body }}"),
    "latex": ("document.tex.j2", "mine << date >> << body >>"),
}


@pytest.mark.parametrize("style", FRAMES)
def test_a_frame_of_ones_own(edgesym, tmp_path, style):
    name, text = FRAMES[style]
    (tmp_path / name).write_text(text)
    asked = (*PI, "--no-figures", "--brief", "--date", "2026-01-02", "--format", style)
    assert edgesym(*asked, "--template", ".").code == 0
    ending = {"html": "html", "markdown": "md", "latex": "tex"}[style]
    made = (tmp_path / f"{STEM}.{ending}").read_text()
    assert "2026-01-02" in made
    assert "usepackage{lmodern}" not in made
    assert "kv" in made


def test_a_frame_extends_ours_and_escapes_what_it_prints(edgesym, tmp_path):
    frame = (
        '{% extends "edgesym/document.html.j2" %}{% block style %}{{ super() }}b { color: red }'
        '{% endblock %}{% block page %}{{ "<script>" }}{{ super() }}{% endblock %}'
    )
    (tmp_path / "document.html.j2").write_text(frame)
    asked = (*PI, "--no-figures", "--brief", "--format", "html", "--template", ".")
    assert edgesym(*asked).code == 0
    made = (tmp_path / f"{STEM}.html").read_text()
    assert "b { color: red }" in made
    assert "&lt;script&gt;" in made
    assert "<script>" not in made
    assert "<h2" in made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no document.html.j2 there"),
        ("{{ nothing }}", "'nothing' is undefined; a template may name body"),
        ("{% if %}", "document.html.j2, line 1"),
        ('{% include "/etc/passwd" %}', "no /etc/passwd there"),
        ('{% include "../secret" %}', "no ../secret there"),
        ("{{ ''.__class__.__mro__ }}", "is unsafe"),
        ("{{ 1 // 0 }}", "division"),
        ("{% for i in range(10**9) %}{% endfor %}", "Range too big"),
        (b"\xff\xfe", "document.html.j2"),
        ("{{ body.x.y }}", "has no attribute 'x'"),
    ],
)
def test_a_wrong_frame_is_one_line_and_no_file(edgesym, tmp_path, text, said):
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "frames"
    folder.mkdir()
    if text is not None:
        content = text if isinstance(text, bytes) else text.encode()
        (folder / "document.html.j2").write_bytes(content)
    asked = (*PI, "--no-figures", "--brief", "--format", "html", "--template", "frames")
    ran = edgesym(*asked)
    assert ran.code == 2
    assert "frames" in ran.err
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (["--date", "31 May"], {}, "--date 31 May: write it as 2026-05-31, or none"),
        ([], {"SOURCE_DATE_EPOCH": "soon"}, "SOURCE_DATE_EPOCH=soon"),
        ([], {"SOURCE_DATE_EPOCH": "9" * 30}, "SOURCE_DATE_EPOCH=999"),
        (["--format", "json", "--template", "."], {}, "json has no frame"),
        (["--template", "nowhere"], {}, "nowhere"),
    ],
)
def test_bad_options_of_a_report(edgesym, monkeypatch, options, environment, said):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = edgesym(*PI, "--no-figures", *options)
    assert ran.code == 2
    assert said in ran.err


def test_what_a_pdf_lacks_is_one_line(edgesym, tmp_path, monkeypatch):
    engine = tmp_path / "bin" / "pdflatex"
    engine.parent.mkdir()
    engine.write_text('#!/bin/sh\necho "! LaTeX Error: File \\`lmodern.sty\' not found."\nexit 1\n')
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:/usr/bin:/bin")
    ran = edgesym(*PI, "--no-figures", "--brief", "--format", "pdf")
    assert ran.code == 2
    assert "pdflatex lacks lmodern.sty; install it (Debian: texlive-latex-extra" in ran.err
    assert ran.err.count("\n") == 1
    assert not list(tmp_path.glob("*.pdf"))
    monkeypatch.setenv("PATH", str(tmp_path))
    none = edgesym(*PI, "--no-figures", "--brief", "--format", "pdf")
    assert none.code == 2
    assert "a PDF needs a LaTeX engine" in none.err
