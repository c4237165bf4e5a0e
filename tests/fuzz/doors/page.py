"""The checker's page: what a browser, or anybody on the machine, may send to it."""

from __future__ import annotations

import io
import json
import socket
from functools import cache
from random import Random
from typing import Any

from edgesym.explore.serve import Server, _Handler
from tests.fuzz.door import Door, Wrong, controlled
from tests.fuzz.doors.texts import EQUATIONS, FRAGMENTS
from tests.fuzz.mutate import NASTY, mutated_data, mutated_text

_PAGE = "<html>the page</html>"


class _Socket:
    """A connection that has sent all that it sends."""

    def __init__(self, sent: bytes) -> None:
        self._sent = io.BytesIO(sent)
        self.got = bytearray()

    def makefile(self, *_: Any, **__: Any) -> io.BytesIO:
        return self._sent

    def sendall(self, data: bytes) -> None:
        self.got += data

    def settimeout(self, _: float) -> None:
        """It never waits."""

    def setsockopt(self, *_: Any) -> None:
        """It has no options."""


@cache
def _server() -> Server:
    made = Server.__new__(Server)
    made.page, made.token = _PAGE.encode(), "token"
    made.server_address, made.socket = ("127.0.0.1", 4000), socket.socket
    made.server_port = 4000
    from threading import Lock

    made.one = Lock()
    return made


_QUESTIONS = (
    {"equation": "2*L", "quantity": "layers", "symbols": "L=layers", "notation": "plain"},
    {"equation": "4LH^2", "quantity": "parameters", "symbols": "L=layers, H=hidden", "part": "a"},
    {
        "equation": "12 L H^2",
        "quantity": "flops",
        "symbols": "L=layers,H=hidden",
        "phase": "decode",
        "per": "token",
        "assumptions": ["kv_heads = heads", "intermediate = 4*hidden"],
    },
)
_HEADERS = {
    "Host": "127.0.0.1:4000",
    "Origin": "http://127.0.0.1:4000",
    "Content-Type": "application/json",
    "Sec-Fetch-Site": "same-origin",
}


def _draw(random: Random) -> dict[str, Any]:
    question = mutated_data(random, _QUESTIONS) if random.random() < 0.6 else _QUESTIONS[0]
    if random.random() < 0.4:
        question = {**_QUESTIONS[0], "equation": mutated_text(random, EQUATIONS, FRAGMENTS, 2_000)}
    body = json.dumps(question)
    body = mutated_text(random, (body,), NASTY) if random.random() < 0.2 else body
    raw = body.encode(errors="surrogatepass")
    headers = {**_HEADERS, "Content-Length": str(len(raw))}
    if random.random() < 0.3:
        headers = mutated_data(random, [headers])
    paths = ("/token/check", "/token/", "/token/offered", "/", "/tok/check", "/token/../check")
    path = paths[0] if random.random() < 0.7 else mutated_text(random, paths, NASTY, 400)
    method = random.choice(("POST",) * 8 + ("GET", "PUT", "X" * 300, "HEAD"))
    return {"method": method, "path": path, "headers": headers, "body": body}


def _enter(given: dict[str, Any]) -> None:
    lines = [f"{given['method']} {given['path']} HTTP/1.1"]
    headers = given["headers"] if isinstance(given["headers"], dict) else {}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    raw = "\r\n".join([*lines, "", given["body"]]).encode(errors="surrogatepass")
    connection = _Socket(raw)
    _Handler(connection, ("127.0.0.1", 5000), _server())  # type: ignore[arg-type]
    status, _, body = bytes(connection.got).partition(b"\r\n\r\n")
    if not connection.got:
        return
    code = status.split(b" ")[1:2]
    if code == [b"200"]:
        _judge(given, headers, body)
    elif code and code[0][:1] == b"5" and code[0] not in (b"501", b"505"):
        raise Wrong(f"answers {status[:80]!r}", "exit code")


def _judge(given: dict[str, Any], headers: dict[str, Any], body: bytes) -> None:
    """Only what names the server and its token is answered, and what is said is escaped."""
    if not given["path"].startswith("/token/") or headers.get("Host") != _HEADERS["Host"]:
        raise Wrong("answers a stranger", "exit code")
    if given["method"] != "POST":
        return
    if headers.get("Origin") != _HEADERS["Origin"]:
        raise Wrong("answers another page", "exit code")
    found = json.loads(body.partition(b"HTTP/1.")[0] or b"{}")
    html = found.get("html", "")
    if any(mark in html.lower() for mark in ("<script", "<img src=x", "onerror=")):
        raise Wrong("HTML of the question stands in the answer", place="html")
    what = controlled(html)
    if what or len(found.get("error", "")) > 5 * len(given["body"]) + 2_000:
        raise Wrong(what or "an error without end", "words", "the page")


DOORS = (Door("page", _draw, _enter, 150, 10.0),)
