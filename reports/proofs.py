"""Every architecture file beside the code of its class: proven, explained, or open.

``python -m reports.proofs`` writes ``reports/proofs.md`` from ``tests/data/proofs.json``, which
``python -m reports.proofs --prove`` writes anew, in half an hour, and ``--prove FILE...`` for
some architecture files. That runs the code of the installed transformers on symbols, as
``edgesym verify --symbolic`` does, and needs the extra `oracle`.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from edgesym.architectures.reader import read_model
from edgesym.architectures.recipe import architectures
from edgesym.architectures.traced.plan import Traced
from edgesym.architectures.traced.saved import ENDING, load_traced, written
from edgesym.data import stems
from edgesym.document.nodes import Code, Document, Items, Section, Text, table
from edgesym.errors import EdgesymError
from edgesym.files.parse import load_toml
from edgesym.render.write import write
from reports.facts import FACTS, GIVEN, ROOT

PROOFS = ROOT / "tests" / "data" / "proofs.json"
PAGE = Path(__file__).parent / "proofs.md"
#: Files of whose types transformers has no class, and a class that runs what they describe.
CONVERTED = Path(__file__).parent / "converted.toml"
QUANTITIES = ("flops", "parameters", "active_parameters", "kv_cache_bytes")
#: From best to worst: what a quantity is called over all calls and regimes is its worst.
VERDICTS = ("proven", "explained", "open", "different")
#: Conditions of the domain that are written beside a file; the others are in the data.
BRIEF = 5
#: Architecture file -> a key of its configs that is proven at another value too.
UNTIED = ("albert", "bert", "camembert", "mt5", "roberta", "t5", "umt5", "xlm-roberta")
VARIANTS = {
    **{file: {"tie_word_embeddings": False} for file in UNTIED},
    "marian": {"share_encoder_decoder_embeddings": False},
}
#: What defaults of a class lack to be run, or to have every kind of its layers, and what a
#: published config says beside its text part.
NEEDED: dict[str, dict[str, Any]] = {
    # config.json of Qwen/Qwen3-VL-2B-Instruct
    "qwen3_vl": {"tie_word_embeddings": True},
    # text part of config.json of zai-org/GLM-4.1V-9B-Thinking
    "glm4v_text": {
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": 10000.0,
            "partial_rotary_factor": 0.5,
            "mrope_section": [8, 12, 12],
        }
    },
    # text_config of config.json of zai-org/GLM-4.5V
    "glm4v_moe_text": {"head_dim": 128},
    # thinker_config.text_config of config.json of Qwen/Qwen3-Omni-30B-A3B-Instruct
    "qwen3_omni_moe_text": {"head_dim": 128},
    # config.json of stepfun-ai/Step-3.5-Flash: its window, and more heads in layers that have it;
    # experts as few as a loop over them runs soon
    "step3p5": {
        "num_hidden_layers": 8,
        "layer_types": ["full_attention", *["sliding_attention"] * 3] * 2,
        "sliding_window": 512,
        "num_sliding_attention_heads": 96,
        "n_routed_experts": 12,
    },
    # likewise
    "longcat_flash": {"n_routed_experts": 16, "zero_expert_num": 8},
    # config.json of databricks/dbrx-base
    "dbrx": {"attn_config": {"kv_n_heads": 8, "clip_qkv": 8.0, "rope_theta": 500000.0}},
}


# ---- the data


def configs(file: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Configs that an architecture file reads, with their names: published ones first.

    Each with that of the class that runs it, which is of another type where the file's own has
    none.
    """
    for name, keys in _facts().get(file, []):
        yield name, keys, keys
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    for kind, stem in architectures().items():
        if stem == file and kind in CONFIG_MAPPING:
            given = {**GIVEN.get(kind, {}), **NEEDED.get(kind, {})}
            made = CONFIG_MAPPING[kind](**given).to_dict()
            yield f"{kind} at its defaults", made, made
    if file in (converted := load_toml(CONVERTED)):
        row = converted[file]
        made = CONFIG_MAPPING[row["class"]["model_type"]](**row["class"]).to_dict()
        yield row["name"], row["own"], made


@cache
def _facts() -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Architecture file -> the configs of which facts are kept, those that it reads."""
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for fact in json.loads(FACTS.read_text(encoding="utf-8")):
        name, keys = fact["name"], fact["config"]
        try:
            file = read_model(keys, name=name, origin=name).architecture
        except EdgesymError:
            continue
        kind = str(keys.get("model_type") or fact["model_type"] or file)
        given = GIVEN.get(kind, {}) if fact["source"].startswith("defaults of ") else {}
        found.setdefault(file, []).append(
            (name, {"model_type": kind, **given, **NEEDED.get(fact["model_type"], {}), **keys})
        )
    return found


def proven(file: str, kept: Path | None) -> dict[str, Any]:
    """What is proven of an architecture file, at the first of its configs whose class runs.

    A regime other than the first whose code does not run is kept with what it said.
    """
    failed = "no class of transformers runs it"
    for name, own, config in configs(file):
        try:
            found = list(_regimes(name, own, config, kept))
            for key, value in VARIANTS.get(file, {}).items():
                said = f"{key} = {json.dumps(value)}"
                changed = {key: value}
                more = _regimes(f"{name} {key}", {**own, **changed}, {**config, **changed}, kept)
                found += [{**regime, "where": f"{regime['where']}, {said}"} for regime in more]
        except Exception as error:  # noqa: BLE001 - whatever the code of a class raises
            said = " ".join(str(error).split())
            failed = f"{name}: {type(error).__name__}: {said}"[:300]
            continue
        return {"file": file, "config": name, "regimes": found}
    return {"file": file, "failed": failed}


def _regimes(
    name: str, own: Mapping[str, Any], config: Mapping[str, Any], kept: Path | None
) -> Iterator[dict[str, Any]]:
    """What is proven in each regime of a config, ``own``, by the code of the class of another."""
    from edgesym.tracing.proof import prove
    from edgesym.tracing.verify import regimes

    model = read_model(own, name=name, origin=name)
    for place, (title, hints) in enumerate(regimes(model)):
        file = kept and kept / f"{_plain(name)}.{place}{ENDING}"
        try:
            traced = _traced(name, config, hints, file)
        except Exception as error:
            if not place:
                raise
            said = " ".join(str(error).split())
            yield {"where": title, "failed": f"{type(error).__name__}: {said}"[:300]}
            continue
        rows = prove(model, traced, own, hints)
        yield {
            "where": title,
            "verdicts": {q: [r.verdict for r in rows if r.quantity == q] for q in QUANTITIES},
            "differences": [
                {
                    "quantity": row.quantity,
                    "call": row.call,
                    "difference": str(row.difference),
                    "reason": row.reason,
                    "lines": list(row.lines),
                }
                for row in rows
                if row.difference != 0
            ],
            "presupposed": list(dict.fromkeys(str(c) for r in rows for c in r.presupposed)),
            "domain": [str(condition) for condition in traced.model.domain.conditions],
        }


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)


def _traced(
    name: str, config: Mapping[str, Any], hints: Mapping[str, int], file: Path | None
) -> Traced:
    """The code of a config as a model; out of a file where it was kept, and kept there."""
    if file is not None and file.exists():
        return load_traced(file)
    from edgesym.tracing.trace import trace_config

    made = trace_config(config, name=name, origin=name, hints=hints)
    if file is not None:
        text = json.dumps(written(made, _versions()), separators=(",", ":"))
        file.write_text(text, encoding="utf-8")
    return made


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("torch", "transformers")}


def prove_files(files: tuple[str, ...], kept: Path | None) -> None:
    """Write the data, one file of architectures to a line; others stay as they are."""
    warnings.simplefilter("ignore")
    rows = {} if not files else {row["file"]: row for row in data()["files"]}
    for file in files or sorted(stems("architectures/data")):
        rows[file] = proven(file, kept)
        click.echo(f"{file}: {_summary(rows[file])}", err=True)
        _save(rows)


def _save(rows: Mapping[str, Mapping[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(rows[f], separators=(",", ":")) for f in sorted(rows))
    text = f'{{"versions":{json.dumps(_versions())},"files":[\n{lines}\n]}}\n'
    made = PROOFS.with_suffix(".part")
    made.write_text(text, encoding="utf-8")
    made.replace(PROOFS)


def data() -> dict[str, Any]:
    """What was proven, file by file, and by which versions."""
    found: dict[str, Any] = json.loads(PROOFS.read_text(encoding="utf-8"))
    return found


# ---- the page


def _ran(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The regimes of a file whose code ran."""
    return [regime for regime in row["regimes"] if "failed" not in regime]


def _worst(row: Mapping[str, Any], quantity: str) -> str:
    """The verdict on a quantity over all calls and regimes that ran."""
    found = [v for regime in _ran(row) for v in regime["verdicts"][quantity]]
    return max(found, key=VERDICTS.index)


def _summary(row: Mapping[str, Any]) -> str:
    if "failed" in row:
        return str(row["failed"])
    return max((_worst(row, quantity) for quantity in QUANTITIES), key=VERDICTS.index)


def is_right(row: Mapping[str, Any]) -> bool:
    """Whether every quantity of a file is proven or explained."""
    return _summary(row) in ("proven", "explained")


def proofs() -> str:
    """The page as Markdown."""
    found = data()
    tried = {row["file"] for row in found["files"]}
    new = [f for f in sorted(stems("architectures/data")) if f not in tried]
    found["files"] += [{"file": file, "failed": "its proofs were not run yet"} for file in new]
    ran = [row for row in found["files"] if "failed" not in row]
    reasons: dict[str, int] = {}
    for row in ran:
        for regime in _ran(row):
            for each in regime["differences"]:
                if each["reason"]:
                    reasons.setdefault(each["reason"], len(reasons) + 1)
    titles = ("file", "config", *QUANTITIES, "regimes", "domain")
    versions = " and ".join(f"{name} {number}" for name, number in found["versions"].items())
    right = sum(map(is_right, ran))
    count, failed = len(found["files"]), len(found["files"]) - len(ran)
    said = (
        f"Of {count} architecture files {right} are proven or explained in FLOPs, parameters, "
        f"active parameters and cache; {len(ran) - right} are open in some; {failed} were "
        f"not run (below). Closed forms of the files beside those of the code of {versions} "
        "(convention pytorch): for a step of several tokens on a cache, of one token, and for a "
        "prompt; for several sequences and for one; within and beyond windows and chunks. Proven: "
        "equal for all sizes of the domain. Explained: the difference is equal, for all sizes of "
        "the domain, to a stated one. `python -m reports.proofs --prove` makes the rows anew."
    )
    sections = (
        Section("Differences", (_differences(ran, reasons),)),
        Section("Reasons", (Items(tuple((reason,) for reason in reasons), numbered=True),)),
        Section("Not run", (_failed(found["files"]),)),
    )
    verdicts = table(titles, [_cells(row, reasons) for row in ran])
    return write(Document("Proofs", (Text(said), verdicts, *sections), dict), "markdown")


def _cells(row: Mapping[str, Any], reasons: Mapping[str, int]) -> tuple[Any, ...]:
    verdicts = (_cell(row, quantity, reasons) for quantity in QUANTITIES)
    ran, every = len(_ran(row)), len(row["regimes"])
    regimes = str(ran) if ran == every else f"{ran} of {every}"
    return (row["file"], row["config"], *verdicts, regimes, _domain(row))


def _cell(row: Mapping[str, Any], quantity: str, reasons: Mapping[str, int]) -> str:
    numbers = {
        reasons[each["reason"]]
        for regime in _ran(row)
        for each in regime["differences"]
        if each["quantity"] == quantity and each["reason"]
    }
    marks = f" ({', '.join(map(str, sorted(numbers)))})" if numbers else ""
    return f"{_worst(row, quantity)}{marks}"


def _domain(row: Mapping[str, Any]) -> str:
    """What is asked of sizes: equalities and what divides what, in few words."""
    asked = [c for r in _ran(row) for c in (*r["presupposed"], *r["domain"])]
    brief = [c for c in dict.fromkeys(asked) if _is_brief(c)]
    more = f" and {len(brief) - BRIEF} more" if len(brief) > BRIEF else ""
    return "; ".join(brief[:BRIEF]) + more


def _is_brief(condition: str) -> bool:
    words = condition.split()
    tokens = {"S", "T", "C", "b"} & set(re.findall(r"\w+", condition))
    is_equality = " = " in condition and "(" not in condition and "<" not in condition
    return not tokens and (is_equality or "divides" in words or "power" in words)


def _differences(ran: list[dict[str, Any]], reasons: Mapping[str, int]) -> Any:
    """Each closed form once, with the calls that it is of, whatever the regimes."""
    calls: dict[tuple[str, ...], dict[str, None]] = {}
    for row in ran:
        for regime in _ran(row):
            for each in regime["differences"]:
                why = f"({reasons[each['reason']]})" if each["reason"] else "open"
                lines = ", ".join(each["lines"][:2])
                key = (row["file"], each["quantity"], each["difference"], why, lines)
                calls.setdefault(key, {})[each["call"]] = None
    rows = [
        (file, quantity, ", ".join(of), Code(form), why, lines)
        for (file, quantity, form, why, lines), of in calls.items()
    ]
    return table(("file", "quantity", "call", "the code's less ours", "why", "code"), rows)


def _failed(rows: list[dict[str, Any]]) -> Any:
    cells = [(row["file"], row["failed"]) for row in rows if "failed" in row]
    cells += [
        (row["file"], f"{regime['where']}: {regime['failed']}")
        for row in rows
        for regime in row.get("regimes", ())
        if "failed" in regime
    ]
    return table(("file", "why"), cells)


@click.command()
@click.option("--prove", "is_proving", is_flag=True, help="Run the proofs, and keep what they say.")
@click.option(
    "--traces",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="A folder of traced files: those that lie there are read, others are written there.",
)
@click.argument("files", nargs=-1)
def main(*, is_proving: bool, traces: Path | None, files: tuple[str, ...]) -> None:
    """Write the page, from the data or from proofs that are run anew."""
    unknown = set(files) - set(stems("architectures/data"))
    if unknown:
        raise click.BadParameter(f"no architecture file is called {', '.join(sorted(unknown))}")
    if is_proving:
        prove_files(files, traces)
    PAGE.write_text(proofs(), encoding="utf-8")


if __name__ == "__main__":
    main()
