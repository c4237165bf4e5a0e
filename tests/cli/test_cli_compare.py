"""``edgesym compare`` as a user runs it: what it prints, and what it refuses."""

import csv
import io
import json

import pytest
from click.testing import CliRunner

from edgesym.cli.compare import command
from edgesym.errors import EdgesymError

MODELS = ("llama-3.2-1b", "gemma-3-1b")
FORMATS = ("bf16", "q4_0", "--model", "llama-3.2-1b")
TERMS = ("--terms",)
DEVICES = ("raspberry-pi-4", "raspberry-pi-5", "--model", "llama-3.2-1b")


def run(*arguments):
    """What the verb prints on standard output."""
    ran = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return ran.stdout


CASES = [
    (("llama-3.2-1b",), ["llama-3.2-1b alone", "two or more"]),
    (("bf16",), ["bf16 alone"]),
    (("llama-3.2-1b", "raspberry-pi-5"), ["llama-3.2-1b is a model", "raspberry-pi-5 is a device"]),
    (("q4_0", "int4", "gemma-3-1b"), ["q4_0 is a format", "gemma-3-1b is a model"]),
    (("llama-3.2-1b", "lama-3.2-3b"), ["'lama-3.2-3b'", "llama-3.2-3b"]),
    (("raspberry-pi-5", "raspbery-pi-4"), ["'raspbery-pi-4'", "raspberry-pi-4"]),
    (("bf16", "q4_9", "--model", "llama-3.2-1b"), ["'q4_9'", "q4_0"]),
    (("raspberry-pi-5", "no/such.toml", "--model", "llama-3.2-1b"), ["no/such.toml"]),
    (("bf16", "q4_0"), ["bf16 is a format", "--model"]),
    (("raspberry-pi-4", "raspberry-pi-5"), ["raspberry-pi-4 is a device", "--model"]),
    ((*MODELS, "--model", "gpt2"), ["--model gpt2", "models are compared"]),
    ((*FORMATS, "--weights", "int8"), ["--weights int8", "formats of the weights are compared"]),
    ((*DEVICES, "--device", "apple-m2"), ["--device apple-m2", "devices are compared"]),
    ((*MODELS, "-q", "flop"), ["'flop'", "flops"]),
    ((*MODELS, "-q", "time_per_output_token"), ["memory_bandwidth", "--device"]),
    ((*DEVICES, "-q", "transfer_time"), ["link_bandwidth", "Raspberry Pi 4", "--set link_"]),
    ((*MODELS, "--set", "memory_bandwidth=1GB/s"), ["memory_bandwidth", "--device"]),
    ((*DEVICES, "--set", "memory_bandwidth=1GB"), ["memory_bandwidth", "B/s"]),
    ((*MODELS, "--batch", "0"), ["batch = 0"]),
    ((*FORMATS, "--device", "raspbery-pi-5"), ["'raspbery-pi-5'", "raspberry-pi-5"]),
]


@pytest.mark.parametrize(("arguments", "words"), CASES, ids=lambda v: " ".join(v)[:60])
def test_a_mistake_is_named_in_one_line(arguments, words):
    with pytest.raises(EdgesymError) as error:
        run(*arguments)
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_nothing_to_compare_is_refused():
    ran = CliRunner().invoke(command, [])
    assert ran.exit_code == 2
    assert "A B [...]" in ran.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*MODELS, "--device", "raspberry-pi-5"), ["time_per_output_token", "yes, of 8 GiB"]),
        (
            (*FORMATS, "--device", "apple-m2", *TERMS),
            ["B_w", "1,235,814,400", "nothing differs in flops"],
        ),
        (
            (*DEVICES, "--terms"),
            ["both have the same closed form", "W_m", "nothing differs in flops"],
        ),
        (
            ("llama-3.2-1b", "llama-3.2-3b", "--terms"),
            ["both are b*(2*H*(V + 2)", "in L, H, A, D"],
        ),
        ((*MODELS, "mixtral-8x7b"), ["flops of llama-3.2-1b and mixtral-8x7b", "46,702,792,704"]),
        (("gemma-3-1b", "qwen3-0.6b"), ["up to 3,966", "equal at S = "]),
        (("llama-3.2-1b", "llama-3.2-1b"), ["nothing differs in flops, memory_traffic"]),
    ],
    ids=lambda v: " ".join(v)[:40],
)
def test_what_a_person_reads(arguments, words):
    out = run(*arguments)
    for word in words:
        assert word in out


def test_a_change_beyond_what_a_model_is_made_for_is_said():
    beyond = run("tinyllama-1.1b", "qwen3-0.6b", "-q", "flops")
    assert "from 18,414 on; tinyllama-1.1b is made for 2,048 tokens\n" in beyond
    assert "is made for" not in run("gemma-3-1b", "qwen3-0.6b", "-q", "flops")


def test_figures_apply_to_every_device_compared():
    slow, fast = (
        json.loads(run(*DEVICES, "--format", "json", *more))["quantities"]["time_per_output_token"]
        for more in ((), ("--set", "memory_bandwidth=100GB/s"))
    )
    assert all(f < s for f, s in zip(fast["values"], slow["values"], strict=True))


def test_json_adds_up():
    found = json.loads(run(*MODELS, "--format", "json", "--device", "rtx-4090"))
    assert found["items"] == list(MODELS)
    assert found["quantities"]["parameters"]["values"] == [1235814400, 999885952]
    for row in found["differences"]:
        for rows in (row["terms"], row["parts"]):
            total = sum(each["difference"] for each in rows)
            assert total == pytest.approx(row["difference"], rel=1e-9)
        for spans in row["overtaking"].values():
            assert (spans[0]["from"], spans[-1]["to"]) == (1, 10**9)


def test_csv_has_a_line_for_the_total_each_term_and_each_part():
    out = run(*MODELS, "--format", "csv", "-q", "flops")
    rows = list(csv.DictReader(io.StringIO(out)))
    totals = dict.fromkeys(("total", "term", "part"), 0)
    for row in rows:
        totals[row["row"]] += int(row["difference"])
        assert int(row["at_other"]) - int(row["at_first"]) == int(row["difference"])
    assert len(set(totals.values())) == 1


def test_markdown_has_tables_and_formulas():
    out = run(*MODELS, "--format", "markdown", "-q", "memory_traffic", "--terms")
    assert out.startswith("# llama-3.2-1b against gemma-3-1b\n")
    assert "| $B_w$ | 1,235,814,400 | 999,885,952 |" in out
    assert "\n- memory_traffic along context and batch: gemma-3-1b is smaller everywhere" in out


def test_without_terms_it_fits_a_screen():
    assert len(run(*MODELS, "--device", "raspberry-pi-5").splitlines()) <= 30
    assert len(run(*MODELS, "--device", "raspberry-pi-5", "--terms").splitlines()) > 60
