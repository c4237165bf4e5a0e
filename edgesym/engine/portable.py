"""A tape as plain data, for an evaluator in another language: the explorer's, in JavaScript.

Places are numbered anew: inputs first, then constants, then steps in their order, so that a step
needs no place of its own.
"""

from __future__ import annotations

from typing import Any

from edgesym.engine.arithmetic import OPERATIONS
from edgesym.engine.tape import Tape
from edgesym.errors import EdgesymError

__all__ = ["CODES", "portable"]

#: Operation -> its number in the data; the evaluator has them in this order.
CODES = {name: code for code, name in enumerate(OPERATIONS.values())}


def portable(tape: Tape) -> dict[str, Any]:
    """A tape as lists of numbers.

    ``inputs`` are the letters of the symbols, ``constants`` numbers in double precision, ``code``
    each step's operation (:data:`CODES`), how many arguments it has, and their places;
    ``results`` the places of the outputs.

    >>> from edgesym.engine.program import program_of
    >>> from edgesym.symbols import symbol
    >>> H = symbol("hidden")
    >>> portable(program_of([3 * H**2]).tape)
    {'inputs': ['H'], 'constants': [3.0, 2.0], 'code': [2, 2, 0, 2, 1, 2, 1, 3], 'results': [4]}

    Raises:
        EdgesymError: a form has a sum without a closed form.
    """
    if any(step.node is not None for step in tape.steps):
        raise EdgesymError("a sum over steps has no closed form here, and no data of its own")
    order = [*tape.inputs.values(), *tape.constants, *(step.place for step in tape.steps)]
    places = {place: number for number, place in enumerate(order)}
    code: list[int] = []
    for step in tape.steps:
        code += [CODES[step.operation], len(step.arguments)]
        code += [places[place] for place in step.arguments]
    return {
        "inputs": [str(made) for made in tape.inputs],
        "constants": [float(number) for number in tape.constants.values()],
        "code": code,
        "results": [places[place] for place in tape.results],
    }
