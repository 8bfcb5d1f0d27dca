"""Read maps of the Kaguya Multiband Imager (MI): MI MAP tiles and MIA strips, PDS3.

A tile of MI MAP is 1° wide, of 2048 x 2048 pixels (14.8 m), in nine bands of big-endian 16-bit
numbers, reflectance = number * 2e-5, at i = 30°, e = 0°, g = 30°. Version 2 has its label in the
file, version 3 beside it. Two bands are near 1000 nm: MV5 (1001 nm) of the camera for visible
light, and MN1 (1000 nm) of that for the near infrared; both are kept, by wavelength.

What has no value is a negative number: saturated (SATURATION, -20000), below zero (MINUS, -21000),
a dead detector (DUMMY_DEFECT, -22000), something else (OTHER, -23000), or outside the image
(-30000). They all become NaN, and so does any other number below 0, which the product does not use.

The place of a tile is taken from MAXIMUM_LATITUDE and WESTERNMOST_LONGITUDE, the middle of its
first pixel: both ends of a tile in the label fit only middles. SAMPLE_PROJECTION_OFFSET has the
wrong sign in these labels, as USGS ISIS notes (mimap2isis), and is not used.

References
----------
Ohtake et al. (2008), doi 10.1186/BF03352789; Ohtake et al. (2010), doi 10.1007/s11214-010-9689-0;
JAXA (2010) KAGUYA (SELENE) Product Format Description, LISM, version 1.3
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rasterio.transform import Affine

from farside.constants import MAP_RADIUS
from farside.errors import InputError
from farside.geography.projections import lunar_crs
from farside.readers._lazy import Scale, lazy_values, with_grid
from farside.readers._pds3 import Label, PdsObject, read_label
from farside.readers._pdsimage import beside, pixels_of
from farside.readers.dataset import make_spectra, wrap_longitude

if TYPE_CHECKING:
    import xarray as xr

    from farside.readers._lazy import RawPixels

_RADIANS = 0.017453292519943295
_MAPS = {"MI_MAP": "MI MAP", "MI_LEVEL3C5": "MIA"}
_SCENES = ("MI-VIS", "MI-NIR")
_OFF_BY_ONE = (
    "the image begins one byte before its pointer: the label has no line break after END, and the "
    "pointer counts one"
)


def _refuse_other_products(root: PdsObject) -> str:
    """Return which product a label is of; raise for those that are no map of reflectance."""
    instrument = root.get("INSTRUMENT_ID")
    if instrument in _SCENES:
        raise InputError(
            f"this is a Level 2B scene of {instrument}: radiance of "
            f"{'five' if instrument == 'MI-VIS' else 'four'} of the nine bands in the camera's own "
            "geometry, before registration of the two cameras, map projection and photometric "
            "correction. Take the MI MAP tile or the MIA strip of the same place."
        )
    product = _MAPS.get(root.get("PRODUCT_SET_ID").upper())
    if instrument != "MI" or product is None:
        raise InputError(
            f"this is a product {root.get('PRODUCT_SET_ID') or 'without a name'} of "
            f"{instrument or 'no instrument'}; of Kaguya MI the maps MI_MAP and MI_Level3C5 (MIA) "
            "are read."
        )
    return product


def _scale(image: PdsObject) -> Scale:
    if image.get("IMAGE_VALUE_TYPE") != "REFLECTANCE":
        raise InputError(
            f"the label says the image holds {image.get('IMAGE_VALUE_TYPE') or 'nothing known'}, "
            "not REFLECTANCE; give a map of reflectance."
        )
    codes = (*image.numbers("INVALID_VALUE"), image.number("OUT_OF_IMAGE_BOUNDS_VALUE"))
    return Scale(
        factor=image.number("SCALING_FACTOR", low=1e-7, high=1e-3),
        offset=image.number("OFFSET", low=-1.0, high=1.0),
        invalid=codes,
        lowest=0.0,
    )


def _transform(root: PdsObject) -> Affine:
    """Return where the pixels lie: metres of the equirectangular map, from the label's degrees."""
    grid = root.child("IMAGE_MAP_PROJECTION")
    kind = grid.text("MAP_PROJECTION_TYPE").upper().replace("_", " ")
    radius_km = grid.number("A_AXIS_RADIUS", low=1, high=1e6)
    if kind != "SIMPLE CYLINDRICAL" or abs(radius_km * 1000 - MAP_RADIUS.value) > 1:
        raise InputError(
            f"the label says the map is {kind} on a radius of {radius_km:g} km; MI maps are simple "
            f"cylindrical on {MAP_RADIUS.value / 1000:g} km."
        )
    for key in ("CENTER_LATITUDE", "CENTER_LONGITUDE"):
        grid.number(key, low=0.0, high=0.0)
    resolution = grid.number("MAP_RESOLUTION", low=1e-3, high=1e5)
    north = grid.number("MAXIMUM_LATITUDE", low=-90.0, high=90.0)
    west = float(wrap_longitude(grid.number("WESTERNMOST_LONGITUDE", low=-180.0, high=360.0)))
    lines = root.child("IMAGE").integer("LINES", low=1, high=1 << 40)
    if north - (lines - 1) / resolution < -90.0 - 1e-6:
        raise InputError(
            f"the label says the map begins at latitude {north:g} and has {lines} lines of "
            f"1/{resolution:g} degree, which ends beyond the south pole."
        )
    step = _RADIANS * MAP_RADIUS.value / resolution
    left, top = west * resolution * step - step / 2, north * resolution * step + step / 2
    return Affine(step, 0.0, left, 0.0, -step, top)


def _pixels(label: Label, path: Path) -> tuple[RawPixels, str]:
    """Return the pixels, and a note where they do not begin at the pointer."""
    image = label.root.child("IMAGE")
    pointer = label.root.pointer("IMAGE")
    file = path if pointer.file is None else beside(path, pointer.file)
    offset, note = pointer.offset, ""
    if file.resolve() == path.resolve() and offset < label.length:
        raise InputError(
            f"the label's pointer ^IMAGE = {offset + 1} lies in the label itself, which ends at "
            f"byte {label.length}."
        )
    if pointer.file is None and not label.ends_line and offset > label.length:
        offset, note = offset - 1, _OFF_BY_ONE
    return pixels_of(image, file, offset), note


def read_mi(path: Path, label: Label | None = None) -> xr.Dataset:
    """Open a map of Kaguya MI without reading its pixels.

    Parameters
    ----------
    path : the file that holds the label: ``.img`` of version 2 and MIA, ``.lbl`` of version 3
    label : its label, where it is parsed already

    Returns
    -------
    xarray.Dataset
        Spectra over ``(y, x)``, lazy float32, on `farside.geography.projections` equirectangular
        (m); attributes ``sensor, scene, product, version, reads`` (the file that holds the pixels),
        ``invalid`` (the codes that became NaN) and, where it was needed, ``note``

    Raises
    ------
    InputError
        when the file is missing, damaged, too short for its label, or another product
    BandError
        when the wavelengths are not as many as the bands
    """
    path = Path(path)
    label = label or read_label(path)
    root = label.root
    try:
        product = _refuse_other_products(root)
        image = root.child("IMAGE")
        scale, transform = _scale(image), _transform(root)
        pixels, note = _pixels(label, path)
        values = lazy_values(pixels, scale, file=Path(pixels.path))
        ds = make_spectra(values, root.numbers("CENTER_FILTER_WAVELENGTH"))
        ds = with_grid(ds, transform, lunar_crs("equirectangular"))
    except InputError as error:
        raise type(error)(f"{path.name}: {error}") from error
    codes = zip(image.items("INVALID_TYPE"), image.items("INVALID_VALUE"), strict=False)
    attrs = {
        "sensor": "MI",
        "scene": root.get("PRODUCT_ID") or path.stem,
        "product": product,
        "version": root.get("PRODUCT_VERSION_ID"),
        "reads": [Path(pixels.path).name],
        "invalid": [f"{name} {value}" for name, value in codes],
    }
    return ds.assign_attrs(attrs | ({"note": note} if note else {}))
