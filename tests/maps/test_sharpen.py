"""The sharp map's parts are held to exact relations and to simulated Moons with a known truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from farside.constants import OXIDES
from farside.datasets import load_cells_5deg
from farside.datasets.layers import SHAPE, load_layers
from farside.maps._basis import (
    Harmonics,
    averaging,
    pixel_weights,
    smooth,
    spatial_blocks,
)
from farside.maps._ground import CURVE, FIELD, PLANE, Ground, SharpenSettings
from farside.maps._paint import conserve
from farside.maps._sharp_checks import bicubic
from farside.maps.sharpen import components_of, fit
from farside.maps.sharpen_validation import (
    Held,
    _interpolated_left_out,
    calibration,
    interpolated,
)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return Ground.load(SharpenSettings(degree=8, waves=16, steps=5))


def test_pixels_and_cells_cover_the_sphere_once(ground: Ground) -> None:
    assert pixel_weights().sum() == pytest.approx(1.0)
    assert np.asarray(ground.means.sum(axis=1)).ravel() == pytest.approx(1.0)
    # cells tile the Moon: weighted by area they give each pixel its own area back
    back = ground.means.T @ ground.weights
    assert np.abs(back - pixel_weights()).sum() < 0.01


def test_means_of_height_are_those_that_the_table_of_cells_holds() -> None:
    cells = load_cells_5deg()
    height = averaging(cells) @ load_layers()["height_km"].to_numpy().ravel()
    assert height == pytest.approx(cells["height_km"].to_numpy(), abs=0.006)


def test_harmonics_are_orthonormal_over_the_sphere() -> None:
    basis = Harmonics(5).rows(slice(0, SHAPE[0]))
    gram = basis.T @ (pixel_weights()[:, None] * basis)
    assert gram == pytest.approx(np.eye(35), abs=1e-3)


def test_a_blur_keeps_the_mean_and_damps_a_harmonic_as_theory_says() -> None:
    functions = Harmonics(6)
    basis = functions.rows(slice(0, SHAPE[0]))
    weights = pixel_weights()
    for k in (3, 20, 40):
        blurred = smooth(basis[:, k].reshape(SHAPE), 5.0).ravel()
        assert weights @ blurred == pytest.approx(weights @ basis[:, k], abs=3e-3)
        left = weights @ (blurred * basis[:, k])
        assert left == pytest.approx(functions.damping(5.0)[k], abs=0.01)


def test_components_have_unit_independent_errors_and_turn_back(ground: Ground) -> None:
    _, turn = components_of(ground.oxides, ground.covariance, ground.weights)
    mean = np.average(ground.covariance, axis=0, weights=ground.weights)
    assert turn.T @ mean @ turn == pytest.approx(np.eye(6), abs=1e-8)


def _moon(ground: Ground, seed: int) -> tuple[Ground, np.ndarray]:
    """Return a ground whose cells saw a made-up linear chemistry, and the chemistry of cells."""
    rng = np.random.default_rng(seed)
    used = np.isin(ground.groups, (0, PLANE))
    slopes = rng.normal(size=(int(used.sum()), 6)) * [[0.3, 1.5, 2.0, 1.0, 1.0, 1.0]]
    slopes[0] = (5, 12, 20, 10, 15, 40)
    truth = ground.design[:, used] @ slopes
    root = np.linalg.cholesky(ground.covariance + 1e-9 * np.eye(6))
    seen = truth + np.einsum("cij,cj->ci", root, rng.normal(size=truth.shape))
    cells = ground.cells.copy()
    cells[list(OXIDES)] = seen
    cells["censored"] = ""
    made = replace(ground, cells=cells, settings=replace(ground.settings, neutrons=False))
    made.__dict__.update({"design": ground.design, "area_design": ground.area_design})
    return made, truth


def test_a_simulated_moon_is_found_again_and_its_intervals_cover(ground: Ground) -> None:
    made, truth = _moon(ground, 1)
    train = spatial_blocks(made.cells) % 2 == 0
    value, variance = fit(made, train).at(made.design)
    out = ~train
    rms = np.sqrt(((value - truth)[out] ** 2).mean(axis=0))
    # far better than a single cell knows itself
    assert (rms < 0.35 * made.sigma[out].mean(axis=0)).all()
    inside = np.abs(value - truth)[out] <= 1.645 * np.sqrt(variance[out])
    assert inside.mean() > 0.85


def test_left_out_in_closed_form_is_what_a_fit_without_the_cell_gives(ground: Ground) -> None:
    """With the variances held, ridge without a row: compared to solving without it."""
    made, _ = _moon(ground, 2)
    whole = fit(made)
    c = whole.components[0]
    z = ((made.oxides - whole.middle) @ whole.turn)[:, 0]
    noise = np.einsum("i,cij,j->c", whole.turn[:, 0], made.covariance, whole.turn[:, 0]) + c.tau2
    precision = np.linalg.inv(c.covariance)
    gone = 777
    row = made.design[gone]
    less = precision - np.outer(row, row) / noise[gone]
    told = precision @ c.mean - row * z[gone] / noise[gone]
    expected = row @ np.linalg.solve(less, told)
    back = (whole.left_out()[gone] - whole.middle) @ whole.turn
    assert back[0] == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_means_over_cells_are_kept_and_nothing_is_negative(ground: Ground) -> None:
    found = fit(ground)
    start = np.zeros((6, *SHAPE))
    image = conserve(found, start + ground.oxides.mean(axis=0)[:, None, None])
    off = np.abs(ground.means @ image.reshape(6, -1).T - ground.oxides) / ground.sigma
    off = np.where(ground.clamped, 0.0, off)
    assert off.max() < 1.0
    assert image.min() >= 0


def test_bicubic_keeps_a_constant_and_a_smooth_field() -> None:
    cells = load_cells_5deg()
    lat, lon = np.radians(cells["lat"]), np.radians(cells["lon"])
    for k, oxide in enumerate(OXIDES):
        cells[oxide] = 7.0 if k == 0 else 10 + 3 * np.cos(lat) * np.cos(lon)
    image = bicubic(cells)
    assert image[0] == pytest.approx(7.0)
    y, x = np.meshgrid(np.radians(89.75 - 0.5 * np.arange(360)), np.radians(-179.75 + 0.5 * np.arange(720)), indexing="ij")  # fmt: skip  # noqa: E501
    assert np.abs(image[1] - 10 - 3 * np.cos(y) * np.cos(x)).max() < 0.15


def test_rippa_left_out_is_the_spline_without_the_cell(ground: Ground) -> None:
    closed = _interpolated_left_out(ground)
    for gone in (5, 900):
        train = np.arange(len(ground.cells)) != gone
        assert closed[gone] == pytest.approx(interpolated(ground, train)[gone], rel=1e-5)


def test_blocks_hold_about_36_cells_and_each_cell_once() -> None:
    cells = load_cells_5deg()
    sizes = np.unique(spatial_blocks(cells), return_counts=True)[1]
    assert sizes.sum() == len(cells)
    assert 30 < np.median(sizes) < 48


def test_intervals_reach_their_coverage_and_the_caps_count_for_the_poles(ground: Ground) -> None:
    sd = ground.sigma
    whole = np.sqrt(2) * sd  # error of the map and of the cell
    polar = ground.cells["colour_filled"].to_numpy()[:, None]

    def held(off: float, where: np.ndarray) -> Held:
        return Held("", "", np.where(where, ground.oxides + off * whole, np.nan), sd)

    z = 1.6448536269514722
    found = calibration(ground, held(1.5 * z, polar | True), held(2.0 * z, polar), 0.9)
    assert found[0] == pytest.approx(1.5)
    assert found[1] == pytest.approx(2.0)
    narrow = calibration(ground, held(0.5 * z, polar | True), held(0.3 * z, polar), 0.9)
    assert narrow == pytest.approx(1.0)


def test_groups_count_every_function(ground: Ground) -> None:
    counts = [int((ground.groups == g).sum()) for g in (0, PLANE, CURVE, FIELD)]
    assert counts == [1, 7, 16, 80]
    assert ground.design.shape == (1790, sum(counts))
