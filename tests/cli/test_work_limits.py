"""Small inputs that once took minutes: each ends within a few seconds of work, in one clear error.

They run in one process that the system ends when it has computed for too long, so that a test
fails and does not hang; the limits they meet are counted, never timed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

resource = pytest.importorskip("resource")

#: Seconds of a processor that all the inputs of one test may take together, imports among them.
_SECONDS = 25
_RUN = """
import json, sys
from edgesym.cli.main import main
for argv in json.load(sys.stdin):
    sys.argv = ["edgesym", *argv]
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = stop.code
    print("EXIT", code, flush=True)
    print("EXIT", file=sys.stderr, flush=True)
"""
_LLAMA = {
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "head_dim": 64,
    "tie_word_embeddings": True,
}


def _each(inputs: list[list[str]], folder: Path) -> list[tuple[int, str]]:
    """The exit code and the errors of each command line, in a process of bounded work."""

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))

    done = subprocess.run(
        [sys.executable, "-c", _RUN],
        input=json.dumps(inputs),
        capture_output=True,
        text=True,
        cwd=folder,
        preexec_fn=bound,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-500:])
    codes = [int(line.split()[1]) for line in done.stdout.splitlines() if line.startswith("EXIT ")]
    return list(zip(codes, done.stderr.split("EXIT\n"), strict=False))


def _refused(inputs: list[list[str]], folder: Path) -> list[str]:
    """What is said of inputs, each of which is refused in a line of bounded length."""
    found = _each(inputs, folder)
    assert len(found) == len(inputs)
    for given, (code, said) in zip(inputs, found, strict=True):
        assert code == 2, (given, code, said[:300])
        assert "defect" not in said
        assert len(said) < 8_000, given
    return [said for _, said in found]


def _claim(equation: str, *more: str, quantity: str = "flops") -> list[str]:
    symbols = "L=layers,H=hidden,A=heads,V=vocab,S=context,x=layers,y=hidden"
    return ["check", "--equation", equation, "--quantity", quantity, "--symbols", symbols, *more]


def test_numbers_of_users_are_read_in_one_pass(tmp_path: Path) -> None:
    nines = "9" * 3000
    on = ["estimate", "llama-3.2-1b", "--device", "pi5"]
    said = _refused(
        [
            [*on, "--set", f"memory_bandwidth={nines} 1 2"],
            [*on, "--set", f"memory_bandwidth={'1_' * 1500} 1 2"],
            [*on, "--set", f"memory_bandwidth={nines}*{nines}"],
            [*on, "--set", f"memory_bandwidth=memory_bandwidth{' ' * 3000}+1{' ' * 3000}x"],
            [*on, "--set", f"memory_bandwidth={'A' * 3000}!"],
            [*on, "--prompt", "9" * 400],
            [*on, "--context", "1e300"],
        ],
        tmp_path,
    )
    assert all("120 at most" in one for one in said[:6])


def test_configs_are_read_in_time_that_grows_with_them(tmp_path: Path) -> None:
    for name, key in (("far", "unknown_key_{}"), ("near", "hidden_siz{}")):
        more = {key.format(i): i for i in range(2, 30_002)}
        (tmp_path / f"{name}.json").write_text(json.dumps({**_LLAMA, **more}), encoding="utf-8")
    gemma = {**_LLAMA, "model_type": "gemma2", "num_hidden_layers": 100_000}
    (tmp_path / "deep.json").write_text(json.dumps(gemma), encoding="utf-8")
    far, near, deep = _refused(
        [["derive", f"{name}.json"] for name in ("far", "near", "deep")], tmp_path
    )
    assert "and 29,992 more" in far
    assert "did you mean hidden_size" in near
    assert "at most 10000 where layers differ" in deep


def test_papers_of_more_equations_than_a_book_are_refused(tmp_path: Path) -> None:
    shown = [
        rf"\begin{{equation}}\label{{e{i}}} F = 24 L H^2 \end{{equation}}" for i in range(4_000)
    ]
    (tmp_path / "many.tex").write_text("\n".join(shown), encoding="utf-8")
    (said,) = _refused([["check", "--propose", "many.tex"]], tmp_path)
    assert "4,000 equations; claims are proposed of 2,000 at most" in said


def test_equations_are_weighed_before_they_are_worked_with(tmp_path: Path) -> None:
    deep = "".join(rf"\frac{{x+{i}}}{{y+{i}+" for i in range(38)) + "x" + "}" * 38
    sums = r"\sum_{a=1}^{\sum_{b=1}^{\sum_{c=1}^{\sum_{d=1}^{L} d^6} c^6} b^6} a^6"
    products = r"\prod_{a=1}^{60}\prod_{b=1}^{60}\prod_{c=1}^{60} (x+a y+ b L + c H)"
    said = _refused(
        [
            _claim(r"\log " * 500 + "x"),
            _claim(r"\log(" * 39 + "x" + ")" * 39),
            _claim(deep),
            _claim("x^{y^{L^{H^{A}}}}"),
            _claim(sums),
            _claim(products),
            _claim("+".join(rf"\frac{{1}}{{x+{i}}}" for i in range(1, 300))),
            _claim("24 L H^2", "--assume", "hidden = heads**heads**heads**heads"),
            _claim("24 L H^2", "--assume", "hidden = (((((heads+1)**9)**9)**9)**9)**9"),
            _claim("24 L H^2", quantity="flops**32"),
        ],
        tmp_path,
    )
    assert "nest 13 deep here; 12 at most" in said[2]
    assert "an exponent with symbols within an exponent" in said[3]
    assert "beyond degree 64" in said[4]
    assert "beyond degree 64" in said[5]
    assert "80 at most" in said[6]
    assert "multiplies 32 quantities; 4 at most" in said[9]


def test_equations_of_many_levels_get_a_verdict(tmp_path: Path) -> None:
    found = _each(
        [
            _claim(r"\sum_{a=1}^{L}(\sum_{b=1}^{a}(\sum_{c=1}^{b} (c+H)^2)^2)^2"),
            _claim("2^{x}+2^{2x}+2^{x y}"),
            _claim("+".join(rf"(1-x/y)^{{{i} L+H}}" for i in range(1, 30))),
            _claim("*".join(f"(x+{i} y+L)" for i in range(1, 60))),
        ],
        tmp_path,
    )
    assert [code for code, _ in found] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    "quantity", ["generation_time", "step_time**2", "energy_per_token*step_time", "step_time/flops"]
)
def test_claims_on_times_and_energies_get_a_verdict(quantity: str, tmp_path: Path) -> None:
    found = _each([_claim("24 L H^2", quantity=quantity)] * 2, tmp_path)
    assert [code for code, _ in found] == [1, 1]


def test_what_is_derived_can_be_pasted(tmp_path: Path) -> None:
    derive = ["-c", "from edgesym.cli.main import main; main()", "derive", "gemma-3-4b", "--json"]
    derive += ["-q", "generation_time"]
    done = subprocess.run([sys.executable, *derive], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    printed = answer["quantities"]["generation_time"]["expression"]
    symbols = ",".join(f"{letter}={row['word']}" for letter, row in answer["symbols"].items())
    argv = ["check", "--equation", printed, "--notation", "plain", "--symbols", symbols]
    found = _each([[*argv, "--quantity", "generation_time"]], tmp_path)
    assert [code for code, _ in found] == [1]


def test_sums_of_endless_terms_are_not_added_up(tmp_path: Path) -> None:
    found = _each([_claim(r"\sum_{i=1}^{x^3} \max(i,y)")], tmp_path)
    assert [code for code, _ in found] == [0]  # neither proved nor refuted


def test_solving_multiplies_out_what_a_person_could_read(tmp_path: Path) -> None:
    on = ["solve", "llama-3.2-1b", "--device", "pi5", "--for", "context", "--such-that"]
    time, flops = "*".join(["step_time"] * 6), "*".join(["flops"] * 8)
    less = "*".join(["flops"] * 7)
    found = _each(
        [[*on, f"{time} <= 1*{'*'.join(['1 s'] * 6)}"], [*on, f"{flops} <= {less}*1 TFLOP"]],
        tmp_path,
    )
    assert [code for code, _ in found] == [0, 0]


def test_a_question_has_so_many_conditions(tmp_path: Path) -> None:
    on = ["solve", "llama-3.2-1b", "--device", "pi5", "--for", "context"]
    many = [f"--such-that=step_time*{n} <= 1 s" for n in range(1, 300)]
    said = _refused([[*on, *many], [*on, "--maximise", "flops", *many]], tmp_path)
    assert all("299 conditions; 50 at most" in line for line in said)


def test_a_step_has_so_many_lengths(tmp_path: Path) -> None:
    counts = [str(i) for i in range(1, 9001)]
    many = ["table", "llama-3.2-1b", "--cached-tokens", *counts, "--input-tokens", *["1"] * 9000]
    unlike = ["table", "llama-3.2-1b", "--input-tokens", *counts]
    below = ["table", "llama-3.2-1b", "--cached-tokens", *["-1"] * 9000]
    said = _refused([many, unlike, [*below, "--input-tokens", *counts]], tmp_path)
    assert "9,000 different lengths; 1,000 at most" in said[0]


@pytest.mark.parametrize("verb", ["estimate", "whatif", "sensitivity", "crossover"])
def test_kinds_that_nothing_is_of_are_refused(verb: str, tmp_path: Path) -> None:
    more = ["--measured", "5 tok/s"] if verb == "whatif" else []
    on = [verb, "llama-3.2-1b", "--device", "pi5", *more, "--set"]
    said = _refused(
        [[*on, text] for text in ("context.x=1", "memory_bandwidth.foo=1GB/s", "hidden.foo=3")],
        tmp_path,
    )
    assert "nearest: memory_bandwidth" in said[1]
    assert "nearest: hidden" in said[2]
