"""Serve the explorer on this machine, to this machine."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from typing import TYPE_CHECKING, Any

from bokeh.server.server import BaseServer
from bokeh.server.tornado import BokehTornado
from bokeh.server.util import bind_sockets
from panel.io.application import build_applications
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.routing import AnyMatches, Rule, RuleRouter
from tornado.web import Application
from tornado.websocket import WebSocketClosedError

from farside.errors import InputError
from farside.explorer.guard import MAX_BODY, MAX_HEADERS, MAX_MESSAGE, Refusal, Refuses
from farside.explorer.page import build_page, warm

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from farside.explorer.ages import Age
    from farside.explorer.opened import Opened

ADDRESS = "127.0.0.1"
PORT = 5006
TITLE = "farside explorer"
SCRIPTS = ("bokeh", "bokeh-widgets", "bokeh-tables")
"""Parts of Bokeh that a page loads; Panel cannot do without the tables."""


def start(opened: Opened, ages: Sequence[Age] = (), *, port: int = PORT) -> tuple[BaseServer, str]:
    """Return a server that listens on the loopback address, and its address.

    Parameters
    ----------
    opened : output to show; nothing else can be reached
    ages : of the user
    port : 0 for any free one

    Raises
    ------
    InputError
        when the port is taken or cannot be used

    Notes
    -----
    Runs in the event loop that is running.
    """
    # Panel and Bokeh must take their scripts from this server, never from a network
    os.environ["BOKEH_RESOURCES"] = "server"
    logging.getLogger("bokeh").setLevel(logging.ERROR)
    logging.getLogger("tornado.access").setLevel(logging.ERROR)

    def page() -> Any:
        return build_page(opened, ages)

    try:
        sockets, port = bind_sockets(ADDRESS, port)
    except (OSError, OverflowError) as error:
        taken = getattr(error, "errno", None) == errno.EADDRINUSE
        why = "is taken" if taken else f"cannot be used ({error})"
        raise InputError(f"port {port} {why}; name another with --port, 0 for any.") from error
    hosts = [f"{ADDRESS}:{port}", f"localhost:{port}"]
    bokeh = _Pages(
        build_applications(page, title=TITLE),
        extra_websocket_origins=hosts,
        websocket_max_message_size_bytes=MAX_MESSAGE,
        absolute_url=f"http://{ADDRESS}:{port}/",
    )
    refusals = Application([(r".*", Refusal, {"hosts": hosts})])
    router = RuleRouter([Rule(Refuses(hosts), refusals), Rule(AnyMatches(), bokeh)])
    http = HTTPServer(router, max_body_size=MAX_BODY, max_header_size=MAX_HEADERS)
    http.add_sockets(sockets)
    asyncio.get_running_loop().set_exception_handler(_told)
    server = BaseServer(IOLoop.current(), bokeh, http)
    server.start()
    return server, f"http://{ADDRESS}:{port}/"


class _Pages(BokehTornado):  # type: ignore[misc]
    """Pages that load only the scripts that the explorer uses; formulas alone are 1.8 MB."""

    def resources(self, absolute_url: str | bool | None = None) -> Any:
        """Return the scripts of a page."""
        return super().resources(absolute_url).clone(components=list(SCRIPTS))


def _told(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Leave out of the terminal that a page was closed while something was sent to it."""
    if not isinstance(context.get("exception"), WebSocketClosedError | StreamClosedError):
        loop.default_exception_handler(context)


def serve(
    opened: Opened,
    ages: Sequence[Age] = (),
    *,
    port: int = PORT,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until interrupted.

    Parameters
    ----------
    opened, ages, port : see `start`
    ready : told the address when the page can be opened
    """

    async def run() -> None:
        server, address = start(opened, ages, port=port)
        warm(opened)
        try:
            ready(address)
            await asyncio.Event().wait()
        finally:
            server.stop()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return
