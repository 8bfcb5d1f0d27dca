"""Differences of two maps, and of a map and published algorithms on the same pixels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask.array as da
import numpy as np
import xarray as xr

from farside.constants import OXIDES
from farside.errors import BandError, InputError, UnknownNameError
from farside.maps.compare import none_if_nan
from farside.maps.grid import grid_of
from farside.maps.mosaic import footprint, new_folder
from farside.maps.resample import Tile
from farside.maps.seams import SeamCount
from farside.maps.tiles import coverage_of
from farside.oxides.baselines import GaussianProcess, Pls, Ridge
from farside.oxides.empirical import Empirical
from farside.oxides.training import load_training
from farside.spectra.dataset import make_spectra, select_bands
from farside.spectra.parameters import (
    THETA_FE_LUCEY,
    TOLERANCE_NM,
    lucey_feo,
    lucey_tio2,
    ratio,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.oxides.training import Float, Method

READ = 512
Algorithm = Callable[["Float", "Float"], "Float"]
"""A map from reflectance (n, b) and wavelength (b,) in nm to oxides (n, 6) in wt%, NaN where the
algorithm gives none."""


@dataclass(frozen=True)
class Difference:
    """How a map differs from another estimate of one oxide.

    Parameters
    ----------
    other : what it is held against
    oxide : name
    pixels : that have a value in both
    mean, sd : of map minus other, wt%; weighted by area for two maps
    correlation : of the two, so weighted
    beyond : share of the pixels where they differ by more than their combined intervals; NaN
        where the other has none
    """

    other: str
    oxide: str
    pixels: int
    mean: float
    sd: float
    correlation: float
    beyond: float

    def __str__(self) -> str:
        """Return one line of a table."""
        beyond = "" if np.isnan(self.beyond) else f"{100 * self.beyond:10.1f}"
        return (
            f"{self.other:20s} {self.oxide:6s} {self.pixels:10d} {self.mean:+8.2f} {self.sd:7.2f} "
            f"{self.correlation:7.2f} {beyond}"
        )


@dataclass(frozen=True)
class Differences:
    """Differences of a map, oxide by oxide; see `Difference`.

    Parameters
    ----------
    rows : each
    out : store of the difference of every pixel, where one was asked for
    """

    rows: tuple[Difference, ...]
    out: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        rows = [asdict(row) for row in self.rows]
        found: dict[str, Any] = none_if_nan({"rows": rows})
        return {**found, "out": None if self.out is None else str(self.out)}

    def __str__(self) -> str:
        """Return a table as text."""
        head = "against              oxide      pixels     mean      sd   corr.  % beyond"
        lines = [head, *(str(row) for row in self.rows)]
        if self.out is not None:
            lines.append(f"wrote {self.out}: the difference of every pixel")
        return "\n".join(lines)


class _Moments:
    """Weighted moments of pairs, added block by block, about a first guess of the means."""

    def __init__(self) -> None:
        self.pixels = 0
        self._about: tuple[float, float] | None = None
        self._sums = np.zeros(6)

    def add(self, a: Float, b: Float, weight: Float) -> None:
        """Add pairs (n,) with weights (n,)."""
        use = np.isfinite(a) & np.isfinite(b)
        a, b, w = a[use].astype(float), b[use].astype(float), weight[use]
        if not a.size:
            return
        self._about = self._about or (float(a.mean()), float(b.mean()))
        x, y = a - self._about[0], b - self._about[1]
        self.pixels += a.size
        self._sums += [w.sum(), w @ x, w @ y, w @ x**2, w @ y**2, w @ (x * y)]

    def result(self, other: str, oxide: str, beyond: float) -> Difference | None:
        """Return the difference, None when there was no pair."""
        if self._about is None:
            return None
        w, x, y, xx, yy, xy = self._sums
        mx, my = x / w, y / w
        vx, vy = max(xx / w - mx**2, 0.0), max(yy / w - my**2, 0.0)
        cov = xy / w - mx * my
        scale = np.sqrt(vx * vy)
        return Difference(
            other=other,
            oxide=oxide,
            pixels=self.pixels,
            mean=float(self._about[0] - self._about[1] + mx - my),
            sd=float(np.sqrt(max(vx + vy - 2 * cov, 0.0))),
            correlation=float(cov / scale) if scale > 1e-12 else float("nan"),
            beyond=beyond,
        )


# -- two maps ----------------------------------------------------------------------------------


def against_map(first: xr.Dataset, second: xr.Dataset, name: str = "other map") -> Differences:
    """Compare two maps, which may be drawn on different grids.

    Both are brought to the pixels of the coarser of them, the finer by averaging (see
    `farside.maps.resample`), block by block.

    Parameters
    ----------
    first, second : map datasets
    name : of the second, for the table

    Raises
    ------
    InputError
        when the maps do not overlap, or their intervals have different coverage
    """
    pair = [Tile(first, "map"), Tile(second, name)]
    coarse = max(pair, key=lambda tile: tile.grid.resolution_m)
    grid = coarse.grid
    count = SeamCount([tile.name for tile in pair], coverage_of(pair))
    moments = [_Moments() for _ in OXIDES]
    fine = pair[0] if coarse is pair[1] else pair[1]
    top, bottom, left, right = footprint(fine, grid)
    for rows, columns in grid.windows(READ):
        if rows.start >= bottom or rows.stop <= top or columns.start >= right:
            continue
        if columns.stop <= left:
            continue
        part = grid.part(rows, columns)
        layers = [tile.on(part) for tile in pair]
        a, b = layers
        if a is None or b is None:
            continue
        count.add((0, 1), (a.value, a.lower, a.upper), (b.value, b.lower, b.upper))
        area = part.areas().ravel()
        for k, one in enumerate(moments):
            one.add(a.value[k].ravel(), b.value[k].ravel(), area)
    beyond = {seam.oxide: seam.beyond for seam in count.seams()}
    found = (
        one.result(name, oxide, beyond.get(oxide, float("nan")))
        for oxide, one in zip(OXIDES, moments, strict=True)
    )
    rows_found = tuple(row for row in found if row is not None)
    if not rows_found:
        raise InputError(f"the maps have no pixel with a value in common: no overlap with {name}.")
    return Differences(rows_found)


# -- published algorithms ----------------------------------------------------------------------


WILCOX_SLOPE = 1.3885
"""rad, average slope of the trends of the mare (Wilcox et al. 2005)."""
WILCOX_FEO = (-137.97, 57.46)
"""wt% per unit and wt%, of Wilcox et al. (2005) for Clementine, as quoted in the manual of
``i.feotio2`` of GRASS GIS."""


def _lucey(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return FeO and TiO2 of Lucey et al. (2000), with the coefficients of Clementine.

    A pixel that is not brighter at 750 nm than the origin of the iron angle has no FeO: the angle
    jumps there, and the equation was never meant for it.
    """
    ds = make_spectra(reflectance.T, wavelength_nm)
    bright = select_bands(ds, [750.0], TOLERANCE_NM)["reflectance"].to_numpy()[0]
    out = np.full((len(reflectance), len(OXIDES)), np.nan)
    feo = lucey_feo(ds).to_numpy()
    out[:, OXIDES.index("FeO")] = np.where(bright > THETA_FE_LUCEY[0], feo, np.nan)
    out[:, OXIDES.index("TiO2")] = lucey_tio2(ds).to_numpy()
    return out


def _wilcox(reflectance: Float, wavelength_nm: Float) -> Float:
    """Return FeO of Wilcox et al. (2005), with the coefficients of Clementine.

    FeO = -137.97 (R750 sin t + R950 / R750 cos t) + 57.46,  t = 1.3885 rad
    """
    ds = make_spectra(reflectance.T, wavelength_nm)
    bright = select_bands(ds, [750.0], TOLERANCE_NM)["reflectance"].to_numpy()[0]
    colour = ratio(ds, 950.0, 750.0).to_numpy()
    along = bright * np.sin(WILCOX_SLOPE) + colour * np.cos(WILCOX_SLOPE)
    out = np.full((len(reflectance), len(OXIDES)), np.nan)
    out[:, OXIDES.index("FeO")] = WILCOX_FEO[0] * along + WILCOX_FEO[1]
    return out


def _fitted(method: Method) -> Algorithm:
    """Return a method fitted on all the sites, on the bands of these."""
    data = load_training()
    fit = method.fit(data, np.ones((1, len(data)), dtype=bool))

    def run(reflectance: Float, wavelength_nm: Float) -> Float:
        spectra = make_spectra(reflectance.T, wavelength_nm)
        bands = select_bands(spectra, data.wavelength_nm.tolist())["reflectance"]
        return np.asarray(fit.predict(bands.transpose("point", "band").to_numpy())[0])

    return run


ALGORITHMS: dict[str, Callable[[], Algorithm]] = {
    "lucey2000": lambda: _lucey,
    "wilcox2005": lambda: _wilcox,
    "lucey2000 refitted": lambda: _fitted(Empirical("lucey2000")),
    "wilcox2005 refitted": lambda: _fitted(Empirical("wilcox2005")),
    "ridge": lambda: _fitted(Ridge()),
    "pls": lambda: _fitted(Pls()),
    "gp": lambda: _fitted(GaussianProcess()),
}
"""Algorithms by name. ``lucey2000`` and ``wilcox2005`` have the published coefficients, which are
for Clementine: on spectra of another sensor the difference holds that of the calibrations.
``refitted`` ones have the published form and coefficients fitted to the 55 sites; the others are
regressions on these."""


def against_algorithms(
    ds: xr.Dataset,
    spectra: xr.Dataset,
    *,
    names: Sequence[str] | None = None,
    out: Path | None = None,
) -> Differences:
    """Compare a map with published algorithms run on the same pixels.

    Parameters
    ----------
    ds : map dataset over ``(oxide, y, x)``
    spectra : Spectra dataset over ``(band, y, x)`` that the map was made of, on the same pixels
        and, as for the map, brought to the calibration of MI
    names : of `ALGORITHMS`; all when None
    out : store to write the differences (algorithm, oxide, y, x) to; must not exist

    Returns
    -------
    Differences
        map minus algorithm, each pixel counting alike; an oxide that an algorithm does not give
        has no row

    Raises
    ------
    InputError
        when the shapes differ, `out` exists, or no pixel has a value in both
    BandError
        when an algorithm needs a band that the spectra have not
    UnknownNameError
        when there is no such algorithm
    """
    grid = grid_of(ds)
    shape = (spectra.sizes.get("y"), spectra.sizes.get("x"))
    if shape != (grid.height, grid.width):
        raise InputError(
            f"the spectra have {shape} pixels (y, x), the map {(grid.height, grid.width)}; give "
            "the image that the map was made of."
        )
    chosen = list(ALGORITHMS if names is None else names)
    for name in chosen:
        if name not in ALGORITHMS:
            raise UnknownNameError.of("algorithm", name, ALGORITHMS)
    if not chosen:
        raise InputError(f"no algorithm was named; known: {', '.join(ALGORITHMS)}.")
    algorithms = {name: ALGORITHMS[name]() for name in chosen}
    if out is None:
        return Differences(_run(ds, spectra, algorithms, None))
    with new_folder(out) as folder:
        _template(ds, chosen).to_zarr(
            folder, mode="w", compute=False, zarr_format=3, consolidated=False
        )
        rows = _run(ds, spectra, algorithms, folder)
    return Differences(rows, Path(out))


def _template(ds: xr.Dataset, names: Sequence[str]) -> xr.Dataset:
    """Return the store of the differences without its numbers."""
    shape = (len(names), len(OXIDES), ds.sizes["y"], ds.sizes["x"])
    empty = da.full(shape, np.nan, dtype=np.float32, chunks=(len(names), len(OXIDES), READ, READ))
    dims = ("algorithm", "oxide", "y", "x")
    about = {"units": "wt%", "long_name": "map minus algorithm", "grid_mapping": "spatial_ref"}
    text = np.dtypes.StringDType()  # strings of a fixed width have no place in Zarr v3 yet
    coords = {
        "algorithm": np.array(names, dtype=text),
        "oxide": np.array(OXIDES, dtype=text),
        "y": ds["y"],
        "x": ds["x"],
        "spatial_ref": ds["spatial_ref"],
    }
    return xr.Dataset({"difference": (dims, empty, about)}, coords=coords)


def _run(
    ds: xr.Dataset, spectra: xr.Dataset, algorithms: dict[str, Algorithm], folder: Path | None
) -> tuple[Difference, ...]:
    """Run the algorithms block by block; write the differences where a folder is given."""
    wavelength = spectra["wavelength_nm"].to_numpy().astype(float)
    moments = {(name, oxide): _Moments() for name in algorithms for oxide in OXIDES}
    for rows, columns in grid_of(ds).windows(READ):
        piece = spectra.isel(y=rows, x=columns)["reflectance"].transpose("band", "y", "x")
        reflectance = piece.to_numpy().astype(float).reshape(len(wavelength), -1).T
        part = ds["value"].isel(y=rows, x=columns).sel(oxide=list(OXIDES))
        value = part.transpose("oxide", "y", "x").to_numpy().astype(float)
        flat = value.reshape(len(OXIDES), -1)
        # What the map could not use, the algorithms do not see.
        use = np.isfinite(flat).any(axis=0)
        block = np.full((len(algorithms), *flat.shape), np.nan, np.float32)
        for i, (name, algorithm) in enumerate(algorithms.items()):
            if use.any():
                try:
                    got = algorithm(reflectance[use], wavelength).T
                except BandError as error:
                    message = f"the algorithm {name!r} cannot run on these spectra: {error}"
                    raise BandError(message) from error
                block[i][:, use] = flat[:, use] - got
                for k, oxide in enumerate(OXIDES):
                    moments[name, oxide].add(flat[k, use], got[k], np.ones(int(use.sum())))
        if folder is not None:
            _write(folder, block.reshape(len(algorithms), *value.shape), rows, columns)
    found = (one.result(name, oxide, float("nan")) for (name, oxide), one in moments.items())
    rows_found = tuple(row for row in found if row is not None)
    if not rows_found:
        raise InputError("no pixel has a value both in the map and by an algorithm.")
    return rows_found


def _write(folder: Path, block: Any, rows: slice, columns: slice) -> None:
    """Write a block of the differences to its place."""
    dims = ("algorithm", "oxide", "y", "x")
    xr.Dataset({"difference": (dims, block)}).to_zarr(
        folder, region={"y": rows, "x": columns, "algorithm": slice(None), "oxide": slice(None)},
        zarr_format=3, consolidated=False,
    )  # fmt: skip
