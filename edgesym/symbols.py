"""The one table of symbols: word, letter, LaTeX, meaning, unit, assumptions.

Nothing else in edgesym calls ``sympy.Symbol``. L, H, I, V, S and B are the letters
of the EdgeProfiler paper (arXiv:2506.09061).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy
from sympy.core.alphabets import greeks

from edgesym.domain import checked
from edgesym.errors import ConfigError, UnknownNameError

__all__ = [
    "TABLE",
    "Entry",
    "declared",
    "describe",
    "find",
    "in_table",
    "index",
    "latex_names",
    "symbol",
]

#: Symbols remembered, of the table and of their kinds: more than any models name at once.
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table: what a letter stands for.

    Attributes:
        scope: who gives it its number: model, workload, format, device, runtime or cluster.
        divided: whether tensor parallelism divides an axis of this extent over the devices
            (Shoeybi et al. 2019, arXiv:1909.08053, section 3).
        is_optional: whether it adds up with others, and may be none.
        is_share: whether 1 is the most that it can be: a fraction of what there is.
        may_be_infinite: whether infinity is a number of it: a limit that nobody has set.
    """

    word: str
    letter: str
    latex: str
    meaning: str
    unit: str
    domain: str = "positive integer"
    scope: str = "model"
    divided: bool = False
    is_optional: bool = False
    is_share: bool = False
    may_be_infinite: bool = False

    @property
    def is_bare(self) -> bool:
        """Whether its number is written without a unit all the same: bytes per element."""
        return "_bytes_per_" in self.word

    @property
    def may_be_zero(self) -> bool:
        """Whether 0 is a number of it: nothing cached, or a cost that is left out."""
        return self.domain == NATURAL or self.is_optional


COUNT, REAL, NATURAL = "positive integer", "positive real", "nonnegative integer"

_MODEL = (
    Entry("layers", "L", "L", "transformer blocks", "1"),
    Entry("hidden", "H", "H", "hidden dimension", "1"),
    Entry("intermediate", "I", "I", "feed-forward dimension", "1", divided=True),
    Entry("vocab", "V", "V", "vocabulary size", "tokens", divided=True),
    Entry("heads", "A", "A", "query heads", "1", divided=True),
    Entry("kv_heads", "K", "K", "key/value heads", "1", divided=True),
    Entry("head_dim", "D", "D", "dimension of a head", "1"),
    Entry("window", "W", "W", "sliding window, the token itself included", "tokens"),
    Entry("chunk", "N", "N", "attention chunk", "tokens"),
    Entry("experts", "E", "E", "routed experts in a layer", "1"),
    Entry("experts_per_token", "k", "k", "routed experts one token uses", "1"),
    Entry("idle_experts", "Z", "Z", "routed experts that give back what they take", "1"),
    Entry("expert_interval", "n_E", "n_E", "layers from one with experts to the next", "1"),
    Entry("attention_interval", "n_A", "n_A", "layers from one of full attention to the next", "1"),
    Entry("expert_intermediate", "I_e", "I_e", "dimension of a routed expert", "1", divided=True),
    Entry("shared_intermediate", "I_s", "I_s", "dimension of the shared expert", "1", divided=True),
    Entry("mtp_layers", "L_m", "L_m", "blocks that predict further tokens", "1"),
    Entry("positions", "N_p", "N_p", "rows of a table of learned positions", "tokens"),
    Entry("token_types", "N_t", "N_t", "rows of a table of token types", "1"),
    Entry("buckets", "N_b", "N_b", "buckets of relative positions", "1"),
    Entry("layer_groups", "N_g", "N_g", "groups of layers that share their weights", "1"),
    Entry("labels", "N_l", "N_l", "labels that a classifier tells apart", "1"),
    Entry("features", "F", "F", "features of a frame of the source", "1"),
    Entry("embedding_dim", "H_e", "H_e", "dimension of a token embedding", "1"),
    Entry("latent", "R", "R", "dimension of a latent that projections are compressed to", "1"),
    Entry("selected", "N_s", "N_s", "keys that sparse attention selects for a query", "tokens"),
    Entry("compression", "M", "M", "tokens that compressed attention joins to one", "tokens"),
    Entry("output_groups", "G_o", "G_o", "groups of heads that are projected alone", "1"),
    Entry("streams", "n", "n", "residual streams (AltUp, hyper-connections)", "1"),
    Entry("laurel_rank", "r_l", "r_l", "rank of the learned augmented residual", "1"),
    Entry("per_layer_dim", "D_p", "D_p", "dimension of a per-layer embedding", "1"),
    Entry(
        "per_layer_vocab",
        "V_p",
        "V_p",
        "rows of the per-layer embedding table",
        "tokens",
        divided=True,
    ),
    Entry("ssm_inner", "I_m", "I_m", "inner dimension of a state-space layer", "1", divided=True),
    Entry("ssm_heads", "A_m", "A_m", "heads of a state-space layer", "1", divided=True),
    Entry("ssm_head_dim", "D_m", "D_m", "dimension of a state-space head", "1"),
    Entry("ssm_groups", "G_m", "G_m", "groups that share input and output matrices", "1"),
    Entry("ssm_chunk", "N_m", "N_m", "chunk of a state-space scan", "tokens"),
    Entry("state_dim", "D_s", "D_s", "state dimension of a recurrence", "1"),
    Entry("time_step_rank", "R_t", "R_t", "rank of the step-size projection", "1"),
    Entry("kernel", "K_c", "K_c", "kernel of a causal convolution", "tokens"),
    Entry("adapter_rank", "R_a", "R_a", "rank of low-rank adapters", "1"),
    Entry("extent", "N_x", "N_x", "a size that only the model's own code knows", "1"),
    Entry(
        *("operator_flops", "F_o", "F_o", "arithmetic of one call of an operator", "FLOP", REAL),
        is_optional=True,
    ),
    Entry("patch", "p_v", "p_v", "side of a patch of an image, in pixels", "1"),
    Entry("merge", "m_v", "m_v", "patches a side that are joined to one", "1"),
    Entry("channels", "c_v", "c_v", "channels of an image", "1"),
)
_WORKLOAD = (
    Entry("context", "S", "S", "tokens attended to, cached and new", "tokens"),
    Entry("batch", "b", "b", "sequences run together", "sequences"),
    Entry("new_tokens", "T", "T", "new tokens per sequence", "tokens"),
    Entry("cached_tokens", "C", "C", "tokens already cached per sequence", "tokens", NATURAL),
    Entry("prompt_tokens", "S_p", "S_p", "tokens of the prompt", "tokens"),
    Entry("generated_tokens", "T_g", "T_g", "tokens generated after it", "tokens"),
    Entry("draft_tokens", "gamma", r"\gamma", "tokens drafted before each step", "tokens"),
    Entry(
        *("acceptance", "alpha", r"\alpha", "share of drafted tokens that are accepted", "1", REAL),
        is_optional=True,
        is_share=True,
    ),
    Entry("source_tokens", "S_x", "S_x", "tokens of the source, in an encoder-decoder", "tokens"),
    Entry("new_source_tokens", "T_x", "T_x", "source tokens encoded anew", "tokens", NATURAL),
    Entry("cached_source_tokens", "C_x", "C_x", "source tokens encoded before", "tokens", NATURAL),
    Entry("text_tokens", "S_t", "S_t", "tokens of text in the prompt", "tokens"),
    Entry("images", "n_i", "n_i", "images in each prompt", "1", NATURAL),
    Entry("image_height", "h_i", "h_i", "height of an image in pixels, as towers see it", "1"),
    Entry("image_width", "w_i", "w_i", "width of an image in pixels, as towers see it", "1"),
    Entry("patch_rows", "g_h", "g_h", "rows of patches of an image, or of a crop", "1"),
    Entry("patch_columns", "g_w", "g_w", "columns of patches of an image, or of a crop", "1"),
    Entry("patches", "N_v", "N_v", "what a tower attends over, for an image or a crop", "1"),
    Entry("crops", "n_c", "n_c", "crops of an image, each run through the tower alone", "1"),
    Entry("image_tokens", "t_i", "t_i", "tokens of an image in the prompt", "tokens", NATURAL),
    Entry("clips", "n_a", "n_a", "pieces of audio in each prompt", "1", NATURAL),
    Entry("audio_seconds", "s_a", "s_a", "length of a piece of audio", "s", REAL),
    Entry("audio_chunks", "n_s", "n_s", "stretches of a piece of audio, each encoded alone", "1"),
    Entry("frames", "N_a", "N_a", "what a tower attends over, for a stretch of audio", "1"),
    Entry("audio_tokens", "t_a", "t_a", "tokens of a piece of audio", "tokens", NATURAL),
    Entry("offloaded_layers", "L_o", "L_o", "layers that do not lie on the device", "1", NATURAL),
)
_FORMATS = (
    Entry("bytes_per_element", "B", "B", "bytes per element", "B", REAL),
    Entry("weight_bytes_per_element", "B_w", "B_w", "bytes per weight", "B", REAL),
    Entry("activation_bytes_per_element", "B_a", "B_a", "bytes per activation", "B", REAL),
    Entry("cache_bytes_per_element", "B_c", "B_c", "bytes per cache element", "B", REAL),
    Entry("state_bytes_per_element", "B_s", "B_s", "bytes per recurrent state element", "B", REAL),
    Entry(
        *("metadata_bytes", "M_f", "M_f"),
        *("bytes of a file beside its tensors, the tokenizer above all", "B", NATURAL),
    ),
    Entry("token_bytes_per_element", "B_t", "B_t", "bytes per token id", "B", REAL),
    Entry(
        *("density", "rho", r"\rho", "fraction of a pruned matrix that is kept", "1", REAL),
        is_share=True,
    ),
)
_DEVICE = (
    Entry("peak_flops", "P", "P", "peak arithmetic rate in the dtype used", "FLOP/s", REAL),
    Entry("memory_bandwidth", "W_m", "W_m", "peak memory bandwidth", "B/s", REAL),
    Entry("storage_bandwidth", "W_s", "W_s", "storage read bandwidth", "B/s", REAL),
    Entry("link_bandwidth", "W_l", "W_l", "host-to-device bandwidth", "B/s", REAL),
    Entry("network_bandwidth", "W_n", "W_n", "network bandwidth", "B/s", REAL),
    Entry("compute_utilisation", "U_c", "U_c", "fraction of peak arithmetic reached", "1", REAL),
    Entry("memory_utilisation", "U_m", "U_m", "fraction of memory bandwidth reached", "1", REAL),
    Entry("storage_utilisation", "U_s", "U_s", "fraction of storage bandwidth reached", "1", REAL),
    Entry("link_utilisation", "U_l", "U_l", "fraction of link bandwidth reached", "1", REAL),
    Entry("network_utilisation", "U_n", "U_n", "fraction of network bandwidth reached", "1", REAL),
    Entry(
        *("launch_overhead", "t_0", "t_0", "fixed time to start a kernel", "s", REAL),
        is_optional=True,
    ),
    Entry(
        *("handover_overhead", "t_h", "t_h"),
        *("fixed time to hand a block over to the processor beside, and back", "s", REAL),
        is_optional=True,
    ),
    Entry(
        *("sequence_overhead", "t_s", "t_s", "fixed time of a step per sequence", "s", REAL),
        is_optional=True,
    ),
    Entry(
        *("energy_per_flop", "e_f", "e_f", "energy of one FLOP", "J/FLOP", REAL),
        is_optional=True,
    ),
    Entry(
        *("energy_per_byte", "e_b", "e_b"),
        *("energy of one byte moved to or from memory", "J/B", REAL),
        is_optional=True,
    ),
    Entry("idle_power", "p_0", "p_0", "power drawn whatever runs", "W", REAL, is_optional=True),
    Entry("power_limit", "P_0", "P_0", "power drawn at most", "W", REAL, may_be_infinite=True),
    Entry("memory_size", "M_0", "M_0", "memory that the model may fill", "B", REAL),
    Entry(
        *("memory_reserve", "M_r", "M_r", "memory kept by the system and the runtime", "B", REAL),
        is_optional=True,
    ),
)
_RUNTIME = (
    Entry("smoothness", "q", "q", "exponent that joins compute and memory time", "1", REAL),
    Entry("micro_batch", "T_u", "T_u", "tokens run at once, that buffers are held for", "tokens"),
    Entry("cache_page", "N_c", "N_c", "tokens that a cache is allocated in multiples of", "tokens"),
    Entry(
        *("table_copies", "n_e", "n_e"),
        *("tables of tokens held beside what products read", "1", NATURAL),
    ),
)
_CLUSTER = (
    Entry("tensor_parallel", "t", "t", "devices that a layer is divided over", "1"),
    Entry("pipeline_parallel", "p", "p", "stages that the layers are divided into", "1"),
    Entry("data_parallel", "d", "d", "devices or groups that share out the sequences", "1"),
    Entry("expert_parallel", "g_e", "g_e", "devices that share out the experts of a layer", "1"),
    Entry("context_parallel", "g_c", "g_c", "devices that share out a sequence", "1"),
    Entry("microbatches", "m", "m", "microbatches of a training iteration", "1"),
    Entry("model_chunks", "v", "v", "chunks of layers on each stage of a pipeline", "1"),
    Entry("recompute_interval", "n_r", "n_r", "layers from one kept input to the next", "1"),
    Entry("devices", "G", "G", "devices", "1"),
    Entry("throughput", "X", "X", "tokens processed in a second, as measured", "tokens/s", REAL),
    Entry("trained_rank", "r", "r", "rank of the low-rank adapters that are trained", "1"),
    Entry("training_tokens", "N_T", "N_T", "tokens trained on in all", "tokens"),
    Entry("gradient_bytes_per_element", "B_g", "B_g", "bytes per gradient", "B", REAL),
    Entry(
        *("optimizer_bytes_per_parameter", "B_o", "B_o"),
        *("bytes of optimizer state per parameter", "B", REAL),
    ),
    Entry("on_chip_elements", "M_s", "M_s", "elements that on-chip memory holds", "1"),
    Entry("parallel_fraction", "f", "f", "fraction of the work that runs in parallel", "1", REAL),
)
#: Who gives a symbol its number -> the symbols.
_SCOPES = {
    "model": _MODEL,
    "workload": _WORKLOAD,
    "format": _FORMATS,
    "device": _DEVICE,
    "runtime": _RUNTIME,
    "cluster": _CLUSTER,
}

#: Every symbol by its word, in reading order.
TABLE: dict[str, Entry] = {
    row.word: replace(row, scope=scope) for scope, rows in _SCOPES.items() for row in rows
}
_LETTERS = {row.letter: row for row in TABLE.values()}
#: What a kind has between two words, and not between a name and a number: q6_k.
_BETWEEN = re.compile(r"(?<=[^\W\d])_(?=[^\W\d])")
_ASSUMPTIONS = {
    COUNT: {"integer": True, "positive": True},
    NATURAL: {"integer": True, "nonnegative": True},
    REAL: {"positive": True},
}


@checked
@lru_cache(maxsize=_REMEMBERED)
def symbol(word: str, kind: str = "") -> sympy.Symbol:
    """The sympy symbol of a word, or of one kind of it.

    ``kind`` tells apart quantities that differ between kinds of layers:
    ``symbol("layers", "sliding")``, or ``symbol("layers.sliding")``, counts the layers with
    a sliding window. The kind is in the symbol's name, and :func:`describe` reads it there.

    >>> symbol("hidden"), symbol("layers", "sliding")
    (H, L_sliding)

    Raises:
        UnknownNameError: the word is not in the table.
        ConfigError: a kind whose name would be that of another row: ``hidden`` of kind ``e``.
    """
    word, _, dotted = word.partition(".")
    kind = kind or dotted
    if word not in TABLE:
        raise UnknownNameError("symbol", word, TABLE)
    row = TABLE[word]
    name = f"{row.letter}_{kind}" if kind else row.letter
    if (meant := _read(name)) and meant != (row, kind):
        raise ConfigError(
            f"{word} of kind {kind!r} would be written {name}, which is {meant[0].word}; "
            "name the kind otherwise"
        )
    return sympy.Symbol(name, **_ASSUMPTIONS[row.domain])


def _read(name: str) -> tuple[Entry, str] | None:
    """The row and the kind that a name spells: the longest letter of the table that fits."""
    letter, kind = name, ""
    while letter:
        if letter in _LETTERS:
            return _LETTERS[letter], kind
        letter = letter.rpartition("_")[0]
        kind = name[len(letter) + 1 :]
    return None


@checked
def find(name: str) -> sympy.Symbol:
    """The symbol called ``name``, by word or by letter.

    >>> find("kv_heads") is find("K")
    True

    Raises:
        UnknownNameError: no such symbol.
    """
    if name in _LETTERS:
        return symbol(_LETTERS[name].word)
    if name in TABLE:
        return symbol(name)
    raise UnknownNameError("symbol", name, [*TABLE, *_LETTERS])


class _Declared(sympy.Symbol):  # type: ignore[misc]
    """A symbol that an equation declares; of a class of its own, it never equals the table's."""

    __slots__ = ()

    @classmethod
    def class_key(cls) -> tuple[int, int, str]:
        """Sorted among other symbols by its name."""
        key: tuple[int, int, str] = sympy.Symbol.class_key()
        return key


@checked
@lru_cache(maxsize=_REMEMBERED)
def declared(name: str) -> sympy.Symbol:
    """The symbol of a name that an equation declares: a positive real, whatever it stands for.

    It is never the symbol of a letter of the table, also where the two are spelled alike;
    :func:`edgesym.notation.bind` goes from the one to the other.

    >>> declared("d_model"), declared("H") == symbol("hidden"), declared("P") == find("P")
    (d_model, False, False)
    """
    return _Declared(name, **_ASSUMPTIONS[REAL])


@checked
@lru_cache(maxsize=_REMEMBERED)
def index(name: str) -> sympy.Symbol:
    """The symbol of an index that a sum in an equation runs over: an integer.

    >>> index("i").is_integer
    True
    """
    return sympy.Symbol(name, integer=True)


@checked
@lru_cache(maxsize=_REMEMBERED)
def describe(made: sympy.Symbol) -> Entry:
    """The table row of a symbol, its kind spelled out.

    All of it is read from the symbol itself, its name and its assumptions: a symbol that comes
    from another process is described as one that was made in this.

    >>> describe(symbol("layers", "sliding")).meaning
    'transformer blocks: sliding'

    Raises:
        UnknownNameError: a symbol that is not of the table.
    """
    if (meant := _of_table(made)) is None:
        known, name = [*TABLE, *_LETTERS], str(made)
        word = describe(find(name)).word if name in known else ""
        remedy = f'That of the table has other assumptions: take edgesym.symbol("{word}")'
        raise UnknownNameError("symbol", name, known, remedy if word else "")
    row, kind = meant
    if not kind:
        return row
    label = _letters(kind)
    parts = row.letter.split("_")
    inner = rf"\mathrm{{{label}}}" if len(parts) == 1 else rf"{parts[1]},\mathrm{{{label}}}"
    return replace(
        row,
        word=f"{row.word}.{kind}",
        letter=made.name,
        latex=f"{parts[0]}_{{{inner}}}",
        meaning=f"{row.meaning}: {_BETWEEN.sub(' ', kind)}",
    )


@checked
@lru_cache(maxsize=_REMEMBERED)
def in_table(made: sympy.Basic) -> bool:
    """Whether a symbol is one of the table, or a kind of one.

    >>> in_table(symbol("hidden")), in_table(declared("H")), in_table(index("L"))
    (True, False, False)
    """
    return _of_table(made) is not None


def _of_table(made: sympy.Basic) -> tuple[Entry, str] | None:
    """The row and the kind of a symbol of the table."""
    meant = _read(made.name) if type(made) is sympy.Symbol else None
    if meant is None or symbol(meant[0].word, meant[1]) != made:
        return None
    return meant


@checked
def latex_names(expression: sympy.Basic) -> dict[sympy.Basic, str]:
    """LaTeX names of the symbols of an expression, for sympy's printer."""
    found = expression.atoms(sympy.Symbol)
    return {s: describe(s).latex if in_table(s) else _upright(s.name) for s in found}


def _upright(name: str) -> str:
    r"""A declared name that the table does not have: a letter, one with its index, or a word.

    >>> _upright("d_model"), _upright("alpha_1"), _upright("rate")
    ('d_{\\mathrm{model}}', '\\alpha_{1}', '\\mathrm{rate}')
    """
    if len(name) == 1:
        return _letters(name)
    letter, _, index = name.partition("_")
    if letter in greeks:
        return rf"\{letter}" + (_upright(f"x_{index}")[1:] if index else "")
    if len(letter) == 1 and letter.isalnum() and index.isdigit():
        return f"{letter}_{{{index}}}"
    if len(letter) == 1 and letter.isalnum() and index.isalnum():
        return rf"{letter}_{{\mathrm{{{index}}}}}"
    return rf"\mathrm{{{''.join(c if c.isalnum() else chr(92) + '_' for c in name)}}}"


def _letters(text: str) -> str:
    r"""A text within a formula in LaTeX: signs that TeX gives a meaning are underscores.

    >>> _letters("sliding_2.a"), _letters("$x{")
    ('sliding\\_2.a', '\\_x\\_')
    """
    return "".join(c if c.isalnum() or c in " .,:;+-*/()" else r"\_" for c in text)
