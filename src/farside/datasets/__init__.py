"""The tables that farside carries, each with its sources, and checks of tables of samples."""

from farside.datasets._sp import (
    band_table_names,
    load_band_table,
    load_gain_check,
    load_gain_table,
    load_sp_spectra,
)
from farside.datasets._tables import (
    cell_covariance,
    load_apollo12_alternative,
    load_cells_5deg,
    load_clementine_sites,
    load_missions,
    load_reference_soils,
    load_sample_compositions,
    load_sites,
    sidecar,
    table_names,
)
from farside.datasets.samples import check_samples

__all__ = [
    "band_table_names",
    "cell_covariance",
    "check_samples",
    "load_apollo12_alternative",
    "load_band_table",
    "load_cells_5deg",
    "load_clementine_sites",
    "load_gain_check",
    "load_gain_table",
    "load_missions",
    "load_reference_soils",
    "load_sample_compositions",
    "load_sites",
    "load_sp_spectra",
    "sidecar",
    "table_names",
]
