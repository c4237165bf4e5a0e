"""``edgesym check`` in continuous integration: expectations, refusals, reports, several files."""

import json
import threading
from xml.etree import ElementTree as ET

import pytest

from edgesym.claims.claim import Refused
from edgesym.claims.documents.junit import junit
from edgesym.cli.watching import changes

CLAIMS = """
[paper]
name = "Mine"

[symbols]
L = "layers"
H = "hidden"
A = "heads"

[[claim]]
id = "good"
plain = "3*A"
quantity = "3*heads"

[[claim]]
id = "held & <escaped>"
plain = "3*A"
quantity = "heads"
expected = "wrong"
note = '''
[[claim]]
'''
"""
BAD = """
[[claim]]
id = "unread"
plain = "3*Q"
quantity = "heads"

[[claim]]
id = "unknown"
plain = "3*A"
quantity = "heads"
phase = "later"
"""
NEAR = """
[[claim]]
id = "near"
plain = "24*L*H**2"
quantity = "flops"
per = "token"
"""
UNLIKE = """
[[claim]]
id = "unlike"
plain = "2*A"
quantity = "heads"
expected = "exact"
"""


@pytest.fixture
def claims(tmp_path):
    def written(*texts, name="mine.toml"):
        (tmp_path / name).write_text("".join(texts))
        return name

    return written


def test_a_claim_that_is_wrong_as_expected_passes_and_one_that_is_not_fails(edgesym, claims):
    assert edgesym("check", claims(CLAIMS)).code == 0
    ran = edgesym("check", claims(CLAIMS, UNLIKE))
    assert ran.code == 1
    assert "not as expected: wrong, where exact is expected" in ran.out
    right = CLAIMS.replace('plain = "3*A"\nquantity = "heads"', 'plain = "A"\nquantity = "heads"')
    ran = edgesym("check", claims(right))
    assert ran.code == 1
    assert "not as expected: exact, where wrong is expected" in ran.out


def test_strict_fails_what_is_not_proved_unless_that_is_expected(edgesym, claims):
    name = claims(CLAIMS, NEAR)
    assert edgesym("check", name).code == 0
    assert edgesym("check", name, "--strict").code == 1
    name = claims(CLAIMS, NEAR, 'expected = "approximation"\n')
    assert edgesym("check", name, "--strict").code == 0
    unknown = '[[claim]]\nplain = "2*A"\nquantity = "warp_speed"\nsymbols = { A = "heads" }\n'
    assert edgesym("check", claims(unknown)).code == 0
    assert edgesym("check", claims(unknown), "--strict").code == 1
    assert edgesym("check", claims(unknown + "definition = true\n"), "--strict").code == 0


def test_one_refused_claim_does_not_lose_the_others(edgesym, claims):
    ran = edgesym("check", claims(CLAIMS, BAD), "--json")
    assert ran.code == 2
    told = json.loads(ran.out)
    assert told["version"]
    assert [v["verdict"] for v in told["verdicts"]] == ["exact", "wrong", "refused", "refused"]
    assert [v["line"] for v in told["verdicts"]] == [10, 15, 24, 29]
    assert {v["file"] for v in told["verdicts"]} == {"mine.toml"}
    held = told["verdicts"][1]
    keys = ("label", "part", "per", "difference", "repair", "expected", "fails")
    assert [held[key] for key in keys] == [
        *("held & <escaped>", "*", "model", "2*A", "1 in place of 3 in 3*A", "wrong", None),
    ]
    assert ran.err.count("Error: ") == 2
    assert "mine.toml:24: claim unread: 'Q' is not declared" in ran.err
    assert "mine.toml:33: claim unknown: phase = 'later'" in ran.err


def test_several_files_and_one_that_cannot_be_read(edgesym, claims):
    other = claims('[[claim]]\nplain = "A"\nquantity = "heads"\nsymbols = { A = "heads" }\n')
    ran = edgesym("check", claims(CLAIMS, name="two.toml"), other, "none.toml", "--json")
    assert ran.code == 2
    assert sorted({v["file"] for v in json.loads(ran.out)["verdicts"]}) == [
        *("mine.toml", "none.toml", "two.toml"),
    ]
    ran = edgesym("check", "none.toml")
    assert (ran.code, ran.out) == (2, "")
    assert "none.toml: cannot be read" in ran.err


def test_the_table_of_a_paper_is_read_with_it_and_once(edgesym, tmp_path):
    text = "\\begin{equation} N = 2 A \\label{eq:n} \\end{equation}\n"
    (tmp_path / "paper.tex").write_text(text)
    (tmp_path / "paper.toml").write_text('[symbols]\nA = "heads"\n[labels]\n"eq:n" = "2*heads"\n')
    for names in (["paper.toml"], ["paper.tex"], ["paper.tex", "paper.toml"]):
        told = json.loads(edgesym("check", *names, "--json").out)
        assert [v["label"] for v in told["verdicts"]] == ["eq:n"]


def test_sarif_names_the_lines_of_what_fails(edgesym, claims):
    ran = edgesym("check", claims(CLAIMS, BAD, NEAR, UNLIKE), "--report", "sarif")
    log = json.loads(ran.out)
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert {"name", "version", "rules"} == driver.keys()
    results = run["results"]
    assert [(r["ruleId"], r["level"]) for r in results] == [
        *[("refused", "error")] * 2,
        ("approximation", "warning"),
        ("wrong", "error"),
    ]
    for result in results:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        physical = result["locations"][0]["physicalLocation"]
        assert physical["artifactLocation"] == {"uri": "mine.toml"}
        assert physical["region"]["startLine"] > 20
    assert "difference: A" in results[-1]["message"]["text"]


def test_junit_counts_cases_and_holds_only_what_xml_can(edgesym, claims):
    ran = edgesym("check", claims(CLAIMS, BAD, NEAR, UNLIKE), "--report", "junit", "--strict")
    root = ET.fromstring(ran.out)  # noqa: S314 - our own output
    assert root.attrib == {
        "name": "edgesym check",
        "tests": "6",
        "failures": "2",
        "errors": "2",
        "skipped": "0",
    }
    names = [case.get("name") for case in root.iter("testcase")]
    assert names[1] == "held & <escaped>"
    assert names[-1] == "unlike"
    assert [case.get("line") for case in root.iter("testcase")][:2] == ["10", "15"]
    odd = junit([Refused("it holds \x02", "unlike\x01")])
    (case,) = ET.fromstring(odd).iter("testcase")  # noqa: S314 - our own output
    assert case.get("name") == "unlike\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-", "a.toml"], "give it alone"),
        (["-", "--watch"], "without --watch"),
        (["--equation", "A", "--quantity", "heads", "--watch"], "no --watch"),
    ],
)
def test_what_cannot_be_asked_together_is_refused(edgesym, arguments, said):
    ran = edgesym("check", *arguments)
    assert ran.code == 2
    assert said in ran.err


def test_files_are_watched_until_interrupted(edgesym, claims, monkeypatch):
    def once(paths, _=None):
        yield tuple(paths)
        raise KeyboardInterrupt

    monkeypatch.setattr("edgesym.cli.watching.changes", once)
    ran = edgesym("check", claims(CLAIMS, UNLIKE), "--watch")
    assert ran.code == 0
    assert "not as expected" in ran.out


def test_what_a_paper_includes_is_watched_too(edgesym, tmp_path, monkeypatch):
    (tmp_path / "paper.tex").write_text("\\input{part}\n")
    (tmp_path / "part.tex").write_text("\\begin{equation} N = 2 A \\label{eq:n} \\end{equation}\n")
    (tmp_path / "paper.toml").write_text('[symbols]\nA = "heads"\n[labels]\n"eq:n" = "2*heads"\n')
    watched = []

    def once(paths, _=None):
        yield tuple(paths)
        watched.extend(path.name for path in paths)
        raise KeyboardInterrupt

    monkeypatch.setattr("edgesym.cli.watching.changes", once)
    assert edgesym("check", "paper.tex", "--watch").code == 0
    assert watched == ["paper.tex", "paper.toml", "part.tex"]


def test_all_papers_or_one(edgesym):
    ran = edgesym("claims", "edgeprofiler", "--all")
    assert ran.code == 2
    assert "leave out edgeprofiler" in ran.err


def test_a_change_is_noticed_and_so_is_a_file_that_comes(tmp_path):
    one, two = tmp_path / "a.tex", tmp_path / "a.toml"
    one.write_text("1")
    seen = changes([one, two], pause=0.01)
    assert next(seen) == (one, two)
    timer = threading.Timer(0.05, two.write_text, ["new"])
    timer.start()
    assert next(seen) == (two,)
    timer.join()
