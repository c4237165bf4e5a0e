"""The traced models that edgesym ships, made again: needs torch and transformers.

``python -m reports.traced_models [NAME...]`` traces the classes of
``architectures/traced/models.toml`` and writes a file for each into ``architectures/traced/data``,
once its FLOPs of a prefill and of a step, its cache and its parameters are PyTorch's, and those
that the table holds are these.
"""

import sys
from pathlib import Path

import click

from edgesym.architectures.traced import library
from edgesym.architectures.traced.saved import of_data
from edgesym.errors import ConfigError
from edgesym.tracing.ask import trace
from edgesym.tracing.checked import counts, counts_of_class
from edgesym.tracing.job import Job

FOLDER = Path(library.__file__).parent / "data"
#: Sequences and cached tokens of the comparison.
BATCH, CACHED = 2, 24


def full_config(row: dict) -> dict:
    """The config of a row with the defaults of its class."""
    import transformers

    given = dict(row["config"])
    made = transformers.CONFIG_MAPPING[given["model_type"]](
        **{key: value for key, value in given.items() if key != "model_type"}
    )
    return {**made.to_dict(), **given}


def made(name: str, row: dict) -> tuple[bytes, dict]:
    """The file of a model, and its counts, which are PyTorch's.

    Raises:
        ConfigError: one of them is not PyTorch's.
    """
    config = full_config(row)
    data = trace(Job(name, name, config=config))
    theirs = counts_of_class(config, BATCH, CACHED)
    ours = counts(of_data(data, name).model, BATCH, CACHED)
    for count, number in theirs.items():
        if number is not None and number != ours[count]:
            raise ConfigError(f"{name}: {count} is {ours[count]}, and PyTorch counts {number}")
    return library.packed(data), {"parameters": ours["parameters"], "flops": ours["prefill"]}


def main(names: list[str]) -> int:
    """Trace the models that are named, or all of them; how many are not as their row says."""
    rows = library.traced_models()
    others = 0
    for name in names or rows:
        content, counted = made(name, rows[name])
        told = {key: rows[name].get(key) for key in counted}
        if told == counted:
            (FOLDER / f"{name}{library.PACKED}").write_bytes(content)
            click.echo(f"{name}: {len(content)} bytes")
        else:
            others += 1
            click.echo(f"{name}: {counted} by PyTorch, {told} in models.toml")
    return others


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
