"""What equations read to, through both doors."""

from __future__ import annotations

import pytest
import sympy

from edgesym.notation import NotationError, bind, read, read_equation
from edgesym.notation.chain import chain_of, lone_name
from edgesym.symbols import declared, symbol

LATEX = [
    # names and products
    (r"P = L(4H^2) + L(2HI) + 2VH", "L H I V", "L*4*H**2 + L*2*H*I + 2*V*H"),
    ("sbh", "s b h", "s*b*h"),
    ("sbh", "sb h", "sb*h"),
    (r"d_{model} + d_\text{model} + d_{\mathrm{model}} + d_model", "d_model", "4*d_model"),
    (r"2 n_{layer} 3 d_{attn}", "n_layer d_attn", "6*n_layer*d_attn"),
    (r"seq\_len \times d\_model", "seq_len d_model", "seq_len*d_model"),
    (r"\text{batch size} \cdot \mathtt{seq\_len}", "batch_size seq_len", "batch_size*seq_len"),
    (r"2\Psi + K\Psi", "Psi K", "2*Psi + K*Psi"),
    ("(d_c + d_h^R) l", "d_c d_hR l", "(d_c + d_hR)*l"),
    ("b'/b + t_f", "bp b tf", "bp/b + tf"),
    # fractions, powers, brackets
    (r"\frac12 a + \dfrac{a}{2b}", "a b", "a/2 + a/(2*b)"),
    (r"8 b s h \frac{t-1}{t}", "b s h t", "8*b*s*h*(t - 1)/t"),
    (r"n^2 d^{-1} m^{1/2}", "n d m", "n**2*sqrt(m)/d"),
    (r"\left[ a \big( b + \{c\} \Bigr) \right]", "a b c", "a*(b + c)"),
    (r"\sqrt{d} + \sqrt[3]{d} + \sqrt2", "d", "sqrt(d) + d**Rational(1,3) + sqrt(2)"),
    ("a/bc(d)", "a b c d", "a*d/(b*c)"),
    ("1/2n d + s/6h", "n d s h", "n*d/2 + s/(6*h)"),
    # numbers and units
    ("1{,}024 + 1,024 + 1\\,024", "", "3*1024"),
    (r"3.8 \times 10^{25} \text{ FLOPs}", "", "38*10**24"),
    (r"47B \text{ parameters}", "", "47*10**9"),
    ("47B", "B", "47*B"),
    (r"2\,GB / W", "W", "2*10**9/W"),
    (r"\text{at most } 0.01\%", "", "1/10000"),
    (r"\text{a cache of 3TB (batch 512)}", "", "3*10**12"),
    (r"1 \cdot 4096 \cdot 2 \approx 8\,k", "", "8192"),
    # functions and sums
    (r"\max(a, 1,024) \cdot \min\left\{a, b\right\}", "a b", "Max(a, 1, 24)*Min(a, b)"),
    (r"\left\lceil \frac{n}{64} \right\rceil \lfloor n/2 \rfloor", "n", "ceil(n/64)*floor(n/2)"),
    (r"\log_2 n + n \log n", "n", "log(n, 2) + n*log(n)"),
    (r"\log{(n + 1)}^{2} n", "n", "n*log(n + 1)**2"),
    (r"(n + 1) \bmod (2 k) + 3 n \bmod k", "n k", "Mod(n + 1, 2*k) + Mod(3*n, k)"),
    (r"\mathcal{O}\left(n^2 d\right)", "n d", "n**2*d"),
    (r"\sum_{i=1}^{L} 2 H i + H", "L H", "H*L*(L + 1) + H"),
    (r"\sum_{l=0}^{L-1} (H + l)^2", "L H", "Sum((H + l)**2, (l, 0, L - 1))"),
    (r"\sum_{i=1}^{L} H + \sum_{i=1}^{L} i", "L H", "L*H + L*(L + 1)/2"),
    (r"\sum_{i,j=1}^{L} i H", "L H", "L*H*L*(L + 1)/2"),
    (r"\sum_{i=1}^{L} \sum_{j=1}^{i} 1", "L", "L*(L + 1)/2"),
    (r"\prod_{i=1}^{3} 2 H + \prod_{i=1}^{3} i", "H", "8*H**3 + 6"),
    # sizes of sets
    (r"2 |\mathcal V| H + |\mathcal{V}|", "|V| H", "2*|V|*H + |V|"),
    (r"2 \lvert V \rvert H", "V H", "2*V*H"),
    # powers of ten beside a symbol e
    ("1.5e9 e + 2e3", "e", "1500000000*e + 2000"),
    ("2e3", "e3", "2*e3"),
    # what is passed over
    (r"M &= \underbrace{2 L H}_{\text{KV}} \, , \label{eq:1} \\", "L H", "2*L*H"),
    (r"\begin{equation} C \approx 6 N D. \end{equation}", "N D", "6*N*D"),
    (r"x = 2LH, \quad \text{where } L = 4", "L H", "2*L*H"),
    (r"4 (N - 1) d / N \text{ bytes}", "N d", "4*(N - 1)*d/N"),
    ("Ψ·2 ≈ 3Ψ²", "Psi", "3*Psi**2"),
]


@pytest.mark.parametrize(("latex", "names", "plain"), LATEX)
def test_latex_reads_as_its_plain_form(latex, names, plain):
    names = names.split()
    found = read_equation(latex, names)
    assert sympy.expand(found - read_equation(plain, names, "plain")) == 0
    assert found.free_symbols <= {declared(name) for name in names}


def test_names_stay_as_declared_and_letters_are_letters():
    assert read_equation(r"d_\text{ff}", [r"d_{ff}"]) is declared("d_{ff}")
    names = list("SENOQI")
    assert read_equation("2*S*E*N*O*Q*I", names, "plain").free_symbols == set(map(declared, names))
    assert read_equation("2 H", {"H": "hidden"}) == 2 * declared("H")
    assert read_equation("2 H L", "H, L") == 2 * declared("H") * declared("L")


def test_a_chain_has_sides_and_relations():
    chain = chain_of(r"M_{kv} &= 2 L \approx 3 \le c")
    assert chain.sides == ("M_{kv}", "2 L", "3", "c")
    assert [(r.kind, r.sign) for r in chain.relations] == [
        ("=", "="),
        ("approx", "approx"),
        ("<=", "le"),
    ]
    assert (chain.left, chain.right, chain.named) == ("M_{kv}", "c", "M_kv")
    assert chain_of("2 L").relations == ()
    with pytest.raises(NotationError, match="nothing stands behind it"):
        chain_of("a = ")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"C_{\text{attn}}", "C_attn"),
        ("total", "total"),
        ("FLOPs/token", "FLOPs/token"),
        ("F(b, s)", "F(b,s)"),
        (r"|\mathcal{V}|", "|V|"),
        ("F/L", ""),
        ("2 F", ""),
        ("N D", ""),
        ("a - b", ""),
    ],
)
def test_a_side_that_is_one_name(text, name):
    assert lone_name(text) == name


def test_a_proportion_is_no_equation():
    assert read(r"T \propto n^2", ["n"]).relation == "propto"
    with pytest.raises(NotationError, match="up to a factor"):
        read_equation(r"T \propto n^2", ["n"])


def test_a_reading_has_relation_unit_and_order():
    assert read(r"t \approx 8\mu s", []).unit == "mus"
    assert read(r"a \le 3 \text{ GiB}", []).relation == "<="
    assert read(r"\Theta(n)", ["n"]).order
    assert read(r"312\,\text{TFLOP/s}", []).unit == "FLOP/s"


def test_names_bind_to_the_symbols_of_the_table():
    read_ = read_equation(r"2 d_{attn} H/3 + P", ["d_attn", "H", "P"])
    bound = bind(read_, {"d_attn": "heads*head_dim", "H": "hidden", "P": "parameters/2"})
    A, D, H = (symbol(word) for word in ("heads", "head_dim", "hidden"))
    assert bound == 2 * A * D * H / 3 + declared("parameters") / 2
    # letters may change places
    swapped = bind(declared("heads") * declared("x") ** 2, {"heads": "layers", "x": "heads"})
    assert swapped == symbol("layers") * A**2


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, "'x' stands for nothing"),
        ({"x": "headz"}, "nearest: heads"),
        ({"x": "__import__('os')"}, "bound to"),
    ],
)
def test_a_name_bound_to_nothing_is_an_error(mapping, message):
    with pytest.raises(NotationError, match=message):
        bind(2 * declared("x"), mapping)
