"""Sphinx configuration."""

from importlib.metadata import version as _version

project = "farside"
author = "The farside developers"
copyright = "2026, The farside developers"
release = _version("farside")
extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
]
autosummary_generate = False
numpydoc_show_class_members = False
autodoc_typehints = "none"
source_suffix = {".rst": "restructuredtext", ".md": "markdown"}
myst_enable_extensions = ["dollarmath", "deflist"]
exclude_patterns = ["_build"]
html_theme = "pydata_sphinx_theme"
html_theme_options = {"show_prev_next": False, "navigation_with_keys": False}
html_title = "farside"
default_role = "code"
