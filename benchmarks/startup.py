"""Start-up times, each as a ratio to what importing sympy and networkx alone takes.

Run as ``python -m benchmarks.startup``.
"""

import subprocess
import sys
from functools import partial

from benchmarks.timing import seconds

REFERENCE = [sys.executable, "-c", "import sympy, networkx"]
CASES = {
    "edgesym --help": ["--help"],
    "edgesym derive llama-3.2-1b": ["derive", "llama-3.2-1b"],
    "edgesym estimate llama-3.2-1b": [
        "estimate",
        "llama-3.2-1b",
        "--device",
        "raspberry-pi-5",
        "--no-cache",
    ],
    "edgesym estimate llama-4-maverick": [
        "estimate",
        "llama-4-maverick",
        "--device",
        "rtx-4090",
        "--no-cache",
    ],
    "edgesym table llama-3.1-8b": ["table", "llama-3.1-8b", "--cached-tokens", "1024"],
}
RUNS = 7


def process(*command: str) -> float:
    """Seconds of a command as a whole process, the fastest of several runs."""
    return seconds(partial(subprocess.run, command, check=True, capture_output=True), RUNS)


def main() -> None:
    reference = process(*REFERENCE)
    print(f"{'command':36} {'seconds':>8} {'ratio':>6}")
    print(f"{'python -c import sympy, networkx':36} {reference:8.3f} {1:6.2f}")
    run = "from edgesym.cli.main import main; main()"
    for name, arguments in CASES.items():
        taken = process(sys.executable, "-c", run, *arguments)
        print(f"{name:36} {taken:8.3f} {taken / reference:6.2f}")


if __name__ == "__main__":
    main()
