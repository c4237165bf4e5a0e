"""Closed forms as an Excel workbook: inputs in named cells, a step in each cell."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO
from math import isinf
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from edgesym.analysis.exported import LARGEST_COUNT, Export
from edgesym.document.plain import plain
from edgesym.errors import OutputError
from edgesym.render.export.comments import about, in_words
from edgesym.render.export.names import reserved, said
from edgesym.render.export.statements import Code, Spelling, bare, code_of

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["write_excel"]

#: Characters of a formula, and of a text, that a cell holds.
_LONGEST_FORMULA, _LONGEST_TEXT = 8192, 32767
#: In place of infinity, which a cell does not hold.
_LARGEST = 1e290
#: A file that says the same is the same.
_DATE = datetime(2000, 1, 1, tzinfo=UTC)
#: Looks like a cell: up to three letters and a number.
_CELL = re.compile(r"[a-z]{1,3}\d+\Z")


def _number(number: Any) -> str:
    if isinf(number):
        return repr(_LARGEST)
    text = str(number) if isinstance(number, int) and abs(number) < 10**15 else repr(float(number))
    text = text.removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


_EXCEL = Spelling(
    _number,
    lambda base, exponent, known: f"{base}^{exponent}",
    {
        "maximum": "MAX({all})",
        "minimum": "MIN({all})",
        "remainder": "({0} - {1} * INT({0} / {1}))",
        "floor": "INT({0} / {1})",
        "ceiling": "(-INT(-({0} / {1})))",
        "log": "LN({0})",
        "power_sum": "IF({0} = 1, {1}, (1 - {0}^{1}) / (1 - {0}))",
    },
    most=40,
)


def write_excel(found: Export) -> bytes:
    """A workbook of three sheets: results, inputs, steps.

    Cells recompute as inputs change; counts of 2^53 and more, and other than whole ones, are
    refused by the input cells.

    Raises:
        OutputError: openpyxl is not installed, or a step is too long for a cell.
    """
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise OutputError("Excel needs openpyxl: pip install 'edgesym[excel]'") from error
    code = code_of(found, _EXCEL, _Reserved(reserved("excel")))
    book = Workbook()
    results = book.active
    results.title = "Results"
    _results(results, book, found, code)
    _inputs(book.create_sheet("Inputs"), book, found, code)
    _steps(book.create_sheet("Steps"), book, code)
    book.properties.creator = "edgesym"
    book.properties.created = book.properties.modified = _DATE.replace(tzinfo=None)
    stream = BytesIO()
    book.save(stream)
    return _same(stream.getvalue())


class _Reserved(frozenset[str]):
    """Names that Excel takes for something else, addresses of cells among them."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or bool(_CELL.match(str(name)))


def _results(sheet: Worksheet, book: Workbook, found: Export, code: Code) -> None:
    _text(sheet, 1, 1, about(found), bold=True)
    row = 2
    for line in in_words(found):
        _text(sheet, row, 1, line)
        row += 1
    head = ("quantity", "value", "unit", "at the defaults", "there", "meaning", "formula")
    row += 1
    for column, title in enumerate(head, 1):
        _text(sheet, row, column, title, bold=True)
    named = {line.name for line in code.statements}
    for name, result, one in zip(code.outputs, code.results, found.outputs, strict=True):
        row += 1
        _text(sheet, row, 1, one.name)
        _formula(sheet, row, 2, result)
        _text(sheet, row, 3, one.unit)
        sheet.cell(row, 4, float(one.value) if not isinstance(one.value, int) else one.value)
        same = f"ABS(B{row} - D{row}) <= 1E-12 * ABS(D{row})"
        _formula(sheet, row, 5, f'IF({same}, "ok", "differs, or inputs changed")')
        _text(sheet, row, 6, one.meaning)
        _text(sheet, row, 7, f"{one.name} = {plain(one.formula)}")
        if name not in named:
            _name(book, name, "Results", row, 2)
    _wide(sheet, (30, 24, 10, 24, 12, 60, 100))


def _inputs(sheet: Worksheet, book: Workbook, found: Export, code: Code) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    for column, title in enumerate(("input", "value", "unit", "letter", "meaning"), 1):
        _text(sheet, 1, column, title, bold=True)
    most = str(LARGEST_COUNT - 1)
    allowed = DataValidation("whole", operator="between", formula1="0", formula2=most)
    allowed.error = "A whole number of 0 or more, below 2^53."
    sheet.add_data_validation(allowed)
    for row, (name, one) in enumerate(zip(code.inputs, found.inputs, strict=True), 2):
        _text(sheet, row, 1, one.word)
        value = _LARGEST if isinf(one.value) else one.value
        sheet.cell(row, 2, value if isinstance(value, int) else float(value))
        for column, text in enumerate((one.unit, str(one.symbol), one.meaning), 3):
            _text(sheet, row, column, text)
        if one.whole:
            allowed.add(f"B{row}")
        _name(book, name, "Inputs", row, 2)
    for row, one in enumerate(found.fixed, len(found.inputs) + 3):
        _text(sheet, row, 1, f"{one.word} (put in)")
        _text(sheet, row, 2, str(one.value))
        _text(sheet, row, 3, one.unit)
    _wide(sheet, (36, 24, 10, 12, 60))


def _steps(sheet: Worksheet, book: Workbook, code: Code) -> None:
    for column, title in enumerate(("step", "value", "in letters"), 1):
        _text(sheet, 1, column, title, bold=True)
    for row, line in enumerate(code.statements, 2):
        _text(sheet, row, 1, line.name)
        _formula(sheet, row, 2, line.text)
        _text(sheet, row, 3, line.note)
        _name(book, line.name, "Steps", row, 2)
    _wide(sheet, (40, 24, 70))


def _text(sheet: Worksheet, row: int, column: int, text: str, *, bold: bool = False) -> None:
    """A text, which is never taken for a formula."""
    from openpyxl.styles import Font

    cell = sheet.cell(row, column)
    cell.value = said(text)[:_LONGEST_TEXT]
    cell.data_type = "s"
    cell.quotePrefix = said(text)[:1] in ("=", "+", "-", "@")
    if bold:
        cell.font = Font(bold=True)


def _formula(sheet: Worksheet, row: int, column: int, text: str) -> None:
    if len(text) >= _LONGEST_FORMULA:
        raise OutputError(
            "a step is longer than a cell of Excel holds; leave fewer symbols open with --inputs"
        )
    sheet.cell(row, column, f"={bare(text)}")


def _name(book: Workbook, name: str, sheet: str, row: int, column: int) -> None:
    from openpyxl.workbook.defined_name import DefinedName

    letter = "ABCDEFG"[column - 1]
    book.defined_names[name] = DefinedName(name, attr_text=f"{sheet}!${letter}${row}")


def _wide(sheet: Worksheet, widths: tuple[int, ...]) -> None:
    for letter, width in zip("ABCDEFG", widths, strict=False):
        sheet.column_dimensions[letter].width = width


def _same(content: bytes) -> bytes:
    """The workbook without the time at which it was written."""
    stream = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(stream, "w", ZIP_DEFLATED) as new:
        for item in old.infolist():
            body = old.read(item)
            if item.filename == "docProps/core.xml":
                stamp = b'<dcterms:modified xsi:type="dcterms:W3CDTF">2000-01-01T00:00:00Z<'
                body = re.sub(rb"<dcterms:modified[^>]*>[^<]*<", stamp, body)
            new.writestr(ZipInfo(item.filename, (2000, 1, 1, 0, 0, 0)), body)
    return stream.getvalue()
