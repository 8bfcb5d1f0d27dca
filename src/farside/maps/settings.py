"""How a map is made, and what of it a map must be continued with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from farside import provenance
from farside.errors import InputError
from farside.maps.predict import Storage
from farside.maps.work import weights_hash

if TYPE_CHECKING:
    from pathlib import Path

MODULES = ("maps.predict", "maps.store", "oxides.estimator", "oxides.intervals", "oxides.novelty")
"""Code, beside that which the weights guard, that the pixels depend on."""


@dataclass(frozen=True)
class MapSettings:
    """How a map is made.

    Parameters
    ----------
    storage : ``"float32"``, or ``"int16"`` in steps of 0.01 wt%
    block : pixels on a side of a block, which is also a chunk of the map
    workers : threads on this machine
    scheduler : ``"threads"``, or the address of a dask scheduler, ``tcp://HOST:PORT``
    sensor, as_is : see `farside.spectra.prepare.prepare`
    weights : folder of a bundle; the shipped one when None
    """

    storage: Storage = "float32"
    block: int = 512
    workers: int = 2
    scheduler: str = "threads"
    sensor: str | None = None
    as_is: bool = False
    weights: Path | None = None

    def __post_init__(self) -> None:
        if self.storage not in get_args(Storage):
            raise InputError(
                f"numbers cannot be stored as {self.storage!r}; known: "
                f"{', '.join(get_args(Storage))}."
            )
        if self.block < 16 or self.workers < 1:
            raise InputError(
                f"a block of {self.block} pixels or {self.workers} workers cannot be; give at "
                "least 16 pixels and 1 worker."
            )

    def header(self) -> dict[str, str]:
        """Return what the pixels depend on beside the images: a map is made with one of these."""
        chosen = {
            "dtype": self.storage,
            "block": str(self.block),
            "sensor": str(self.sensor),
            "as_is": str(self.as_is),
        }
        code = provenance.fingerprint(MODULES, (), {})
        code.pop("settings")
        return {
            **chosen,
            "farside": provenance.code_version(),
            "weights": weights_hash(self.weights),
            **code,
        }
