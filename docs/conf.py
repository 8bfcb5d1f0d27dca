"""Sphinx configuration."""

import sys
from importlib.metadata import version as _version
from pathlib import Path as _Path
from typing import get_origin

from sphinx.application import Sphinx

sys.path.insert(0, str(_Path(__file__).parent / "_ext"))

project = "farside"
author = "The farside developers"
copyright = "2026, The farside developers"
release = _version("farside")
extensions = [
    "mathml",
    "myst_parser",
    "names",
    "notebooks",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "tables",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "_ext", "_templates", "course"]
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
default_role = "code"
nitpicky = True
# no inventory of other projects: building asks nothing of the network
nitpick_ignore_regex = [
    ("py:.*", rf"{other}\..*")
    for other in ("collections", "matplotlib", "np", "numpy", "pandas", "scipy", "torch", "xarray")
]
suppress_warnings = ["config.cache"]  # the scraper of figures is a function

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
html_math_renderer = "mathml"

autosummary_generate = True
numpydoc_show_class_members = False
autodoc_typehints = "none"

sphinx_gallery_conf = {
    "examples_dirs": "course",
    "gallery_dirs": "tutorials",
    "image_scrapers": ("figures.scrape",),
    "within_subsection_order": "FileNameSortKey",
    "abort_on_example_error": True,
    "only_warn_on_example_error": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_signature": False,
    "thumbnail_size": (640, 448),
}

html_theme = "pydata_sphinx_theme"
html_title = "farside"
html_logo = "_static/logo.svg"
html_favicon = "_static/logo.svg"
html_static_path = ["_static"]
html_css_files = ["farside.css"]
html_show_sourcelink = False
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "start": [], "changes": []}
html_theme_options = {
    "logo": {"text": "farside", "alt_text": "farside: to the first page"},
    "navbar_align": "left",
    "header_links_before_dropdown": 6,
    "show_toc_level": 2,
    "secondary_sidebar_items": {"**": ["page-toc"], "index": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
}


def _is_alias(_app: object, _what: str, _name: str, member: object, skip: bool, _: object) -> bool:
    """Leave aliases of types out of the reference: they name annotations, and do nothing."""
    return skip or get_origin(member) is not None


def setup(app: Sphinx) -> None:
    """Connect the rule."""
    app.connect("autodoc-skip-member", _is_alias)
