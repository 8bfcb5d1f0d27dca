"""The convolutional part of the network: what the linear inversion leaves, learnt from the sites.

Shapes: F fits (folds), E members per fit, n spectra, b bands, p features, o = 6 oxides. All F x E
nets are trained together, one batched matrix product per layer. torch is needed for training only;
a trained `Network` is plain arrays.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from farside.constants import OXIDES
from farside.errors import MissingExtraError
from farside.oxides.inverse import seen_features

if TYPE_CHECKING:
    import torch

    from farside.oxides.training import Float, Mask

Single = NDArray[np.float32]


@dataclass(frozen=True)
class CnnSettings:
    """Shape and training of the nets; nothing here is tuned on held-out rows.

    Parameters
    ----------
    channels, strides : per convolution (kernel 3, zero padding, ReLU)
    members : nets per fit, which differ in their seed; their outputs are averaged
    steps, batch, learning_rate, weight_decay : AdamW with a one-cycle schedule
    pool : number of augmented spectra that the batches are drawn from
    mixing : share of them that are areal mixtures of two sites (reflectance and oxides mix
        linearly)
    photometric, band_noise : one sigma of the factor on a whole spectrum and on each band
    band_dropout : chance that a step drops bands, each with chance 1/4
    """

    channels: tuple[int, ...] = (8, 8, 8)
    strides: tuple[int, ...] = (1, 2, 1)
    members: int = 2
    steps: int = 800
    batch: int = 32
    learning_rate: float = 1e-2
    weight_decay: float = 1e-3
    pool: int = 6000
    mixing: float = 0.5
    photometric: float = 0.03
    band_noise: float = 0.005
    band_dropout: float = 0.3


def import_torch() -> Any:
    """Return torch, or raise `MissingExtraError`."""
    try:
        import torch  # noqa: PLC0415 - the core installs without it
    except ImportError as error:
        raise MissingExtraError(
            "training needs torch, which is not installed; run: pip install 'farside[train]'."
        ) from error
    return torch


def position(wavelength_nm: Float) -> Float:
    """Return the wavelength encoding of each band: ln(wavelength / 750 nm)."""
    return np.asarray(np.log(wavelength_nm / 750.0))


@dataclass(frozen=True)
class Network:
    """Trained nets as dense layers: h' = relu(h A + b), the last one without relu.

    Parameters
    ----------
    weights : per layer (F E, inputs, outputs); a convolution is written as a matrix over all
        band positions, whose inputs are (value, present) of each band
    biases : per layer (F E, 1, outputs); the wavelength channel is constant and stands in the first
    members : E
    """

    weights: tuple[Single, ...]
    biases: tuple[Single, ...]
    members: int

    def residual(self, x: Single, present: Single) -> Single:
        """Return (F, n, o) of standardised features (F, n, b) and band presence (b,)."""
        fits, n, b = x.shape
        value = np.stack([x, np.broadcast_to(present, x.shape)], axis=-1).reshape(fits, n, 2 * b)
        h = np.repeat(value, self.members, axis=0)
        last = len(self.weights) - 1
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            h = np.matmul(h, weight) + bias
            if i < last:
                np.maximum(h, 0.0, out=h)
        return np.asarray(h.reshape(fits, self.members, n, -1).mean(axis=1), dtype=np.float32)


@dataclass
class TrainingPool:
    """Augmented spectra that every fit draws from; a fit takes only those of its own rows.

    Parameters
    ----------
    x : (P, p) features
    latent : (P, o), NaN where not measured
    parents : (P, 2) rows of the training set that the spectrum was made of
    """

    x: Float
    latent: Float
    parents: NDArray[np.intp]


@dataclass
class FoldScaling:
    """What the nets of each fit know of their training rows.

    Parameters
    ----------
    constant, slope : (F, o), (F, p, o) of the linear inversion
    x_mean, x_sd : (F, p); latent_sd : (F, o)
    x_covariance : (F, p, p), for filling in missing bands
    """

    constant: Float
    slope: Float
    x_mean: Float
    x_sd: Float
    latent_sd: Float
    x_covariance: Float


def fill_matrices(mean: Float, covariance: Float, seen: Mask) -> tuple[Float, Float]:
    """Return (A, c) that fill in missing features: x_full = c + x A, missing ones given as 0.

    The fill is the mean of a normal distribution given the features that were seen,
    x_m = mu_m + S_ms S_ss^-1 (x_s - mu_s): under the linear model it makes the inversion of a
    subset of bands exact.

    Parameters
    ----------
    mean : (F, p)
    covariance : (F, p, p)
    seen : (p,)
    """
    fits, p = mean.shape
    matrix = np.broadcast_to(np.eye(p), (fits, p, p)).copy()
    shift = np.zeros((fits, p))
    if seen.all():
        return matrix, shift
    s_ss = covariance[:, seen][:, :, seen]
    gain = np.linalg.solve(s_ss, covariance[:, seen][:, :, ~seen])
    matrix[:, ~seen] = 0.0
    matrix[np.ix_(np.arange(fits), np.flatnonzero(seen), np.flatnonzero(~seen))] = gain
    shift[:, ~seen] = mean[:, ~seen] - np.einsum("fs,fsm->fm", mean[:, seen], gain)
    return matrix, shift


@dataclass
class Trainer:
    """Trains the nets of all fits together.

    Parameters
    ----------
    settings : shape and schedule
    wavelength_nm : (b,)
    scaling : per fit
    masks : (F, n) rows that each fit may see
    seed : of weights, draws and dropped bands
    """

    settings: CnnSettings
    wavelength_nm: Float
    scaling: FoldScaling
    masks: Mask
    seed: int
    _weights: list[torch.Tensor] = field(default_factory=list)

    def __post_init__(self) -> None:
        # a stream per net, told by its rows: a fit does not depend on which others are trained
        self._own = [
            np.random.default_rng([self.seed, member, zlib.crc32(np.packbits(mask).tobytes())])
            for mask in self.masks
            for member in range(self.settings.members)
        ]

    def _initial(self) -> None:
        torch = import_torch()
        nets = len(self.masks) * self.settings.members
        width, length = 3, len(self.wavelength_nm)
        for channels, stride in zip(self.settings.channels, self.settings.strides, strict=True):
            scale = (2.0 / (3 * width)) ** 0.5
            drawn = [rng.normal(size=(3 * width, channels)) * scale for rng in self._own]
            self._weights += [_single(torch, np.stack(drawn)), torch.zeros(nets, 1, channels)]
            width, length = channels, -(-length // stride)
        # zero at first: training starts from the linear inversion
        self._weights += [
            torch.zeros(nets, length * width, len(OXIDES)),
            torch.zeros(nets, 1, len(OXIDES)),
        ]
        for weight in self._weights:
            weight.requires_grad_(requires_grad=True)

    def _net(self, x: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        """Return (M, B, o) of standardised features (M, B, b)."""
        torch = import_torch()
        where = torch.as_tensor(position(self.wavelength_nm), dtype=torch.float32)
        h = torch.stack([x, present.expand_as(x), where.expand_as(x)], dim=-1)
        for i, stride in enumerate(self.settings.strides):
            padded = torch.nn.functional.pad(h, (0, 0, 1, 1))
            windows = torch.cat([padded[:, :, :-2], padded[:, :, 1:-1], padded[:, :, 2:]], dim=-1)
            windows = windows[:, :, ::stride]
            nets, batch, length, width = windows.shape
            flat = windows.reshape(nets, batch * length, width)
            h = torch.relu(torch.baddbmm(self._weights[2 * i + 1], flat, self._weights[2 * i]))
            h = h.reshape(nets, batch, length, -1)
        return torch.baddbmm(self._weights[-1], h.flatten(2), self._weights[-2])

    def train(self, pool: TrainingPool) -> Network:
        """Return the nets after the fixed number of steps; no row outside a mask is looked at."""
        torch = import_torch()
        s, rng = self.settings, np.random.default_rng(self.seed)
        self._initial()
        if s.steps == 0:
            return self._dense()
        each = np.repeat(np.arange(len(self.masks)), s.members)
        own = self.masks[:, pool.parents[:, 0]] & self.masks[:, pool.parents[:, 1]]
        rows = [np.flatnonzero(allowed) for allowed in own]
        draws = np.stack(
            [
                rows[i][r.integers(0, len(rows[i]), (s.steps, s.batch))].astype(np.int32)
                for i, r in zip(each, self._own, strict=True)
            ]
        )
        x, z = _single(torch, pool.x), _single(torch, pool.latent)
        f = {k: _single(torch, getattr(self.scaling, k)[each]) for k in ("constant", "slope")}
        mean, sd, unit = (
            _single(torch, getattr(self.scaling, k)[each]) for k in ("x_mean", "x_sd", "latent_sd")
        )
        optimiser = torch.optim.AdamW(
            self._weights, lr=s.learning_rate, weight_decay=s.weight_decay
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, s.learning_rate, total_steps=s.steps
        )
        b = len(self.wavelength_nm)
        for step in range(s.steps):
            index = torch.as_tensor(draws[:, step])
            seen = self._seen(rng)
            full = self._filled(torch, x[index], seen, each)
            standard = (full - mean[:, None]) / sd[:, None]
            present = torch.as_tensor(seen[:b], dtype=torch.float32)
            rest = self._net(standard[..., :b], present)
            linear = f["constant"][:, None] + torch.bmm(full, f["slope"])
            target = z[index]
            known = ~torch.isnan(target)
            error = (linear - torch.nan_to_num(target)) / unit[:, None] + rest
            loss = (error.square() * known).sum((1, 2)) / known.sum((1, 2))
            optimiser.zero_grad()
            loss.sum().backward()
            optimiser.step()
            schedule.step()
        return self._dense()

    def _seen(self, rng: np.random.Generator) -> Mask:
        """Return which features this step sees (p,); an angle goes with its two bands."""
        b, p = len(self.wavelength_nm), self.scaling.x_mean.shape[1]
        seen = np.ones(p, dtype=bool)
        if rng.random() < self.settings.band_dropout:
            seen[:b] = rng.random(b) > 0.25
            if seen[:b].sum() < min(3, b):
                seen[:b] = True
            seen = seen_features(self.wavelength_nm, seen[:b])
        return seen

    def _filled(
        self, torch: Any, x: torch.Tensor, seen: Mask, each: NDArray[np.intp]
    ) -> torch.Tensor:
        if seen.all():
            return x
        matrix, shift = fill_matrices(self.scaling.x_mean, self.scaling.x_covariance, seen)
        zeroed = x * torch.as_tensor(seen, dtype=torch.float32)
        filled: torch.Tensor = torch.baddbmm(
            _single(torch, shift[each])[:, None], zeroed, _single(torch, matrix[each])
        )
        return filled

    def _dense(self) -> Network:
        """Return the convolutions as matrices over all positions."""
        arrays = [w.detach().numpy().astype(np.float64) for w in self._weights]
        length, width = len(self.wavelength_nm), 3
        weights, biases = [], []
        for i, stride in enumerate(self.settings.strides):
            kernel, bias = arrays[2 * i], arrays[2 * i + 1]
            nets, _, channels = kernel.shape
            kernel = kernel.reshape(nets, 3, width, channels)
            out = -(-length // stride)
            dense = np.zeros((nets, length, width, out, channels))
            for j in range(out):
                for tap in range(3):
                    source = j * stride + tap - 1
                    if 0 <= source < length:
                        dense[:, source, :, j] += kernel[:, tap]
            shift = np.tile(bias, (1, 1, out)).reshape(nets, 1, out * channels)
            if i == 0:
                where = position(self.wavelength_nm)
                shift = shift + np.einsum("l,nlkc->nkc", where, dense[:, :, 2]).reshape(nets, 1, -1)
                dense = dense[:, :, :2]
            weights.append(dense.reshape(nets, -1, out * channels).astype(np.float32))
            biases.append(shift.astype(np.float32))
            length, width = out, channels
        weights.append(arrays[-2].astype(np.float32))
        biases.append(arrays[-1].astype(np.float32))
        return Network(tuple(weights), tuple(biases), self.settings.members)


def _single(torch: Any, array: Float) -> torch.Tensor:
    tensor: torch.Tensor = torch.as_tensor(np.ascontiguousarray(array), dtype=torch.float32)
    return tensor


def make_pool(
    reflectance: Float,
    oxides: Float,
    settings: CnnSettings,
    seed: int,
) -> tuple[Float, Float, NDArray[np.intp]]:
    """Return (P, b) reflectance, (P, o) oxides in wt% and (P, 2) parents of augmented spectra."""
    rng = np.random.default_rng(seed)
    n, size = len(reflectance), settings.pool
    first = rng.integers(0, n, size)
    second = np.where(rng.random(size) < settings.mixing, rng.integers(0, n, size), first)
    share = rng.random((size, 1))
    mixed = share * reflectance[first] + (1 - share) * reflectance[second]
    target = np.where(
        (first == second)[:, None],
        oxides[first],
        share * oxides[first] + (1 - share) * oxides[second],
    )
    factor = settings.photometric * rng.normal(size=(size, 1))
    factor = factor + settings.band_noise * rng.normal(size=mixed.shape)
    return np.minimum(mixed * np.exp(factor), 0.99), target, np.stack([first, second], axis=1)
