"""Every number of a finding has a function that runs and a source that is cited."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from farside.datasets.crust import load_ferric_spectra
from farside.datasets.published import load_published_values
from farside.errors import InputError, UnknownNameError
from farside.maps.spa_mixing import mantle_gain
from farside.provenance import references
from farside.report._links import described
from farside.spectra.ferric import binomial_rate
from farside.study import mantle, rust
from farside.study._published import MISSION, claimed
from farside.study.finding import CANNOT_TELL, SUPPORTS, Finding, Statement, normal

if TYPE_CHECKING:
    from farside.study.catalogue import Findings

KEY = re.compile(r"\[([a-z_]+\d{0,4}\w*)\]")


def test_every_part_comes_by_a_function_from_a_source(found: Findings) -> None:
    for f in found.findings:
        for part in f.parts:
            function, source = f.origin(part)
            assert described(function) is not None, (f.name, part.what)
            assert source in (*f.data, *f.cited), (f.name, part.what)
    content = found.findings[0].to_dict()["parts"]
    assert all(p["function"] and p["source"] for p in content)


def test_an_origin_that_is_not_listed_is_refused() -> None:
    part = normal("x", 1.0, 0.1, "1", Statement(low=0.0), function="farside.elsewhere.f")
    with pytest.raises(InputError, match="does not list"):
        Finding("a", "A", "A.", (part,), "W.", "D.", ("farside.study.finding.normal",), ("sites",))


def test_keys_in_the_words_of_a_finding_are_its_references(found: Findings) -> None:
    seen = set()
    for f in found.findings:
        for text in (f.claim, f.why, f.what_would_decide, *f.notes):
            keys = set(KEY.findall(text))
            assert keys <= set(f.cited), (f.name, keys - set(f.cited))
            seen |= keys
    assert {"li2024", "zhang2024", "stoffler2001", "mission"} <= seen


def test_every_published_figure_and_claim_has_a_reference(found: Findings) -> None:
    for f in found.findings:
        for part in f.parts:
            for p in part.published:
                assert p.reference in references(), (f.name, part.what)
                assert p.status
    assert claimed("so").reference == MISSION
    # a claim that names the mission says so in its references as well
    for f in found.findings:
        if "(mission" in f.claim:
            assert MISSION in f.cited or "mission document" in {
                p.status for part in f.parts for p in part.published
            }, f.name


def test_figures_in_notes_are_those_of_the_table(found: Findings) -> None:
    table = load_published_values().set_index("name")["value"]
    by = {f.name: f for f in found.findings}
    assert f"{table['basalt-Al2O3']:g} of the local basalt" in " ".join(by["change6-soil"].notes)
    assert f"the {table['fragments-dated']:g} fragments" in by["volcanism-span"].what_would_decide
    # abstract of Li et al. (2024): 9.85 wt%; press on Zhang et al. (2024): 107 of 108
    assert (table["basalt-Al2O3"], table["fragments-dated"]) == (9.85, 108)


# -- volatiles ---------------------------------------------------------------------------------


def test_zinc_and_water_are_told_and_not_decided(found: Findings) -> None:
    f = next(f for f in found.findings if f.name == "volatile-loss")
    assert f.verdict == CANNOT_TELL
    zinc = [p for p in f.parts if p.what.startswith("zinc lost")]
    assert len(zinc) == 4
    assert all(a.value < b.value for a, b in pairwise(zinc))
    least, most = (next(p for p in f.parts if w in p.what) for w in ("at the least", "at the most"))
    assert least.value < most.value <= 100.0
    water = next(f for f in found.findings if f.name == "water").parts[0]
    assert any(p.what == water.what and p.value == water.value for p in f.parts)


# -- ferric spectra ----------------------------------------------------------------------------


def test_hematite_is_asked_of_the_spectra_that_ship(found: Findings) -> None:
    f = next(f for f in found.findings if f.name == "ferric-oxides")
    rates = {p.what: p for p in f.parts if p.unit == "%"}
    archived = rates["spectra of SP that look like hematite, as archived"]
    relative = rates["spectra of SP that look like hematite, over the scene's median"]
    assert "of 204" in archived.note
    # the step of the calibration, and the exact interval of none in 204: 1 - 0.025^(1/204)
    assert archived.value > 90
    assert relative.value == 0
    assert relative.upper == pytest.approx(100 * (1 - 0.025 ** (1 / 204)))
    shallow, deep = (
        rates[f"spectra of SP in which a band of {d} put in is found"] for d in ("1%", "5%")
    )
    assert shallow.value < deep.value


def test_rates_of_scenes_are_summed() -> None:
    one, two = binomial_rate("a", 1, 10), binomial_rate("b", 3, 30)
    both = rust.summed("both", (one, two))
    assert (both.found, both.of) == (4, 40)


def test_the_spectra_have_channels_around_850_nm() -> None:
    assert [ds.sizes["point"] for ds in rust.scenes("SP")] == [83, 83, 38]
    assert [ds.sizes["point"] for ds in rust.scenes("M3")] == [625]
    with pytest.raises(UnknownNameError, match="M3"):
        load_ferric_spectra("M4")


# -- mantle of the floor -----------------------------------------------------------------------


def test_mantle_is_needed_where_cells_are_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = mantle_gain("outer")
    assert real.gain < 1.0
    assert mantle._needed().verdict == CANNOT_TELL
    made = mantle.mantle_gain("outer").__class__("outer", 30.0, 3.0, 1.0)
    monkeypatch.setattr(mantle, "mantle_gain", lambda: made)
    part = mantle._needed()
    assert part.verdict == SUPPORTS
    assert math.isfinite(part.chance)


def test_the_gain_of_made_up_mantle_is_large() -> None:
    from farside.constants import OXIDES  # noqa: PLC0415
    from farside.datasets import load_cells_5deg  # noqa: PLC0415
    from farside.geography import in_spa  # noqa: PLC0415
    from farside.maps.spa_mixing import spa_endmembers  # noqa: PLC0415

    cells, ends = load_cells_5deg(), spa_endmembers()[list(OXIDES)].astype(float)
    inside = in_spa(cells["lat"], cells["lon"])
    made = 0.6 * ends.loc["highland cells"] + 0.4 * ends.loc["primitive mantle"]
    mixed = cells.copy()
    mixed.loc[inside, list(OXIDES)] = made.to_numpy()
    assert mantle_gain("outer", cells=mixed).gain > 10
    none = cells.copy()
    plain = 0.7 * ends.loc["highland cells"] + 0.3 * ends.loc["mare basalt"]
    none.loc[inside, list(OXIDES)] = plain.to_numpy()
    assert not np.isfinite(g := mantle_gain("outer", cells=none).gain) or g < 1
