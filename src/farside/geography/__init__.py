"""Cells and their areas, near and far side, the South Pole-Aitken basin, terranes."""

from farside.geography.cells import (
    area_weights,
    bearing_deg,
    cell_area,
    great_circle_deg,
    great_circle_km,
)
from farside.geography.regions import (
    SPA_INNER,
    SPA_OUTER,
    Ellipse,
    in_spa,
    is_mare,
    is_near_side,
    near_side_fraction,
    straddles_limb,
    surface_unit,
    terrane,
)

__all__ = [
    "SPA_INNER",
    "SPA_OUTER",
    "Ellipse",
    "area_weights",
    "bearing_deg",
    "cell_area",
    "great_circle_deg",
    "great_circle_km",
    "in_spa",
    "is_mare",
    "is_near_side",
    "near_side_fraction",
    "straddles_limb",
    "surface_unit",
    "terrane",
]
