"""Steps of decoders measured on a GPU, beside what a runtime's closed forms give.

The three numbers of a runtime (what it reaches of the memory bandwidth and of the peak, and what
a launch costs) are fitted to all steps at once: the mean of log(1 + (e / 5 %)^2) over the errors
e of the logarithm, so that a step far off does not pull, by a search along one number at a time.

Run as ``python -m benchmarks.steps ../shared/corpus/gpu_steps.csv``; the file's columns are
runtime, model, phase, batch, prompt_tokens, cached_tokens and median_s.
"""

import csv
import sys
from functools import cache
from math import log, log1p
from statistics import median

from edgesym import derive, load
from edgesym.engine.compile import Compiled

#: Peaks of the card that the steps were measured on. Source: NVIDIA H200 data sheet, bf16, dense.
PEAK, BANDWIDTH = 989e12, 4.8e12
BYTES = {
    "weight_bytes_per_element": 2,
    "activation_bytes_per_element": 2,
    "cache_bytes_per_element": 2,
    "token_bytes_per_element": 8,
}
START = {"memory_utilisation": 0.8, "compute_utilisation": 0.6, "launch_overhead": 3e-6}
RUNTIME, COMPOSITIONS = "torch-cudagraph", ("max", "smooth", "sum")
ROBUST, FINEST = 0.05, 0.002


@cache
def form(model: str, phase: str, composition: str) -> Compiled:
    """The time of a step as a compiled function of batch, context and the three numbers."""
    step = derive(load(model), "step_time", phase=phase, kernels=RUNTIME, composition=composition)
    exponent = {"smoothness": 2} if composition == "smooth" else {}
    return step.compile(**BYTES, **exponent, peak_flops=PEAK, memory_bandwidth=BANDWIDTH)


def error(row: dict, numbers: dict, composition: str) -> float:
    """Logarithm of predicted over measured."""
    decode = row["phase"] == "decode"
    context = int(row["cached_tokens"]) + 1 if decode else int(row["prompt_tokens"])
    predicted = form(row["model"], row["phase"], composition)
    seconds = float(predicted(batch=int(row["batch"]), context=context, **numbers))
    return log(seconds / float(row["median_s"]))


def fitted(rows: list, composition: str) -> dict:
    """The three numbers that fit the rows best."""

    def loss(numbers: dict) -> float:
        return sum(log1p((error(row, numbers, composition) / ROBUST) ** 2) for row in rows)

    numbers, step = dict(START), 0.2
    best = loss(numbers)
    while step > FINEST:
        tried = [{**numbers, n: v * (1 + s)} for n, v in numbers.items() for s in (step, -step)]
        found = min(tried, key=loss)
        if loss(found) < best:
            numbers, best = found, loss(found)
        else:
            step /= 2
    return numbers


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123
        rows = [row for row in csv.DictReader(file) if row["runtime"] == RUNTIME]
    print(f"{RUNTIME}, {len(rows)} steps\n")
    print("composition     U_m     U_c  t_0 [us]  decode median, p90  prefill median, p90")
    for composition in COMPOSITIONS:
        numbers = fitted(rows, composition)
        shown = []
        for phase in ("decode", "prefill"):
            of_phase = [row for row in rows if row["phase"] == phase]
            off = sorted(abs(error(row, numbers, composition)) for row in of_phase)
            shown += [median(off), off[int(0.9 * len(off))]]
        reached, launch = list(numbers.values())[:2], numbers["launch_overhead"]
        figures = "  ".join(f"{value:6.3f}" for value in reached)
        errors = "  ".join(f"{value:8.1%}" for value in shown)
        print(f"{composition:12}  {figures}  {1e6 * launch:8.2f}  {errors}")


if __name__ == "__main__":
    main()
