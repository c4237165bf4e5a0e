"""The house: no room imports one to its right, and the page that draws it names every room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import edgesym

PACKAGE = Path(edgesym.__file__).parent
PAGE = PACKAGE.parent / "docs" / "house.md"


def rooms() -> list[str]:
    """The rooms from left to right, as the page lists them."""
    plan = PAGE.read_text(encoding="utf-8").partition("```")[2].partition("```")[0]
    return [line.split()[0].rstrip("/").removesuffix(".py") for line in plan.splitlines()[1:]]


def room_of(module: str) -> str:
    """The room that a module of the package lies in."""
    return module.split(".")[1] if "." in module else "edgesym"


def modules() -> dict[str, Path]:
    """Every module of the package, by name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imports(module: str) -> set[str]:
    """Modules of the package that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{module} imports relatively"
            below = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in below}
    return {name for name in found if name in MODULES and name != "edgesym"}


def test_the_page_lists_every_room_once():
    there = {room_of(name) for name in MODULES} - {"edgesym"}
    assert sorted(rooms()) == sorted(there)


@pytest.mark.parametrize("module", [name for name in MODULES if name != "edgesym"])
def test_no_module_imports_from_a_room_to_its_right(module):
    order = {room: place for place, room in enumerate(rooms())}
    here = order[room_of(module)]
    right = {name for name in imports(module) if order[room_of(name)] > here}
    assert not right


def test_no_module_is_in_a_circle():
    arrows = {module: imports(module) for module in MODULES}
    left = dict(arrows)
    while left:
        ready = {module for module, needed in left.items() if not needed & left.keys() - {module}}
        assert ready, f"a circle among {sorted(left)}"
        left = {module: needed for module, needed in left.items() if module not in ready}


#: What opens a file, reads one or writes one.
OPENING = {
    *("open", "fdopen", "read_text", "read_bytes", "write_text", "write_bytes"),
    *("mkstemp", "NamedTemporaryFile", "TemporaryFile"),
}
#: Who does so besides ``edgesym.files``, and with what.
OPENS = {
    "edgesym.data": ("files of the package", {"read_bytes"}),
    "edgesym.architectures.fingerprint": ("files of the package", {"read_bytes"}),
    "edgesym.render.frame": ("files of the package", {"read_text"}),
    "edgesym.measuring.host": ("/proc, which has no sizes", {"read_text"}),
    "edgesym.measuring.limit": ("/proc of this process", {"read_text", "write_text"}),
    "edgesym.tracing.guard": ("/proc of this process", {"write_text"}),
    "edgesym.measuring.calibration.storage": ("what is measured is reading", {"open"}),
    "edgesym.analysis.sweep.sinks.sink": ("a file that grows, noted elsewhere", {"open"}),
    "edgesym.analysis.sweep.sinks.npz": ("within an archive", {"open"}),
    "edgesym.analysis.sweep.journal": ("a lock, which holds nothing", {"open"}),
    "edgesym.cli.net": ("the standard streams", {"open", "fdopen"}),
    "edgesym.cli.calibrate": ("whether a folder can be written to", {"TemporaryFile"}),
    "edgesym.cli.explore": ("a browser", {"open"}),
    "edgesym.measuring.process": ("a folder of its own", {"open", "write_text"}),
    "edgesym.measuring.refit": ("a folder of its own", {"write_text"}),
    "edgesym.cli.measure": ("a folder of its own", {"write_text"}),
    "edgesym.tracing.draft": ("a folder of its own", {"write_text"}),
    "edgesym.engine.native": ("a folder of its own", {"write_text"}),
    "edgesym.render.pdf": ("a folder of its own", {"read_bytes", "write_text", "write_bytes"}),
    "edgesym.compression.libraries.llama_cpp_engine": ("a folder of its own", {"write_text"}),
}


def _called(function: ast.expr) -> set[str]:
    """What of these is called; a bare name is one that is imported, or the built-in open."""
    names = {function.attr} & OPENING if isinstance(function, ast.Attribute) else set()
    return names or ({"open"} if getattr(function, "id", "") == "open" else set())


def test_no_module_opens_files_but_the_one_that_does():
    found = {
        module: {
            called
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
            for called in _called(node.func)
        }
        for module, path in MODULES.items()
        if room_of(module) != "files"
    }
    assert {module: names for module, names in found.items() if names} == {
        module: names for module, (_, names) in OPENS.items()
    }


def test_no_module_parses_a_users_json_or_toml_but_the_one_that_does():
    ours = {"files", "data", "lines"}
    for module, path in MODULES.items():
        if room_of(module) not in ours:
            assert "tomllib" not in path.read_text(encoding="utf-8"), module


def test_files_are_small():
    sizes = sorted(
        len(path.read_text(encoding="utf-8").splitlines())
        for name, path in MODULES.items()
        if path.name != "__init__.py"
    )
    assert sizes[len(sizes) // 2] <= 150
    assert sizes[-1] <= 600
