"""The look of the side panel: one style sheet for what Panel draws in its own corners."""

from __future__ import annotations

from typing import Any

import panel as pn

STYLE = """
:host { font: 15px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; color: #1c1e22; }
:focus-visible, .bk-btn:focus-visible, input:focus-visible, select:focus-visible {
  outline: 3px solid #1f5fa8 !important; outline-offset: 1px; z-index: 2; }
label { font-size: 13px; color: #5a606b; }
.bk-btn { font-size: 14px; border: 1px solid #b9bec8 !important; border-radius: 4px; }
.bk-btn-group { flex-wrap: wrap; }
.bk-btn-group > .bk-btn { flex: 1 1 auto; }
"""

PROSE = """
:host { font: 14px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; color: #1c1e22; }
:focus-visible { outline: 3px solid #1f5fa8; outline-offset: 1px; }
h3 { font-size: 16px; margin: 10px 0 4px; }
p { margin: 4px 0 8px; }
p.note { color: #5a606b; font-size: 13px; }
table { border-collapse: collapse; width: 100%; margin: 6px 0 12px;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 2px 0; }
th, td { text-align: left; padding: 2px 8px 2px 0; vertical-align: top;
  border-bottom: 1px solid #e6e8ec; }
th[scope=row] { font-weight: 500; }
thead th { color: #5a606b; font-weight: 500; font-size: 12.5px; }
.wide { overflow-x: auto; }
.wide table { font-size: 12.5px; }
.alert { background: #fdecea; border: 1px solid #b3261e; color: #5f1410; padding: 8px 12px;
  border-radius: 6px; margin: 4px 0; }
"""


def prose(text: str = "", **options: Any) -> pn.pane.HTML:
    """Return a pane of HTML in the style of the side panel; its text must be escaped."""
    return pn.pane.HTML(text, stylesheets=[PROSE], sizing_mode="stretch_width", **options)


def control(kind: Any, name: str, **options: Any) -> Any:
    """Return a widget with its label and a focus that can be seen.

    Parameters
    ----------
    kind : class of Panel
    name : label
    options : of the class
    """
    options.setdefault("sizing_mode", "stretch_width")
    return kind(name=name, stylesheets=[STYLE], margin=(2, 6), **options)
