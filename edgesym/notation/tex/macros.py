r"""Macros of a paper, expanded as LaTeX would, within bounds.

Read are ``\newcommand`` and its kin, ``\def``, ``\let``, ``\DeclareMathOperator``,
``\DeclarePairedDelimiter``, ``\NewDocumentCommand`` (arguments m, o, O and s) and
``\newenvironment``. No TeX engine is used: one that runs a paper also runs what the paper asks for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edgesym.notation.tex.environments import PREDEFINED
from edgesym.notation.tex.files import Problem
from edgesym.notation.tex.tokens import Token, tokens_of

__all__ = ["Macro", "expanded"]

_GROWN = 400_000
_LONGEST = 20_000
_UNCLOSED = 20
_DEEPEST = 100

_NEW = (
    *("newcommand", "renewcommand", "providecommand", "DeclareRobustCommand"),
    *("newcommand*", "renewcommand*", "providecommand*"),
)
_XPARSE = ("NewDocumentCommand", "RenewDocumentCommand", "ProvideDocumentCommand")
_OPERATORS = ("DeclareMathOperator", "DeclareMathOperator*")
_ENVIRONMENTS = ("newenvironment", "renewenvironment", "newenvironment*", "renewenvironment*")
_DEFS = ("def", "gdef", "edef", "xdef")
_PREFIXES = ("global", "long", "protected", "outer")


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro: its arguments, each with its default or None where it has to stand there.

    Attributes:
        arguments: a default as tokens, None for one that has none, ``"*"`` for a star.
        body: tokens, with ``#1`` for an argument.
        at: where it is defined.
        delimited: whether its arguments end at signs of its own, which is not read.
    """

    arguments: tuple[tuple[Token, ...] | str | None, ...]
    body: tuple[Token, ...]
    at: int
    delimited: bool = False


class _End(Exception):  # noqa: N818 (never leaves this module)
    """The tokens are at their end, or a group is never closed."""


def expanded(tokens: Sequence[Token]) -> tuple[list[Token], list[Problem]]:
    r"""Tokens with the macros that they define put in, and what could not be.

    A token that comes out of a macro stands where the macro was used.

    >>> from edgesym.notation.tex.tokens import printed
    >>> found, _ = expanded(list(tokens_of(r"\newcommand{\n}[2][h]{n_{#1}^{#2}}\n{2} + \n[l]3")))
    >>> printed(found)[0]
    'n_{h}^{2} + n_{l}^{3}'
    """
    expander = _Expander(tokens)
    return expander.run(), expander.problems


class _Expander:
    """What is still to be read, last first, and the macros known by now."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.left = list(reversed(tokens))
        self.out: list[Token] = []
        self.problems: list[Problem] = []
        self.told: set[str] = set()
        self.scopes: list[dict[str, Macro | None]] = [{}]
        self.grown = self.unclosed = 0
        self.macros: dict[str, Macro] = {}
        for name, (count, body) in PREDEFINED.items():
            self.macros[name] = Macro((None,) * count, tuple(tokens_of(body)), -1)

    def run(self) -> list[Token]:
        while self.left:
            token = self.left.pop()
            if token.kind == "command":
                try:
                    self._command(token)
                except _End:  # an argument that never ends is told
                    self._unclosed(token)
            else:
                if token.opens():
                    self.scopes.append({})
                elif token.closes():
                    self._close()
                self.out.append(token)
        return self.out

    def _command(self, token: Token) -> None:
        name = token.text
        if name in _PREFIXES:
            return
        if name in _NEW:
            self._newcommand(token)
        elif name in _DEFS:
            self._def(token)
        elif name == "let":
            self._let(token)
        elif name in _OPERATORS:
            self._set(
                self._name(),
                Macro(
                    (),
                    (Token("command", "operatorname", token.at), *_braced(self._group())),
                    token.at,
                ),
            )
        elif name in ("DeclarePairedDelimiter", "DeclarePairedDelimiter*"):
            made, left, right = self._name(), self._group(), self._group()
            body = (*left, *tokens_of(" #2 "), *right)
            self._set(made, Macro(("*", None), body, token.at))
        elif name in _XPARSE:
            self._document_command(token)
        elif name in _ENVIRONMENTS:
            self._newenvironment(token)
        elif name in ("begin", "end"):
            self._environment(token)
        elif name in ("begingroup", "bgroup"):
            self.scopes.append({})
        elif name in ("endgroup", "egroup"):
            self._close()
        elif name in self.macros:
            self._use(token, self.macros[name])
        else:
            self.out.append(token)

    # ------------------------------------------------------------ reading what follows

    def _peek(self) -> Token | None:
        """The next token that is no space."""
        while self.left and self.left[-1].kind == "space":
            self.left.pop()
        return self.left[-1] if self.left else None

    def _group(self) -> list[Token]:
        """The argument that follows: a group without its braces, or one token."""
        first = self._peek()
        if first is None or (first.opens() and self.unclosed > _UNCLOSED):
            raise _End
        self.left.pop()
        if not first.opens():
            if first.kind == "word" and len(first.text) > 1:
                self.left.append(first._replace(text=first.text[1:], at=first.at + 1))
                return [first._replace(text=first.text[0])]
            return [first]
        found: list[Token] = []
        depth = 1
        while self.left:
            token = self.left.pop()
            depth += token.opens() - token.closes()
            if not depth:
                return found
            found.append(token)
            if len(found) > _LONGEST:
                break
        self.left += reversed(found)
        self.unclosed += 1
        raise _End

    def _option(self) -> list[Token] | None:
        """The argument in square brackets that follows, if one does."""
        first = self._peek()
        if first is None or first.kind != "sign" or first.text != "[":
            return None
        if self.unclosed > _UNCLOSED:
            raise _End
        self.left.pop()
        found: list[Token] = []
        depth = 0
        while self.left:
            token = self.left.pop()
            if token.text == "]" and token.kind == "sign" and not depth:
                return found
            depth += token.opens() - token.closes()
            found.append(token)
            if len(found) > _LONGEST:
                break
        self.left += reversed(found)
        self.unclosed += 1
        raise _End

    def _name(self) -> str:
        for token in self._group():
            if token.kind == "command":
                return token.text
        return ""

    # ------------------------------------------------------------ definitions

    def _set(self, name: str, macro: Macro | None) -> None:
        if not name:
            return
        self.scopes[-1].setdefault(name, self.macros.get(name))
        if macro is None:
            self.macros.pop(name, None)
        else:
            self.macros[name] = macro

    def _close(self) -> None:
        if len(self.scopes) == 1:
            return
        for name, before in self.scopes.pop().items():
            if before is None:
                self.macros.pop(name, None)
            else:
                self.macros[name] = before

    def _arguments(self) -> tuple[tuple[Token, ...] | str | None, ...]:
        """As ``[2][default]`` says them."""
        number = "".join(token.text for token in self._option() or []).strip()
        count = int(number) if number.isdigit() and int(number) < 10 else 0
        arguments: list[tuple[Token, ...] | str | None] = [None] * count
        default = self._option() if count else None
        if default is not None:
            arguments[0] = tuple(default)
        return tuple(arguments)

    def _newcommand(self, token: Token) -> None:
        name = self._name()
        arguments = self._arguments()
        body = tuple(self._group())
        if token.text.startswith("provide") and name in self.macros:
            return
        self._set(name, Macro(arguments, body, token.at))

    def _def(self, token: Token) -> None:
        first = self._peek()
        if first is None or first.kind != "command":
            return
        self.left.pop()
        count, delimited = 0, False
        while self.left and not self.left[-1].opens():
            part = self.left.pop()
            count += part.kind == "param"
            delimited |= part.kind != "param"
            if count > 9 or part.kind == "command":
                raise _End
        body = tuple(self._group())
        delimited = delimited and count > 0
        self._set(first.text, Macro((None,) * count, body, token.at, delimited))
        if token.text in ("gdef", "xdef"):
            for scope in self.scopes:
                scope.pop(first.text, None)

    def _let(self, token: Token) -> None:
        first = self._peek()
        if first is None or first.kind != "command":
            return
        self.left.pop()
        then = self._peek()
        if then is not None and then.kind == "sign" and then.text == "=":
            self.left.pop()
            then = self._peek()
        if then is None:
            return
        self.left.pop()
        if then.kind == "command" and then.text in self.macros:
            self._set(first.text, self.macros[then.text])
        elif first.text != then.text:
            self._set(first.text, Macro((), (then,), token.at))

    def _document_command(self, token: Token) -> None:
        name = self._name()
        given = list(self._group())
        arguments: list[tuple[Token, ...] | str | None] = []
        odd = False
        text = [part for part in given if part.kind != "space"]
        i = 0
        while i < len(text):
            part = text[i]
            if part.kind == "word":
                for letter in part.text:
                    odd |= letter not in "mosO"
                    arguments.append({"m": None, "s": "*"}.get(letter, ()))
            elif part.opens():
                depth, default = 1, []
                while depth and i + 1 < len(text):
                    i += 1
                    depth += text[i].opens() - text[i].closes()
                    default.append(text[i])
                if arguments:
                    arguments[-1] = tuple(default[:-1])
            i += 1
        body = tuple(self._group())
        self._set(name, Macro(tuple(arguments), body, token.at, odd))

    def _newenvironment(self, token: Token) -> None:
        name = "".join(part.text for part in self._group())
        arguments = self._arguments()
        begins, ends = tuple(self._group()), tuple(self._group())
        self._set(f"begin {name}", Macro(arguments, begins, token.at))
        self._set(f"end {name}", Macro((), ends, token.at))

    # ------------------------------------------------------------ uses

    def _environment(self, token: Token) -> None:
        first = self._peek()
        named = self._group() if first is not None and first.opens() else []
        name = "".join(part.text for part in named)
        macro = self.macros.get(f"{token.text} {name}")
        if macro is not None:
            self._use(token._replace(text=f"{token.text} {name}"), macro)
            return
        if token.text == "begin":
            self.scopes.append({})
        else:
            self._close()
        self.out += (token, *_braced(named, token.at))

    def _use(self, token: Token, macro: Macro) -> None:
        shown = token.text.replace("begin ", "begin{") + ("}" if " " in token.text else "")
        above = token.via
        depth = 0
        while above is not None:
            depth += 1
            if above[0] == token.text or depth > _DEEPEST:
                self._broken(token, f"macro \\{shown} expands to itself")
                return
            above = above[1]  # type: ignore[assignment]
        if macro.delimited:
            self._broken(token, f"macro \\{shown} takes its arguments in a way that is not read")
            return
        if self.grown > _GROWN:
            self._broken(token, f"macros of this paper expand to more than {_GROWN} tokens")
            return
        if self.unclosed > _UNCLOSED:
            self.out.append(token)
            return
        given = [self._argument(argument) for argument in macro.arguments]
        via = (token.text, token.via)
        made: list[Token] = []
        for part in macro.body:
            if part.kind != "param":
                made.append(Token(part.kind, part.text, token.at, via))
            elif part.text.startswith("##"):
                made.append(Token("param", part.text[1:], token.at, via))
            else:
                place = int(part.text[1:] or 0) - 1
                made += given[place] if 0 <= place < len(given) else []
            if self.grown + len(made) > _GROWN:
                break
        self.grown += len(made)
        self.left += reversed(made)

    def _argument(self, argument: tuple[Token, ...] | str | None) -> Sequence[Token]:
        if argument is None:
            return self._group()
        if isinstance(argument, str):
            first = self._peek()
            if first is not None and first.text == "*":
                self.left.pop()
            return ()
        option = self._option()
        return argument if option is None else option

    def _broken(self, token: Token, what: str) -> None:
        self.out.append(Token("broken", what, token.at))
        if what not in self.told:
            self.told.add(what)
            self.problems.append(Problem(what, token.at))

    def _unclosed(self, token: Token) -> None:
        self.out.append(token)
        if self.unclosed <= _UNCLOSED:
            self.problems.append(
                Problem(f"an argument of \\{token.text} is missing, or never closed", token.at)
            )


def _braced(tokens: Iterable[Token], at: int = 0) -> tuple[Token, ...]:
    return (Token("sign", "{", at), *tokens, Token("sign", "}", at))
