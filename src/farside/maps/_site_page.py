"""The page of a site: figures in columns, each with unit and interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

from farside.maps.score import UTILITIES

if TYPE_CHECKING:
    from farside.maps.score import Part
    from farside.maps.site import Figure, Site

_TERRANES = {
    "PKT": "Procellarum KREEP Terrane",
    "SPAT": "South Pole-Aitken Terrane",
    "FHT": "Feldspathic Highlands Terrane",
}


def page(site: Site) -> str:
    """Return the page as text."""
    cover = f"{site.coverage:.0%}"
    blocks = [
        _head(site),
        _oxides(site, cover),
        _block("how far from what the map was made of", site.novelty) if site.novelty else "",
        _block(f"derived, of the soil at this point, {cover} intervals", site.derived),
        _title("surface material, probability of each class")
        + "\n".join(f"  {name:26} {share:6.1%}" for name, share in site.lithologies),
        _block("Lunar Prospector cell of 5 degrees, one sigma", site.cell),
        _block("layers of 0.5 degree, least and greatest of 3 x 3 pixels around", site.layers),
        _block(
            f"resources of the soil at this point, at least {cover} intervals",
            site.resources,
            notes=True,
        )
        + f"\n  hydrogen: {site.hydrogen}",
        _ground(site),
        _score(site),
    ]
    return "\n\n".join(block for block in blocks if block)


def shown(site: Site) -> str:
    """Return the page for a notebook: oxides with their intervals, the rest folded away."""
    from farside.notebook import Range, card, ranges  # noqa: PLC0415 - only a notebook asks

    first, *about = _head(site).splitlines()
    columns = (site.oxides, site.pixel) if site.pixel else (site.oxides,)
    rows = [
        Range(f"{figure.name} of {what}", figure.value, figure.lower or 0.0, figure.upper or 0.0)
        for each in zip(*columns, strict=True)
        for what, figure in zip(("soil", "pixel"), each, strict=False)
        if figure.value is not None
    ]
    cover = f"{site.coverage:.0%}"
    heads = ("oxide", "wt%", f"{cover} for a soil", f"{cover} for the pixel")
    table = [
        (each[0].name, "-" if each[0].value is None else _number(each[0].value), *map(_ends, each))
        for each in zip(*columns, strict=True)
    ]
    likely = ", ".join(f"{name} {share:.0%}" for name, share in site.lithologies[:3])
    return card(
        first,
        "; ".join(line.strip() for line in about),
        table=(heads[: 2 + len(columns)], table),
        figure=ranges(rows, f"wt%, {cover} intervals") if rows else "",
        notes=(f"surface material, by probability: {likely}",) if likely else (),
        text=str(site),
    )


def _head(site: Site) -> str:
    ns, ew = ("N" if site.lat >= 0 else "S"), ("E" if site.lon >= 0 else "W")
    where = f"{abs(site.lat):.4f} {ns}, {abs(site.lon):.4f} {ew}"
    first = f"{site.name}: {where}" if site.name else where
    inside = "; ".join(str(f) for f in site.inside[:3]) or "no named crater or plain"
    basin = ", inside the South Pole-Aitken basin" if site.in_spa else ""
    landed = ", ".join(f"{name} {away:,.0f} km" for name, away in site.missions)
    return "\n".join(
        [
            first,
            f"  {site.side} side, {_TERRANES.get(site.terrane, 'no terrane')}{basin}",
            f"  in {inside}",
            f"  nearest centre {site.nearest}, {site.nearest.distance_km:.0f} km away",
            f"  nearest landings {landed}",
        ]
    )


def _oxides(site: Site, cover: str) -> str:
    """Return the oxides: what a sample would hold, and what the mean of the pixel does."""
    if not site.pixel:
        return _block(f"oxides, {cover} intervals ({site.source})", site.oxides)
    rows = (
        f"  {soil.name:10} {_number(soil.value or 0):>7} wt%  {_ends(soil):>18}   {_ends(pixel)}"
        if soil.value is not None
        else _line(soil)
        for soil, pixel in zip(site.oxides, site.pixel, strict=True)
    )
    return (
        _title(f"oxides, with two intervals of {cover} ({site.source})")
        + "  soil: what a sample from this point may hold; learnt from eleven landings, most of "
        "them in maria\n"
        "  pixel: the mean over 15 km on Lunar Prospector's scale; many landing soils lie outside\n"
        + f"  {'':22}  {'soil':>18}   pixel\n"
        + "\n".join(rows)
    )


def _ends(figure: Figure) -> str:
    if figure.lower is None or figure.upper is None:
        return "not known"
    return f"{_number(figure.lower)} to {_number(figure.upper)}"


def _title(text: str) -> str:
    return f"{text}\n"


def _block(title: str, figures: tuple[Figure, ...], *, notes: bool = False) -> str:
    return _title(title) + "\n".join(_line(figure, notes=notes) for figure in figures)


def _line(figure: Figure, *, notes: bool = False) -> str:
    if figure.value is None:
        return f"  {figure.name:22} not known here"
    line = f"  {figure.name:22} {_number(figure.value):>9}"
    if figure.lower is not None and figure.upper is not None:
        line += f"  ({_number(figure.lower)} to {_number(figure.upper)})"
    unit = "" if figure.unit in ("", "1") else f" {figure.unit}"
    note = f"; {figure.note}" if figure.note and (notes or figure.unit == "1") else ""
    return line + unit + note


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _amount(part: Part) -> str:
    return _number(part.value) + ("" if part.unit == "1" else f" {part.unit}")


def _ground(site: Site) -> str:
    sun = site.sunlight
    light = (
        f"  sunlight               {sun.value:.2f}  ({sun.lower:.2f} to {sun.upper:.2f}) of the "
        f"time; horizon to {sun.horizon_deg:.1f} deg from heights every {sun.baseline_km:.0f} km"
    )
    lines = [
        light,
        *(f"  bearing capacity       {load}" for load in site.bearing),
        f"  the score takes the soil {site.soil.name!r}: {site.soil.note}",
    ]
    return _title("ground and light") + "\n".join(lines)


def _score(site: Site) -> str:
    score = site.score
    rows = [
        f"  {part.criterion:14} weight {part.weight:4.1f}   worth {part.utility:.2f} "
        f"({part.lower:.2f} to {part.upper:.2f})   {_amount(part)} "
        f"[0 at {UTILITIES[part.criterion].worst:g}, 1 at {UTILITIES[part.criterion].best:g}]"
        for part in score.parts
    ]
    left = f"\n  left out, as not known here: {', '.join(score.missing)}" if score.missing else ""
    return (
        _title(
            f"score {score.value:.2f} ({score.lower:.2f} to {score.upper:.2f}) of 1; weights "
            "are a choice, change them with --weights"
        )
        + "\n".join(rows)
        + left
    )
