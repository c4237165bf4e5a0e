"""From LaTeX to PDF, with the engine that the machine has."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from edgesym.errors import OutputError

__all__ = ["compile_pdf"]

ENGINES = ("pdflatex", "lualatex", "xelatex")
_SECONDS = 180
#: References and the widths of long tables settle in the second or third run.
_RUNS = 3


def compile_pdf(text: str) -> bytes:
    """The PDF of a LaTeX document.

    Raises:
        OutputError: no engine is on PATH, or the document does not compile.
    """
    engine = next((found for name in ENGINES if (found := shutil.which(name))), None)
    if engine is None:
        raise OutputError(
            f"a PDF needs a LaTeX engine ({', '.join(ENGINES)}) on PATH and there is none; install "
            "one (Debian: texlive-latex-extra, texlive-pictures, lmodern), or use --format latex "
            "or markdown"
        )
    with tempfile.TemporaryDirectory(prefix="edgesym-") as folder:
        source = Path(folder) / "report.tex"
        source.write_text(text, encoding="utf-8")
        command = [
            engine,
            "-no-shell-escape",
            "-interaction=nonstopmode",
            "-halt-on-error",
            source.name,
        ]
        for _ in range(_RUNS):
            try:
                run = subprocess.run(  # noqa: S603 - our own arguments, no shell
                    command, cwd=folder, capture_output=True, timeout=_SECONDS, check=False
                )
            except subprocess.TimeoutExpired as error:
                raise OutputError(f"{engine} took more than {_SECONDS} s") from error
            if run.returncode:
                log = run.stdout.decode(errors="replace").splitlines()
                errors = [line for line in log if line.startswith("!")] or log[-1:]
                raise OutputError(
                    f"{engine}: {errors[0] if errors else 'failed'}; "
                    "look at the document that --format latex writes"
                )
        return source.with_suffix(".pdf").read_bytes()
