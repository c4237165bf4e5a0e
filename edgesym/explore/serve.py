"""The page on a server of this machine alone, which also checks equations.

It listens on 127.0.0.1. Its address holds a token that is drawn anew each time, so that no other
page can guess it; requests that name another host or come from another page are refused; a
question is read up to a limit, and one is answered at a time.
"""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any

from edgesym.errors import ConfigError, OutputError
from edgesym.explore.checking import LARGEST_QUESTION, answer, offered

__all__ = ["Server", "server"]

_HOST = "127.0.0.1"
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: Seconds that a connection may stay silent.
_PATIENCE = 30


class Server(ThreadingHTTPServer):
    """Serves one page, at an address with a token in it."""

    daemon_threads = True
    allow_reuse_address = False

    def __init__(self, page: str, port: int) -> None:
        self.page = page.encode()
        self.token = secrets.token_urlsafe(24)
        self.one = Lock()
        super().__init__((_HOST, port), _Handler)

    @property
    def origin(self) -> str:
        """Where the page comes from, as a browser says it."""
        return f"http://{_HOST}:{self.server_port}"

    @property
    def address(self) -> str:
        """The address of the page."""
        return f"{self.origin}/{self.token}/"


def server(page: str, port: int = 0) -> Server:
    """A server of a page, on a port or on one that is free.

    Raises:
        ConfigError: no port; OutputError: the port is taken.
    """
    if not 0 <= port <= 65535:
        raise ConfigError(f"--port {port} must lie between 0, any that is free, and 65535")
    try:
        return Server(page, port)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"--port {port}: cannot listen there ({reason}); give another, or 0 for any"
        ) from error


class _Handler(BaseHTTPRequestHandler):
    """Answers the page's own requests, and refuses all others."""

    server: Server
    timeout = _PATIENCE
    server_version, sys_version = "edgesym", ""

    def do_GET(self) -> None:
        """The page, or what can be picked on it."""
        base = f"/{self.server.token}/"
        if not self._is_ours():
            self._refuse(HTTPStatus.FORBIDDEN)
        elif self.path == base:
            self._answer(self.server.page, "text/html; charset=utf-8")
        elif self.path == f"{base}offered":
            self._send(offered())
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """The verdict on an equation."""
        kind = self.headers.get("Content-Type", "")
        length = self.headers.get("Content-Length", "")
        if not self._is_ours() or self.headers.get("Origin") != self.server.origin:
            self._refuse(HTTPStatus.FORBIDDEN)
        elif self.path != f"/{self.server.token}/check":
            self._refuse(HTTPStatus.NOT_FOUND)
        elif kind != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif not length.isascii() or not length.isdigit() or int(length) > 4 * LARGEST_QUESTION:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            question = self.rfile.read(int(length)).decode(errors="replace")
            with self.server.one:
                found = answer(question)
            self._send(found)

    def _is_ours(self) -> bool:
        """Whether the request names this server, and no page of another asks."""
        host = f"{_HOST}:{self.server.server_port}"
        site = self.headers.get("Sec-Fetch-Site", "none")
        return self.headers.get("Host") == host and site in ("none", "same-origin")

    def _send(self, found: dict[str, Any]) -> None:
        self._answer(json.dumps(found).encode(), "application/json")

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        for name, value in {**_HEADERS, "Content-Type": kind}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self.send_error(status)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the token would stand in it."""
