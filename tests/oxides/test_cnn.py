"""The nets against torch's own convolution, and what training may and may not look at."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from farside.errors import MissingExtraError
from farside.oxides.cnn import (
    CnnSettings,
    FoldScaling,
    Network,
    Trainer,
    TrainingPool,
    fill_matrices,
    import_torch,
    make_pool,
    position,
)

if TYPE_CHECKING:
    from farside.oxides.training import TrainingSet

Float = NDArray[np.float64]

MI_NM = np.array([414.0, 749.0, 901.0, 950.0, 1001.0, 1049.0, 1248.0, 1548.0])
PLAIN_NM = MI_NM + 20.0
"""Bands of which no angle can be made, so that features are bands alone."""


def unit_scaling(fits: int, p: int) -> FoldScaling:
    """Return a scaling that changes nothing, on a linear inversion that says 0."""
    return FoldScaling(
        constant=np.zeros((fits, 6)),
        slope=np.zeros((fits, p, 6)),
        x_mean=np.zeros((fits, p)),
        x_sd=np.ones((fits, p)),
        latent_sd=np.ones((fits, 6)),
        x_covariance=np.tile(np.eye(p), (fits, 1, 1)),
    )


def random_trainer(settings: CnnSettings, wavelength_nm: Float, fits: int) -> Trainer:
    """Return a trainer whose weights are all drawn at random."""
    b = len(wavelength_nm)
    trainer = Trainer(settings, wavelength_nm, unit_scaling(fits, b), np.ones((fits, 5), bool), 3)
    trainer._initial()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in trainer._weights:
            weight.copy_(torch.randn(weight.shape, generator=generator) / weight.shape[1] ** 0.5)
    return trainer


def by_conv1d(trainer: Trainer, x: Float, present: Float) -> Float:
    """Return (F, n, 6) by `torch.nn.functional.conv1d`, one net after the other, in float64."""
    s, fits = trainer.settings, len(x)
    where = torch.as_tensor(np.log(trainer.wavelength_nm / 750.0))
    out = []
    for fit in range(fits):
        nets = []
        for net in range(fit * s.members, (fit + 1) * s.members):
            spectra = torch.as_tensor(x[fit].astype(np.float64))
            rest = (torch.as_tensor(present).expand_as(spectra), where.expand_as(spectra))
            h = torch.stack([spectra, *rest], dim=1)
            for i, stride in enumerate(s.strides):
                kernel, bias = (
                    w[net].detach().double() for w in trainer._weights[2 * i : 2 * i + 2]
                )
                # rows of the matrix are (tap, channel)
                taps = kernel.reshape(3, h.shape[1], -1).permute(2, 1, 0)
                h = torch.relu(
                    torch.nn.functional.conv1d(h, taps, bias[0], stride=stride, padding=1)
                )
            head, bias = (w[net].detach().double() for w in trainer._weights[-2:])
            nets.append(h.permute(0, 2, 1).flatten(1) @ head + bias)
        out.append(torch.stack(nets).mean(dim=0).numpy())
    return np.stack(out)


@pytest.mark.parametrize("gaps", [(), (0,), (3, 4, 5), tuple(range(1, 8))])
@pytest.mark.parametrize(
    ("channels", "strides", "bands", "members"),
    [
        ((8, 8, 8), (1, 2, 1), 8, 2),
        ((4,), (1,), 8, 1),
        ((3, 5), (2, 2), 5, 3),
        ((6, 2, 4, 3), (2, 1, 3, 1), 8, 1),
        ((5, 7), (3, 1), 7, 2),
        ((4, 4), (1, 1), 1, 1),
    ],
)
def test_dense_layers_are_the_convolutions(
    channels: tuple[int, ...],
    strides: tuple[int, ...],
    bands: int,
    members: int,
    gaps: tuple[int, ...],
) -> None:
    settings = CnnSettings(channels=channels, strides=strides, members=members)
    trainer = random_trainer(settings, MI_NM[:bands], fits=2)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 9, bands)).astype(np.float32)
    present = np.ones(bands, dtype=np.float32)
    present[[g for g in gaps if g < bands]] = 0.0
    ours = trainer._dense().residual(x, present)
    assert ours.shape == (2, 9, 6)
    assert ours.std() > 0.01
    np.testing.assert_allclose(ours, by_conv1d(trainer, x, present), atol=1e-5)
    repeated = torch.as_tensor(np.repeat(x, members, axis=0))
    with torch.no_grad():
        nets = trainer._net(repeated, torch.as_tensor(present)).numpy()
    trained = nets.reshape(2, members, 9, 6).mean(axis=1)
    np.testing.assert_allclose(ours, trained, atol=1e-5)


def test_position_is_zero_at_750_nm() -> None:
    np.testing.assert_allclose(
        position(np.array([750.0, 750.0 * np.e, 750.0 / np.e])), [0.0, 1.0, -1.0], atol=1e-12
    )


def test_nets_are_zero_before_training() -> None:
    trainer = Trainer(CnnSettings(), MI_NM, unit_scaling(3, 8), np.ones((3, 5), bool), 0)
    trainer._initial()
    x = np.random.default_rng(0).normal(size=(3, 20, 8)).astype(np.float32)
    assert not trainer._dense().residual(x, np.ones(8, np.float32)).any()


# -- training ----------------------------------------------------------------------------------


def plain_pool(rng: np.random.Generator, rows: int, p: int) -> TrainingPool:
    """Return a pool of unmixed spectra, each its own row."""
    return TrainingPool(
        rng.normal(size=(rows, p)), rng.normal(size=(rows, 6)), np.tile(np.arange(rows), (2, 1)).T
    )


def trained(
    pool: TrainingPool, masks: NDArray[np.bool_], seed: int = 0, **settings: float
) -> Network:
    few = CnnSettings(**{"steps": 6, "members": 2, **settings})
    return Trainer(few, PLAIN_NM, unit_scaling(len(masks), 8), masks, seed).train(pool)


def weights_of(network: Network, fit: int) -> bytes:
    nets = slice(fit * network.members, (fit + 1) * network.members)
    return b"".join(a[nets].tobytes() for a in (*network.weights, *network.biases))


def test_one_seed_gives_the_same_bytes() -> None:
    pool = plain_pool(np.random.default_rng(0), 20, 8)
    masks = np.ones((2, 20), bool)
    first, again = trained(pool, masks, 5), trained(pool, masks, 5)
    other = trained(pool, masks, 6)
    for fit in range(2):
        assert weights_of(first, fit) == weights_of(again, fit)
        assert weights_of(first, fit) != weights_of(other, fit)


@pytest.mark.parametrize("what", ["spectrum", "oxides", "gap in oxides"])
def test_rows_outside_a_mask_are_not_looked_at(what: str) -> None:
    rng = np.random.default_rng(2)
    pool = plain_pool(rng, 24, 8)
    # half of the spectra are mixtures, the row being the first or the second of some
    pool.parents[12:, 1] = rng.integers(0, 24, 12)
    pool.parents[12:15, 1] = pool.parents[15:18, 0] = 5
    masks = np.ones((3, 24), bool)
    masks[0, 5] = masks[1, 17] = False
    before = trained(pool, masks)
    of_row = (pool.parents == 5).any(axis=1)
    if what == "spectrum":
        pool.x[of_row] += 3.0
    else:
        pool.latent[of_row] = np.nan if what == "gap in oxides" else 50.0
        pool.latent[of_row, 0] = 50.0
    after = trained(pool, masks)
    assert weights_of(after, 0) == weights_of(before, 0)
    # the fits that may see the row are another matter
    assert weights_of(after, 1) != weights_of(before, 1)
    assert weights_of(after, 2) != weights_of(before, 2)


@pytest.mark.parametrize("oxide", [0, 3, 5])
def test_an_oxide_that_was_not_measured_teaches_nothing(oxide: int) -> None:
    pool = plain_pool(np.random.default_rng(4), 20, 8)
    pool.latent[:, oxide] = np.nan
    # the inversion says 3, so that a gap read as any number would be an error to learn from
    scaling = unit_scaling(2, 8)
    scaling.constant[:] = 3.0
    network = Trainer(CnnSettings(steps=6), PLAIN_NM, scaling, np.ones((2, 20), bool), 0).train(
        pool
    )
    known = np.arange(6) != oxide
    # its outputs have stayed at the zero they began with; the others have not
    assert not network.weights[-1][..., oxide].any()
    assert not network.biases[-1][..., oxide].any()
    assert network.weights[-1][..., known].any(axis=(0, 1)).all()


def test_a_single_value_teaches_its_oxide_and_no_other() -> None:
    pool = plain_pool(np.random.default_rng(4), 1, 8)
    pool.latent[:] = np.nan
    pool.latent[0, 2] = 1.5
    settings = CnnSettings(steps=200, band_dropout=0.0, weight_decay=0.0)
    scaling = unit_scaling(1, 8)
    scaling.constant[:] = 3.0
    network = Trainer(settings, PLAIN_NM, scaling, np.ones((1, 1), bool), 0).train(pool)
    told = network.residual(pool.x[None].astype(np.float32), np.ones(8, np.float32))[0, 0]
    assert told[2] == pytest.approx(1.5 - 3.0, abs=0.02)
    assert not told[[0, 1, 3, 4, 5]].any()


def test_learns_what_a_line_cannot() -> None:
    rng = np.random.default_rng(8)
    pool = plain_pool(rng, 400, 8)
    curve = np.abs(pool.x[:, 2] - pool.x[:, 3])
    pool.latent[:] = (curve - curve.mean())[:, None]
    network = trained(
        pool, np.ones((1, 400), bool), steps=500, band_dropout=0.0, batch=64, members=1
    )
    new = rng.normal(size=(300, 8))
    truth = np.abs(new[:, 2] - new[:, 3]) - curve.mean()
    told = network.residual(new[None].astype(np.float32), np.ones(8, np.float32))[0, :, 0]
    assert np.mean((told - truth) ** 2) < 0.3 * np.mean(truth**2)


def test_the_net_learns_what_the_inversion_leaves() -> None:
    """Where the inversion is exact there is nothing to learn, so no weight of the head moves."""
    rng = np.random.default_rng(8)
    pool = plain_pool(rng, 30, 8)
    scaling = unit_scaling(1, 8)
    # powers of two: the inversion is exact in single precision too
    pool.x[:] = rng.integers(-8, 8, pool.x.shape) / 4
    scaling.slope[0, :6] = np.diag([0.5, 1.0, 2.0, -1.0, -0.5, 4.0])
    scaling.constant[0] = 0.25
    pool.latent[:] = pool.x @ scaling.slope[0] + 0.25
    settings = CnnSettings(steps=5, band_dropout=0.0)
    network = Trainer(settings, PLAIN_NM, scaling, np.ones((1, 30), bool), 0).train(pool)
    assert not network.weights[-1].any()
    assert not network.biases[-1].any()


def test_without_torch_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'farside\[train\]'"):
        import_torch()


# -- missing bands -----------------------------------------------------------------------------


def normal(seed: int, fits: int = 2, p: int = 6) -> tuple[Float, Float]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(fits, p, p + 2))
    return rng.normal(size=(fits, p)), root @ root.transpose(0, 2, 1) + 0.1 * np.eye(p)


@given(st.integers(0, 1000), hnp.arrays(np.bool_, 6))
def test_missing_features_are_filled_with_the_conditional_mean(
    seed: int, seen: NDArray[np.bool_]
) -> None:
    mean, covariance = normal(seed)
    x = np.random.default_rng(seed + 1).normal(size=(4, 6))
    matrix, shift = fill_matrices(mean, covariance, seen)
    for fit in range(2):
        full = shift[fit] + np.where(seen, x, 0.0) @ matrix[fit]
        np.testing.assert_allclose(full[:, seen], x[:, seen])
        # by the precision matrix, in which no block of the covariance is inverted
        precision = np.linalg.inv(covariance[fit])
        apart = (x - mean[fit])[:, seen] @ precision[np.ix_(seen, ~seen)]
        expected = mean[fit][~seen] - np.linalg.solve(precision[np.ix_(~seen, ~seen)], apart.T).T
        np.testing.assert_allclose(full[:, ~seen], expected, rtol=1e-6, atol=1e-6)


def test_nothing_is_changed_where_all_is_seen() -> None:
    matrix, shift = fill_matrices(*normal(0), np.ones(6, bool))
    np.testing.assert_array_equal(matrix, np.tile(np.eye(6), (2, 1, 1)))
    assert not shift.any()


@given(st.integers(0, 1000), hnp.arrays(np.bool_, 6).filter(np.any))
def test_the_filled_inversion_is_that_of_the_bands_that_are_left(
    seed: int, seen: NDArray[np.bool_]
) -> None:
    """E[z | x_seen] = E[E[z | x] | x_seen] for a joint normal of three z and six x."""
    (mean,), (covariance,) = normal(seed, 1, 9)
    s_x, s_xz = covariance[3:, 3:], covariance[3:, :3]
    slope = np.linalg.solve(s_x, s_xz)
    x = np.random.default_rng(seed + 1).normal(size=(5, 6))
    matrix, shift = fill_matrices(mean[None, 3:], s_x[None], seen)
    full = shift[0] + np.where(seen, x, 0.0) @ matrix[0]
    part = np.linalg.solve(s_x[np.ix_(seen, seen)], s_xz[seen])
    np.testing.assert_allclose(
        (full - mean[3:]) @ slope, (x - mean[3:])[:, seen] @ part, rtol=1e-6, atol=1e-6
    )


# -- the pool ----------------------------------------------------------------------------------


def test_spectra_without_noise_and_mixing_are_the_sites(sites: TrainingSet) -> None:
    settings = CnnSettings(pool=300, mixing=0.0, photometric=0.0, band_noise=0.0)
    reflectance, oxides, parents = make_pool(sites.reflectance, sites.oxides, settings, 0)
    np.testing.assert_array_equal(parents[:, 0], parents[:, 1])
    np.testing.assert_allclose(reflectance, sites.reflectance[parents[:, 0]], rtol=1e-12)
    np.testing.assert_array_equal(oxides, sites.oxides[parents[:, 0]])
    assert len(np.unique(parents)) > 50


def test_spectra_and_oxides_mix_in_the_same_share(sites: TrainingSet) -> None:
    settings = CnnSettings(pool=400, mixing=1.0, photometric=0.0, band_noise=0.0)
    reflectance, oxides, (first, second) = (
        part.T if i == 2 else part
        for i, part in enumerate(make_pool(sites.reflectance, sites.oxides, settings, 0))
    )
    apart = first != second
    one, other = sites.reflectance[first], sites.reflectance[second]
    share = ((reflectance - other) * (one - other)).sum(1)[apart]
    share = (share / ((one - other) ** 2).sum(1)[apart])[:, None]
    assert share.min() >= -1e-9
    assert share.max() <= 1 + 1e-9
    assert 0.4 < share.mean() < 0.6
    np.testing.assert_allclose(
        reflectance[apart], share * one[apart] + (1 - share) * other[apart], rtol=1e-9
    )
    mixed = share * sites.oxides[first][apart] + (1 - share) * sites.oxides[second][apart]
    # what is missing in one of the two is missing in the mixture
    np.testing.assert_allclose(oxides[apart], mixed, rtol=1e-6)
    assert np.isnan(oxides[apart]).any()


def test_noise_has_the_stated_size(sites: TrainingSet) -> None:
    settings = CnnSettings(pool=20_000, mixing=0.0, photometric=0.03, band_noise=0.005)
    reflectance, _, parents = make_pool(sites.reflectance, sites.oxides, settings, 0)
    log = np.log(reflectance / sites.reflectance[parents[:, 0]])
    common = log.mean(axis=1)
    assert log.std() == pytest.approx(np.hypot(0.03, 0.005), rel=0.03)
    # 8 bands: one degree of freedom goes into their mean
    assert (log - common[:, None]).std() == pytest.approx(0.005 * np.sqrt(7 / 8), rel=0.03)


@given(st.integers(0, 2**31))
def test_no_spectrum_of_the_pool_is_brighter_than_light(seed: int) -> None:
    settings = CnnSettings(pool=50, photometric=0.5)
    reflectance, _, _ = make_pool(np.full((3, 4), 0.9), np.ones((3, 6)), settings, seed)
    assert (reflectance > 0).all()
    assert (reflectance < 1).all()
