"""The server answers its own page and nobody else; a question is data, whatever it holds."""

from __future__ import annotations

import http.client
import json
import socket
import threading

import pytest

from edgesym.errors import ConfigError, OutputError
from edgesym.explore.checking import LARGEST_QUESTION, answer
from edgesym.explore.serve import server

ASKED = {"equation": "2*L*H", "quantity": "layers*hidden", "symbols": "L=layers,H=hidden"}


@pytest.fixture(scope="module")
def serving():
    with server("<p>page</p>") as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def asked(serving, method="GET", path="", body=None, **headers):
    """The status and the text of an answer; headers with underscores for dashes."""
    connection = http.client.HTTPConnection("127.0.0.1", serving.server_port, timeout=60)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"/{serving.token}/{path}", body, named)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response, text


def own(serving, **more):
    return {"Origin": serving.origin, "Content_Type": "application/json", **more}


def test_it_listens_on_this_machine_alone_and_serves_the_page(serving):
    assert serving.server_address[0] == "127.0.0.1"
    response, text = asked(serving)
    assert (response.status, text) == (200, "<p>page</p>")
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Cache-Control"] == "no-store"
    assert "Python" not in response.headers["Server"]


def test_what_can_be_picked_is_offered(serving):
    response, text = asked(serving, path="offered")
    offered = json.loads(text)
    assert response.status == 200
    assert "kv_cache_bytes" in offered["quantities"]
    assert "decode" in offered["phases"]


def test_an_equation_is_checked(serving):
    question = json.dumps({**ASKED, "notation": "plain"})
    response, text = asked(serving, "POST", "check", question, **own(serving))
    assert response.status == 200
    found = json.loads(text)
    assert found["verdict"] == "wrong"
    assert "difference" in found["html"]


def test_an_address_without_the_token_is_nothing(serving):
    for path in ("/", "/index.html", "/AAAA/", "/../", f"/{serving.token[:-1]}/"):
        connection = http.client.HTTPConnection("127.0.0.1", serving.server_port, timeout=60)
        connection.request("GET", path)
        assert connection.getresponse().status == 404
        connection.close()


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "evil.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Length": "99999999"}, 413),
        ({"Content_Length": "-1"}, 413),
        ({"Content_Length": "ten"}, 413),
    ],
)
def test_other_pages_and_large_questions_are_refused(serving, change, status):
    response, _ = asked(serving, "POST", "check", "{}", **own(serving, **change))
    assert response.status == status


def test_other_methods_are_refused(serving):
    assert asked(serving, "PUT", "check", "{}", **own(serving))[0].status == 501
    assert asked(serving, "POST", "", "{}", **own(serving))[0].status == 404


def test_a_port_that_is_taken_or_none_is_refused_in_one_line():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        with pytest.raises(OutputError, match=rf"--port {port}: cannot listen there .* any"):
            server("", port)
    with pytest.raises(ConfigError, match="--port 70000 must lie between 0"):
        server("", 70000)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("{", "a question: not valid JSON at line 1"),
        ("[" * 10_000, "a question: line 1 is nested too deep"),
        ("x" * (LARGEST_QUESTION + 1), "is not read"),
        ("[1]", "a question: [1] must be a table"),
        ('{"equation": 1}', "a question:1: equation = 1 must be text"),
        ('{"eval": "1"}', "unknown key of a question:1: 'eval'"),
        ('{"assumptions": "tied"}', "assumptions = 'tied' must be a list"),
        (json.dumps({"equation": " ", "quantity": "flops"}), "equation is empty: paste one"),
        (json.dumps({"equation": "2"}), "quantity is empty"),
        (json.dumps({**ASKED, "notation": "python"}), "notation = 'python'"),
        (json.dumps({**ASKED, "quantity": "flopz"}), "flopz"),
        (json.dumps({**ASKED, "symbols": "L"}), "letters: 'L' should read letter=word"),
        (json.dumps({**ASKED, "phase": "never"}), "never"),
        (json.dumps({**ASKED, "assumptions": ["__import__('os')"]}), "__import__"),
        (json.dumps({**ASKED, "equation": "__import__('os').system('true')"}), ""),
    ],
)
def test_bad_questions_are_told_what_is_wrong(question, said):
    found = answer(question)
    assert "html" not in found
    assert said in found["error"]


def test_what_is_typed_is_escaped_in_the_answer():
    hostile = {"x_{<img src=y onerror=z>}": "layers"}
    question = {**ASKED, "equation": "\\text{<script>} L H", "notation": "latex"}
    found = answer(json.dumps(question))
    shown = found.get("html", "")
    assert "<script>" not in shown
    letters = ", ".join(f"{name}={word}" for name, word in hostile.items())
    other = answer(json.dumps({**question, "symbols": f"{letters}, L=layers, H=hidden"}))
    assert "<img" not in other.get("html", "")
