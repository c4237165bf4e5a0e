"""The net under the command line: whatever ends it ends in one line and an exit code.

What a user did wrong, and what the machine refused, ends in exit code 2; so does a defect of ours,
whose line says how to report it. Ctrl-C ends in 130, the request to end in 143, and a reader that
went away in 141, as shells count (128 and the number of the signal).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

import click

from edgesym.errors import EdgesymError
from edgesym.plain import plain_line

__all__ = ["TRACEBACK", "caught", "say"]

#: The variable that shows where an error was raised.
TRACEBACK = "EDGESYM_TRACEBACK"
_WRONG, _INTERRUPTED, _NOT_READ = 2, 130, 141
#: Whose errors of the system are of standard output, where they name no file.
_WRITERS = (Path(click.utils.__file__), Path(__file__))
_WHERE = f"{TRACEBACK}=1 shows where"


def say(text: str, *, err: bool = True) -> None:
    """A line on standard error, or output; where the one cannot be written either, nothing."""
    if not err:
        click.echo(plain_line(text))
        return
    try:
        click.echo(plain_line(text), err=True)
    except (OSError, ValueError):  # nobody reads errors
        _let_go(sys.stderr)


def caught(call: Callable[[], Any]) -> int:
    """The exit code of a command line, what ends it told in one line."""
    _hold_places()
    output = sys.stdout
    try:
        with _ending():
            code = call()
            if sys.stdout is not None:
                sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:  # click tells it
        error.show()
        return error.exit_code
    except click.ClickException as error:  # told in two lines
        context = getattr(error, "ctx", None)
        if context is not None:
            click.echo(context.get_usage(), err=True)
            say(f"Try '{context.command_path} --help' for help.")
        say(f"Error: {error.format_message()}")
        return error.exit_code
    except (click.Abort, KeyboardInterrupt) as error:  # told in a line
        if isinstance(error.__cause__, EOFError):
            return _told(error.__cause__)
        say("Stopped.")
        return _INTERRUPTED
    except SystemExit:  # raised by a verb, unless click made it of a reader that went away
        if sys.stdout is output:
            raise
        sys.stdout = output  # click puts another in its place where its reader went away
        return _told(BrokenPipeError())
    except Exception as error:  # noqa: BLE001 - no traceback reaches a user who does not ask for it
        return _told(error)


def _told(error: BaseException) -> int:
    """The exit code of an error, after it is told."""
    if isinstance(error, BrokenPipeError):
        _let_go(sys.stdout)
        return _NOT_READ
    if os.environ.get(TRACEBACK, "") not in ("", "0"):
        import traceback

        with suppress(OSError, ValueError):  # nobody reads errors
            traceback.print_exception(error)
    if isinstance(error, EdgesymError):
        say(f"Error: {error}")
    elif isinstance(error, OSError):
        say(f"Error: {_refused(error)}")
    elif isinstance(error, MemoryError):
        say(f"Error: out of memory; ask for less at once, or give edgesym more. {_WHERE}")
    else:
        reason = plain_line(f"{type(error).__name__}: {error}".removesuffix(": "), 200)
        say(
            f"Error: this is a defect of edgesym ({reason}{_place(error)}). Please report it, with "
            f"the command and what it was given. {_WHERE}"
        )
    return _WRONG


def _refused(error: OSError) -> str:
    """What the system refused; without a name it is standard output, where click wrote to it."""
    reason = error.strerror or str(error) or type(error).__name__
    last = _files(error)[-1:]
    if error.filename is None and last and last[0][0] in _WRITERS:
        _let_go(sys.stdout)
        return f"standard output cannot be written ({reason})"
    if error.filename is None and isinstance(error, FileNotFoundError) and not _has_place():
        return "the folder that edgesym is run in is gone; change to another"
    named = f"{error.filename}: " if error.filename else ""
    return f"{named}the system says: {reason}. {_WHERE}"


def _has_place() -> bool:
    """Whether the folder that this is run in is there."""
    try:
        return Path.cwd().is_dir()
    except OSError:  # it is gone: that is what is asked
        return False


def _place(error: BaseException) -> str:
    """The last line of edgesym's own that an error passed."""
    own = Path(__file__).parent.parent
    places = [(file.relative_to(own), n) for file, n in _files(error) if file.is_relative_to(own)]
    return "".join(f", {file.as_posix()} line {number}" for file, number in places[-1:])


def _files(error: BaseException) -> list[tuple[Path, int]]:
    """The files and lines that an error passed, where it was raised last."""
    places, trace = [], error.__traceback__
    while trace is not None:
        places.append((Path(trace.tb_frame.f_code.co_filename), trace.tb_lineno))
        trace = trace.tb_next
    return places


def _hold_places() -> None:
    """Have streams that are closed refuse what is written, and no file take their place.

    What a stream cannot write is escaped: a name of bytes that are no text, or signs that its
    encoding lacks.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (handle := os.open(os.devnull, os.O_RDONLY)) <= 2:
            os.set_inheritable(handle, True)
        os.close(handle)
        if sys.stdout is None:
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    if getattr(sys.stdout, "errors", "") == "strict":
        with suppress(AttributeError, OSError, ValueError):  # it stays as strict as it is
            sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _let_go(stream: Any) -> None:
    """Have what a stream still holds go nowhere: it is tried once more when Python ends."""
    with suppress(AttributeError, OSError, ValueError):  # it holds nothing
        handle = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, handle)
        os.close(nowhere)


@contextmanager
def _ending() -> Iterator[None]:
    """Have the request to end meanwhile clean up behind it, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    ours = [number for number in asked if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, _end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
