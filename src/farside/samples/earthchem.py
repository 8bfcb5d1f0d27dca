"""Tables of the databases of analyses, Astromat (MoonDB) and EarthChem, to and from farside's own.

Astromat's archive in the PDS (bundle ``urn:nasa:pds:astromat``) has one line per result, with the
columns of `ASTROMAT`. Tables of PetDB and GEOROC, which EarthChem federates, have one line per
analysis and the unit in the header: ``SIO2(WT%)``, ``RB(PPM)``. Farside has one row per analysis
with ``SiO2`` in wt%, ``Rb`` in ppm and one sigma in ``SiO2_1s``.

References
----------
Label of astro_sample_data_t.csv, version 1.0 of 2021, NASA PDS Geosciences Node: names of columns,
units and kinds of error
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from farside.errors import InputError
from farside.samples.composition import ELEMENTS, MAJORS, molar_mass

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ASTROMAT = {
    "sample": "sample.sampleName",
    "material": "analyzedMaterialName",
    "citation": "citation.citationCode",
    "method": "methodName",
    "stdev_type": "stdevType",
    "sigma": "stdevValue",
    "unit": "unit",
    "value": "value",
    "analyte": "variable",
    "group": "variableGroup",
}
"""Columns of Astromat that are read and written, by what they hold."""
WIDE = {"sample": ("SAMPLE ID", "SAMPLE NAME"), "citation": ("CITATION", "CITATIONS", "REFERENCE"),
        "method": ("METHOD",), "material": ("MATERIAL",)}  # fmt: skip
WHOLE_ROCK = "WHOLE ROCK"

_MAJOR = {oxide.upper(): oxide for oxide in MAJORS}
_ELEMENT = {element.upper(): element for element in ELEMENTS}
_HEADER = re.compile(
    r"^\s*([A-Z][A-Z0-9]*?T?)\s*[(\[]\s*(WT ?%|PPM|PPB)\s*[)\]]\s*$", re.IGNORECASE
)
_PPM = {
    "wt%": 1e4, "%": 1e4, "mg/g": 1e3, "ppm": 1.0, "µg/g": 1.0, "μg/g": 1.0, "ug/g": 1.0,
    "μg g-1": 1.0, "µg g-1": 1.0, "ppb": 1e-3, "ng/g": 1e-3, "pg/g": 1e-6,
}  # fmt: skip
"""Units of weight by weight, in ppm; the others of the databases (ages, ratios) are no amounts."""
_SIGMAS = {"1S": 1.0, "1S-ABS": 1.0, "S-ABS": 1.0, "2S": 0.5, "2S-ABS": 0.5}
"""Kinds of error of Astromat that are absolute standard deviations, and what makes one sigma."""
FEO_OF_FE2O3 = 2 * molar_mass("FeO") / molar_mass("Fe2O3")
TOTAL_IRON = {"FEOT": 1.0, "FE2O3T": FEO_OF_FE2O3}
"""Names of all iron as one oxide, and FeO per unit of it."""


@dataclass(frozen=True)
class SampleTable:
    """Analyses in farside's columns.

    Parameters
    ----------
    frame : one row per sample and citation; ``sample, citation, method``, then oxides (wt%) and
        elements (ppm) with ``_1s`` and, where a result is a limit, ``_LOD``
    notes : what was left out or averaged
    """

    frame: pd.DataFrame
    notes: tuple[str, ...]


# -- reading -----------------------------------------------------------------------------------


def read_database(path: Path, material: str = WHOLE_ROCK) -> SampleTable:
    """Read a table of Astromat (one line per result) or of EarthChem (units in the header).

    Parameters
    ----------
    path : CSV in UTF-8
    material : analysed, where the table has a column for it: ``WHOLE ROCK``, ``MINERAL``, ...

    Returns
    -------
    SampleTable
        iron as FeO; results of one sample in one citation that are given more than once are
        averaged. Totals and units are not judged here: `check_analyses` does that

    Raises
    ------
    InputError
        when the file is no such table, holds no amount of that material, or a value is no number
    """
    frame = _text(path)
    results = _long(frame, path) if _is_long(frame) else _melted(frame, path)
    results, notes = _of_material(results[results["value"] != ""], material, path)
    results, more = _amounts(results, path)
    return SampleTable(*_combined(results, [*notes, *more]))


def _text(path: Path) -> pd.DataFrame:
    """Return a table as text; fields that databases leave empty are empty."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; give a table (CSV) of analyses.")
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not text in UTF-8; save it as a CSV file in UTF-8.") from error
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{path} is not a table with comma-separated columns: {error}") from error
    clean: pd.DataFrame = frame.set_axis([str(c).strip() for c in frame.columns], axis=1)
    stripped: pd.DataFrame = clean.apply(lambda column: column.str.strip().replace("None", ""))
    return stripped


def _is_long(frame: pd.DataFrame) -> bool:
    return {ASTROMAT[key] for key in ("analyte", "value", "unit")} <= set(frame.columns)


def is_database(columns: Iterable[str]) -> bool:
    """Return whether the columns are those of a database rather than farside's."""
    names = {str(column).strip() for column in columns}
    return ASTROMAT["analyte"] in names or any(_HEADER.match(name) for name in names)


def _long(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the results of a table with one line per result."""
    sample = next((c for c in (ASTROMAT["sample"], "sample.sampleCode") if c in frame), None)
    if sample is None:
        raise InputError(f"{path} has no column {ASTROMAT['sample']} that names the samples.")
    found = {key: frame.get(column, "") for key, column in ASTROMAT.items()}
    return pd.DataFrame(found | {"sample": frame[sample]}, index=frame.index)


def _melted(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the results of a table with one line per analysis, one line for each."""
    about = {
        key: next((c for c in frame.columns if c.upper() in names), None)
        for key, names in WIDE.items()
    }
    measured = {c: m for c in frame.columns if (m := _HEADER.match(c))}
    if not measured or about["sample"] is None:
        raise InputError(
            f"{path} is no table of a database: it needs the columns {ASTROMAT['analyte']}, "
            f"{ASTROMAT['value']} and {ASTROMAT['unit']} (Astromat), or SAMPLE NAME and columns "
            "such as SIO2(WT%) and RB(PPM) (EarthChem)."
        )
    parts = [
        pd.DataFrame(
            {
                **{key: frame[c] if c else "" for key, c in about.items()},
                "analyte": match[1], "value": frame[column], "sigma": "", "stdev_type": "",
                "unit": match[2].lower().replace(" ", ""),
            },
            index=frame.index,
        )
        for column, match in measured.items()
    ]  # fmt: skip
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)  # as in the file


def _of_material(
    results: pd.DataFrame, material: str, path: Path
) -> tuple[pd.DataFrame, list[str]]:
    """Return the results of a material; those of no stated material are kept, which is said."""
    given = results["material"].str.upper()
    keep = given.isin(["", material.upper()])
    unsaid = int((given == "").sum())
    notes = [f"taken as {material}, for they state no material: {unsaid}"] if unsaid else []
    if len(results) and not keep.any():
        there = ", ".join(sorted(set(results["material"]) - {""}))
        raise InputError(f"{path} holds no {material}; materials: {there}. Name one of them.")
    left = sorted(set(results.loc[~keep, "material"]))
    if left:
        notes.append(
            f"results left out, of another material: {int((~keep).sum())} ({', '.join(left)})"
        )
    return results[keep], notes


def _amounts(results: pd.DataFrame, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """Return the amounts of oxides (wt%) and elements (ppm), as numbers with one sigma."""
    notes = []
    name = results["analyte"].str.upper()
    known = name.isin([*_MAJOR, *_ELEMENT, *TOTAL_IRON, "FE2O3"])
    weighed = results["unit"].str.lower().isin(_PPM)
    for odd, column, why in (
        (~known, "analyte", "neither an oxide nor an element that farside reads"),
        (known & ~weighed, "unit", "their unit is none of weight"),
    ):
        if odd.any():
            some = listed(sorted(set(results.loc[odd, column])))
            notes.append(f"results left out, {why}: {int(odd.sum())} ({some})")
    used = results[known & weighed].copy()
    if used.empty:
        raise InputError(f"{path} holds no amount of an oxide or element that farside knows.")
    limit = used["value"].str.startswith("<")
    used["limit"] = limit
    used["value"] = _number(used["value"].str.lstrip("< "), path)
    factor = used["stdev_type"].str.upper().map(_SIGMAS)
    sigma = _number(used["sigma"], path)
    percent = used["stdev_type"] == "%"
    odd = sigma.notna() & factor.isna() & ~percent
    if odd.any():
        kinds = ", ".join(sorted({kind or "none" for kind in used.loc[odd, "stdev_type"]}))
        notes.append(f"errors left out, of no stated level: {int(odd.sum())} ({kinds})")
    used["sigma"] = np.where(percent, used["value"] * sigma / 100, sigma * factor)
    return _in_own_units(used), notes


def _number(column: pd.Series[str], path: Path) -> pd.Series[float]:
    values: pd.Series[float] = pd.to_numeric(column.mask(column == ""), errors="coerce")
    wrong = values.isna() & (column != "")
    if wrong.any():
        raise InputError(f"{path} holds {column[wrong].iloc[0]!r}, which is no number.")
    return values.astype(float)


def _in_own_units(used: pd.DataFrame) -> pd.DataFrame:
    """Return oxides in wt% and elements in ppm under farside's names; iron named apart as yet."""
    name = used["analyte"].str.upper()
    oxide = ~name.isin(_ELEMENT)
    ppm = used["unit"].str.lower().map(_PPM).to_numpy(dtype=float)
    # by division, so that wt% of an oxide is multiplied by exactly 1
    scale = ppm / np.where(oxide, 1e4, 1.0)
    own = name.map(_MAJOR | _ELEMENT).fillna(name)
    return used.assign(analyte=own, value=used["value"] * scale, sigma=used["sigma"] * scale)


def _combined(results: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return one row per sample and citation; what is given more than once is averaged."""
    keys = ["sample", "citation"]
    measured = results[~results["limit"]]
    again = measured.duplicated([*keys, "analyte"]).sum()
    if again:
        notes.append(f"averaged with others of one sample, citation and analyte: {int(again)}")
    groups = measured.assign(variance=measured["sigma"] ** 2).groupby(
        [*keys, "analyte"], sort=False
    )
    value = groups["value"].mean().unstack()  # noqa: PD010 - the index is of three levels
    # of n results with one sigma each, the mean has the root of the sum of squares over n
    n = groups["value"].size()
    errors = groups["variance"].count()
    known = groups["variance"].sum().where(errors == n)
    if lost := int(errors[errors < n].sum()):
        notes.append(f"errors left out, the mean being of results without one too: {lost}")
    sigma = (np.sqrt(known) / n).unstack()  # noqa: PD010
    limits = results[results["limit"]].groupby([*keys, "analyte"], sort=False)["value"].min()
    methods = results[[*keys, "method"]].drop_duplicates()
    told = methods[methods["method"] != ""].groupby(keys, sort=False)["method"].agg("; ".join)
    rows = told.reindex(results.groupby(keys, sort=False).size().index).fillna("")
    wide = rows.to_frame()
    iron = _iron(value, sigma)
    value, sigma = (part.drop(columns=[*TOTAL_IRON, "FE2O3"], errors="ignore") for part in iron)
    bound = limits.unstack() if len(limits) else pd.DataFrame(index=rows.index)  # noqa: PD010
    for total, factor in TOTAL_IRON.items():
        if total in bound:
            bound["FeO"] = (factor * bound[total]).combine_first(
                bound.get("FeO", pd.Series(np.nan, bound.index))
            )
    for name in [n for n in (*MAJORS, *ELEMENTS) if n in value or n in bound]:
        empty = pd.Series(np.nan, index=rows.index)
        wide[name] = value.get(name, empty)
        if name in sigma and sigma[name].notna().any():
            wide[f"{name}_1s"] = sigma[name]
        if name in bound:
            wide[f"{name}_LOD"] = bound[name]
    return _named(wide.reset_index()), tuple(notes)


def _iron(value: pd.DataFrame, sigma: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all iron as FeO: the total where it is given, else FeO and what Fe2O3 adds."""
    value, sigma = value.copy(), sigma.copy()
    if "FE2O3" in value:
        ferric = FEO_OF_FE2O3 * value["FE2O3"].fillna(0.0)
        ferrous = value["FeO"] if "FeO" in value else pd.Series(np.nan, value.index)
        value["FeO"] = ferrous.fillna(0.0).add(ferric).where(ferrous.notna() | (ferric > 0))
        sigma["FeO"] = sigma["FeO"].where(ferric == 0) if "FeO" in sigma else np.nan
    for total, factor in TOTAL_IRON.items():
        if total in value:
            own = value["FeO"] if "FeO" in value else pd.Series(np.nan, value.index)
            error = sigma["FeO"] if "FeO" in sigma else pd.Series(np.nan, value.index)
            stated = value[total].notna()
            value["FeO"] = (factor * value[total]).where(stated, own)
            sigma["FeO"] = (factor * sigma[total]).where(stated, error)
    return value, sigma


def _named(wide: pd.DataFrame) -> pd.DataFrame:
    """Return rows with names of their own: the sample, and its citation where it has several."""
    alone = ~wide.duplicated("sample", keep=False) | (wide["citation"] == "")
    names = wide["sample"].where(alone, wide["sample"] + " (" + wide["citation"] + ")")
    return wide.assign(sample=names)


# -- writing -----------------------------------------------------------------------------------


def listed(names: list[str]) -> str:
    """Return up to six names, and how many more there are."""
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")


def _bare(sample: object, row: pd.Series[Any]) -> str:
    """Return the name of a sample without the citation that sets its rows apart."""
    return str(sample).removesuffix(f" ({row.get('citation', '')})")


def _measured(frame: pd.DataFrame) -> list[str]:
    return [c for c in frame.columns if c in MAJORS or c in ELEMENTS]


def unplaced(frame: pd.DataFrame, *, errors: bool) -> list[str]:
    """Return the columns of a table of analyses that a database's table does not hold.

    Parameters
    ----------
    frame : as of `to_astromat`
    errors : whether the layout holds one sigma
    """
    held = {"citation", "method"}
    for name in _measured(frame):
        held |= {name, f"{name}_LOD"} | ({f"{name}_1s"} if errors else set())
    return [str(column) for column in frame if column not in held]


def to_astromat(frame: pd.DataFrame, material: str = WHOLE_ROCK) -> pd.DataFrame:
    """Return analyses as results in the columns of Astromat, one sigma as ``1S-ABS``.

    FeO is written as ``FEOT``, for it is all iron.

    Parameters
    ----------
    frame : as `farside.samples.composition.check_analyses` returns it; ``citation`` and ``method``
        where they are known
    material : that was analysed
    """
    rows = []
    for sample, row in frame.iterrows():
        for name in _measured(frame):
            sigma, limit = row.get(f"{name}_1s", np.nan), row.get(f"{name}_LOD", np.nan)
            if pd.isna(row[name]) and pd.isna(limit):
                continue
            rows.append(
                {
                    ASTROMAT["sample"]: _bare(sample, row),
                    ASTROMAT["material"]: material.upper(),
                    ASTROMAT["citation"]: row.get("citation", ""),
                    ASTROMAT["method"]: row.get("method", ""),
                    ASTROMAT["stdev_type"]: "" if pd.isna(sigma) else "1S-ABS",
                    ASTROMAT["sigma"]: "" if pd.isna(sigma) else repr(float(sigma)),
                    ASTROMAT["unit"]: "wt%" if name in MAJORS else "ppm",
                    ASTROMAT["value"]: _shown(row[name], limit),
                    ASTROMAT["analyte"]: "FEOT" if name == "FeO" else name,
                    ASTROMAT["group"]: "MAJ" if name in MAJORS else "TE",
                }
            )
    return pd.DataFrame(rows, columns=list(ASTROMAT.values()))


def to_wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Return analyses as PetDB and GEOROC lay them out; they have no columns for errors.

    Parameters
    ----------
    frame : as of `to_astromat`
    """
    names = [_bare(sample, row) for sample, row in frame.iterrows()]
    out = pd.DataFrame({"SAMPLE NAME": names})
    for key in ("citation", "method"):
        given = frame[key].to_numpy() if key in frame else ""
        out[key.upper()] = given
    for name in _measured(frame):
        limits = frame.get(f"{name}_LOD", pd.Series(np.nan, frame.index))
        header = "FEOT(WT%)" if name == "FeO" else f"{name.upper()}"
        if name != "FeO":
            header += "(WT%)" if name in MAJORS else "(PPM)"
        out[header] = [_shown(v, m) for v, m in zip(frame[name], limits, strict=True)]
    return out


def _shown(value: float, limit: float) -> str:
    """Return a value in full digits, ``<limit`` where it is below one, or nothing."""
    if not np.isnan(value):
        return repr(float(value))
    return "" if np.isnan(limit) else f"<{float(limit)!r}"
