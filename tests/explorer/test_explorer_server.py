"""What a running server refuses, asked over plain sockets as a stranger would."""

from __future__ import annotations

import asyncio
import gc
import http.client
import socket
import weakref
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
from running import explorer
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from farside.explorer.guard import MAX_BODY, MAX_MESSAGE, MAX_URL, refusal
from farside.explorer.opened import open_output
from farside.explorer.server import start
from farside.explorer.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with explorer() as address:
        yield address


def asked(server: str, raw: bytes) -> bytes:
    """Return what the server answers to bytes."""
    parts = urlsplit(server)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as line:
        line.sendall(raw)
        line.shutdown(socket.SHUT_WR)
        found = b""
        while part := line.recv(65536):
            found += part
    return found


def get(
    server: str, path: str, *, method: str = "GET", host: str | None = None, **headers: str
) -> tuple[int, str]:
    """Return status and text of a request whose path goes out as it stands."""
    parts = urlsplit(server)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    connection.putrequest(method, path, skip_host=True)
    connection.putheader("Host", host or parts.netloc)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    text = response.read().decode("utf-8", "replace")
    connection.close()
    return response.status, text


def test_the_page_and_its_files_are_served(server: str) -> None:
    status, text = get(server, "/")
    assert status == 200
    assert "farside explorer" in text
    assert get(server, "/static/js/bokeh.min.js")[0] == 200
    # nothing is fetched from elsewhere
    assert "https://" not in text.replace("https://www.w3.org", "")
    assert "cdn." not in text


def test_it_listens_on_the_loopback_alone(server: str) -> None:
    port = urlsplit(server).port
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port)}
    for address in addresses - {"127.0.0.1", "::1"}:
        if not str(address).startswith("127."):
            with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
                socket.create_connection((address, port), timeout=2)


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd", "/static/../../../etc/passwd", "/static/js/..%2f..%2f..%2fetc/passwd",
        "/static/js/%2e%2e/%2e%2e/%2e%2e/etc/passwd", "/static/js/%252e%252e/%252e%252e/etc/passwd",
        "/static/extensions/panel/..%5c..%5cserver.py", "//etc/passwd", "/static//js/bokeh.min.js",
        "/static/js/bokeh.min.js%00.css", "/static/js/./bokeh.min.js",
    ],
)  # fmt: skip
def test_paths_that_leave_the_server_are_refused(server: str, path: str) -> None:
    status, text = get(server, path)
    assert status == 400
    assert "root:" not in text


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "/metadata", "/autoload.js", "/components/panel/x", "/explore", "/rest",
             "/static/extensions/other/x.js", "/static/", "/index.html"]
)  # fmt: skip
def test_only_the_page_and_its_files_are_there(server: str, path: str) -> None:
    assert get(server, path)[0] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_methods_that_change_are_refused(server: str, method: str) -> None:
    assert get(server, "/", method=method, Content_Length="0")[0] == 405


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "localhost", "[::1]"])
def test_other_hosts_are_refused(server: str, host: str) -> None:
    """A name that was rebound to the loopback address is not let in."""
    status, text = get(server, "/", host=host)
    assert status == 403
    assert "host" in text


def test_other_origins_are_refused(server: str) -> None:
    assert get(server, "/", Origin="http://evil.example")[0] == 403
    assert get(server, "/", Origin="null")[0] == 403
    assert get(server, "/ws")[0] == 403  # a socket names the origin of its page
    assert get(server, "/", Origin=server)[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("kind", ["iframe", "image", "script", "empty"])
def test_other_pages_neither_frame_nor_load_it(server: str, site: str, kind: str) -> None:
    """The headers are of the Fetch Metadata of the W3C; a browser lets no page change them."""
    assert get(server, "/", Sec_Fetch_Site=site, Sec_Fetch_Dest=kind)[0] == 403
    assert get(server, "/static/js/bokeh.min.js", Sec_Fetch_Site="same-origin",
               Sec_Fetch_Dest="script")[0] == 200  # fmt: skip


def test_other_pages_may_link_to_it(server: str) -> None:
    assert get(server, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Dest="document")[0] == 200


def test_sockets_from_other_origins_are_refused(server: str) -> None:
    async def connect(origin: str) -> None:
        url = server.replace("http", "ws") + "/ws"
        await websocket_connect(HTTPRequest(url, headers={"Origin": origin}))

    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(connect("http://evil.example"))


def test_requests_that_are_too_large_are_refused(server: str) -> None:
    assert get(server, "/?a=" + "x" * MAX_URL)[0] == 414
    host = urlsplit(server).netloc.encode()
    body = b"x" * (MAX_BODY + 1)
    head = b"POST / HTTP/1.1\r\nHost: " + host + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
    answer = asked(server, head + body)
    assert not answer.startswith(b"HTTP/1.1 2")
    many = b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nX: " + b"y" * 40_000 + b"\r\n\r\n"
    assert not asked(server, many).startswith(b"HTTP/1.1 2")


def test_messages_that_are_too_large_close_the_socket(server: str) -> None:
    """A page of the right origin gets a socket; a message above the limit ends it."""
    token = get(server, "/")[1].split('"token":"')[1].split('"')[0]

    async def told(size: int, patience_s: float) -> str | bytes | None:
        url = server.replace("http", "ws") + "/ws"
        request = HTTPRequest(url, headers={"Origin": server})
        line = await websocket_connect(request, subprotocols=["bokeh", token])
        greeting = [await line.read_message() for _ in range(3)]
        assert b"ACK" in str(greeting).encode()
        await line.write_message("x" * size)
        try:
            return await asyncio.wait_for(line.read_message(), patience_s)
        except TimeoutError:
            return "open"
        finally:
            line.close()

    assert asyncio.run(told(MAX_MESSAGE + 1, 60)) is None
    assert asyncio.run(told(1000, 1)) == "open"


@pytest.mark.parametrize(
    "link",
    ["view=x", "foo=1", "view=far&view=far", "a=__import__('os').system('id')", "at=91,0",
     "a=poly:" + "1,1_" * 500, "layer=<script>alert(1)</script>", "%ff=1"],
)  # fmt: skip
def test_malformed_links_are_refused_in_plain_words(server: str, link: str) -> None:
    status, text = get(server, "/?" + quote(link, safe="=&%"))
    assert status == 400
    assert "the link cannot be opened" in text
    assert "Traceback" not in text
    assert "<script>" not in text


def test_a_good_link_is_let_in(server: str) -> None:
    assert get(server, "/?view=south&layer=thorium&a=name:Apollo&tab=region")[0] == 200


def test_a_mangled_request_does_no_harm(server: str) -> None:
    asked(server, b"\x00\xff\r\n\r\n")
    asked(server, b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")
    assert get(server, "/")[0] == 200


def test_a_request_without_a_host_or_with_a_whole_address_is_refused() -> None:
    hosts = ["127.0.0.1:5006"]
    assert refusal("GET", "/", {"host": hosts[0]}, hosts) is None
    assert (refusal("GET", "/", {}, hosts) or (0,))[0] == 403
    found = refusal("GET", "http://evil.example/", {"host": hosts[0]}, hosts)
    assert (found or (0,))[0] == 400


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of Panel, for its version 2
def test_pages_that_were_closed_are_freed() -> None:
    """A day of visitors must not fill the memory."""

    async def visited() -> list[weakref.ref[Session]]:
        server, address = start(open_output(), port=0)
        loop = asyncio.get_running_loop()
        for _ in range(2):
            await loop.run_in_executor(None, get, address.rstrip("/"), "/")
            # by its type: to ask some objects for their class is to be warned
            sessions = [weakref.ref(o) for o in gc.get_objects() if type(o) is Session]
        assert len(sessions) >= 2
        for page in server.get_sessions():
            page.request_expiration()
        for context in server._tornado._applications.values():  # else it waits for 17 s
            await context._cleanup_sessions(0)
        server.stop()
        return sessions

    sessions = asyncio.run(visited())
    gc.collect()
    assert [one() for one in sessions] == [None] * len(sessions)
