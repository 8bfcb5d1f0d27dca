"""What the side panel says, as HTML: a place, a region, two regions, ages."""

from __future__ import annotations

import html
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from farside.constants import OXIDES
from farside.explorer.layers import layer
from farside.explorer.place import SPECTRUM_KM
from farside.explorer.statistics import QUANTILES
from farside.maps.globe_layers import MEASURED
from farside.maps.site import Figure
from farside.style import pretty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from farside.explorer.ages import Age
    from farside.explorer.place import PlaceCard
    from farside.explorer.statistics import Difference, RegionStatistics, Summary
    from farside.maps.site import Site

TERRANE_NAMES = {
    "PKT": "Procellarum KREEP Terrane",
    "SPAT": "South Pole-Aitken Terrane",
    "FHT": "Feldspathic Highlands Terrane",
}


def number(value: float | None) -> str:
    """Return a figure with three significant digits, or a dash where there is none.

    Examples
    --------
    >>> number(4.8123), number(1566.2), number(None)
    ('4.81', '1,570', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    rounded = round(value, 2 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.{digits}f}".replace("-", "−")


def between(low: float | None, high: float | None) -> str:
    """Return an interval, or a dash."""
    return "–" if low is None or high is None else f"{number(low)} to {number(high)}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """Return a table; the first cell of a row names it.

    Parameters
    ----------
    head : of the columns
    rows : of text, which is escaped
    caption : above it
    """
    top = "".join(f'<th scope="col">{html.escape(h)}</th>' for h in head)
    body = "".join(
        f'<tr><th scope="row">{html.escape(row[0])}</th>'
        + "".join(f"<td>{html.escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def wide(made: str) -> str:
    """Return a table that is moved sidewise where it does not fit."""
    return f'<div class="wide" tabindex="0">{made}</div>'


def heading(text: str) -> str:
    """Return a heading."""
    return f"<h3>{html.escape(text)}</h3>"


def paragraph(text: str, *, kind: str = "") -> str:
    """Return a paragraph."""
    mark = f' class="{kind}"' if kind else ""
    return f"<p{mark}>{html.escape(text)}</p>"


def alert(text: str) -> str:
    """Return a message of what went wrong and what to do."""
    return f'<div class="alert" role="alert">{html.escape(text)}</div>' if text else ""


# -- a place -----------------------------------------------------------------------------------


def coordinates(lat: float, lon: float) -> str:
    """Return a place as people write it.

    Examples
    --------
    >>> coordinates(-41.6386, -153.9852)
    '41.639° S, 153.985° W'
    """
    north, east = "N" if lat >= 0 else "S", "E" if lon >= 0 else "W"
    return f"{abs(lat):.3f}° {north}, {abs(lon):.3f}° {east}"


def place_card(card: PlaceCard) -> str:
    """Return what is known of a place."""
    known = card.site
    nearest = known.inside[0] if known.inside else known.nearest
    where = "in" if known.inside else f"{number(known.nearest.distance_km)} km from"
    landings = "; ".join(f"{name} {number(km)} km" for name, km in known.missions)
    parts = [
        heading(coordinates(known.lat, known.lon)),
        table(
            ("", ""),
            (
                ("Side", f"{known.side} side"),
                ("Terrane", TERRANE_NAMES.get(known.terrane, known.terrane)),
                ("South Pole-Aitken", "inside" if known.in_spa else "outside"),
                ("Named feature", f"{where} {nearest}"),
                ("Landing sites", landings),
            ),
            "Where it is",
        ),
        _oxides(card),
    ]
    if known.pixel:
        parts.append(
            figures(
                known.oxides, f"Soil at this point, map that ships, {card.coverage:.0%} interval"
            )
        )
    parts += [
        figures(known.cell, "Lunar Prospector cell of 5°, ± one sigma"),
        figures(
            [replace(f, name=layer(f.name.replace("_", "-")).title) for f in known.resources],
            "Resources of the soil at this point, map that ships",
        ),
        _ground(known),
        figures(known.derived, "Derived, of the soil at this point"),
        figures(
            [replace(f, name=MEASURED[f.name][0]) for f in known.layers if f.value is not None],
            "Layers of half a degree (least and greatest of the pixels around)",
        ),
        _spectra_words(card),
    ]
    return "".join(parts)


def _ground(known: Site) -> str:
    """Return sunlight and what the ground bears."""
    sun = known.sunlight
    rows = [Figure("Sunlight", sun.value, sun.lower, sun.upper, "of the time")]
    rows += [
        Figure(f"Bearing capacity on {one.soil}", one.value, one.lower, one.upper, "kPa")
        for one in known.bearing
    ]
    words = "Light (horizon from heights every 15 km), and ground below a footing 1 m wide"
    return figures(rows, words)


def _oxides(card: PlaceCard) -> str:
    if not card.oxides:
        return paragraph("The opened output has no pixel with numbers here.", kind="note")
    caption = f"Oxides of the opened output, {card.coverage:.0%} interval"
    found = figures(card.oxides, caption)
    if card.novelty is None:
        return found
    words = "above 1: the map extrapolates here" if card.novelty > 1 else "1 is the limit"
    return found + paragraph(f"Novelty {number(card.novelty)} ({words}).")


def figures(rows: Sequence[Figure], caption: str) -> str:
    """Return a table of figures with their intervals."""
    cells = [
        (pretty(f.name) if f.name in OXIDES else f.name,
         f"{number(f.value)} {f.unit if f.unit != '1' else ''}".strip(),
         between(f.lower, f.upper))
        for f in rows
    ]  # fmt: skip
    return table(("", "value", "interval"), cells, caption)


def _spectra_words(card: PlaceCard) -> str:
    words = "A map holds oxides, not spectra: the opened output has none. "
    if not card.spectra:
        words += f"No spectrum that ships was taken within {SPECTRUM_KM:g} km of this place."
    else:
        near = "; ".join(f"{s.title}, {number(s.distance_km)} km away" for s in card.spectra)
        words += f"Shown is the nearest that ships, within {SPECTRUM_KM:g} km: {near}."
    return heading("Spectrum") + paragraph(words, kind="note")


# -- regions -----------------------------------------------------------------------------------


def region_card(found: RegionStatistics) -> str:
    """Return the statistics of a region."""
    region, step = found.sampled.region, found.sampled.step_m / 1000
    sampling = (
        f"Sampled every {number(step)} km on equal areas; a sample is the mean of several pixels."
        if found.averaged
        else f"Sampled every {number(step)} km on equal areas."
    )
    rows = [
        (f"{one.title} ({one.unit})", number(one.mean), between(one.lower, one.upper),
         number(one.sd), *(number(q) for q in one.quantiles))
        for one in found.summaries
    ]  # fmt: skip
    head = ("", "mean", "mean interval", "sd", *(f"{q:.0%}" for q in QUANTILES))
    return "".join(
        (
            heading(region.name),
            paragraph(
                f"{found.area_km2:,.0f} km², {found.pixels:,} pixels of the output; outline: "
                f"{region.source}. {sampling}"
            ),
            wide(table(head, rows, "By area")),
            paragraph(
                f"The mean interval is the mean of the {found.coverage:.0%} bounds of the pixels: "
                "their errors are shared, so that a mean over more of them is no surer. sd is the "
                "spread between pixels, not an error.",
                kind="note",
            ),
            _uncovered(found.summaries),
        )
    )


def _uncovered(summaries: Sequence[Summary]) -> str:
    part = [f"{one.title} {one.covered:.0%}" for one in summaries if one.covered < 0.995]
    return paragraph(f"Not all of it has values: {', '.join(part)}.", kind="note") if part else ""


def compare_card(
    a: RegionStatistics, b: RegionStatistics, found: Sequence[Difference], coverage: float
) -> str:
    """Return two regions side by side."""
    names = a.sampled.region.name, b.sampled.region.name
    rows = [
        (f"{d.a.title} ({d.a.unit})", _mean(d.a), _mean(d.b), number(d.value),
         "–" if d.half_width is None else f"± {number(d.half_width)}",
         "–" if d.half_width is None else "yes" if d.told else "no")
        for d in found
    ]  # fmt: skip
    head = ("", f"A: {names[0]}", f"B: {names[1]}", "A − B", "interval", "told apart")
    return (
        heading(f"{names[0]} and {names[1]}")
        + paragraph(f"{a.area_km2:,.0f} km² and {b.area_km2:,.0f} km².")
        + wide(table(head, rows, "Means by area, ± half of the mean interval"))
        + paragraph(
            f"The interval of A − B joins the {coverage:.0%} half-widths of both means as if their "
            "errors were independent. What both share, such as a calibration, cancels in the "
            "difference and would make it narrower; errors that run against each other would make "
            "it wider. 'Told apart' says that it leaves out 0. Layers without an interval show the "
            "difference of means alone.",
            kind="note",
        )
    )


def _mean(one: Summary) -> str:
    wide = one.half_width
    return number(one.mean) if wide is None else f"{number(one.mean)} ± {number(wide)}"


# -- ages --------------------------------------------------------------------------------------


def ages_card(shipped: Sequence[Age], given: Sequence[Age]) -> str:
    """Return what the ages are and where they are from."""
    mare = [a for a in shipped if a.kind == "mare"]
    sides = {side: sum(a.side == side for a in mare) for side in ("near", "far")}
    words = (
        f"farside ships {len(mare)} dated mare rocks and surfaces, {sides['near']} of the near "
        f"side and {sides['far']} of the far side, all of the latter from Chang'e-6: too few for a "
        "history of the far side. "
    )
    words += (
        f"Those of your file ({len(given)}) are shown beside them."
        if given
        else "Give your own with --ages FILE (CSV of 'farside chronology batch', or GeoJSON)."
    )
    rows = [(a.name, f"{a.age_ga:.4g}", _interval(a), a.side or "–", a.source)
            for a in sorted((*given, *shipped), key=lambda a: -a.age_ga)]  # fmt: skip
    head = ("", "age (Ga)", "interval (Ga)", "side", "source")
    return paragraph(words) + wide(table(head, rows, "Ages, oldest first"))


def _interval(age: Age) -> str:
    """Return the interval of an age and what it is, or why there is none."""
    if age.lower_ga is None or age.upper_ga is None:
        return age.what
    return f"{between(age.lower_ga, age.upper_ga)} ({age.what.replace(' %', chr(0xA0) + '%')})"
