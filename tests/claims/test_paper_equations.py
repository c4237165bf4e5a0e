"""Equations of papers as data: each is read over the symbol table, as it is printed."""

from __future__ import annotations

import pytest

from edgesym.catalogue import REGISTRY
from edgesym.data import stems
from edgesym.errors import UnknownNameError
from edgesym.quantities.stated import equations, paper
from edgesym.symbols import describe
from tests.support import assert_equal_expression, letters

L, H, I, V, S, B = letters("L H I V S B")
P, Uc, Wm, Um, Ws, Us, ef, eb = letters("P U_c W_m U_m W_s U_s e_f e_b")

PARAMETERS = 4 * H**2 * L + 2 * H * I * L + 2 * H * V
FOOTPRINT = PARAMETERS * B + S * H * B + 2 * L * S * H * B
PRINTED = L * (6 * H**2 + 4 * H * S + 8 * H * I + 9 * H)
COMPUTED = L * (8 * H**2 + 4 * H * S + 4 * H * I + 9 * H)

#: arXiv:2506.09061, equation -> its form, printed and in the script.
FORMS = [
    ("parameters", 7, PARAMETERS, PARAMETERS),
    ("flops", 8, PRINTED, COMPUTED),
    ("memory_footprint", 9, FOOTPRINT, FOOTPRINT),
    ("compute_time", 10, PRINTED / (P * Uc), COMPUTED / (P * Uc)),
    ("memory_time", 11, FOOTPRINT / (Wm * Um), FOOTPRINT / (Wm * Um)),
    ("load_time", 12, PARAMETERS * B / (Ws * Us), PARAMETERS * B / (Ws * Us)),
    ("energy_per_token", 15, PRINTED * ef + FOOTPRINT * eb, COMPUTED * ef + FOOTPRINT * eb),
]


@pytest.mark.parametrize(("name", "number", "printed", "computed"), FORMS)
def test_an_equation_reads_as_it_is_printed_and_as_it_is_computed(name, number, printed, computed):
    assert paper("edgeprofiler")["equations"][name]["number"] == number
    assert_equal_expression(equations("edgeprofiler")[name], printed)
    assert_equal_expression(equations("edgeprofiler", "computed")[name], computed)


def test_its_program_computes_another_equation_8_than_it_prints():
    point = {L: 24, H: 2048, I: 8192, S: 1024}
    printed, computed = (
        equations("edgeprofiler", version)["flops"].subs(point)
        for version in ("printed", "computed")
    )
    assert float(printed / computed) == pytest.approx(1.54, abs=0.01)


@pytest.mark.parametrize("name", list(stems("quantities/data")))
def test_a_paper_names_its_source_and_speaks_of_known_symbols(name):
    table = paper(name)
    assert table["paper"]
    for version in ("printed", "computed"):
        for quantity, form in equations(name, version).items():
            assert quantity in REGISTRY or quantity == "end_to_end_time"
            assert all(describe(s) for s in form.free_symbols)


def test_an_unknown_paper_names_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown paper 'edgeprofile'; nearest: edgeprof"):
        paper("edgeprofile")
