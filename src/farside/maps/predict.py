"""Oxides with interval, novelty and flags of one block of an image, on plain arrays.

The numbers are those of `farside.oxides.estimator.OxideEstimator.predict`; this module only leaves
out what a map does not need (labels, double precision between blocks) and says what it could not
use in one byte per pixel. As a scaled integer a quantity q is stored as round(q / 0.01): steps of
0.01 wt% are a hundredth of the narrowest interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from farside.constants import OXIDES
from farside.errors import BandError, InputError, UnitError
from farside.oxides.estimator import BAND_TOLERANCE_NM, MIN_BANDS, OxideEstimator
from farside.oxides.novelty import THRESHOLD
from farside.spectra.dataset import MAX_INCIDENCE_DEG, check_spectra, make_spectra

if TYPE_CHECKING:
    from farside.spectra.transfer import Transfer

FLAGS = {"nan": 1, "negative": 2, "over_one": 4, "unlit": 8, "novel": 16}
"""Bits of the variable ``flag``; the first four as `farside.spectra.dataset.check_spectra`."""

UNUSABLE = FLAGS["nan"] | FLAGS["negative"] | FLAGS["over_one"] | FLAGS["unlit"]
"""A pixel with any of these bits has no numbers."""

CHUNK = 4096
"""Spectra per call of the estimator: its arrays stay in the processor's cache, and the fixed cost
of a call is small beside its work (benchmarks/maps.py prints the rates of other sizes)."""

Storage = Literal["float32", "int16"]
SCALE = 0.01
"""wt% (novelty: 1) per step of a scaled integer."""
FILL = -32768
"""The scaled integer that stands for a missing value."""

F32 = NDArray[np.float32]
Flag = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Block:
    """What is predicted of n pixels.

    Parameters
    ----------
    value, lower, upper : (6, n) wt%, NaN where the pixel could not be used
    novelty : (n,) above 1: farther from every training spectrum than any validation reaches
    flag : (n,) sum of `FLAGS`
    places : (2, n) latitude and longitude in degrees, of an image that is not drawn on a map
    """

    value: F32
    lower: F32
    upper: F32
    novelty: F32
    flag: Flag
    places: F32 | None = None

    @property
    def good(self) -> int:
        """Number of pixels that have numbers."""
        return int(np.count_nonzero((self.flag & UNUSABLE) == 0))

    @property
    def novel(self) -> int:
        """Number of pixels beyond the novelty threshold."""
        return int(np.count_nonzero(self.flag & FLAGS["novel"]))


def flags_of(reflectance: F32, incidence_deg: F32 | None = None) -> Flag:
    """Return (n,) flags of reflectance (b, n), as `farside.spectra.dataset.check_spectra`.

    Parameters
    ----------
    reflectance : (b, n), dimensionless, NaN where missing
    incidence_deg : (n,); above `MAX_INCIDENCE_DEG`, or NaN, a pixel is not lit; None when nothing
        is known of the light in the whole image
    """
    flag = np.zeros(reflectance.shape[1], dtype=np.uint8)
    flag |= np.isnan(reflectance).any(axis=0) * np.uint8(FLAGS["nan"])
    flag |= (reflectance <= 0).any(axis=0) * np.uint8(FLAGS["negative"])
    flag |= (reflectance > 1).any(axis=0) * np.uint8(FLAGS["over_one"])
    if incidence_deg is not None:
        flag |= ~(incidence_deg <= MAX_INCIDENCE_DEG) * np.uint8(FLAGS["unlit"])
    return flag


def band_columns(have_nm: NDArray[np.float64], want_nm: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return for each wanted band the index of the nearest one at hand, -1 where none is near.

    Raises
    ------
    BandError
        when fewer than `MIN_BANDS` are within `BAND_TOLERANCE_NM`
    """
    apart = np.abs(have_nm[None, :] - want_nm[:, None])
    near = apart.min(axis=1) <= BAND_TOLERANCE_NM
    if near.sum() < min(MIN_BANDS, len(want_nm)):
        raise BandError(
            f"the image has {', '.join(f'{w:g}' for w in have_nm)} nm; the model knows "
            f"{', '.join(f'{w:g}' for w in want_nm)} nm and needs at least {MIN_BANDS} of them "
            f"within {BAND_TOLERANCE_NM:g} nm."
        )
    return np.where(near, apart.argmin(axis=1), -1)


def predict_block(
    estimator: OxideEstimator,
    reflectance: F32,
    wavelength_nm: NDArray[np.float64],
    *,
    incidence_deg: F32 | None = None,
    transfer: Transfer | None = None,
) -> Block:
    """Return oxides with interval, novelty and flags of n pixels.

    Parameters
    ----------
    estimator : fitted
    reflectance : (b, n) on the bands of the image, dimensionless, NaN where missing
    wavelength_nm : (b,)
    incidence_deg : (n,) or None, see `flags_of`
    transfer : as in `OxideEstimator.predict`, which does such blocks itself

    Raises
    ------
    BandError
        when too few bands of the model are at hand
    UnitError
        when no pixel is usable because the values look like percent or counts
    """
    columns = band_columns(wavelength_nm, estimator.data_.wavelength_nm)
    source = reflectance
    if transfer is not None:
        spectra = make_spectra(reflectance, wavelength_nm).assign_attrs(sensor=transfer.source)
        moved = transfer.apply(spectra)["reflectance"].to_numpy()
        reflectance = moved.astype(np.float32)
    flag = flags_of(reflectance, incidence_deg)
    rows = np.flatnonzero(flag == 0)
    if not rows.size:
        _check_units(source, wavelength_nm)
    found = _Filled(len(flag))
    if transfer is not None and rows.size:
        spectra = make_spectra(source[:, rows], wavelength_nm).assign_attrs(sensor=transfer.source)
        done = estimator.predict(spectra, transfer=transfer)
        found.put(
            rows,
            done["value"].to_numpy().T,
            done["lower"].to_numpy().T,
            done["upper"].to_numpy().T,
            done["novelty"].to_numpy(),
        )
    elif rows.size:
        for start in range(0, len(rows), CHUNK):
            some = rows[start : start + CHUNK]
            aligned = np.full((len(some), len(columns)), np.nan)
            aligned[:, columns >= 0] = reflectance[columns[columns >= 0]][:, some].T
            found.put(some, *estimator.bounds(aligned), estimator.novelty(aligned))
    flag |= (found.novelty > THRESHOLD) * np.uint8(FLAGS["novel"])
    return Block(found.value, found.lower, found.upper, found.novelty, flag)


class _Filled:
    """Single-precision arrays over n pixels, NaN until something is put."""

    def __init__(self, n: int) -> None:
        self.value, self.lower, self.upper = (
            np.full((len(OXIDES), n), np.nan, dtype=np.float32) for _ in range(3)
        )
        self.novelty = np.full(n, np.nan, dtype=np.float32)

    def put(self, rows: NDArray[np.intp], *found: NDArray[np.float64]) -> None:
        value, lower, upper, novelty = found
        self.value[:, rows], self.lower[:, rows] = value.T, lower.T
        self.upper[:, rows], self.novelty[rows] = upper.T, novelty


def _check_units(reflectance: F32, wavelength_nm: NDArray[np.float64]) -> None:
    """Raise `UnitError` when pixels that are all unusable look like percent or counts."""
    seen = reflectance[:, np.isfinite(reflectance).all(axis=0)]
    if not seen.size:
        return
    try:
        check_spectra(make_spectra(seen, wavelength_nm))
    except UnitError:
        raise
    except InputError:  # none is usable, which the flags say
        return


def stored(quantity: F32, storage: Storage) -> NDArray[np.float32] | NDArray[np.int16]:
    """Return a quantity as it is stored: single precision, or steps of `SCALE` with `FILL`.

    Beyond ±327.67 a scaled integer stays at its end; only a novelty can be that large.

    Examples
    --------
    >>> import numpy as np
    >>> stored(np.array([17.004, np.nan], dtype=np.float32), "int16").tolist()
    [1700, -32768]
    """
    if storage == "float32":
        return quantity
    steps = np.rint(quantity * np.float32(1.0 / SCALE))
    np.clip(steps, -32767, 32767, out=steps)
    missing = np.isnan(steps)
    steps[missing] = FILL
    scaled: NDArray[np.int16] = steps.astype(np.int16)
    return scaled
