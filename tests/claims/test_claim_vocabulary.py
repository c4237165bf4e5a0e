"""What a claim can speak of: layers of several kinds, steps, windows, formats, devices, optima."""

from __future__ import annotations

import pytest
import sympy

from edgesym.claims.assumptions import assume, in_order
from edgesym.claims.check import check
from edgesym.claims.claim import Claim
from edgesym.claims.derive import Subject, derive, total
from edgesym.claims.optimum import ArgMin, Minimum, optimised
from edgesym.claims.ratio import reduced
from edgesym.errors import EdgesymError, ExpressionError
from edgesym.symbols import symbol

WORDS = {
    "L": "layers",
    "H": "hidden",
    "I": "intermediate",
    "V": "vocab",
    "A": "heads",
    "K": "kv_heads",
    "D": "head_dim",
    "b": "batch",
    "S": "context",
    "T": "new_tokens",
    "C": "cached_tokens",
    "W": "window",
    "B": "cache_bytes_per_element",
    "E": "experts",
    "k": "experts_per_token",
    "F": "expert_intermediate",
    "Z": "shared_intermediate",
    "n": "expert_interval",
    "m": "attention_interval",
    "r": "recompute_interval",
    "R": "latent",
    "Q": "latent.query",
    "d_n": "head_dim.nope",
    "d_r": "head_dim.rotary",
    "d_v": "head_dim.value",
    "X": "throughput",
    "P": "peak_flops",
    "N": "parameters",
    "I_m": "ssm_inner",
    "D_s": "state_dim",
    "R_t": "time_step_rank",
    "J": "kernel",
    "g": "expert_parallel",
    "c": "context_parallel",
}
QUERIES = (
    "attention.query_down + attention.query_norm + attention.query_nope + attention.query_rotary"
)
PRODUCTS = "attention.scores + attention.values"
TWO_BYTES = "bytes_per_element = 2"
GPT = ("GPT-2 decoder", "dropout", "kv_heads = heads", "head_dim = hidden/heads")
CARD = "model = llama-2-70b, feed_forward.up"
MAMBA = ("state-space layers", "no feed-forward", "tied", "no norms")

#: Equation, quantity, what it speaks of, assumptions; each is exact, and not so with a term less.
EXACT = [
    # kinds of layers
    (
        "L*(3*H*I*(1 - 1/n) + (3*E*H*F + E*H)/n)",
        *("parameters", {"part": "feed_forward + experts"}, ("experts every k-th layer",)),
    ),
    (
        "3*H*I + (L - 1)*(3*E*H*F + E*H)",
        *("parameters", {"part": "feed_forward + experts"}),
        ("experts in some layers", "layers.experts = layers - 1"),
    ),
    (
        "2*b*K*D*B*(L*S/m + L*(1 - 1/m)*(W - 1))",
        *("kv_cache_bytes", {}),
        ("sliding window", "full attention every k-th layer", "context >= window"),
    ),
    (
        "L*(3*H*I_m + I_m*J + 2*I_m*R_t + 3*I_m*D_s + 3*I_m) + H*V",
        *("parameters", {}, MAMBA),
    ),
    (
        "2*b*S*(L/m)*K*D*B",
        *("kv_cache_bytes", {"part": "attention"}),
        ("state-space layers", "full attention every k-th layer"),
    ),
    (
        "L/2*(3*H*I + 3*E*H*F + E*H)",
        *("parameters", {"part": "feed_forward + experts"}, ("MoE every other layer",)),
    ),
    (
        "3*(3*H*I) + (L - 3)*(3*E*H*F + 3*H*Z + E*H)",
        *("parameters", {"part": "feed_forward + experts + shared experts"}),
        ("experts in some layers", "layers.experts = layers - 3", "shared expert", "no norms"),
    ),
    # steps
    ("4*b*S*S*D*L", "flops", {"part": PRODUCTS, "per": "head"}, ()),
    ("4*b*T*S*A*D*L", "flops", {"part": PRODUCTS, "phase": "step"}, ()),
    ("4*b*A*D*L*(T*C + T*(T + 1)/2)", "flops", {"part": PRODUCTS, "phase": "step"}, ("causal",)),
    ("2*b*(C + T)*L*K*D*B", "kv_cache_bytes", {"phase": "step"}, ()),
    ("2*b*(C + 1)*L*K*D*B", "kv_cache_bytes", {"phase": "decode"}, ()),
    # latent attention
    (
        "2*b*S*A*(2*R + d_r)*L",
        *("flops", {"part": PRODUCTS, "phase": "decode"}),
        ("latent attention", "absorbed latents"),
    ),
    (
        "2*b*S*A*(d_n + d_r + d_v)*L",
        *("flops", {"part": PRODUCTS, "phase": "decode"}, ("latent attention",)),
    ),
    ("L*(H*Q + Q + Q*A*(d_n + d_r))", "parameters", {"part": QUERIES}, ("query compression",)),
    # windows
    ("2*b*(W - 1)*K*D*L*B", "kv_cache_bytes", {}, ("sliding window", "context >= window")),
    ("2*b*W*K*D*L*B", "kv_cache_bytes", {}, ("whole window cached", "context >= window")),
    (
        "4*b*W*A*D*L",
        *("flops", {"part": PRODUCTS, "phase": "decode"}),
        ("sliding window", "context >= window"),
    ),
    (
        "4*A*D*L*(W*S - W*(W - 1)/2)*b",
        *("flops", {"part": PRODUCTS}),
        ("sliding window", "causal", "context >= window"),
    ),
    # training
    (
        "2*b*S*H*L/r",
        *("activation_memory", {"part": "attention + feed_forward"}),
        ("recomputation every k-th layer", "bytes_per_element = 2"),
    ),
    (
        "r*b*S*H*(34 + 5*A*S/H)",
        *("rerun_activation_memory", {"part": "attention + feed_forward"}),
        (
            *GPT,
            "intermediate = 4*hidden",
            "recomputation every k-th layer",
            "bytes_per_element = 2",
        ),
    ),
    (
        "X*(6*N + 12*L*A*D*S)/P",
        *("model_flops_utilisation", {}),
        ("devices = 1", "kv_heads = heads", "no norms", "no embedding table"),
    ),
    # communication
    (
        "2*b*S*k*H*L*(g - 1)/g*2",
        "expert_parallel_traffic",
        {},
        ("experts", "bytes_per_element = 2"),
    ),
    ("2*b*S*K*D*L*(c - 1)/c*2", "ring_attention_traffic", {}, ("bytes_per_element = 2",)),
    (
        "4*b*S*H*L*(c - 1)/c**2*2",
        *("sequence_exchange_traffic", {}),
        ("bytes_per_element = 2", "kv_heads = heads", "head_dim = hidden/heads"),
    ),
    # formats and devices, each of a quantity alone
    ("4", "weight_storage_bytes[weights = fp16]/weight_storage_bytes[weights = int4]", {}, ()),
    ("32/9", "weight_storage_bytes[weights = fp16]/weight_storage_bytes[weights = q4_0]", {}, ()),
    ("2", "kv_cache_bytes[cache = bf16]/kv_cache_bytes[cache = fp8]", {}, ()),
    ("A/K", "kv_cache_bytes[kv_heads = heads]/kv_cache_bytes", {}, ()),
    (
        "1/8",
        f"weight_bytes[{CARD}, weights = int4]/weight_bytes[{CARD}, weights = fp32]",
        *({}, ()),
    ),
    ("S", "flops[phase = prefill, feed_forward]/flops[phase = decode, feed_forward]", {}, ()),
]


@pytest.mark.parametrize(("text", "quantity", "about", "assumptions"), EXACT)
def test_an_equation_of_it_is_proved_and_a_wrong_one_is_not(text, quantity, about, assumptions):
    names = {name: word for name, word in WORDS.items() if name in text}
    made = Claim(text, quantity, names, "plain", assumptions=assumptions, **about)
    assert check(made).verdict in ("exact", "exact under assumptions")
    off = Claim(f"2*({text})", quantity, names, "plain", assumptions=assumptions, **about)
    assert check(off, search=False).verdict == "wrong"


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("flopss[attention]", "flops"),
        ("flops[atention]", "attention"),
        ("weight_bytes[phase = later]", "later"),
        ("weight_bytes[weights = q4_k_m]", "a recipe of several formats"),
        ("memory_time[device = nothing-of-the-kind]", "unknown device"),
        ("argmin(layers, hidden)", "no least value in closed form"),
        ("argmin(layers, 2)", "an optimum is over a symbol"),
        ("parameters[model = no-such-model]", "no-such-model"),
    ],
)
def test_what_is_asked_in_vain_is_named(quantity, said):
    with pytest.raises(EdgesymError, match=said):
        derive(Subject(quantity))


def test_a_quantity_qualified_on_the_side_of_the_claim():
    names = {"N_e": "parameters[experts]", "N": "parameters"}
    quantity = "parameters[part = experts]/parameters"
    found = check(Claim("N_e/N", quantity, names, "plain", assumptions=("experts",)))
    assert found.verdict == "exact under assumptions"


def test_half_of_the_parameters_is_held_to_a_model():
    quantity = "parameters[experts]/parameters"
    row = {"model": "mixtral-8x7b", "printed": "0.97"}
    claim = Claim("97/100", quantity, {}, "plain", assumptions=("experts",), numbers=(row,))
    assert check(claim).verdict == "exact"
    printed = ({**row, "printed": "0.50"},)
    half = Claim("1/2", quantity, {}, "plain", assumptions=("experts",), numbers=printed)
    assert check(half).verdict == "wrong"


def test_a_ratio_of_two_formats_on_a_device_is_held_to_a_model():
    quantity = "step_time[weights = fp16, phase = decode]/step_time[weights = int8, phase = decode]"
    under = ("device = raspberry-pi-5", "batch = 1")
    row = {"model": "llama-3.2-1b", "printed": "2.0", "context": 512}
    claim = Claim("2", quantity, {}, "plain", assumptions=under, numbers=(row,))
    assert check(claim).verdict == "exact"


def test_recipes_are_of_a_card():
    of = "weight_storage_bytes[model = llama-3.1-8b, weights = {}]"
    found = total(derive(Subject(f"{of.format('q4_k_m')}/{of.format('bf16')}")))
    assert float(found) == pytest.approx(4.9 / 16, rel=0.01)


def test_a_checkpoint_per_root_of_the_depth_is_the_least_memory():
    layers = "[attention + feed_forward]"
    whole = f"activation_memory{layers} + rerun_activation_memory{layers}"
    under = (*GPT, "intermediate = 4*hidden", "recomputation every k-th layer")
    names = {"L": "layers", "A": "heads", "S": "context", "H": "hidden"}
    given = (*under, "bytes_per_element = 2")
    best = Claim(
        r"\sqrt{\frac{L}{17 + 5 A S/(2 H)}}",
        f"argmin({whole}, recompute_interval)",
        names,
        assumptions=given,
    )
    assert check(best).verdict == "exact under assumptions"
    r, least = symbol("recompute_interval"), Subject(f"minimum({whole}, recompute_interval)")
    assumed = tuple(map(assume, given))
    numbers = {symbol("layers"): 64, symbol("heads"): 8, symbol("context"): 128}
    numbers |= {symbol("hidden"): 512, symbol("batch"): 1}
    curve = total(derive(Subject(whole), assumed)).xreplace(numbers)
    lowest = min(curve.xreplace({r: sympy.Rational(i, 50)}) for i in range(1, 500))
    assert float(total(derive(least, assumed)).xreplace(numbers)) == pytest.approx(lowest, rel=1e-3)


def test_what_has_no_least_value_is_refused():
    L, r = symbol("layers"), symbol("recompute_interval")
    assert optimised(ArgMin(8 * L / r**2 + r + 5, r)) == 2 * 2 ** sympy.Rational(1, 3) * sympy.cbrt(
        L
    )
    assert optimised(Minimum(L / r + r, r)) == 2 * sympy.sqrt(L)
    for cost in (L * r, L / r - r, L / r + r + r**2, L / (r + 1) + r, sympy.log(r) + 1 / r):
        with pytest.raises(ExpressionError):
            optimised(ArgMin(cost, r))


def test_an_order_of_symbols_settles_minima():
    S, W = symbol("context"), symbol("window")
    longer, shorter = assume("context >= window"), assume("window >= context")
    assert in_order(sympy.Min(S + 1, W) - 1, [longer]) == W - 1
    assert in_order(sympy.Max(S, W), [longer]) == S
    assert in_order(sympy.Min(S, W), [shorter]) == S


def test_ratios_are_reduced_to_numbers_alone():
    H, L = symbol("hidden"), symbol("layers")
    assert reduced((6 * H * L + 3 * H) / (4 * H * L + 2 * H)) == sympy.Rational(3, 2)
    unlike = (6 * H * L + 3 * H) / (4 * H * L + 3 * H)
    assert reduced(unlike).free_symbols == {H, L} or reduced(unlike).free_symbols == {L}
