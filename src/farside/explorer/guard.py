"""What the server refuses before Bokeh sees it.

Only this machine's own page may speak to the server: the host must be the loopback address it was
started on (a name that was rebound to it is refused), a socket must come from that origin, no page
of elsewhere may frame or load it, only reading methods are allowed, and only the page, its socket
and its static files can be reached.
"""

from __future__ import annotations

import html
import posixpath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from tornado.routing import Matcher
from tornado.web import RequestHandler

from farside.explorer.state import MAX_LINK, refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tornado.httputil import HTTPServerRequest

MAX_URL = MAX_LINK + 200
MAX_BODY = 16 * 1024
"""Bytes of a request; nothing is uploaded."""
MAX_HEADERS = 16 * 1024
MAX_MESSAGE = 512 * 1024
"""Bytes of a message on the socket: a lasso of ten thousand points fits."""

ROOT, SOCKET = "/", "/ws"
STATIC = (
    "/static/js/",
    "/static/css/",
    "/static/extensions/panel/",
    "/static/extensions/pyviz_comms/",
)
ICONS = ("/favicon.ico", "/favicon.png")


def refusal(
    method: str, uri: str, headers: dict[str, str], hosts: Sequence[str]
) -> tuple[int, str] | None:
    """Return status and reason if a request is refused.

    Parameters
    ----------
    method, uri : of the request line
    headers : with names in lower case
    hosts : that the server answers to, such as ``127.0.0.1:5006``
    """
    if method not in ("GET", "HEAD"):
        return 405, "this server only reads: GET and HEAD"
    if len(uri) > MAX_URL:
        return 414, f"the address has {len(uri)} characters; at most {MAX_URL} can be"
    if headers.get("host", "") not in hosts:
        return 403, f"the host is not {' or '.join(hosts)}; open the address that farside printed"
    origin = headers.get("origin")
    if origin is not None and origin not in {f"http://{host}" for host in hosts}:
        return 403, "a page of another origin may not use this server"
    site, kind = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-dest", "document")
    if site not in ("none", "same-origin") and kind != "document":
        return 403, "a page of another origin may link to this one, but not hold it or its files"
    return _refused_path(uri, origin)


def _refused_path(uri: str, origin: str | None) -> tuple[int, str] | None:
    """Return status and reason if what is asked for may not be."""
    parts = urlsplit(uri)
    path = unquote(parts.path)
    # twice encoded, a parent folder would pass a single look
    odd = any(mark in text for text in (path, unquote(path)) for mark in ("..", "\\", "\0"))
    plain = path == ROOT or posixpath.normpath(path) == path.rstrip("/")
    if odd or not plain or not uri.startswith("/") or uri.startswith("//"):
        return 400, "the path is not one of this server"
    if path == ROOT:
        why = refused(parts.query)
        return (400, f"the link cannot be opened: {why}") if why else None
    if path == SOCKET:
        return None if origin is not None else (403, "a socket needs the origin of its page")
    if path in ICONS or path.startswith(STATIC):
        return None
    return 404, "there is nothing here; the explorer is at /"


def _asked(request: HTTPServerRequest) -> tuple[str, str, dict[str, str]]:
    headers = {key.lower(): value for key, value in request.headers.get_all()}
    return str(request.method), str(request.uri), headers


class Refuses(Matcher):
    """Matches what is refused."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self.hosts = hosts

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """Return an empty mapping for a request that is refused, None for one that is not."""
        return None if refusal(*_asked(request), self.hosts) is None else {}


PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>farside</title>
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:38rem;margin:4rem auto;padding:0 1rem}}
</style></head><body><h1>This cannot be shown</h1><p>{why}.</p>
<p><a href="/">Open the explorer from its start</a></p></body></html>"""


class Refusal(RequestHandler):
    """Says in plain words why a request is refused."""

    def initialize(self, hosts: Sequence[str]) -> None:
        """Take the hosts that the server answers to."""
        self.hosts = hosts

    def prepare(self) -> None:
        """Answer, whatever the method."""
        status, why = refusal(*_asked(self.request), self.hosts) or (404, "there is nothing here")
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.finish(PAGE.format(why=html.escape(why.rstrip("."))))
