"""The network of Yang et al. (2023), trained honestly and as published.

What the paper leaves open (no bias before batch normalisation, standardised targets, one seed for
every fold, the schedule of the learning rate) follows the settings of the authors' public
repository hszhaohs/DL-IM.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from farside.constants import OXIDES
from farside.errors import InputError
from farside.oxides.cnn import import_torch
from farside.oxides.empirical import angles, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor
    from torch.nn import Sequential
    from torch.optim import Optimizer
    from torch.optim.lr_scheduler import ReduceLROnPlateau

    from farside.oxides.training import Float, Mask, TrainingSet

CHANNELS = (64, 64, 128, 128, 256)
LEARNING_RATE = 1e-3
WEIGHT_DECAY = 1e-4
# The schedule and the early stop of the published protocol, both led by the held-out error.
HALVING = 0.5
HALVING_PATIENCE = 10
STOPPING_PATIENCE = 50

TOGETHER = 8
"""Nets trained at once: more no longer gain, for their activations outgrow the cache."""

PREDICT_ROWS = 4096


# -- the network -------------------------------------------------------------------------------


def torch_module(channels: Sequence[int] = CHANNELS, seed: int | None = None) -> Sequential:
    """Return the network as plain torch modules, newly drawn and in evaluation mode.

    Parameters
    ----------
    channels : of the five convolutions of kernel 3, each with batch normalisation and ReLU; the
        third steps by two
    seed : of the first weights; None draws them from torch's global state

    Returns
    -------
    torch.nn.Sequential
        (batch, 1, b + 2) float32 standardised inputs to (batch, 1) standardised oxide; any b

    Raises
    ------
    MissingExtraError
        when torch is not installed
    """
    torch = import_torch()
    with torch.random.fork_rng(devices=[], enabled=seed is not None):
        if seed is not None:
            torch.manual_seed(seed)
        layers = []
        for i, (before, after) in enumerate(zip((1, *channels), channels, strict=False)):
            stride = 2 if i == 2 else 1
            conv = torch.nn.Conv1d(before, after, 3, stride, padding=1, bias=False)
            layers += [conv, torch.nn.BatchNorm1d(after), torch.nn.ReLU()]
        pool = [torch.nn.AdaptiveAvgPool1d(1), torch.nn.Flatten()]
        net: Sequential = torch.nn.Sequential(*layers, *pool, torch.nn.Linear(channels[-1], 1))
    return net.eval()


def forward_alone(nets: Sequence[Sequential], x: Tensor) -> Tensor:
    """Return (batch, 1) of one net for inputs (batch, 1, features), by the plain module."""
    (net,) = nets
    return net(x)


def forward_together(nets: Sequence[Sequential], x: Tensor) -> Tensor:
    """Return what each of M nets makes of its own inputs, by one grouped convolution a layer.

    Parameters
    ----------
    nets : M modules of `torch_module`, all in training or all in evaluation mode; training brings
        the running statistics of each up to date
    x : (batch, M, features), the inputs of each net

    Returns
    -------
    Tensor
        (batch, M), with gradients to the parameters of each net
    """
    torch = import_torch()
    functional = torch.nn.functional
    h, n = x, len(nets)
    for same in zip(*(net[:-3] for net in nets), strict=True):
        first = same[0]
        if isinstance(first, torch.nn.Conv1d):
            weight = torch.cat([layer.weight for layer in same])
            h = functional.conv1d(h, weight, None, first.stride, first.padding, groups=n)
        elif isinstance(first, torch.nn.BatchNorm1d):
            h = _normalise(same, h)
        else:
            h = functional.relu(h)
    pooled = h.mean(-1).unflatten(1, (n, -1))
    weight = torch.cat([net[-1].weight for net in nets])
    return (pooled * weight).sum(-1) + torch.cat([net[-1].bias for net in nets])


def _normalise(layers: Sequence[Sequential], h: Tensor) -> Tensor:
    """Return batch normalisation by each net's own statistics, of channels net by net."""
    torch = import_torch()
    first = layers[0]
    mean = torch.cat([layer.running_mean for layer in layers])
    variance = torch.cat([layer.running_var for layer in layers])
    out = torch.nn.functional.batch_norm(
        h, mean, variance,
        torch.cat([layer.weight for layer in layers]), torch.cat([layer.bias for layer in layers]),
        first.training, first.momentum, first.eps,
    )  # fmt: skip
    if first.training:
        means, variances = mean.chunk(len(layers)), variance.chunk(len(layers))
        for layer, new_mean, new_variance in zip(layers, means, variances, strict=True):
            layer.running_mean.copy_(new_mean)
            layer.running_var.copy_(new_variance)
    return out


@dataclass(frozen=True)
class Scaler:
    """Mean and deviation of features (p,) and target; what has no spread is only shifted."""

    x_mean: Float
    x_spread: Float
    y_mean: float
    y_spread: float

    @classmethod
    def of(cls, x: Float, y: Float) -> Scaler:
        """Return the scaler of features (m, p) and target (m,)."""
        spread, y_spread = x.std(axis=0), float(y.std())
        spread = np.where(spread > 0, spread, 1.0)
        return cls(x.mean(axis=0), spread, float(y.mean()), y_spread if y_spread > 0 else 1.0)

    def __call__(
        self, features: Float, target: Float
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return standardised features and target."""
        x, y = (features - self.x_mean) / self.x_spread, (target - self.y_mean) / self.y_spread
        return x.astype(np.float32), y.astype(np.float32)

    def back(self, output: NDArray[np.float32]) -> Float:
        """Return wt% of a network's output."""
        return self.y_mean + self.y_spread * output.astype(np.float64)


def _inputs(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return the bands and the two angles: (m, b + 2)."""
    return np.column_stack([reflectance, angles(reflectance, wavelength_nm)])


def _training_inputs(data: TrainingSet) -> Float:
    if (data.reflectance <= 0).any():
        raise InputError("a training spectrum has a reflectance of 0 or below; leave that row out.")
    return _inputs(data.reflectance, data.wavelength_nm)


# -- training ----------------------------------------------------------------------------------


def _new(settings: Yang2023, n: int, seed: int) -> list[Sequential]:
    first = torch_module(settings.channels, seed)
    return [first, *(copy.deepcopy(first) for _ in range(n - 1))]


def _batches(n: int, batch: int, generator: Tensor) -> list[Tensor]:
    """Return the rows of one epoch's batches: all at once, or drawn parts of nearly one size."""
    torch = import_torch()
    if n <= batch:
        return [torch.arange(n)]
    parts: list[Tensor] = torch.randperm(n, generator=generator).tensor_split(-(-n // batch))
    return parts


def _epochs(
    nets: Sequence[Sequential], x: Tensor, y: Tensor, settings: Yang2023, seed: int
) -> Iterator[list[Optimizer]]:
    """Train M nets on x (n, M, p) and y (n, M); yield the optimisers after each epoch."""
    torch = import_torch()
    forward = forward_alone if len(nets) == 1 else forward_together
    generator = torch.Generator().manual_seed(seed)
    rates = {"lr": LEARNING_RATE, "weight_decay": WEIGHT_DECAY, "fused": len(nets) > 1 or None}
    optimisers = [torch.optim.Adam(net.parameters(), **rates) for net in nets]
    for _ in range(settings.epochs):
        for net in nets:
            net.train()
        for rows in _batches(len(x), settings.batch, generator):
            # The nets share no parameter, so the gradient of the sum is that of each alone.
            loss = ((forward(nets, x[rows]) - y[rows]) ** 2).mean(0).sum()
            for optimiser in optimisers:
                optimiser.zero_grad()
            loss.backward()
            for optimiser in optimisers:
                optimiser.step()
        for net in nets:
            net.eval()
        yield optimisers


def _stack(parts: Sequence[NDArray[np.float32]]) -> Tensor:
    """Return arrays (n, ...) of M nets as one tensor (n, M, ...)."""
    tensor: Tensor = import_torch().from_numpy(np.stack(parts, axis=1))
    return tensor


@dataclass(frozen=True)
class FittedYang2023:
    """Nets fitted on F subsets: per subset and oxide a scaler and a net, None if not measured."""

    wavelength_nm: Float
    nets: tuple[tuple[tuple[Scaler, Sequential] | None, ...], ...]

    def predict(self, reflectance: Float) -> Float:
        """Return (F, m, 6) wt% for reflectance (m, b); NaN where a band is missing or not lit."""
        torch = import_torch()
        out = np.full((len(self.nets), len(reflectance), len(OXIDES)), np.nan)
        lit = np.flatnonzero((reflectance > 0).all(axis=1) & np.isfinite(reflectance).all(axis=1))
        for start in range(0, len(lit), PREDICT_ROWS):
            rows = lit[start : start + PREDICT_ROWS]
            features = _inputs(reflectance[rows], self.wavelength_nm)
            for values, nets in zip(out, self.nets, strict=True):
                for oxide, found in enumerate(nets):
                    if found is not None:
                        scaler, net = found
                        x, _ = scaler(features, np.zeros(1))
                        with torch.inference_mode():
                            raw = net(torch.from_numpy(x)[:, None])[:, 0]
                        values[rows, oxide] = scaler.back(raw.numpy())
        return out


@dataclass(frozen=True)
class Yang2023:
    """The convolutional network of Yang et al. (2023), one per oxide.

    Eight bands, θ_Fe and θ_Ti, standardised, run as a sequence of ten through convolutions of 64,
    64, 128, 128 and 256 channels (kernel 3, batch normalisation, ReLU, the third stepping by two),
    the mean over the sequence and a linear head to one standardised oxide. Adam with a learning
    rate of 1e-3 and a weight decay of 1e-4 lessens the mean squared error.

    Parameters
    ----------
    epochs : passes through the training part
    batch : rows in a step; more rows are dealt to steps of nearly one size, so that none is left
        with a single row to normalise by
    channels : of the convolutions

    References
    ----------
    Yang et al. (2023) Nat Commun 14, 7554, doi 10.1038/s41467-023-43358-0
    """

    epochs: int = 100
    batch: int = 54
    channels: tuple[int, ...] = CHANNELS
    name = "yang2023"

    def fit(self, data: TrainingSet, masks: Mask, seed: int = 0) -> FittedYang2023:
        """Fit once per row of `masks` (F, n), for a fixed number of epochs.

        The honest protocol: scaler, weights and everything else come from the training part; no
        held-out row chooses an epoch. All fits start from the same weights, as published. Those of
        one size are trained together, which changes none of them but by rounding.

        Raises
        ------
        InputError
            when an oxide was measured in too few rows of a training part, or a spectrum is not
            positive
        BandError
            when a band near 415, 750 or 950 nm is missing
        MissingExtraError
            when torch is not installed
        """
        features = _training_inputs(data)
        fitted: list[list[tuple[Scaler, Sequential] | None]] = []
        for oxide in range(len(OXIDES)):
            target = data.oxides[:, oxide]
            # Fits that differ only in rows where this oxide was not measured are one fit.
            parts, which = np.unique(masks & np.isfinite(target), axis=0, return_inverse=True)
            sizes = [int(measured(data.rows(part), oxide).sum()) for part in parts]
            found: list[tuple[Scaler, Sequential] | None] = [None] * len(parts)
            for size in sorted(set(sizes) - {0}):
                same = np.flatnonzero(np.equal(sizes, size))
                for start in range(0, len(same), TOGETHER):
                    chunk = same[start : start + TOGETHER]
                    rows = [(features[parts[k]], target[parts[k]]) for k in chunk]
                    for k, net in zip(chunk, self._train(rows, seed), strict=True):
                        found[k] = net
            fitted.append([found[k] for k in which])
        return FittedYang2023(data.wavelength_nm, tuple(zip(*fitted, strict=True)))

    def _train(
        self, parts: Sequence[tuple[Float, Float]], seed: int
    ) -> list[tuple[Scaler, Sequential]]:
        """Return scaler and net of each training part; all parts have the same number of rows."""
        nets = _new(self, len(parts), seed)
        scalers = [Scaler.of(*part) for part in parts]
        x, y = zip(*(scale(*part) for scale, part in zip(scalers, parts, strict=True)), strict=True)
        for _ in _epochs(nets, _stack(x), _stack(y), self, seed):
            pass
        return list(zip(scalers, nets, strict=True))


# -- the published protocol --------------------------------------------------------------------


def published_protocol(
    data: TrainingSet, seed: int = 0, *, together: bool = True, settings: Yang2023 | None = None
) -> Float:
    """Return the optimistic predictions of the published leave-one-out; they validate nothing.

    The row that is left out takes part in the scaler of inputs and target, halves the learning
    rate when its own error stands still for ten epochs, ends the training after fifty, and chooses
    the epoch at which its error is least. Use this to reproduce the published scores and to show
    by how much they flatter, never to say how well oxides are predicted.

    Parameters
    ----------
    data : training set; a row takes part in the oxides that were measured in it
    seed : of the first weights, the same for every fold, and of the batches
    together : train `TOGETHER` folds at once; False trains one fold after the other with the plain
        module, as published, which is slower and differs by rounding
    settings : of the network; those published where None

    Returns
    -------
    array
        (n, 6) wt%, each row by the net that left it out; NaN where not measured. Raises what `fit`
        of `Yang2023` raises.
    """
    settings = settings or Yang2023()
    features = _training_inputs(data)
    out = np.full(data.oxides.shape, np.nan)
    step = TOGETHER if together else 1
    for oxide in range(len(OXIDES)):
        rows = np.flatnonzero(measured(data, oxide))
        if not rows.size:
            continue
        scaler = Scaler.of(features[rows], data.oxides[rows, oxide])
        x, y = scaler(features[rows], data.oxides[rows, oxide])
        for start in range(0, len(rows), step):
            chunk = np.arange(start, min(start + step, len(rows)))
            out[rows[chunk], oxide] = scaler.back(_best_epochs(x, y, chunk, settings, seed))
    return out


def _best_epochs(
    x: NDArray[np.float32], y: NDArray[np.float32], out: NDArray[np.intp], settings: Yang2023,
    seed: int,
) -> NDArray[np.float32]:  # fmt: skip
    """Return the outputs (M,) at M held-out rows of x, each after the epoch best for it."""
    torch = import_torch()
    nets = _new(settings, len(out), seed)
    forward = forward_alone if len(nets) == 1 else forward_together
    train_x = _stack([np.delete(x, k, axis=0) for k in out])
    train_y = _stack([np.delete(y, k) for k in out])
    held = torch.from_numpy(x[out])[None]
    best, least = np.full(len(out), np.nan, np.float32), np.full(len(out), np.inf)
    since = np.zeros(len(out), dtype=int)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau
    schedulers: list[ReduceLROnPlateau] = []
    for optimisers in _epochs(nets, train_x, train_y, settings, seed):
        schedulers = schedulers or [
            schedule(one, factor=HALVING, patience=HALVING_PATIENCE) for one in optimisers
        ]
        with torch.no_grad():
            output = forward(nets, held)[0].numpy()
        error = (output - y[out]) ** 2
        for scheduler, value in zip(schedulers, error, strict=True):
            scheduler.step(value)
        better = (error < least) & (since < STOPPING_PATIENCE)
        best, least = np.where(better, output, best), np.where(better, error, least)
        # Once stopped a fold stays stopped, while others of the chunk go on.
        since = np.where(better, 0, since + 1)
        if (since >= STOPPING_PATIENCE).all():
            break
    return best
