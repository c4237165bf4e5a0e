"""The explorer: the size of its page, how soon it can be used, how long it computes and draws.

Run as ``python -m benchmarks.explore``; what is timed in Chromium needs it, Node.js, and
``npm ci --prefix tests/explore/browser``.
"""

import json
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

from edgesym import load
from edgesym.devices import find_device
from edgesym.explore.choices import DEVICES, MODELS, Choices
from edgesym.explore.data import Data, data_of
from edgesym.explore.page import page

DRIVE = Path(__file__).parent.parent / "tests" / "explore" / "browser" / "drive.mjs"
RUNS = 5
#: What is shown of a drag -> its name in the table, and its limit in milliseconds.
SHOWN = {
    "inside": ("ready, from the start of loading", 1000),
    "compute": ("a recomputation while dragging", 2),
    "show": ("drawing it", None),
    "frame": ("from frame to frame", 1000 / 60),
}


def row(what: str, number: str, limit: str = "") -> None:
    print(f"{what:48} {number:>12} {limit:>12}")


def main() -> None:
    row("", "", "limit")
    row("page without models", f"{len(page(Data('{}', ()))) / 1e6:.2f} MB", "1.5 MB")
    models, devices = (tuple(map(load, MODELS)), tuple(map(find_device, DEVICES)))
    start = time.process_time()
    small = page(data_of(Choices(models[:1], devices[:1])))
    row("page of a model and a device", f"{len(small) / 1e6:.2f} MB")
    row("to write it", f"{time.process_time() - start:.1f} s")
    start = time.process_time()
    whole = page(data_of(Choices(models, devices)))
    row(f"page of {len(models)} models and {len(devices)} devices", f"{len(whole) / 1e6:.2f} MB")
    row("to write it", f"{time.process_time() - start:.1f} s")
    for name, (what, limit) in SHOWN.items():
        least = min(drag[name] for drag in drags(whole))
        row(what, f"{least:.2f} ms", f"{limit:.1f} ms" if limit else "")


@cache
def drags(text: str) -> list[dict[str, float]]:
    """What is measured of a slider that is dragged, several times over."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "index.html"
        file.write_text(text, encoding="utf-8")
        command = ["node", DRIVE, chromium, file.as_uri(), "speed"]
        runs = [subprocess.run(command, check=True, capture_output=True) for _ in range(RUNS)]
    return [json.loads(run.stdout) for run in runs]


if __name__ == "__main__":
    main()
