"""The README's examples: a command, and what it prints below it.

An example that ends in ``...`` shows as many lines as stand above that; any other shows all.
"""

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from edgesym.cli.main import edgesym

README = Path(__file__).parent.parent / "README.md"
#: A command, and the lines below it up to the next command or a line that is not set in.
EXAMPLE = re.compile(r"^    \$ edgesym (.*)\n((?:    (?!\$).*\n|\n(?=    (?!\$)))*)", re.MULTILINE)
#: What a terminal would add to what is printed.
PLAIN = dict.fromkeys(("COLUMNS", "NO_COLOR", "FORCE_COLOR"))


def printed(command: str) -> str:
    """What a command prints on a page of 80 columns."""
    runner = CliRunner(env=PLAIN)
    return runner.invoke(edgesym, shlex.split(command), catch_exceptions=False).stdout


def example(command: str, shown: str) -> str:
    """An example as it should stand, as long as it stands now."""
    lines = printed(command).splitlines()
    above = shown.splitlines()
    if above and above[-1].strip() == "...":
        lines = [*lines[: len(above) - 1], "..."]
    return "".join(f"    {line}".rstrip() + "\n" for line in lines)


def refilled(text: str) -> str:
    """The README with every example as its command prints it."""
    return EXAMPLE.sub(lambda found: f"    $ edgesym {found[1]}\n{example(*found.groups())}", text)
