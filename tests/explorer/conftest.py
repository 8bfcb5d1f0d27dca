"""What the tests of the explorer share: small maps whose every pixel is known."""

from __future__ import annotations

import sys
from pathlib import Path

# synthetic_maps is shared with the tests of maps
sys.path.insert(0, str(Path(__file__).parents[1] / "maps"))
