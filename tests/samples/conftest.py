"""Counts of an instrument that is known: what the reductions must give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

OXIDES = ["SiO2", "TiO2", "Al2O3", "Fe2O3", "MgO", "CaO"]
RNG = np.random.default_rng(7)


def attenuation() -> pd.DataFrame:
    """Return made-up, but ordered, attenuation of oxide j for line i, cm2/g: all positive."""
    rng = np.random.default_rng(3)
    values = rng.uniform(300, 3000, (len(OXIDES), len(OXIDES)))
    return pd.DataFrame(values, index=OXIDES, columns=OXIDES)


@pytest.fixture
def mu() -> pd.DataFrame:
    return attenuation()


@pytest.fixture
def fluoresce(mu: pd.DataFrame) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return the physics of thick specimens under monochromatic rays, no enhancement.

    R_i = K_i C_i / sum_j C_j mu_ij (Sherman 1955); not the algorithm under test.
    """
    strength = np.array([6e6, 9e6, 4e6, 2e7, 3e6, 1.5e7])

    def rates(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
        return strength * fraction / (mu.to_numpy() @ fraction)

    return rates


@pytest.fixture
def closed() -> Callable[..., NDArray[np.float64]]:
    """Return mass fractions of six oxides that sum to one, drawn around basalts."""

    def draw(seed: int, n: int) -> NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        centre = np.array([46.0, 3.0, 13.0, 17.0, 9.0, 12.0])
        drawn = centre * np.exp(0.35 * rng.standard_normal((n, 6)))
        return drawn / drawn.sum(axis=1, keepdims=True)

    return draw
