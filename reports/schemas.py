"""The schemas of what verbs write with ``--json``: drawn from answers, kept as data.

Run as ``python -m reports.schemas`` from the repository's root (needs genson). An answer that no
longer fits its schema is another answer for the programs that read it: count VERSION up then.
"""

import json
import shlex
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from click.testing import CliRunner
from genson import SchemaBuilder

from edgesym.cli.main import edgesym
from reports.readme import PLAIN

FOLDER = Path(__file__).parent.parent / "edgesym/schemas"
VERSION = 1
_PI = "--device raspberry-pi-5 --weights q4_0"
#: Models whose classes have defaults of every type: numbers, truth values, texts, lists, none.
_VARIED = (
    *("qwen3-0.6b", "qwen3-30b-a3b", "gemma-3-4b"),
    *("deepseek-v3", "lfm2-1.2b", "mistral-7b"),
)
#: Questions whose answers a verb's schema is drawn from: of each kind one. Where a verb gives
#: answers of several kinds, each has its questions: an answer is of one of them.
ASKED = {
    "derive": (
        "llama-4-scout",
        "llama-3.2-1b --numeric -q flops",
        "llama-3.1-8b -q training_flops",
    ),
    "table": ("llama-4-scout", "llama-3.2-1b --cached-tokens 1024 0 --input-tokens 1 7"),
    "estimate": (
        f"llama-3.2-1b {_PI}",
        "mixtral-8x7b --device rtx-4090",
        "gemma-3-1b --device apple-m2-max",
        "llama-3.1-70b --device rtx-4090 --weights q4_k_m --gpu-layers 40",
        "llama-3.1-8b --device rtx-4090 --draft llama-3.2-1b --draft-tokens 4 --acceptance 0.7",
        "llama-3.2-1b --device pi5 --composition sum --set memory_bandwidth=9+-1GB/s",
        *(f"{model} --device h100-sxm" for model in _VARIED),
    ),
    "sensitivity": (f"llama-3.2-1b {_PI} --second-order", f"llama-3.2-1b {_PI} -q flops"),
    "solve": (
        f"llama-3.2-1b {_PI} --for context --such-that 'time_per_output_token <= 90ms'",
        f"llama-3.2-1b {_PI} --for peak --such-that 'time_per_output_token <= 20ms'",
    ),
    "crossover": (f"llama-3.2-1b {_PI}", "llama-3.2-1b"),
    "compare": (
        "gemma-3-1b qwen3-0.6b --device raspberry-pi-5",
        "bf16 q4_0 --model llama-3.2-1b",
        "pi4 pi5 --model llama-3.2-1b",
    ),
    "explain": (
        f"time_per_output_token llama-3.2-1b {_PI}",
        "flops llama-3.2-1b",
        *(f"flops {model}" for model in _VARIED),
    ),
    "optimize": ("llama-3.2-1b --device pi5 --memory 1GiB", "llama-3.2-1b --memory 1GiB"),
    "check": (
        "--equation 2*L*H --notation plain --quantity parameters --symbols L=layers,H=hidden",
        "--equation 2*L*H*V --notation plain --quantity flops --symbols L=layers,H=hidden,V=vocab",
    ),
    "claims": ("", "edgeprofiler", "kaplan", "chinchilla", "scaling-book", "korthikanti"),
    "sweep": ("llama-3.2-1b --over context=1k..4k:log:3 -q flops",),
    "whatif": (f"llama-3.2-1b {_PI} --measured '7.1 tok/s'",),
    "reproduce": ("edgeprofiler", "edgelm-optimizer", "transformer-roofline-analyzer"),
    **dict.fromkeys(("models", "quantities", "conventions"), ("",)),
    **dict.fromkeys(("compositions", "formats", "doctor"), ("",)),
}
#: Verb -> questions whose answers are of another kind than those of :data:`ASKED`.
OTHERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "devices": (("",), ("raspberry-pi-5", "rtx-4090", "h100-sxm")),
    "runtimes": (("",), ("llama.cpp", "fused", "ideal", "vllm", "torch-eager")),
    "cache": (("",), ("clear",), ("EDGESYM_CACHE=off",)),
    "estimate": ((f"llama-3.2-1b {_PI} --device apple-m2", "gemma-3-1b --device pi5 --device m2"),),
}


@cache
def _kept() -> str:
    """A cache of its own, which a question clears: what was asked before is in it."""
    return mkdtemp()


def answer(verb: str, asked: str) -> Any:
    """What a verb answers to a question, as a program reads it.

    Variables of the environment stand in it as in a shell, ``EDGESYM_CACHE=off``.
    """
    words = shlex.split(asked)
    said = dict(word.split("=") for word in words if word.startswith("EDGESYM_"))
    arguments = [verb, *(word for word in words if not word.startswith("EDGESYM_")), "--json"]
    ran = CliRunner(env={**PLAIN, "EDGESYM_CACHE": _kept(), **said}).invoke(edgesym, arguments)
    if not ran.stdout:
        raise RuntimeError(f"edgesym {shlex.join(arguments)}: {ran.stderr}{ran.exception}")
    return json.loads(ran.stdout)


def schema(verb: str) -> dict[str, Any]:
    """The schema that holds for every answer of a verb to what is asked here."""
    kinds = [
        _of_kind(verb, asked) for asked in (ASKED.get(verb, ()), *OTHERS.get(verb, ())) if asked
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"edgesym:{verb}:{VERSION}",
        "title": f"The answer of edgesym {verb} --json",
        **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}),
    }


def _of_kind(verb: str, questions: tuple[str, ...]) -> dict[str, Any]:
    """The schema of answers of one kind."""
    builder = SchemaBuilder(schema_uri=None)
    for asked in questions:
        builder.add_object(answer(verb, asked))
    made: dict[str, Any] = builder.to_schema()
    required = [key for key in made.get("required", []) if not key.endswith("_std")]
    return {**_loosened(made), "required": required}


def _loosened(part: Any) -> Any:
    """A schema whose whole numbers may be any: a count may be an expected one."""
    if isinstance(part, dict):
        if part.get("type") == "integer":
            return {**part, "type": "number"}
        made = {key: _loosened(value) for key, value in part.items()}
        made.pop("required", None)  # below the top, many keys are names of what was asked for
        return made
    if isinstance(part, list):
        named = ["number" if each == "integer" else _loosened(each) for each in part]
        return list(dict.fromkeys(named)) if all(isinstance(n, str) for n in named) else named
    return part


def main() -> None:
    """Write a file for each verb."""
    for verb in dict.fromkeys((*ASKED, *OTHERS)):
        text = json.dumps(schema(verb), indent=1, sort_keys=False)
        (FOLDER / f"{verb}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
