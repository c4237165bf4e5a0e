"""The whole command line: verbs with options drawn from what they declare, some of them hostile.

Verbs that run other programs for real (measure, calibrate, diagnose, verify, trace) and those of
minutes (fit) are left out, as are options that start, serve or wait, and a check of all published
equations.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import click
import jsonschema
from click.testing import CliRunner

from edgesym.catalogue import REGISTRY
from edgesym.cli.main import VERBS, main
from edgesym.schemas import __file__ as _schemas
from tests.fuzz.door import Door, Wrong, controlled, misworded
from tests.fuzz.doors.seeds import PACKAGE
from tests.fuzz.limits import folder, naming
from tests.fuzz.mutate import NASTY, NUMBERS, mutated_text
from tests.support import SMALL_LLAMA

_LEFT_OUT = {"measure", "calibrate", "diagnose", "verify", "trace", "fit", "doctor"}
#: A verb that may take as long as a thousand others: a page with all that it may show.
_SELDOM = {"explore"}
#: Files that a user may have beside him, each as somebody wrote it or with something changed.
_FILES: dict[str, tuple[str, ...]] = {
    "model.json": (json.dumps(SMALL_LLAMA), "{}"),
    "device.toml": ("devices/data/raspberry-pi-5.toml", "devices/data/rtx-4090.toml"),
    "runtime.toml": ("runtimes/data/vllm.toml", "runtimes/data/llama.cpp.toml"),
    "recipe.toml": ('main = "int4-g64"\n[[rules]]\ngroups = ["norm"]\nlayout = "dtype"\n',),
    "type.toml": ("architectures/data/llama.toml", "architectures/data/gemma2.toml"),
    "claim.toml": ("claims/library/gpt-3.toml",),
    "plan.toml": ('quantities = ["flops"]\nover = { batch = [1, 2] }\n',),
    "rows.csv": ("validation/rows/gpu_steps.csv",),
    "places.toml": ('rules = [ { place = "host", layers = "0-3" } ]\n',),
    "paper.tex": ("\\begin{equation}\\label{a} P = 12 L H^2 \\end{equation}\n",),
}
_NOT = {
    "--all",
    "--measure",
    "--watch",
    "--serve",
    "--scheduler",
    "--from-code",
    "--help",
    "--engine",
}
#: Exit codes that verbs end with, beside 0 and 2: what a check does not hold, and what is missing.
_CODES = {"check": {0, 1, 2}}
_MODELS = (
    "{dir}/model.json",
    "llama-3.2-1b",
    "gemma-3-1b",
    "qwen3-30b-a3b",
    "mamba-130m",
    "gpt2",
    "t5-small",
    "x/y",
)
_DEVICES = (
    "{dir}/device.toml",
    "pi5",
    "rtx-4090",
    "m2",
    "h100-sxm@80GB",
    "no-board",
    "{dir}/no.toml",
)
_FORMATS = ("{dir}/recipe.toml", "q4_0", "Q4_K_M", "fp16", "int4-g128", "awq", "fp32", "int8")
_QUANTITIES = (*("flops", "step_time", "parameters", "memory_footprint", "x"), *list(REGISTRY)[:40])
_SETTINGS = ("hidden=4096", "memory_bandwidth=20GB/s", "peak=0.5*peak", "layers=0", "context=1")
_CONDITIONS = ("time_per_output_token <= 50ms", "memory_footprint <= 6GiB", "flops<1", "x=1")
_AXES = ("batch=1,2", "context=1k..4k:log:3", "weights=q4_0,fp16", "device=pi5,m2", "batch=0..-1")
#: Metavar, or word of an argument -> values to begin with.
_WORDS: dict[str, tuple[str, ...]] = {
    "model": _MODELS,
    "models": _MODELS,
    "items": (*_MODELS, *_DEVICES, *_FORMATS),
    **dict.fromkeys(("device", "devices", "device_name", "device_names", "host"), _DEVICES),
    "machine": _DEVICES,
    **dict.fromkeys(("quantity", "name"), _QUANTITIES),
    "names": (*_QUANTITIES, "int4", "q4_0,prune"),
    "maximise": _QUANTITIES,
    "minimise": _QUANTITIES,
    "by": _QUANTITIES,
    "pareto": ("flops,parameters", "step_time,memory_footprint"),
    "unknown": ("context", "batch", "memory_bandwidth", "bits", "hidden", "x"),
    "settings": _SETTINGS,
    "conditions": _CONDITIONS,
    "where": _CONDITIONS,
    "over": _AXES,
    "weights": _FORMATS,
    "activations": _FORMATS,
    "cache": _FORMATS,
    "kernels": ("{dir}/runtime.toml", "fused", "unfused", "ideal", "llama.cpp", "vllm", "x"),
    "runtime": ("{dir}/runtime.toml", "fused", "unfused", "ideal", "llama.cpp", "vllm", "x"),
    "prune": ("2:4", "layers=1", "0.3:bitmask", "heads=0.5"),
    "composition": ("sum", "max", "edgeprofiler", "x"),
    "counting": ("default", "pytorch", "default,elementwise=ignored", "x"),
    "compute": ("fp16", "int8", "x"),
    "draft": ("lookup", "mtp", "gpt2"),
    "measured": ("20 tokens/s", "50ms", "0"),
    "source": ("edgeprofiler",),
    "sources": ("{dir}/paper.tex", "{dir}/claim.toml", "{dir}/no.tex", "{dir}"),
    "part": ("attention", "attention.scores", "x"),
    "leading": ("context", "hidden,layers", "x"),
    "gpu_layers": ("all", "4", "-1", "x"),
    "offload": ("{dir}/places.toml", "gpu=4", "experts=all", "x=1"),
    "allow_unknown": ("rope_scaling", "x"),
    "fits": ("{dir}", "{dir}/nothing"),
    "ties": ("intermediate=4*hidden", "x=y"),
    "recipes": _FORMATS,
    "runtimes": ("{dir}/runtime.toml", "fused", "vllm", "x"),
    "templates": ("{dir}", "{dir}/nothing"),
    "phase": ("decode", "prefill", "forward", "x"),
    "per": ("token", "model", "x"),
    "assumptions": ("kv_heads = heads", "intermediate = 4*hidden", "x = 1"),
    "files": ("{dir}/rows.csv", "{dir}/no.csv"),
    "architecture": ("{dir}/type.toml", "llama", "x"),
    "plan": ("{dir}/plan.toml", "{dir}/no.toml"),
    "trained": ("recompute=full", "zero=3,tensor=8", "dropout=applied", "x=1"),
    "width": ("240pt", "84mm", "1pt", "1e9in"),
    "letters": ("hidden=d,layers=n", "hidden=d_model", "hidden=\\\\input{x}", "x"),
    "inputs": ("context,batch", "hidden", "x"),
    "day": ("2026-05-31", "none", "x"),
    "batches": ("1..64", "1..64:log:5", "0..x"),
    "new": ("My board", "a\\u202eb", "\\x9b31m"),
    "equation": ("12*L*H**2", "P = 4LH^2"),
    "symbols": ("L=layers, H=hidden",),
    "paper": ("megatron-lm", "x"),
    "output": ("{dir}/out", "{dir}/out.svg", "{dir}/out.c"),
    "out": ("{dir}/out.csv", "{dir}/out.npz", "{dir}/out.x"),
    "folder": ("{dir}/folder",),
    "image_size": ("224x224", "0x0"),
    "reserve": ("1GiB", "0", "x"),
    "memory": ("8GiB", "x"),
    "between": ("1", "64", "8k"),
    "verb": ("estimate", "x"),
    "action": ("show", "clear"),
}
_TEXTS = ("1", "x", "2:4", "flops", "attention", "1..8", "a=b", "2024-01-01")
_COUNTS = ("1", "2", "8k", "128", "0", "-1", "1M", "1e3", "999999999999", "1.5")


@cache
def _commands() -> tuple[tuple[tuple[str, ...], click.Command], ...]:
    """Every verb, and every kind of those that have kinds, with the words that it is called by."""
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for verb in (verb for verb in VERBS if verb not in _LEFT_OUT):
        command: click.Command = import_module(f"edgesym.cli.{verb}").command
        if isinstance(command, click.Group):
            context = click.Context(command)
            for kind in command.list_commands(context):
                inner = command.get_command(context, kind)
                if inner is not None:
                    found.append(((verb, kind), inner))
        else:
            found.append(((verb,), command))
    return tuple(found)


def _draw(random: Random) -> list[str]:
    words, command = random.choice(_commands())
    if words[0] in _SELDOM and random.random() < 0.95:
        words, command = random.choice(_commands())
    asked = list(words)
    if random.random() < 0.02:
        asked = [random.choice((*NASTY, "estimat"))]
    arguments: list[str] = []
    for param in command.params:
        if isinstance(param, click.Argument):
            times = random.choice((1, 1, 2, 3)) if param.nargs == -1 else 1
            if param.required or random.random() < 0.7:
                arguments += [_value(random, param) for _ in range(times)]
        elif isinstance(param, click.Option) and not _NOT & {*param.opts}:
            likely = 0.95 if param.required else min(0.9, 3.0 / len(command.params))
            if random.random() < likely:
                asked += _option(random, param)
    return [*asked, "--", *arguments] if random.random() < 0.3 else [*asked, *arguments]


def _option(random: Random, param: click.Option) -> Iterator[str]:
    name = random.choice(param.opts)
    yield name
    if not param.is_flag:
        yield from (_value(random, param) for _ in range(param.nargs))


def _value(random: Random, param: click.Parameter) -> str:
    if random.random() < 0.12:
        return str(random.choice((*NASTY, *NUMBERS)))
    if isinstance(param.type, click.Choice):
        return str(random.choice(list(param.type.choices)))
    name = str(param.name)
    if name in _WORDS:
        word = random.choice(_WORDS[name])
        is_file = word.removeprefix("{dir}/") in _FILES
        changed = is_file and random.random() < 0.5
        return word.replace(".", f"~{random.randrange(10**6)}.") if changed else word
    if isinstance(param.type, click.Path):
        return random.choice(("{dir}/a.csv", "{dir}/b", "{dir}", "/nowhere/c.svg"))
    kind = type(param.type).__name__
    return random.choice(_TEXTS if kind == "StringParamType" else _COUNTS)


#: What the net under the command line says where it caught what nobody refused.
_DEFECT = re.compile(r"defect of edgesym \(((\w+).*?)(?:, (\S+) line \d+)?\)")


@cache
def _schema(verb: str) -> Any:
    """What checks the JSON of a verb; None where it has no schema."""
    path = Path(_schemas).parent / f"{verb}.json"
    if not path.is_file():
        return None
    return jsonschema.Draft202012Validator(json.loads(path.read_text("utf-8")))


#: A file that is to be there, and by which number it is changed.
_ASKED = re.compile(r"\{dir\}/(\w+)(?:~(\d+))?(\.\w+)\Z")


@cache
def _seed_text(name: str, number: int) -> str:
    """One of the texts of a file, which may be named by its place in the package."""
    text = _FILES[name][number % len(_FILES[name])]
    if text.endswith((".toml", ".csv")):
        text = (PACKAGE / text).read_text("utf-8")
    return "".join(text.splitlines(keepends=True)[:400])


def _beside(place: Path, word: str) -> None:
    """Write the file that a word names, where it is one that is to be there."""
    found = _ASKED.match(word)
    if found is None or f"{found[1]}{found[3]}" not in _FILES:
        return
    number = int(found[2] or 0)
    text = _seed_text(f"{found[1]}{found[3]}", number)
    if found[2]:
        text = mutated_text(Random(number), (text,), longest=100_000)  # noqa: S311 - it draws inputs
    file = place / word.removeprefix("{dir}/")
    file.write_bytes(text.encode(errors="surrogatepass"))


def _enter(asked: list[str]) -> None:
    with apart() as place:
        for word in asked:
            _beside(place, word)
        words = [word.replace("{dir}", str(place)) for word in asked]
        with naming(words):
            _judge(words)


@contextmanager
def apart() -> Iterator[Path]:
    """The folder of inputs as where one works, with a cache in it; what is written there goes."""
    place = folder()
    kept = {name: os.environ.get(name) for name in ("EDGESYM_CACHE", "HF_HUB_OFFLINE")}
    os.environ |= {"EDGESYM_CACHE": str(place / "kept"), "HF_HUB_OFFLINE": "1"}
    before, here = {*place.iterdir()}, Path.cwd()
    os.chdir(place)
    try:
        yield place
    finally:
        os.chdir(here)
        for left in {*place.iterdir()} - before:
            shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _run(asked: list[str]) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command line, in this process."""
    before, sys.argv = sys.argv, ["edgesym", *asked]
    runner = CliRunner()
    try:
        with runner.isolation() as (out, errors, _):
            code: Any = 0
            try:
                main()
            except SystemExit as stop:
                code = stop.code or 0
            sys.stdout.flush()
            sys.stderr.flush()
            texts = [stream.getvalue().decode(errors="replace") for stream in (out, errors)]
    finally:
        sys.argv = before
    return code, *texts


def _judge(asked: list[str]) -> None:
    code, printed, said = _run(asked)
    verb = asked[0] if asked and asked[0] in VERBS else ""
    defect = _DEFECT.search(said)
    if defect:
        raise Wrong(defect[1], "traceback", f"{defect[3]} {defect[2]}")
    if "Error: out of memory" in said:
        raise MemoryError
    if code not in _CODES.get(verb, {0, 2}):
        raise Wrong(f"exit code {code}", "exit code", verb)
    error = [line for line in said.splitlines() if line.startswith("Error: ")]
    if code == 2 and not error and verb != "check" and not said.startswith("Usage: "):
        raise Wrong(f"refused without an error: {said[:200]!r}", "words", verb)
    if code == 0 and error:
        raise Wrong("an error with exit code 0", "exit code", verb)
    what = controlled(said) or next(filter(None, map(misworded, error)), "")
    what = what or (controlled(printed) if verb not in ("export", "report") else "")
    if what:
        raise Wrong(what, "words", verb)
    as_json = {"--json", "json"} & {*asked} and "--help" not in asked and "-h" not in asked
    if code == 0 and as_json and printed.startswith(("{", "[")):
        _judge_json(verb, printed)


def _judge_json(verb: str, text: str) -> None:
    """What is written with --json is JSON, strictly, and as the verb's schema says."""

    def no_number(name: str) -> Any:
        raise Wrong(f"{name} is no JSON", place=f"{verb}: {name}")

    if not text.strip():
        return
    found = json.loads(text, parse_constant=no_number)
    schema = _schema(verb)
    if schema is not None:
        wrong = next(schema.iter_errors(found), None)
        if wrong is not None:
            where = "/".join(str(part) for part in wrong.absolute_path if isinstance(part, str))
            raise Wrong(f"{where}: {wrong.message}"[:300], place=f"{verb}: {where}")


DOORS = (Door("command line", _draw, _enter, 250, 60.0),)
