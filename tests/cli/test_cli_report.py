"""Reports: their sections, that they trace, that LaTeX takes them."""

import json
import re
import shutil
import subprocess

import pytest


def test_a_report_has_every_section(edgesym, tmp_path):
    ran = edgesym("report", "llama-3.2-1b", "--device", "raspberry-pi-5")
    assert ran.code == 0
    text = (tmp_path / "llama-3.2-1b-raspberry-pi-5.md").read_text()
    for heading in (
        *("Symbols", "Dataflow graph", "Formula of each part", "Totals in closed form"),
        *("Operators", "On Raspberry Pi 5", "Sensitivities", "Sources used"),
    ):
        assert f"# {heading}" in text
    assert "flowchart TD" in text
    assert "Convention `default`" in text


def test_a_report_cites_only_what_it_used(edgesym, tmp_path):
    edgesym("report", "llama-3.2-1b", "--device", "rtx-4090")
    text = (tmp_path / "llama-3.2-1b-rtx-4090.md").read_text()
    sources = text.partition("## Sources used")[2]
    assert "Llama-3.2-1B" in sources
    assert "raspberrypi" not in sources
    assert "gemma" not in sources.lower()


def test_several_models_and_devices_in_one_report(edgesym, tmp_path):
    ran = edgesym(
        *("report", "gemma-3-1b", "llama-4-scout", "--device", "apple-m2"),
        *("--device", "rtx-4090", "--to", "made/here", "--weights", "int4"),
    )
    assert ran.code == 0
    (written,) = (tmp_path / "made" / "here").glob("*.md")
    text = written.read_text()
    # one list for the whole report, for sources are cited by their number in it
    assert text.count("## Sources used") == 1
    assert text.count("### On Apple M2") == 2


def test_names_from_users_are_text_and_not_markup(edgesym, tmp_path):
    device = (
        'name = "a_b & <script> $x$ {{ 7*7 }} \\\\input{x}"\n'
        '[peak.fp32]\nvalue = 1\nunit = "GFLOP/s"\nsource = "s"\n'
    )
    for key, value, unit in (
        ("memory_size", 8, "GiB"),
        ("memory_bandwidth", 10, "GB/s"),
        ("compute_utilisation", 0.5, "1"),
        ("memory_utilisation", 0.5, "1"),
        ("launch_overhead", 0, "s"),
    ):
        device += f'[{key}]\nvalue = {value}\nunit = "{unit}"\nsource = "{{% raw %}}"\n'
    (tmp_path / "odd.toml").write_text(device)
    assert edgesym("report", "llama-3.2-1b", "--device", "odd.toml").code == 0
    text = (tmp_path / "llama-3.2-1b-odd.md").read_text()
    assert "<script>" not in text
    assert "49" not in text.partition("\n")[0]
    ran = edgesym("report", "llama-3.2-1b", "--device", "odd.toml", "--format", "latex")
    assert ran.code == 0
    latex = (tmp_path / "llama-3.2-1b-odd.tex").read_text()
    assert r"\input{x}" not in latex
    assert r"a\_b \& " in latex
    assert edgesym("report", "llama-3.2-1b", "--device", "odd.toml", "--format", "html").code == 0
    html = (tmp_path / "llama-3.2-1b-odd.html").read_text()
    assert "<script>" not in html
    assert "&lt;script&gt; $x$ {{ 7*7 }}" in html


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX engine on PATH")
@pytest.mark.parametrize(
    "models", [("llama-3.2-1b",), ("llama-4-maverick", "deepseek-r1-distill-qwen-1.5b")]
)
def test_latex_compiles_without_overfull_lines(edgesym, tmp_path, models):
    edgesym("report", *models, "--device", "rtx-4090", "--format", "latex", "--weights", "int4")
    (source,) = tmp_path.glob("*.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    for _ in range(2):
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    assert re.findall(rb"Overfull.*", run.stdout) == []


@pytest.mark.parametrize(
    ("style", "ending", "start"),
    [
        ("html", "html", "<!doctype html>"),
        ("text", "txt", "What llama-3.2-1b"),
        ("json", "json", "{"),
    ],
)
def test_a_report_in_other_formats(edgesym, tmp_path, style, ending, start):
    run = ("report", "llama-3.2-1b", "--device", "raspberry-pi-5", "--format", style)
    assert edgesym(*run).code == 0
    text = (tmp_path / f"llama-3.2-1b-raspberry-pi-5.{ending}").read_text()
    assert text.startswith(start)
    if style == "text":
        assert max(map(len, text.splitlines())) <= 80
        assert "attention.scores from attention.query_rotary" in text
    if style == "html":
        assert text.count("<svg") == 3
        assert "attention.scores</text>" in text
    if style == "json":
        assert json.loads(text)["setups"][0]["device"] == "raspberry-pi-5"


def test_a_brief_report_has_no_graphs_and_no_operators(edgesym, tmp_path):
    assert edgesym("report", "llama-3.2-1b", "--brief").code == 0
    text = (tmp_path / "llama-3.2-1b.md").read_text()
    assert "mermaid" not in text
    assert "Operators" not in text
    assert "### Totals in closed form" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no LaTeX engine on PATH")
def test_a_pdf_is_written(edgesym, tmp_path):
    assert edgesym("report", "llama-3.2-1b", "--format", "pdf").code == 0
    assert (tmp_path / "llama-3.2-1b.pdf").read_bytes().startswith(b"%PDF")


#: Models of which something that a report asks for others is not there.
ODD = {
    "mamba": {"state_size": 16, "conv_kernel": 4, "time_step_rank": 8, "expand": 2},
    "bert": {"num_attention_heads": 4},
}


@pytest.mark.parametrize("kind", ODD)
def test_a_report_leaves_out_what_a_model_does_not_have(edgesym, tmp_path, kind):
    """A recurrent state does not grow with the context; an encoder has no steps to sum."""
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "vocab_size": 500}
    config = {"model_type": kind, "intermediate_size": 128, **sizes, **ODD[kind]}
    (tmp_path / "odd.config.json").write_text(json.dumps(config))
    ran = edgesym("report", "odd.config.json", "--device", "raspberry-pi-5", "--kernels", "fused")
    assert ran.code == 0, ran.err
    assert ("keeps no cache" in ran.err) == (kind == "bert")
    text = (tmp_path / "odd-raspberry-pi-5.md").read_text()
    assert "generation_time" in text
    assert ("| context | memory" in text) == (kind == "bert")
    assert "| batch | memory" in text


def test_the_formula_of_what_fits_names_its_side(edgesym, tmp_path):
    asked = ("gemma-3-1b", "--device", "raspberry-pi-5", "--kernels", "fused")
    assert edgesym("report", *asked).code == 0
    text = (tmp_path / "gemma-3-1b-raspberry-pi-5.md").read_text()
    fits = text.partition("#### What fits")[2].partition("#### ")[0]
    assert re.search(r"where \$\\min\(W, S \+ 1\) = W\$", fits)


def test_kernels_of_one_name_are_told_apart_by_their_block(edgesym, tmp_path):
    assert edgesym("report", "gemma-3-1b", "--device", "rtx-4090").code == 0
    kernels = (tmp_path / "gemma-3-1b-rtx-4090.md").read_text().partition("#### Kernels of a")[2]
    named = re.findall(r"^\| (\S+(?: \(.*\))?) \| \d+ \|", kernels, re.MULTILINE)
    assert "attention.core (sliding)" in named
    assert len(named) == len(set(named))


def test_what_no_device_changes_is_taken_apart_once(edgesym, tmp_path):
    both = ("--device", "apple-m2", "--device", "rtx-4090")
    assert edgesym("report", "llama-3.2-1b", "gemma-3-1b", *both).code == 0
    (written,) = tmp_path.glob("*.md")
    taken_apart = re.findall(r"^### (\w+): .* against", written.read_text(), re.MULTILINE)
    assert taken_apart.count("flops") == 1
    assert taken_apart.count("time_per_output_token") == 2


def test_latex_writes_plus_or_minus(edgesym, tmp_path):
    edgesym("report", "llama-3.2-1b", "--device", "raspberry-pi-5", "--format", "latex")
    text = (tmp_path / "llama-3.2-1b-raspberry-pi-5.tex").read_text()
    assert r"$\pm$" in text
    assert "+-" not in text
