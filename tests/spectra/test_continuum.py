"""Continua by exact relations: a straight spectrum is its own continuum; a hull is concave."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial import ConvexHull

from farside.errors import BandError
from farside.spectra.continuum import hull_continuum, line_continuum, remove_continuum
from farside.spectra.dataset import make_spectra

WAVELENGTH = np.arange(700.0, 1700.0, 50.0)


def test_straight_spectrum_is_its_own_continuum() -> None:
    spectrum = 0.1 + 1e-4 * (WAVELENGTH - 700)
    ds = make_spectra(spectrum[:, None], WAVELENGTH)
    for continuum in (line_continuum(ds, 750, 1550), hull_continuum(ds)):
        np.testing.assert_allclose(continuum[:, 0], spectrum, rtol=1e-12)
        np.testing.assert_allclose(remove_continuum(ds, continuum), 1.0, rtol=1e-12)


def test_line_goes_through_its_shoulders_in_any_order_of_bands() -> None:
    rng = np.random.default_rng(1)
    ds = make_spectra(rng.uniform(0.1, 0.3, (WAVELENGTH.size, 2, 2)), WAVELENGTH)
    ds = ds.isel(band=rng.permutation(WAVELENGTH.size))
    line = line_continuum(ds, 752, 1548)
    assert line.dims == ds.reflectance.dims
    for shoulder in (750.0, 1550.0):
        at = ds.wavelength_nm.to_numpy() == shoulder
        np.testing.assert_allclose(line[at], ds.reflectance[at], rtol=1e-12)
    with pytest.raises(BandError, match="must rise"):
        line_continuum(ds, 1550, 750)
    with pytest.raises(BandError, match="no band within 10 nm of 2500"):
        line_continuum(ds, 750, 2500)


spectra = hnp.arrays(
    float, (WAVELENGTH.size, 5), elements=st.one_of(st.floats(0.01, 1.0), st.just(np.nan))
)


@settings(deadline=None)
@given(spectra)
def test_hull_is_above_concave_and_touches(values: np.ndarray) -> None:
    hull = hull_continuum(make_spectra(values, WAVELENGTH)).to_numpy()
    for k in range(values.shape[1]):
        have = np.isfinite(values[:, k])
        if have.sum() < 2:
            continue
        inside = slice(np.argmax(have), WAVELENGTH.size - np.argmax(have[::-1]))
        assert np.isfinite(hull[inside, k]).all()
        assert (hull[have, k] >= values[have, k] - 1e-12).all()
        assert (np.diff(hull[inside, k], 2) <= 1e-9).all()
        ends = [inside.start, inside.stop - 1]
        np.testing.assert_allclose(hull[ends, k], values[ends, k])


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000))
def test_hull_is_that_of_qhull(seed: int) -> None:
    values = np.random.default_rng(seed).uniform(0.1, 0.5, WAVELENGTH.size)
    low = np.column_stack([WAVELENGTH[[0, -1]] / 1000, [-1.0, -1.0]])
    points = np.vstack([np.column_stack([WAVELENGTH / 1000, values]), low])
    corners = sorted(i for i in ConvexHull(points).vertices if i < WAVELENGTH.size)
    expected = np.interp(WAVELENGTH, WAVELENGTH[corners], values[corners])
    hull = hull_continuum(make_spectra(values[:, None], WAVELENGTH))[:, 0]
    np.testing.assert_allclose(hull, expected, rtol=1e-9)


def test_hull_of_a_cube_is_that_of_its_points() -> None:
    values = np.random.default_rng(2).uniform(0.1, 0.5, (WAVELENGTH.size, 3, 4))
    cube = hull_continuum(make_spectra(values, WAVELENGTH)).to_numpy()
    flat = hull_continuum(make_spectra(values.reshape(WAVELENGTH.size, -1), WAVELENGTH)).to_numpy()
    np.testing.assert_array_equal(cube.reshape(flat.shape), flat)
    order = np.random.default_rng(3).permutation(WAVELENGTH.size)
    mixed = hull_continuum(make_spectra(values[order], WAVELENGTH[order])).to_numpy()
    np.testing.assert_allclose(mixed, cube[order])
