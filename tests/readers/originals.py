"""Where the original files lie, for tests that need them and skip without them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ORIGINALS = Path(
    os.environ.get("FARSIDE_ORIGINALS", Path(__file__).parents[2] / ".." / "shared" / "data")
)
PDS = ORIGINALS / "pds"
needs_pds = pytest.mark.skipif(not PDS.is_dir(), reason="the original PDS labels are not here")
