"""What must hold of every number, whatever is asked: on random setups that make sense."""

from __future__ import annotations

import math
from random import Random
from typing import Any

from edgesym import Setup, sensitivity, solve, sweep
from edgesym.engine.evaluate import evaluate
from edgesym.quantities.registry import tagged
from edgesym.symbols import describe, symbol
from tests.fuzz.door import Door, Wrong
from tests.fuzz.doors.drawn import close, draw, setup_of, varied
from tests.support import keeps_tokens

#: Relative room for rounding of doubles.
_ROUNDING = 1e-9


def _at_least(what: str, large: Any, small: Any) -> None:
    if not float(large) >= float(small) * (1 - _ROUNDING):
        raise Wrong(f"{what}: {float(large)!r} is less than {float(small)!r}", place=what)


def _counts(given: dict[str, Any]) -> None:
    """Counts are whole numbers and not negative; bytes, times and energies are finite."""
    setup = setup_of(given)
    for name in ("parameters", "active_parameters", "flops"):
        count = setup.number(name)
        if count != int(count) or count < 0:
            raise Wrong(f"{name} = {count}", place=name)
    _at_least("parameters, of them active", setup.number("parameters"), 0)
    known = setup.values()
    for name in tagged("estimate"):
        if not setup.expression(name).free_symbols <= known.keys():
            continue  # a figure that the device does not have
        number = float(setup.number(name))
        if not math.isfinite(number) or number < 0:
            raise Wrong(f"{name} = {number}", place=name)
    stored, read = setup.number("weight_storage_bytes"), setup.number("weight_bytes")
    is_step = keeps_tokens(setup.model)  # and not a whole text at once, of more tokens than words
    is_plain = not setup.model.towers and symbol("layer_groups") not in known  # none read again
    if is_step and is_plain and setup.run.batch < known[symbol("vocab")]:
        # a table that is looked up is stored once where it is the head too, and read twice
        _at_least("weights stored, read", stored + setup.number("embedding_table_bytes"), read)


def _traffic(given: dict[str, Any]) -> None:
    """Traffic under the usual fusions lies between one kernel for a block and one an operation."""
    setup = setup_of(given)
    moved = [
        varied(setup, kernels=kernels).number("memory_traffic")
        for kernels in ("ideal", "fused", "unfused")
    ]
    _at_least("traffic fused, ideal", moved[1], moved[0])
    _at_least("traffic unfused, fused", moved[2], moved[1])
    flops = [varied(setup, kernels=k).number("flops") for k in ("ideal", "fused", "unfused")]
    close("FLOPs by fusion", flops[0], flops[2])


def _floor(given: dict[str, Any]) -> None:
    """No step is faster than its bytes over the bandwidth, and its FLOPs over the peak."""
    setup = setup_of(given)
    values, time = setup.values(), float(setup.number("step_time"))
    moved = setup.number("memory_traffic") / values[symbol("memory_bandwidth")]
    _at_least("step time, bytes over bandwidth", time, moved)
    _at_least(
        "step time, FLOPs over peak", time, setup.number("flops") / values[symbol("peak_flops")]
    )
    _at_least("time to the first token, of a token", setup.number("time_to_first_token"), 0)
    _at_least("generation, its first token", *map(setup.number, _GENERATION))


_GENERATION = ("generation_time", "time_to_first_token")


def _footprint(given: dict[str, Any]) -> None:
    """Memory does not shrink as contexts, prompts and batches grow."""
    setup = setup_of(given)
    run = setup.run
    names = ("memory_footprint", "kv_cache_bytes", "weight_bytes", "flops")
    grown = {
        "context": {"context": run.timed_at + given["more"]},
        "batch": {"batch": run.batch + given["more"]},
        "prompt": {"prompt": run.prompt + given["more"]},
    }
    for axis, changed in grown.items():
        larger = varied(setup, **changed)
        for name in names:
            _at_least(f"{name} over {axis}", larger.number(name), setup.number(name))


def _energy(given: dict[str, Any]) -> None:
    """A step takes no more than the board's power times its time, and no less than it idles."""
    setup = setup_of(given)
    limit = float(setup.values()[symbol("power_limit")])
    time = float(setup.number("step_time"))
    energy = float(setup.number("energy_per_step"))
    _at_least("power limit times time, energy of a step", limit * time, energy)
    _at_least("power limit, power", limit, setup.number("power"))
    whole = limit * float(setup.number("generation_time"))
    _at_least("power limit times time, energy of a generation", whole, _of(setup, "generation"))


def _of(setup: Setup, what: str) -> Any:
    return setup.number(f"{what}_energy")


_ASKED = (
    *("memory_footprint", "kv_cache_bytes", "weight_bytes", "memory_traffic", "flops"),
    *("step_time", "time_per_output_token", "time_to_first_token", "tokens_per_second"),
    *("energy_per_token", "generation_time", "generation_energy", "arithmetic_intensity"),
)


def _elasticities(given: dict[str, Any]) -> None:
    """An elasticity is what small changes of its symbol show."""
    setup = setup_of(given)
    name = given["quantity"]
    found = sensitivity(setup, name)
    for partial in found.partials:
        x = float(found.values[partial.symbol])
        if not 0 < x < math.inf or not math.isfinite(partial.elasticity):
            continue
        slopes = [_slope(found, partial.symbol, x, step) for step in (-1e-4, -1e-6, 1e-6, 1e-4)]
        low, high = min(slopes), max(slopes)
        room = 1e-3 * max(1.0, abs(low), abs(high))
        if not low - room <= partial.elasticity <= high + room:
            word = describe(partial.symbol).word
            said = f"d ln {name} / d ln {word} = {partial.elasticity}, and differences {slopes}"
            raise Wrong(said, place=f"{name} by {word}")


def _slope(found: Any, made: Any, x: float, step: float) -> float:
    """d ln Q / d ln x by a difference to one side."""
    there = float(evaluate(found.expression, {**found.values, made: x * (1 + step)}))
    return math.log(there / found.value) / math.log1p(step) if there > 0 else -math.inf


def _solve(given: dict[str, Any]) -> None:
    """What is solved for meets the conditions when it is put back, and is the end of what does."""
    setup = setup_of(given)
    name, unknown = given["quantity"], given["unknown"]
    bound = float(setup.number(name)) * given["factor"]
    relation = ">=" if name == "tokens_per_second" else "<="
    unit = {"memory_footprint": "B", "tokens_per_second": "tokens/s"}.get(name, "s")
    found = solve(setup, unknown, [f"{name} {relation} {bound:.12e}{unit}"])
    for check in found.checks:
        if check.slack < -_ROUNDING * abs(float(check.right)):
            raise Wrong(f"{check.condition} at {found.answer}", place=f"{name} for {unknown}")
    if found.answer is None:
        if given["factor"] == 1.0 and unknown == "batch":
            raise Wrong(f"no {unknown} meets what {setup.run.batch} gives", place="no answer")
        return
    sign = 1 if relation == "<=" else -1
    there = float(_put(setup, unknown, found.answer).number(name))
    if sign * there > sign * bound * (1 + sign * 1e-8):
        raise Wrong(
            f"{name} is {there} at {unknown} = {found.answer}, not {relation} {bound}",
            place=f"{name} put back for {unknown}",
        )


def _put(setup: Setup, unknown: str, answer: Any) -> Setup:
    if unknown == "batch":
        return varied(setup, batch=int(answer))
    device = setup.machine.with_settings((f"{unknown}={float(answer)!r}B/s",))
    return Setup(setup.model, device, setup.run)


def _sweep(given: dict[str, Any]) -> None:
    """A row of a sweep is what the setup of its numbers says, on one thread and on several."""
    setup = setup_of(given)
    names = given["quantities"]
    found = [sweep(setup, given["over"], names, workers=workers) for workers in (1, 3)]
    for name in (*given["over"], *names):
        one, other = (each[name].tolist() for each in found)
        if one != other:
            raise Wrong(f"{name}: {one} on one thread, {other} on three", place="threads")
    rows = found[0]
    count = len(rows[names[0]])
    if count != math.prod(len(values) for values in given["over"].values()):
        raise Wrong(f"{count} rows", place="rows")
    for at in range(count):
        point = {axis: rows[axis].tolist()[at] for axis in given["over"]}
        whole = {axis: v if isinstance(v, str) else int(v) for axis, v in point.items()}
        here = varied(setup, **whole)
        for name in names:
            expected = float(here.number(name))
            close(f"{name} at {point}", float(rows[name][at]), expected, place=f"sweep {name}")


def _with(random: Random, **more: Any) -> dict[str, Any]:
    return {**draw(random), **more}


def _sweep_draw(random: Random) -> dict[str, Any]:
    axes = {
        "context": [random.randint(1, 200_000) for _ in range(random.randint(1, 4))],
        "batch": [random.randint(1, 500) for _ in range(random.randint(1, 3))],
        "weights": random.sample(("q4_0", "fp16", "Q4_K_M", "int8"), 2),
    }
    over = {axis: axes[axis] for axis in random.sample(list(axes), random.randint(1, 2))}
    over = {axis: list(dict.fromkeys(values)) for axis, values in over.items()}
    return _with(random, over=over, quantities=random.sample(_ASKED, 3))


def _solve_draw(random: Random) -> dict[str, Any]:
    return _with(
        random,
        quantity=random.choice(("memory_footprint", "time_per_output_token", "tokens_per_second")),
        unknown=random.choice(("batch", "memory_bandwidth")),
        factor=random.choice((0.3, 0.9, 1.0, 1.1, 2.0, 5.0, 100.0)),
    )


DOORS = (
    Door("counts hold", _with, _counts, 60, 20.0),
    Door("traffic by fusion", _with, _traffic, 60, 20.0),
    Door("time floor", _with, _floor, 60, 20.0),
    Door(
        "footprint grows",
        lambda random: _with(random, more=random.choice((1, 2, 100, 5000))),
        _footprint,
        60,
        20.0,
    ),
    Door("energy limit", _with, _energy, 60, 20.0),
    Door(
        "elasticities",
        lambda random: _with(random, quantity=random.choice(_ASKED)),
        _elasticities,
        25,
        30.0,
    ),
    Door("solve put back", _solve_draw, _solve, 40, 30.0),
    Door("sweep rows", _sweep_draw, _sweep, 25, 30.0),
)
