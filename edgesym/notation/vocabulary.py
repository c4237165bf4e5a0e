"""The words of the two notations, as data: commands, functions, relations, units.

The commands are those of LaTeX and amsmath (The LaTeX Companion, 3rd ed., chapter 11).
"""

from __future__ import annotations

__all__ = [
    "ACCENTS",
    "AROUND",
    "BARS",
    "BRACED",
    "BRACKETS",
    "COUNTS",
    "DROPPED_WITH_GROUP",
    "FONTS",
    "FRACTIONS",
    "FUNCTIONS",
    "GREEK",
    "GREEK_LETTERS",
    "OPERATORS",
    "ORDERS",
    "RELATIONS",
    "SPACES",
    "STACKS",
    "UNITS",
]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Commands that show nothing, or only space, size and place.
SPACES = _words(
    r", ; : ! > \ / quad qquad enspace enskip thinspace medspace thickspace negthinspace"
    " displaystyle textstyle scriptstyle limits nolimits nonumber notag hfill break newline"
    " allowbreak nobreak noindent strut mathstrut left right big Big bigg Bigg bigl Bigl"
    " biggl Biggl bigr Bigr biggr Biggr ( ) [ ] - & $ hline par centering relax"
    " rm it bf cal underline boxed boldmath mathrel mathbin mathord mathop"
) | {" ", "\n", "\t"}
#: Commands whose group counts and whose script is a remark.
BRACED = _words("underbrace overbrace")
#: Commands that go together with the group behind them.
DROPPED_WITH_GROUP = _words(
    "label tag ref eqref cite citep citet footnote begin end hspace vspace phantom hphantom"
    " vphantom color textcolor intertext shortintertext"
)
#: Commands whose first group stands above or below the second, which alone counts.
STACKS = _words("overset underset stackrel")
#: Commands whose group is a name or a remark in upright or other letters.
FONTS = _words(
    "text textrm textit textbf textsf texttt textnormal textsc textup mbox hbox mathrm mathit"
    " mathbf mathsf mathtt mathcal mathbb mathfrak mathscr mathnormal boldsymbol bm operatorname"
    " operatorname* emph"
)
ACCENTS = _words("hat bar tilde vec dot widehat widetilde check breve")
FRACTIONS = _words("frac dfrac tfrac cfrac nicefrac sfrac")
GREEK = _words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi"
    " pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta"
    " Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar"
)
#: Relations, of which the last one at the top parts an equation.
RELATIONS = {
    **dict.fromkeys(("=", "equiv", "triangleq", "coloneqq", ":=", "==", "≡"), "="),
    **dict.fromkeys(("in", "\u2208"), "="),  # of an order of growth: f is in O(g)
    **dict.fromkeys(("propto", "\u221d"), "propto"),
    **dict.fromkeys(("approx", "approxeq", "simeq", "sim", "cong", "≈", "≃"), "approx"),
    **dict.fromkeys(("le", "leq", "leqslant", "lesssim", "<", "<=", "lt", "≤"), "<="),
    **dict.fromkeys(("ge", "geq", "geqslant", "gtrsim", ">", ">=", "gt", "≥"), ">="),
}
OPERATORS = {
    **dict.fromkeys(("*", "cdot", "times", "ast", "\u00d7", "\u00b7", "\u22c5", "\u2217"), "TIMES"),
    **dict.fromkeys(("/", "div", "slash", "\u00f7"), "DIVIDE"),
    **dict.fromkeys(("-", "\u2212"), "MINUS"),
    **dict.fromkeys(("^", "**"), "POW"),
    "+": "PLUS",
    "%": "PERCENT",
    "bmod": "MOD",
}
#: Opening brackets: the closing one, and the tokens of both.
BRACKETS = {
    "(": (")", "LPAR", "RPAR"),
    "[": ("]", "LPAR", "RPAR"),
    "{": ("}", "LBRACE", "RBRACE"),
    r"\{": (r"\}", "LPAR", "RPAR"),
    r"\lparen": (r"\rparen", "LPAR", "RPAR"),
    r"\lbrack": (r"\rbrack", "LPAR", "RPAR"),
    r"\lceil": (r"\rceil", "LCEIL", "RCEIL"),
    r"\lfloor": (r"\rfloor", "LFLOOR", "RFLOOR"),
}
#: Commands and signs for the bar of ``|V|``, the size of a set.
BARS = _words("lvert rvert vert mid") | {"|"}
#: Environments that may stand around an equation or its rows, and say nothing.
AROUND = _words(
    "equation equation* align align* alignat alignat* gather gather* multline multline* eqnarray"
    " eqnarray* flalign flalign* split aligned alignedat gathered multlined displaymath math"
    " subequations dmath dmath*"
)
#: Functions by the words of either notation.
FUNCTIONS = {
    **dict.fromkeys(("max", "Max"), "MAX"),
    **dict.fromkeys(("min", "Min"), "MIN"),
    **dict.fromkeys(("log", "ln"), "LOG"),
    **dict.fromkeys(("ceil", "ceiling"), "CEIL"),
    **dict.fromkeys(("Sum", "sum"), "SUM"),
    "log2": "LOG2",
    "log10": "LOG10",
    "sqrt": "SQRT",
    "floor": "FLOOR",
    "Rational": "RATIO",
    **dict.fromkeys(("mod", "Mod"), "MOD"),
}
#: Signs of an order of growth; their argument is the expression.
ORDERS = _words("Theta O Omega o")

_ALPHABET = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"),
    *("lambda", "mu", "nu", "xi", "", "pi", "rho", "", "sigma", "tau", "upsilon", "phi", "chi"),
    *("psi", "omega"),
)
_CAPITALS = _words("gamma delta theta lambda xi pi sigma upsilon phi psi omega")
_DECIMAL = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}
#: Suffixes of a printed count.
COUNTS = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
#: Units that may follow a number: the factor, and the unit that the number then stands in.
#: Sizes, FLOPs and rates go to their base; a time stays in the unit that is printed.
UNITS: dict[str, tuple[int, str]] = {
    **{f"{p}B": (f, "B") for p, f in (_DECIMAL | _BINARY).items() if p},
    **{f"{p}B/s": (f, "B/s") for p, f in (_DECIMAL | _BINARY).items()},
    **{f"{p}FLOP{s}": (f, "FLOP") for p, f in _DECIMAL.items() for s in ("", "s")},
    **{f"{p}FLOP{s}/s": (f, "FLOP/s") for p, f in _DECIMAL.items() for s in ("", "s")},
    **{f"{p}FLOPS": (f, "FLOP/s") for p, f in _DECIMAL.items() if p},
    **dict.fromkeys(("flop", "flops", "FLOPS"), (1, "FLOP")),
    **dict.fromkeys(("bytes", "byte", "Bytes", "Byte"), (1, "B")),
    **{w: (1, w) for w in ("s", "ms", "us", "ns", "mus", "seconds", "minutes", "hours", "days")},
    **{w: (1, w) for w in ("years", "tokens", "parameters", "params", "elements", "bits")},
    **{w: (1, w) for w in ("J", "W", "GPUs", "gpus", "layers", "heads", "MACs", "operations")},
}
#: Greek letters as characters, in the order of Unicode; the micro sign is read as mu.
GREEK_LETTERS = {
    **{chr(0x3B1 + i): name for i, name in enumerate(_ALPHABET) if name},
    **{chr(0x391 + i): name.title() for i, name in enumerate(_ALPHABET) if name in _CAPITALS},
    "\u00b5": "mu",
}
