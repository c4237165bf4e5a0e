"""Regenerate the reports in this folder, and refill the examples of the README and of docs/.

Run as ``python -m reports.regenerate`` from the repository's root.
"""

import tempfile
from pathlib import Path

from click.testing import CliRunner

from edgesym.architectures.locate import load
from edgesym.cli.main import edgesym
from edgesym.render.diagram import svg
from reports.accuracy import accuracy
from reports.exactness import exactness
from reports.facts import CORPUS
from reports.peers import peers
from reports.proofs import proofs
from reports.readme import PLAIN, pages, refilled
from reports.sizes import sizes
from reports.types import types

FOLDER = Path(__file__).parent
GRAPH = FOLDER.parent / "docs/plots/graph.svg"
ON_PI = ("--device", "raspberry-pi-5", "--weights", "q4_0")
#: Commands whose output, or whose file, is kept here.
PRINTED = {
    "edgeprofiler.md": ["reproduce", "edgeprofiler", "--format", "markdown"],
    "edgeprofiler-equations.md": ["claims", "edgeprofiler", "--report", "markdown"],
    "llama-3.1-8b-table.md": [
        *("table", "llama-3.1-8b", "--cached-tokens", "1024", "0", "--input-tokens", "1", "512"),
        *("--format", "markdown"),
    ],
    "llama-3.2-1b-sensitivity.md": [
        *("sensitivity", "llama-3.2-1b", *ON_PI, "--second-order", "--format", "markdown"),
    ],
    "llama-3.2-1b-crossovers.md": ["crossover", "llama-3.2-1b", *ON_PI, "--format", "markdown"],
    "llama-3.2-1b-explained.md": [
        *("explain", "time_per_output_token", "llama-3.2-1b", *ON_PI, "--format", "markdown"),
    ],
    "llama-3.2-1b-gemma-3-1b.md": [
        *("compare", "llama-3.2-1b", "gemma-3-1b", *ON_PI, "--terms", "--format", "markdown"),
    ],
}
#: Commands whose outputs are the sections of one file.
TOGETHER = {
    "compression.md": [
        ["optimize", "llama-3.2-1b", "--device", "raspberry-pi-5", "--memory", "1GiB"],
        ["reproduce", "edgeprofiler", "--table", "2"],
        ["reproduce", "edgelm-optimizer"],
        ["reproduce", "transformer-roofline-analyzer"],
    ],
}
#: What these write has no date, so that it stays the same.
WRITTEN = {
    "llama-3.2-1b-raspberry-pi-5.md": ["report", "llama-3.2-1b", "--device", "raspberry-pi-5"],
    "llama-4-scout-rtx-4090.tex": [
        *("report", "llama-4-scout", "--device", "rtx-4090", "--weights", "int4"),
        *("--format", "latex"),
    ],
}
#: Pictures, which the version of matplotlib has a say in.
DRAWN = {
    "llama-3.2-1b-regimes.png": ["crossover", "llama-3.2-1b", *ON_PI, "--map"],
    "llama-3.2-1b-techniques.png": [
        *("optimize", "llama-3.2-1b", "--device", "raspberry-pi-5", "--memory", "1GiB", "--plot"),
    ],
    "llama-3.2-1b-tornado.png": ["sensitivity", "llama-3.2-1b", *ON_PI, "--plot"],
}


def generate() -> dict[str, str]:
    """Every example by file name."""
    runner = CliRunner(env=PLAIN)
    made = {}
    for name, arguments in PRINTED.items():
        made[name] = runner.invoke(edgesym, arguments, catch_exceptions=False).stdout
    for name, several in TOGETHER.items():
        ran = (
            runner.invoke(edgesym, [*arguments, "--format", "markdown"], catch_exceptions=False)
            for arguments in several
        )
        made[name] = "\n".join(each.stdout for each in ran)
    for name, arguments in WRITTEN.items():
        with tempfile.TemporaryDirectory() as folder:
            written(arguments, Path(folder))
            made[name] = (Path(folder) / name).read_text(encoding="utf-8")
    made["sizes.md"] = sizes()
    made["peers.md"] = peers()
    made["exactness.md"] = exactness()
    made["types.md"] = types()
    made["proofs.md"] = proofs()
    if CORPUS.exists():
        made["accuracy.md"] = accuracy()
    return made


def written(arguments: list[str], folder: Path) -> None:
    """Write the files of a command into a folder."""
    asked = [*arguments, "--to", str(folder), "--date", "none"]
    CliRunner(env=PLAIN).invoke(edgesym, asked, catch_exceptions=False)


def graph() -> str:
    """The dataflow graph of a block as a picture of its own."""
    blocks = {block.name: block for block in load("llama-3.2-1b").blocks()}
    own = '<svg xmlns="http://www.w3.org/2000/svg" style="background: white" '
    return str(svg(blocks["decoder"])).replace("<svg ", own, 1) + "\n"


def main() -> None:
    """Write the examples beside this file, and those of the README and of docs/."""
    for name, text in generate().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    for arguments in WRITTEN.values():  # with the pictures that lie beside them
        written(arguments, FOLDER)
    for name, arguments in DRAWN.items():
        CliRunner().invoke(edgesym, [*arguments, str(FOLDER / name)], catch_exceptions=False)
    GRAPH.write_text(graph(), encoding="utf-8")
    for page in pages().values():
        page.write_text(refilled(page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
