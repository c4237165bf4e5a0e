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


def test_files_are_small():
    sizes = sorted(
        len(path.read_text(encoding="utf-8").splitlines())
        for name, path in MODULES.items()
        if path.name != "__init__.py"
    )
    assert sizes[len(sizes) // 2] <= 150
    assert sizes[-1] <= 600
