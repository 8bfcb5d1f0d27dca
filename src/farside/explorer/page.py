"""The page: header, map, side panel, keys."""

from __future__ import annotations

import importlib.resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import panel as pn

from farside.explorer.keyboard import KEYS, SCRIPT
from farside.explorer.session import Session
from farside.explorer.state import State, parse
from farside.explorer.tabs import side_panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.explorer.ages import Age
    from farside.explorer.opened import Opened

pn.extension(design="native", console_output="disable", notifications=False)


def build_page(opened: Opened, ages: Sequence[Age]) -> Any:
    """Return the page of a new visitor, in the state that its link asks for.

    Parameters
    ----------
    opened : output to show
    ages : of the user
    """
    session = Session(opened, ages, parse(_query()))
    text = (
        importlib.resources.files("farside.explorer").joinpath("template.html").read_text("utf-8")
    )
    page = pn.Template(text)
    page.add_variable("about", str(opened))
    page.add_variable("keys", KEYS)
    # some browsers do not count a socket as of the page's own origin; the guard has seen the host
    page.add_variable("socket", f"ws://{pn.state.headers.get('Host', '')}")
    page.add_variable("script", SCRIPT)
    page.add_panel("controls", session.controls)
    page.add_panel("map", session.map)
    page.add_panel("status", session.status)
    page.add_panel("side", side_panel(session))
    return page


def warm(opened: Opened) -> None:
    """Draw the first picture once, so that the first visitor need not wait for what is kept."""
    session = Session(opened, (), State())
    session.map.get_root()
    side_panel(session)


def _query() -> str:
    """Return the query of the request; the guard has let only a good one through."""
    pairs = [
        (key, value.decode("utf-8", "strict"))
        for key, values in pn.state.session_args.items()
        for value in values
    ]
    return urlencode(pairs)
