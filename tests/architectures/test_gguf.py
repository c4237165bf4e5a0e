"""A .gguf file as a model: exactly its tensors, and no trust in its header."""

from __future__ import annotations

import struct

import pytest

from edgesym import Setup, load
from edgesym.architectures.gguf.header import read_header
from edgesym.errors import ConfigError, UnknownNameError
from tests.architectures.gguf_files import TYPES, llama, write

KEYS = {
    "block_count": 2,
    "embedding_length": 256,
    "feed_forward_length": 512,
    "attention.head_count": 4,
    "attention.head_count_kv": 2,
    "attention.key_length": 64,
    "context_length": 2048,
}


def tensors_of(names, head=False):
    """A table, final norm and two layers of these tensors."""
    found = {"token_embd.weight": (TYPES.Q8_0, 300, 256), "output_norm.weight": (TYPES.F32, 256)}
    if head:
        found["output.weight"] = (TYPES.Q6_K, 300, 256)
    return found | {f"blk.{i}.{name}": row for i in (0, 1) for name, row in names.items()}


F32, Q4 = TYPES.F32, TYPES.Q4_K
ATTENTION = {
    "attn_norm.weight": (F32, 256),
    "attn_q.weight": (Q4, 256, 256),
    "attn_k.weight": (TYPES.Q5_K, 128, 256),
    "attn_v.weight": (TYPES.Q6_K, 128, 256),
    "attn_output.weight": (Q4, 256, 256),
    "ffn_norm.weight": (F32, 256),
}
DENSE = {
    "ffn_gate.weight": (Q4, 512, 256),
    "ffn_up.weight": (Q4, 512, 256),
    "ffn_down.weight": (TYPES.Q3_K, 256, 512),
}
EXPERTS = {
    "ffn_gate_inp.weight": (F32, 4, 256),
    "ffn_gate_exps.weight": (TYPES.MXFP4, 4, 512, 256),
    "ffn_up_exps.weight": (TYPES.MXFP4, 4, 512, 256),
    "ffn_down_exps.weight": (TYPES.Q4_0, 4, 256, 512),
}
BIASES = {
    "attn_q.bias": (F32, 256),
    "attn_k.bias": (F32, 128),
    "attn_v.bias": (F32, 128),
}
HEAD_NORMS = {"attn_q_norm.weight": (F32, 64), "attn_k_norm.weight": (F32, 64)}
AFTER = {"post_attention_norm.weight": (F32, 256), "post_ffw_norm.weight": (F32, 256)}
FUSED = {
    **{
        name: row
        for name, row in ATTENTION.items()
        if name not in ("attn_q.weight", "attn_k.weight", "attn_v.weight")
    },
    "attn_qkv.weight": (TYPES.Q5_K, 512, 256),
    "ffn_up.weight": (Q4, 1024, 256),
    "ffn_down.weight": (TYPES.Q6_K, 256, 512),
}
ROUTED = {"expert_count": 4, "expert_used_count": 2}
#: architecture -> keys besides, tensors of a layer, whether it has a head of its own.
MODELS = {
    "llama": ({}, ATTENTION | DENSE, True),
    "qwen2": ({}, ATTENTION | DENSE | BIASES, False),
    "qwen3": ({}, ATTENTION | DENSE | HEAD_NORMS, True),
    "gemma": ({}, ATTENTION | DENSE, False),
    "gemma2": ({"attention.sliding_window": 64}, ATTENTION | DENSE | AFTER, False),
    "gemma3": ({"attention.sliding_window": 64}, ATTENTION | DENSE | AFTER | HEAD_NORMS, False),
    "phi3": ({}, FUSED, True),
    "granite": ({}, ATTENTION | DENSE, False),
    "smollm3": ({}, ATTENTION | DENSE, False),
    "qwen3moe": (
        ROUTED | {"expert_feed_forward_length": 512},
        ATTENTION | EXPERTS | HEAD_NORMS,
        True,
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_bytes_are_those_of_the_file(tmp_path, name):
    more, layer, head = MODELS[name]
    path = tmp_path / "model.gguf"
    held = write(path, name, KEYS | more, tensors_of(layer, head))
    model = load(str(path))
    setup = Setup(model)
    assert model.notes == ()
    assert setup.number("weight_storage_bytes") == held
    assert setup.number("file_bytes") == path.stat().st_size
    assert setup.formats.weights.name == "model.gguf"


def test_a_mixtral_is_a_llama_with_experts(tmp_path):
    path = tmp_path / "model.gguf"
    held = write(path, "llama", KEYS | ROUTED, tensors_of(ATTENTION | EXPERTS, head=True))
    model = load(str(path))
    assert model.architecture == "mixtral"
    assert Setup(model).number("weight_storage_bytes") == held


def test_layers_of_two_types_are_counted(tmp_path):
    path = tmp_path / "model.gguf"
    held = write(path, "llama", *llama(layers=6))
    setup = Setup(load(str(path)))
    form = setup.expression("weight_storage_bytes")
    assert {"L_hi", "L_lo"} <= {s.name for s in form.free_symbols}
    assert setup.number("weight_storage_bytes") == held


def test_rotary_factors_are_held_by_the_file(tmp_path):
    path = tmp_path / "model.gguf"
    values, tensors = llama()
    held = write(path, "llama", values, tensors | {"rope_freqs.weight": (F32, 32)})
    assert Setup(load(str(path))).number("weight_storage_bytes") == held


def test_other_weights_can_be_asked_of_it(tmp_path):
    from edgesym import Run

    path = tmp_path / "model.gguf"
    write(path, "llama", *llama())
    found = Setup(load(str(path)), run=Run(weights="bf16"))
    assert found.number("weight_storage_bytes") == 2 * found.number("parameters")


def test_an_architecture_that_is_not_covered_names_the_nearest(tmp_path):
    path = tmp_path / "model.gguf"
    write(path, "lama", *llama())
    with pytest.raises(UnknownNameError, match=r"unknown general\.architecture .*nearest: llama"):
        load(str(path))


def test_tensors_that_do_not_add_up_are_refused(tmp_path):
    path = tmp_path / "model.gguf"
    values, tensors = llama()
    write(path, "llama", values, tensors | {"blk.0.extra.weight": (F32, 7)})
    with pytest.raises(ConfigError, match=r"its tensors hold .* elements, and a llama"):
        load(str(path))


def test_billions_of_layers_are_refused_and_not_counted(tmp_path):
    path = tmp_path / "model.gguf"
    values, tensors = llama()
    write(path, "llama", values | {"block_count": 4_000_000_000}, tensors)
    with pytest.raises(ConfigError, match="4000000000 layers; at most 100000"):
        load(str(path))


def text(value):
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def header(tensors=0, keys=0, version=3):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, keys)


def tensor(name="a", axes=1, shape=(32,), kind=0, offset=0):
    raw = text(name) + struct.pack("<I", axes) + struct.pack(f"<{len(shape)}Q", *shape)
    return raw + struct.pack("<IQ", kind, offset)


HUGE = 2**63
STRING = struct.pack("<I", 8)
NESTED = struct.pack("<IQ", 9, 1)
#: A hostile or broken file -> what the error says.
HOSTILE = {
    "empty": (b"", "the magic needs 4 bytes"),
    "no magic": (b"PK\x03\x04" * 9, "does not begin with GGUF"),
    "version 1": (header(version=1), "version 1 GGUF"),
    "big-endian": (b"GGUF" + struct.pack(">I", 3) + bytes(16), "big-endian GGUF"),
    "truncated in the counts": (header()[:15], "the number of tensors needs 8 bytes"),
    "a huge count of tensors": (header(tensors=HUGE), "the number of tensors says"),
    "a huge count of keys": (header(keys=2**32), "the number of keys says"),
    "a key of 10 GB": (header(keys=1) + struct.pack("<Q", 10**10) + bytes(99), "of a key says"),
    "a text of 10 GB": (
        header(keys=1) + text("k") + STRING + struct.pack("<Q", 10**10) + bytes(99),
        "the length of k says 10000000000",
    ),
    "an array of 10 G numbers": (
        header(keys=1) + text("k") + struct.pack("<IIQ", 9, 4, 10**10) + bytes(99),
        "the length of k says",
    ),
    "arrays of a million texts, again and again": (
        header(keys=3)
        + b"".join(
            text(f"k{i}") + struct.pack("<IIQ", 9, 8, 10**6) + bytes(8 * 10**6) for i in (0, 1, 2)
        ),
        "k2 has 1000000 items, and all arrays more than",
    ),
    "arrays in arrays": (
        header(keys=1) + text("k") + struct.pack("<I", 9) + NESTED * 9 + bytes(99),
        "nested deeper",
    ),
    "no such type": (header(keys=1) + text("k") + struct.pack("<I", 77) + bytes(9), "of type 77"),
    "no UTF-8": (header(keys=1) + text(b"\xff\xfe") + bytes(32), "is not UTF-8"),
    "a key twice": (
        header(keys=2) + (text("k") + struct.pack("<IB", 0, 1)) * 2 + bytes(32),
        "key 'k' is given twice",
    ),
    "no axes": (header(tensors=1) + tensor(axes=0, shape=()) + bytes(99), "a has 0 axes"),
    "a thousand axes": (header(tensors=1) + tensor(axes=1000) + bytes(99), "a has 1000 axes"),
    "a huge tensor": (header(tensors=1) + tensor(shape=(2**50,)) + bytes(99), "has the extents"),
    "an unknown type": (header(tensors=1) + tensor(kind=99) + bytes(99), "a is of type 99"),
    "half a block": (header(tensors=1) + tensor(shape=(33,), kind=2) + bytes(99), "rows of 33"),
    "a tensor twice": (header(tensors=2) + tensor() * 2 + bytes(999), "a tensor is there twice"),
    "tensors on one another": (
        header(tensors=2) + tensor("a") + tensor("b", offset=64) + bytes(999),
        "b lies on the tensor before it",
    ),
    "no data": (header(tensors=1) + tensor(), "a ends at"),
    "far away": (header(tensors=1) + tensor(offset=HUGE) + bytes(999), "a ends at"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_header_that_cannot_be_is_one_clear_error(tmp_path, case):
    raw, said = HOSTILE[case]
    path = tmp_path / "hostile.gguf"
    path.write_bytes(raw)
    with pytest.raises(ConfigError, match=said) as caught:
        load(str(path))
    assert str(path) in str(caught.value)


def test_every_truncation_is_refused(tmp_path):
    path = tmp_path / "model.gguf"
    write(path, "llama", *llama(layers=1))
    whole = path.read_bytes()
    for length in (*range(0, 400, 7), len(whole) // 2, len(whole) - 40):
        path.write_bytes(whole[:length])
        with pytest.raises(ConfigError, match=r"model\.gguf"):
            load(str(path))


def test_a_part_of_a_split_file_is_refused(tmp_path):
    path = tmp_path / "model.gguf"
    path.write_bytes(header(keys=1) + text("split.count") + struct.pack("<IH", 2, 3) + bytes(9))
    with pytest.raises(ConfigError, match="one part of a file that is split"):
        load(str(path))


def test_a_split_count_that_is_no_number_is_a_part(tmp_path):
    path = tmp_path / "part.gguf"
    counted = text("split.count") + struct.pack("<I", 8) + text("three")
    path.write_bytes(header(keys=1) + counted + bytes(9))
    with pytest.raises(ConfigError, match="one part of a file that is split"):
        load(str(path))


def test_long_arrays_are_walked_and_not_kept(tmp_path):
    path = tmp_path / "model.gguf"
    write(path, "llama", *llama())
    assert read_header(path).values["tokenizer.ggml.tokens"].length == 300


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        load(str(tmp_path / "none.gguf"))
