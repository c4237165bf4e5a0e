"""What a user does wrong ends in one line that names it, exit code 2, and no file."""

import json

import pytest

LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 100,
}
TABLE = ("table", "llama-3.2-1b")
ON_PI = ("estimate", "llama-3.2-1b", "--device", "raspberry-pi-5")

CASES = [
    (("derive", "lama-3.2-1b"), ["lama-3.2-1b", "llama-3.2-1b"]),
    (("derive", "no/such/path/config.json"), ["no/such/path/config.json", "cannot be read"]),
    (("derive", "llama-3.2-1b", "-q", "flop"), ["'flop'", "flops"]),
    (("derive", "llama-3.2-1b", "--part", "atention"), ["atention", "attention"]),
    (("derive", "llama-3.2-1b", "-q", "step_time", "--part", "x"), ["part", "'x'"]),
    (("derive", "llama-3.2-1b", "--convention", "pytroch"), ["pytroch", "pytorch"]),
    (("derive", "llama-3.2-1b", "--convention", "pytorch,logits=x"), ["logits", "last"]),
    (("derive", "llama-3.2-1b", "--as", "lama"), ["lama", "llama", "--as"]),
    ((*TABLE, "--cached-tokens", "1", "2"), ["2 cached", "1 input", "equal"]),
    (
        (*TABLE, "--cached-tokens", "1", "2", "--input-tokens", "1", "1", "--batch-size", "3"),
        ["batch size 3", "multiple", "2"],
    ),
    ((*TABLE, "--cached-tokens", "-1"), ["[-1]", "0 or more"]),
    ((*TABLE, "--input-tokens", "0"), ["[0]", "1 or more"]),
    ((*ON_PI, "--set", "memory_bandwith=1"), ["memory_bandwith", "memory_bandwidth"]),
    ((*ON_PI, "--set", "memory_bandwidth=1GB"), ["memory_bandwidth", "'GB'", "B/s"]),
    ((*ON_PI, "--set", "memory_bandwidth=1furlong"), ["furlong"]),
    ((*ON_PI, "--set", "memory_bandwidth=0"), ["memory_bandwidth", "positive"]),
    ((*ON_PI, "--set", "memory_bandwidth"), ["figure=value"]),
    ((*ON_PI, "--set", "compute_utilisation=2"), ["compute_utilisation", "between 0 and 1"]),
    ((*ON_PI, "--set", "memory_bandwidth=2*idle_power"), ["'2*idle_power'", "0.5*NAME"]),
    ((*ON_PI, "--set", "tensor_parallel=4"), ["tensor_parallel changes nothing", "_traffic"]),
    ((*ON_PI, "--set", "peak.fp16=1TFLOP/s", "--weights", "q4_0"), ["peak.fp16", "in int8"]),
    (
        ("explain", "kv_cache_bytes", "llama-3.2-1b", "--set", "vocab=10"),
        ["vocab changes nothing", "kv_cache_bytes does not depend on it"],
    ),
    (
        (
            *("solve", "llama-3.2-1b", "--for", "batch", "--such-that", "kv_cache_bytes <= 1GiB"),
            *("--set", "vocab=10"),
        ),
        ["vocab changes nothing"],
    ),
    ((*ON_PI, "--context", "100", "--generate", "100"), ["context = 100 leaves no prompt"]),
    ((*ON_PI, "--compute", "fp64"), ["fp64", "fp32", "--set peak.fp64"]),
    ((*ON_PI, "--prompt", "0"), ["prompt = 0"]),
    ((*ON_PI, "--composition", "edgeprofiler", "--batch", "2"), ["one sequence", "2"]),
    (("estimate", "llama-3.2-1b", "--device", "raspbery-pi"), ["raspbery-pi", "raspberry-pi-5"]),
    (("check", "--equation", "L", "--quantity", "flopss"), ["'flopss'", "flops"]),
    (("check", "--equation", "2*L", "--quantity", "flops"), ["'L' is not", "--symbols 'L=layers"]),
    (("check", "--equation", "L(", "--quantity", "flops", "--symbols", "L=layers"), ["closed"]),
    (("claims", "edgeprofiller"), ["edgeprofiller", "edgeprofiler"]),
    (("report", "llama-3.2-1b", "--to", "/proc/nowhere"), ["/proc/nowhere", "another place"]),
]


@pytest.mark.parametrize(("arguments", "words"), CASES, ids=lambda v: " ".join(v)[:60])
def test_a_mistake_is_named_in_one_line(edgesym, tmp_path, arguments, words):
    ran = edgesym(*arguments)
    assert ran.code == 2
    assert "Traceback" not in ran.err
    errors = [line for line in ran.err.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    for word in words:
        assert word in errors[0]
    assert list(tmp_path.iterdir()) == []


def test_a_typo_in_a_config_names_the_key_meant(edgesym, tmp_path):
    config = dict(LLAMA)
    config["hiden_size"] = config.pop("hidden_size")
    (tmp_path / "config.json").write_text(json.dumps(config))
    ran = edgesym("derive", tmp_path)
    assert ran.code == 2
    assert "'hiden_size'" in ran.err
    assert "did you mean hidden_size" in ran.err


def test_an_unknown_key_can_be_allowed(edgesym, tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({**LLAMA, "frobnicate": 3}))
    refused = edgesym("derive", tmp_path)
    assert refused.code == 2
    assert "--allow-unknown frobnicate" in refused.err
    assert edgesym("derive", tmp_path, "--allow-unknown", "frobnicate").code == 0


def test_a_hub_id_without_the_extra_or_network_says_what_to_do(edgesym, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    ran = edgesym("derive", "nobody/no-such-model")
    assert ran.code == 2
    assert "nobody/no-such-model" in ran.err
    assert "config.json" in ran.err


def test_a_context_beyond_the_limit_warns_and_goes_on(edgesym):
    ran = edgesym("table", "tinyllama-1.1b", "--cached-tokens", "5000")
    assert ran.code == 0
    assert "5001 tokens" in ran.err
    assert "2048" in ran.err


def test_no_latex_engine_is_said_clearly(edgesym, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = edgesym("report", "llama-3.2-1b", "--format", "pdf", "--to", tmp_path / "out")
    assert ran.code == 2
    assert "LaTeX engine" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_count_that_is_none_says_what_is(edgesym):
    ran = edgesym(*ON_PI, "--context", "8q")
    assert ran.code == 2
    assert "'8q' is not a whole number" in ran.err
    assert "8k = 8192" in ran.err
