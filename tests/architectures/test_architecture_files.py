"""Architecture files of a user: they extend what is there, and their mistakes are named."""

from __future__ import annotations

import pytest

from edgesym.architectures.reader import read_model
from edgesym.errors import EdgesymError
from edgesym.ledger import Kind, ledger
from tests.support import assert_equal_expression, letters

L, H, I, V = letters("L H I V")
CONFIG = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 100,
}


@pytest.fixture
def read(tmp_path):
    """Read the config by an architecture file of the given text."""

    def written(text, **changes):
        path = tmp_path / "mine.toml"
        path.write_text(text)
        return read_model({**CONFIG, **changes}, name="m", origin="o", architecture=str(path))

    return written


PLAIN = """
extends = "llama"
source = "me"
[layers]
feed_forward = { layer = "feed_forward", gated = false, activation = "gelu" }
"""


def test_a_file_changes_a_layer_of_what_it_extends(read):
    model = read(PLAIN)
    assert model.architecture == "mine"
    book = ledger(model).filter(Kind.STORED, part="feed_forward")
    assert_equal_expression(book.total(), L * (2 * H * I + H))
    assert ledger(model).filter(Kind.STORED, part="attention.query").rows


def test_a_file_may_give_keys_of_its_own(read):
    text = PLAIN + '[symbols]\nvocab = { key = "n_words", default = "=hidden * 2" }\n'
    assert read(text, vocab_size=None).values[V] == 128
    assert read(text, vocab_size=None, n_words=7).values[V] == 7


WRONG = [
    ("", "'symbols' is missing|'layers' is missing"),
    ("not toml", "not valid TOML"),
    ('extends = "lama"', "extends: 'lama'; nearest: llama"),
    (
        PLAIN.replace('layer = "feed_forward"', 'layer = "feedforward"'),
        "'feedforward'; nearest: feed_forward",
    ),
    (PLAIN + '[blocks]\ndecoder = ["atention"]', "'atention'; nearest: attention"),
    (PLAIN + '[symbols]\nhidden = { kee = "hidden_size" }', "symbols.hidden: 'kee'; nearest: key"),
    (PLAIN + '[symbols]\nhiden = { key = "hidden_size" }', "unknown symbol 'hiden'; .*hidden"),
    (PLAIN + '[symbols]\nwindow = { key = "n", default = "=hiden" }', "'hiden' is not declared"),
    (
        PLAIN + '[symbols]\nwindow = { key = "n", default = "=__import__(\'os\').getpid()" }',
        "not allowed in a formula",
    ),
    (
        PLAIN + '[options]\nsparse = { key = "sparse", default = 0, only = [0] }',
        "sparse = 1 is not covered; only 0 is",
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=lambda v: v[-40:])
def test_a_mistake_in_a_file_is_named(read, text, message):
    with pytest.raises(EdgesymError, match=message):
        read(text, **({"sparse": 1} if "sparse" in text else {}))


def test_a_missing_file_is_named():
    with pytest.raises(EdgesymError, match=r"none\.toml: cannot be read"):
        read_model(CONFIG, name="m", origin="o", architecture="none.toml")
