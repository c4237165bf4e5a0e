"""From LaTeX to PDF, with the engine that the machine has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from edgesym.errors import OutputError

__all__ = ["compile_pdf", "latex_engine", "needed_engine"]

#: Not LuaLaTeX: Lua in somebody's template opens and removes any file, whatever _ENVIRONMENT says.
ENGINES = ("pdflatex", "xelatex")
_SECONDS = 180
#: References and the widths of long tables settle in the second or third run.
_RUNS = 3
_NEEDS = "Debian: texlive-latex-extra, texlive-pictures, lmodern"
#: What an engine says of a package or a font that it does not have.
_LACKING = re.compile(r"File `([^']{1,300})' not found|Font \\?(\S{1,200}).{0,200} not loadable")
#: A document reads what lies beside it and the engine's own files: none of the user's, no other.
_ENVIRONMENT = {"openin_any": "p", "openout_any": "p", "max_print_line": "1000"}
_EMPTY = ("TEXMFHOME", "TEXMFCONFIG")
#: What engines open besides files of their trees: settings of an installation, fonts of a system.
_ENGINES_OWN = {".cnf", ".otf", ".ttf", ".ttc"}
#: Variables that would have the engine read and write elsewhere.
_ELSEWHERE = ("TEXINPUTS", "TEXMFAUXTREES", "TEXMFOUTPUT", "TEXMF_OUTPUT_DIRECTORY")


def latex_engine() -> str | None:
    """The LaTeX engine of this system; none where there is none."""
    return next((found for name in ENGINES if (found := shutil.which(name))), None)


def needed_engine() -> str:
    """The LaTeX engine of this system.

    Raises:
        OutputError: no engine is on PATH.
    """
    engine = latex_engine()
    if engine is None:
        raise OutputError(
            f"a PDF needs a LaTeX engine ({', '.join(ENGINES)}) on PATH and there is none; install "
            f"one ({_NEEDS}), or use --format latex, html or markdown"
        )
    return engine


def compile_pdf(text: str, files: Mapping[str, bytes] | None = None) -> bytes:
    """The PDF of a LaTeX document.

    Args:
        text: the document.
        files: what lies beside it, by name: its pictures.

    Raises:
        OutputError: no engine is on PATH, it lacks a package, or the document does not compile.
    """
    engine = needed_engine()
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        source = Path(folder) / "report.tex"
        source.write_text(text, encoding="utf-8")
        for name, content in (files or {}).items():
            Path(folder, name).write_bytes(content)
        command = [
            engine,
            "-no-shell-escape",
            "-interaction=nonstopmode",
            "-halt-on-error",
            "-recorder",
            source.name,
        ]
        trees = _trees(folder)
        for _ in range(_RUNS):
            try:
                run = subprocess.run(  # noqa: S603 - our own arguments, no shell
                    command,
                    cwd=folder,
                    env=_environment(folder),
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise OutputError(f"{engine} took more than {_SECONDS} s") from error
            if run.returncode:
                raise OutputError(_failure(Path(engine).name, run.stdout.decode(errors="replace")))
            _refuse_other_files(source.with_suffix(".fls"), trees, Path(engine).name)
        return source.with_suffix(".pdf").read_bytes()


def _refuse_other_files(record: Path, trees: tuple[Path, ...], engine: str) -> None:
    r"""Refuse a document that read what lies neither beside it nor in the trees of TeX.

    ``\pdfobj file`` of pdfTeX reads any file, whatever ``openin_any`` says; the engine notes each.
    """
    own = {place for tree in (record.parent, *trees) for place in (tree, tree.resolve())}
    for line in dict.fromkeys(record.read_bytes().decode(errors="replace").splitlines()):
        kind, _, name = line.partition(" ")
        path = Path(os.path.abspath(record.parent / name))  # noqa: PTH100 - links in trees are TeX's
        inside = not trees or any(path.is_relative_to(place) for place in own)
        if kind == "INPUT" and not inside and path.suffix not in _ENGINES_OWN:
            raise OutputError(
                f"{engine}: the document reads {name}, which is none of TeX's own files; look at "
                "the template"
            )


def _trees(folder: str) -> tuple[Path, ...]:
    """The folders that TeX's own files lie in; none where nothing says which."""
    asked = shutil.which("kpsewhich")
    if asked is None:
        return ()
    ran = subprocess.run(  # noqa: S603 - our own arguments, no shell
        [asked, "--expand-path=$TEXMF"],
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=_SECONDS,
        check=False,
    )
    named = ran.stdout.decode(errors="replace").strip().split(os.pathsep)
    return tuple(Path(tree) for tree in named if Path(tree).is_absolute())


def _environment(folder: str) -> dict[str, str]:
    """The variables that an engine sees; where a user keeps files for TeX there is nothing."""
    kept = {key: word for key, word in os.environ.items() if not key.startswith(_ELSEWHERE)}
    return {**kept, **_ENVIRONMENT, **dict.fromkeys(_EMPTY, str(Path(folder, "none")))}


def _failure(engine: str, log: str) -> str:
    r"""Why an engine made no PDF, in a line.

    >>> _failure("pdflatex", "! LaTeX Error: File `lmodern.sty' not found.").partition(" (")[0]
    'pdflatex lacks lmodern.sty; install it'
    """
    if lacking := _LACKING.search(log):
        return f"{engine} lacks {lacking[1] or lacking[2]}; install it ({_NEEDS})"
    errors = [line for line in log.splitlines() if line.startswith("!")] or log.splitlines()[-1:]
    said = errors[0].strip() if errors else "failed"
    return f"{engine}: {said}; look at the document that --format latex writes"
