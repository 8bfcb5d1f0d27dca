"""Attributions against exact relations, against captum, and on functions of a known band."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from captum.attr import IntegratedGradients
from numpy.typing import NDArray

from farside.constants import OXIDES
from farside.errors import BandError, InputError
from farside.oxides import bundle
from farside.oxides._attribution import jackknife
from farside.oxides.estimator import OxideEstimator
from farside.oxides.explain import Check, Explanation, explain, physical_check
from farside.oxides.training import TrainingSet
from farside.provenance import cite
from farside.spectra.dataset import make_spectra

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import xarray as xr

    from farside.oxides.farside import Farside

Float = NDArray[np.float64]
TIO2, FEO = OXIDES.index("TiO2"), OXIDES.index("FeO")


@dataclass(frozen=True)
class Given:
    """Fits that are functions of ln R (n, b) to (n, 6)."""

    functions: tuple[Callable[[Float], Float], ...]

    def predict(self, reflectance: Float) -> Float:
        return np.stack([f(np.log(reflectance)) for f in self.functions])


def given(data: TrainingSet, *functions: Callable[[Float], Float]) -> OxideEstimator:
    return OxideEstimator().with_fit(data, Given(functions))


def linear_of(slope: Float) -> Callable[[Float], Float]:
    return lambda x: 10.0 + x @ slope.T


def every_fifth(data: TrainingSet) -> xr.Dataset:
    return make_spectra(data.reflectance[::5].T, data.wavelength_nm, name=data.name[::5])


def check_of(checks: tuple[Check, ...], words: str) -> Check:
    (found,) = [c for c in checks if words in c.name]
    return found


def test_a_linear_function_gives_slope_times_distance(sites: TrainingSet) -> None:
    slope = np.random.default_rng(1).normal(size=(6, 8))
    found = explain(given(sites, linear_of(slope)), steps=3)
    x = np.log(sites.reflectance)
    apart = x - x.mean(axis=0)
    np.testing.assert_allclose(found.attribution, apart[:, None] * slope, atol=1e-9)
    np.testing.assert_allclose(found.gradient, np.broadcast_to(slope, (55, 6, 8)), atol=1e-9)
    np.testing.assert_allclose(found.residual, 0.0, atol=1e-9)
    np.testing.assert_allclose(found.baseline, np.exp(x.mean(axis=0)))
    # the baseline is the mean in ln R, so a linear function has no mean attribution
    np.testing.assert_allclose(found.attribution.mean(axis=0), 0.0, atol=1e-12)


def test_the_residual_is_what_the_midpoint_rule_lacks(sites: TrainingSet) -> None:
    def smooth(x: Float) -> Float:
        return np.exp(x @ np.full((8, 6), 0.3))

    worst = [
        np.abs(explain(given(sites, smooth), steps=n, step=1e-4).residual).max() for n in (8, 16)
    ]
    # second order: half the spacing leaves a quarter of the error
    assert worst[0] / worst[1] == pytest.approx(4.0, rel=0.02)


def test_agrees_with_captum(sites: TrainingSet) -> None:
    torch.manual_seed(3)
    net = torch.nn.Sequential(
        torch.nn.Linear(8, 12), torch.nn.ReLU(), torch.nn.Linear(12, 6), torch.nn.Softplus()
    ).double()

    def same(x: Float) -> Float:
        with torch.no_grad():
            return np.asarray(net(torch.as_tensor(x)).numpy())

    # a step that is small against the distance to the nearest kink of the relu, in double precision
    found = explain(given(sites, same), steps=50, step=1e-6)
    x = torch.as_tensor(np.log(sites.reflectance))
    theirs = IntegratedGradients(net)
    for j in range(6):
        expected = theirs.attribute(
            x, x.mean(dim=0, keepdim=True), target=j, n_steps=50, method="riemann_middle"
        )
        np.testing.assert_allclose(found.attribution[:, j], expected.numpy(), atol=1e-6)


def test_attributions_of_the_network_are_complete(sites: TrainingSet, quick: Farside) -> None:
    found = explain(OxideEstimator(quick).fit_training(sites), every_fifth(sites), steps=128)
    span = np.abs(found.value - found.baseline_value).max(axis=0)
    assert np.median(np.abs(found.residual), axis=0).max() < 0.002 * span.min()
    assert np.quantile(np.abs(found.residual), 0.95, axis=0).max() < 0.01 * span.max()
    assert np.isfinite(found.share_1s).all()
    np.testing.assert_allclose(found.share.sum(axis=1), 1.0)


def test_stored_weights_give_the_same_without_torch(
    sites: TrainingSet, quick: Farside, tmp_path: Path
) -> None:
    estimator = OxideEstimator(quick).fit_training(sites)
    bundle.save(tmp_path, estimator, {}, {})
    trained, stored = (
        explain(e, every_fifth(sites), steps=16) for e in (estimator, bundle.load(tmp_path))
    )
    # single precision: about 3e-5 wt% over the step, times the length of the path in ln R
    length = np.abs(np.log(sites.reflectance) - np.log(trained.baseline)).max()
    bound = 3e-5 / trained.step * length
    assert np.abs(stored.attribution - trained.attribution).max() < bound
    np.testing.assert_allclose(stored.value, trained.value, atol=2e-4)


def test_a_known_band_gets_everything(sites: TrainingSet) -> None:
    slope = np.zeros((6, 8))
    slope[TIO2, 0] = 5.0
    slope[FEO, [1, 3, 4]] = 4.0, -4.0, -4.0
    found = explain(given(sites, *[linear_of(slope)] * 3), steps=4)
    assert found.share[TIO2].tolist() == pytest.approx([1.0, *[0.0] * 7])
    assert np.isnan(found.share[OXIDES.index("MgO")]).all()
    checks = physical_check(found)
    assert all(c.passed for c in checks if c.name != "901 to 1049 nm carry FeO")
    uv = check_of(checks, "414 nm carries")
    assert (uv.value, uv.expected, uv.error) == pytest.approx((1.0, 1 / 8, 0.0))
    assert uv.chance == pytest.approx(1 / 8)  # one band of eight carries as much: itself
    ratio = check_of(checks, "414 and 749")
    assert ratio.chance == pytest.approx(7 / 28)  # every pair that holds the 414 nm band
    # 1 % more at 414 nm is 0.01 in ln R; 1 % less at both of 950 and 1001 nm
    assert check_of(checks, "raises TiO2").value == pytest.approx(0.05)
    assert check_of(checks, "raises FeO").value == pytest.approx(0.08)
    assert check_of(checks, "raises FeO").clear
    assert "passed: darker at 950" in str(check_of(checks, "raises FeO"))


def test_an_unphysical_estimator_fails_without_raising(sites: TrainingSet) -> None:
    slope = np.zeros((6, 8))
    slope[TIO2, [0, 7]] = -0.1, 5.0
    slope[FEO, [3, 7]] = 0.1, 5.0
    checks = physical_check(explain(given(sites, linear_of(slope)), steps=2))
    assert not any(c.passed for c in checks)
    assert all("FAILED" in str(c) for c in checks)
    assert len({c.name for c in checks}) == len(checks)
    cite(*(c.source for c in checks))


def test_a_check_without_its_band_is_not_possible(sites: TrainingSet) -> None:
    kept = np.array([1, 2, 5])
    data = TrainingSet(
        sites.name,
        sites.mission,
        sites.terrain,
        sites.wavelength_nm[kept],
        sites.reflectance[:, kept],
        sites.oxides,
    )
    checks = physical_check(explain(given(data, linear_of(np.ones((6, 3)))), steps=2))
    assert [c.passed for c in checks] == [None] * len(checks)
    assert "not possible" in str(checks[0])


def test_errors_stand_beside_the_means(sites: TrainingSet) -> None:
    # delete-one jackknife of fits whose slopes are 1, 2, 3: sqrt(2/3 * 2) = 2 / sqrt 3
    fits = [linear_of(np.full((6, 8), s)) for s in (2.0, 1.0, 2.0, 3.0)]
    found = explain(given(sites, *fits), steps=2)
    np.testing.assert_allclose(found.mean_gradient_1s, 2.0 / np.sqrt(3.0), rtol=1e-6)
    np.testing.assert_allclose(found.share_1s, 0.0, atol=1e-12)
    # of a mean, the jackknife error is the standard error
    y = np.random.default_rng(0).normal(size=20)
    left_out = (y.sum() - y) / 19
    assert jackknife(left_out[:, None])[0] == pytest.approx(y.std(ddof=1) / np.sqrt(20))


def test_given_spectra_and_baseline(sites: TrainingSet) -> None:
    estimator = given(sites, linear_of(np.ones((6, 8))))
    # bands in another order are matched by wavelength
    order = np.array([7, 0, 1, 2, 3, 4, 5, 6])
    ds = make_spectra(
        sites.reflectance[:5, order].T, sites.wavelength_nm[order], name=sites.name[:5]
    )
    start = np.full(8, 0.1)
    found = explain(estimator, ds, start, steps=2)
    np.testing.assert_allclose(found.attribution[:, 0], np.log(sites.reflectance[:5] / 0.1))
    assert found.name == tuple(sites.name[:5])
    unnamed = explain(estimator, ds.drop_vars("name"), start, steps=2)
    assert unnamed.name == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps is 0"),
        ({"step": 0.5}, "step 0.5"),
        ({"baseline": np.full(3, 0.1)}, r"shape \(3,\)"),
        ({"baseline": np.full(8, 0.0)}, "between 0 and 1"),
    ],
)
def test_bad_settings_are_refused(sites: TrainingSet, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        explain(given(sites, linear_of(np.ones((6, 8)))), **change)


def test_bad_spectra_are_refused(sites: TrainingSet) -> None:
    estimator = given(sites, linear_of(np.ones((6, 8))))
    spectra = make_spectra(sites.reflectance.T, sites.wavelength_nm)
    with pytest.raises(BandError, match="414"):
        explain(estimator, spectra.isel(band=slice(1, None)))
    dark = spectra.copy(deep=True)
    dark["reflectance"][2, 7] = -0.01
    with pytest.raises(InputError, match=r"\[7\]"):
        explain(estimator, dark)


def test_results_print_and_serialise(sites: TrainingSet) -> None:
    slope = np.ones((6, 8))
    slope[5] = 0.0
    found: Explanation = explain(given(sites, linear_of(slope)), steps=2)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["bands"][-1]["share"] is None
    assert len(content["bands"]) == 48
    assert np.shape(content["attribution"]) == (55, 6, 8)
    frame = found.to_frame()
    assert frame.groupby("oxide")["share"].sum()["FeO"] == pytest.approx(1.0)
    text = str(found)
    assert "nan" not in text
    assert all(oxide in text for oxide in OXIDES)
    json.dumps([c.to_dict() for c in physical_check(found)], allow_nan=False)
