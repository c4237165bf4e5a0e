"""The documentation as a site: what is written, what is generated from the package, and the build.

Run as ``python -m reports.site DIR`` from the repository's root (extra ``docs``): DIR/docs holds
the pages, DIR/site the site, which needs no server and no network.
"""

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from edgesym import __all__ as public
from edgesym.cli.main import VERBS, edgesym
from edgesym.symbols import TABLE
from reports.readme import PLAIN

ROOT = Path(__file__).parent.parent
#: Verbs that list what there is, each a page of the reference.
LISTED = ("quantities", "models", "devices", "runtimes", "formats", "conventions", "compositions")
_FENCED = re.compile(r"(^```[\s\S]*?^```$|^(?:    [^\n]*\n)+|`[^`\n]*`)", re.MULTILINE)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
_DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
_INLINE = re.compile(r"(?<![\\$\w])\$([^$\n]+?)\$(?!\w)")


def lay_out(folder: Path) -> None:
    """Write every page of the site below ``folder``/docs, and its configuration."""
    docs = folder / "docs"
    for page in written_pages():
        place = docs / placed(page)
        place.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix == ".md":
            place.write_text(page_of(page), encoding="utf-8")
        else:
            shutil.copyfile(page, place)
    (docs / "reference").mkdir(exist_ok=True)
    for name, text in reference():
        (docs / "reference" / f"{name}.md").write_text(with_formulas(text), encoding="utf-8")
    shutil.copyfile(ROOT / "docs/zensical.toml", folder / "zensical.toml")


def written_pages() -> Iterator[Path]:
    """The pages and pictures of docs/ and reports/."""
    for top in ("docs", "reports"):
        for page in sorted((ROOT / top).rglob("*")):
            if page.suffix in (".md", ".png", ".svg"):
                yield page


def placed(page: Path) -> Path:
    """Where a page lies in the site: those of docs/ at its top."""
    path = page.relative_to(ROOT)
    return path.relative_to("docs") if path.parts[0] == "docs" else path


def page_of(page: Path) -> str:
    """A page with its links as the site has them, and its formulas as MathML."""

    def linked(found: re.Match[str]) -> str:
        picture, text, target = found.groups()
        path, _, anchor = target.partition("#")
        if not path or "://" in target:
            return found[0]
        meant = (page.parent / path).resolve()
        if meant.suffix not in (".md", ".png", ".svg") or not meant.is_file():
            return text  # a file of the repository that is no page
        if meant == ROOT / "README.md":
            meant = ROOT / "docs/index.md"
        there = placed(meant)
        up = "../" * (len(placed(page).parts) - 1)
        return f"{picture}[{text}]({up}{there.as_posix()}{'#' if anchor else ''}{anchor})"

    return with_formulas(outside_code(page.read_text(encoding="utf-8"), linked, _LINK))


def with_formulas(text: str) -> str:
    """A page whose LaTeX is MathML, which a browser shows without a script."""
    from latex2mathml.converter import convert

    text = outside_code(text, lambda found: convert(found[1].strip(), display="block"), _DISPLAYED)
    return outside_code(text, lambda found: convert(found[1]), _INLINE)


def outside_code(text: str, put: Callable[[re.Match[str]], str], pattern: re.Pattern[str]) -> str:
    """A page with a pattern replaced wherever it is no code."""
    parts = _FENCED.split(text)
    return "".join(part if i % 2 else pattern.sub(put, part) for i, part in enumerate(parts))


def reference() -> Iterator[tuple[str, str]]:
    """The generated pages: name and text."""
    yield "verbs", verbs()
    yield "python", python()
    yield "symbols", symbols()
    for verb in LISTED:
        yield verb, printed(verb, "--format", "markdown")


def verbs() -> str:
    """The help of every verb."""
    made = "\n".join(
        f"## {verb}\n\n{VERBS[verb]}\n\n```text\n{printed(verb, '--help').rstrip()}\n```\n"
        for verb in VERBS
    )
    return f"# Verbs\n\n{made}"


def python() -> str:
    """The public names with their signatures and docstrings, and the methods of classes."""
    import edgesym as package

    made = ["# Python\n"]
    for name in public:
        value = getattr(package, name)
        made.append(_documented(f"## {name}", name, value))
        if inspect.isclass(value):
            made += [
                _documented(f"### {name}.{each}", each, member)
                for each, member in vars(value).items()
                if not each.startswith("_") and inspect.getdoc(member)
            ]
    return "\n".join(made)


def _documented(heading: str, name: str, value: Any) -> str:
    try:
        called = f"{name}{inspect.signature(value)}"
    except (TypeError, ValueError):  # a property, or a table
        called = name
    return f"{heading}\n\n```python\n{called}\n```\n\n```text\n{inspect.getdoc(value)}\n```\n"


def symbols() -> str:
    """The one table of symbols."""
    rows = "\n".join(
        f"| `{word}` | ${row.latex}$ | {row.meaning} | {row.unit} |" for word, row in TABLE.items()
    )
    return f"# Symbols\n\n| word | letter | meaning | unit |\n|-|-|-|-|\n{rows}\n"


def printed(*arguments: str) -> str:
    """What a command prints."""
    return CliRunner(env=PLAIN).invoke(edgesym, arguments, catch_exceptions=False).stdout


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Lay the site out in FOLDER, and build it; a warning fails the build."""
    lay_out(folder)
    build = [sys.executable, "-m", "zensical", "build", "--strict"]
    done = subprocess.run(build, cwd=folder, check=False)  # noqa: S603 - our own arguments
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
