"""The examples of the README and of docs/: a command, and what it prints below it.

An example that ends in ``...`` shows as many lines as stand above that; any other shows all.
A command with nothing below it, such as one that writes a file, is no example.
"""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from edgesym.cli.main import edgesym

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
#: A command, and the lines below it up to the next command or a line that is not set in.
EXAMPLE = re.compile(r"^    \$ edgesym (.*)\n((?:    (?!\$).*\n|\n+(?=    (?!\$)))+)", re.MULTILINE)
#: What a terminal would add to what is printed.
PLAIN = dict.fromkeys(("COLUMNS", "NO_COLOR", "FORCE_COLOR"))


def pages() -> dict[str, Path]:
    """The pages with examples, by what they are called in the repository."""
    docs = sorted((ROOT / "docs").rglob("*.md"))
    there = [README, *(page for page in docs if EXAMPLE.search(page.read_text(encoding="utf-8")))]
    return {page.relative_to(ROOT).as_posix(): page for page in there}


def printed(command: str) -> str:
    """What a command prints on a page of 80 columns."""
    runner = CliRunner(env=PLAIN)
    return runner.invoke(edgesym, shlex.split(command), catch_exceptions=False).stdout


def example(command: str, shown: str) -> str:
    """An example as it should stand, as long as it stands now."""
    lines = printed(command).splitlines()
    above = shown.splitlines()
    if above and above[-1].strip() == "..." and len(lines) > len(above) - 1:
        lines = [*lines[: len(above) - 1], "..."]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


def refilled(text: str) -> str:
    """A page with every example as its command prints it."""
    return EXAMPLE.sub(lambda found: f"    $ edgesym {found[1]}\n{example(*found.groups())}", text)
