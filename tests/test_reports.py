"""The examples in reports/ are what the commands make today, whatever the hash seed."""

import os
import subprocess
import sys
from pathlib import Path

from reports.regenerate import generate

REPORTS = Path(__file__).parent.parent / "reports"


def test_examples_are_up_to_date():
    for name, text in generate().items():
        assert (REPORTS / name).read_text(encoding="utf-8") == text, f"{name}: regenerate it"


def test_formulas_do_not_depend_on_the_hash_seed():
    code = "import edgesym; print(edgesym.derive(edgesym.load('llama-4-maverick'), 'step_time'))"
    printed = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
