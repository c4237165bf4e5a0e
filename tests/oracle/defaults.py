"""The configs of classes of transformers at their defaults: ``python -m tests.oracle.defaults``.

Writes ``tests/data/class_defaults.json.gz``: for each model type that an architecture file reads
and transformers has a class of, ``to_dict()`` of its config. Needs the extra ``oracle``.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from edgesym.architectures.reader import architectures

FACTS = Path(__file__).parents[1] / "data" / "class_defaults.json.gz"


def class_defaults() -> dict[str, dict[str, Any]]:
    """Model type -> the keys that its config class writes, as they were written down."""
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress(FACTS.read_bytes()))
    return found


def main() -> None:
    """Write them."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    made = {}
    for model_type in sorted(architectures()):
        if model_type in CONFIG_MAPPING:
            made[model_type] = CONFIG_MAPPING[model_type]().to_dict()
    text = json.dumps(made, default=str, separators=(",", ":"))
    FACTS.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
