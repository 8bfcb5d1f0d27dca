"""Band sets of the sensors: centre and full width at half maximum of each band, in nm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from farside.datasets._sp import band_table_names, load_band_table
from farside.datasets._tables import sidecar
from farside.errors import UnknownNameError


@dataclass(frozen=True)
class BandSet:
    """The bands of a sensor.

    Parameters
    ----------
    name : short name, such as ``"kaguya_mi"``
    centre_nm : centre of each band, nm, in the order of the sensor
    fwhm_nm : full width at half maximum of each band, nm
    source : where the figures come from
    """

    name: str
    centre_nm: tuple[float, ...]
    fwhm_nm: tuple[float, ...]
    source: str

    def __len__(self) -> int:
        """Return the number of bands."""
        return len(self.centre_nm)

    def subset(self, wavelengths: tuple[float, ...] | list[float]) -> BandSet:
        """Return the bands with these centres, in the given order.

        Raises
        ------
        UnknownNameError
            when the set has no band with such a centre
        """
        for wanted in wavelengths:
            if wanted not in self.centre_nm:
                known = [f"{centre:g}" for centre in self.centre_nm]
                raise UnknownNameError.of(f"band of {self.name}", f"{wanted:g}", known)
        index = [self.centre_nm.index(wanted) for wanted in wavelengths]
        return BandSet(
            self.name,
            tuple(self.centre_nm[i] for i in index),
            tuple(self.fwhm_nm[i] for i in index),
            self.source,
        )


def band_set_names() -> tuple[str, ...]:
    """Return the names of the band sets that farside carries."""
    return band_table_names()


@cache
def band_set(name: str) -> BandSet:
    """Return a band set by name.

    Parameters
    ----------
    name : one of `band_set_names`

    Raises
    ------
    UnknownNameError
        when there is no such set; the message lists those known

    Examples
    --------
    >>> band_set("kaguya_mi").centre_nm[:3]
    (414.0, 749.0, 901.0)
    """
    if name not in band_set_names():
        raise UnknownNameError.of("band set", name, band_set_names())
    table = load_band_table(name)
    return BandSet(
        name=name,
        centre_nm=tuple(table["centre_nm"].tolist()),
        fwhm_nm=tuple(table["fwhm_nm"].tolist()),
        source="; ".join(str(entry["citation"]) for entry in sidecar(f"bands_{name}")["sources"]),
    )
