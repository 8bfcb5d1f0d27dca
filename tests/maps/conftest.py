"""The estimator that ships, and images, shared by the tests of maps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from farside.oxides import bundle

sys.path.insert(0, str(Path(__file__).parent))  # images.py is also a script of its own

from typing import TYPE_CHECKING

from images import write_image

if TYPE_CHECKING:
    from farside.oxides.estimator import OxideEstimator


@pytest.fixture(scope="session")
def estimator() -> OxideEstimator:
    """Return the estimator that ships."""
    return bundle.load()


@pytest.fixture(scope="session")
def two_images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with two images whose sides are no multiple of a block."""
    folder = tmp_path_factory.mktemp("images")
    write_image(folder / "a.zarr", 150, 200, seed=1)
    write_image(folder / "b.zarr", 100, 130, seed=2)
    return folder
