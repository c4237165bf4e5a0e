"""The guide shows the file that is shipped, and a template that can be read."""

import re
import tomllib
from pathlib import Path

from edgesym.layers import LAYERS

ROOT = Path(__file__).parent.parent.parent
GUIDE = (ROOT / "docs" / "adding-an-architecture.md").read_text(encoding="utf-8")
EXAMPLE, TEMPLATE = re.findall(r"```toml\n(.*?)```", GUIDE, flags=re.DOTALL)


def test_the_worked_example_is_the_shipped_file():
    shipped = ROOT / "edgesym" / "architectures" / "data" / "arcee.toml"
    assert shipped.read_text(encoding="utf-8") == EXAMPLE


def test_the_template_is_toml_over_layers_that_exist():
    tables = tomllib.loads(TEMPLATE)
    named = [t["layer"] for t in tables["layers"].values()]
    named += [kind["layer"] for kind in tables["slots"]["attention"]["kinds"].values()]
    assert set(named) <= LAYERS.keys()


def test_the_guide_names_every_layer():
    listed = GUIDE.partition("Layers that are there: ")[2].partition("\n\n")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == LAYERS.keys()
