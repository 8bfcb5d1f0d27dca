"""The one style: files, colours as the colour-blind see them, and what drawing leaves alone."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from colorspacious import cspace_convert
from matplotlib.colors import to_rgb
from PIL import Image

from farside import style
from farside.errors import InputError, UnknownNameError
from farside.samples.patterns import CHONDRITE, reference

SEEN = {
    "all cones": None,
    "deuteranope": "deuteranomaly",
    "protanope": "protanomaly",
    "tritanope": "tritanomaly",
}
LEAST = 10.0
"""Least distance of two accents in CAM02-UCS; about 1 is the least that an eye sees."""


def uniform(colours: np.ndarray) -> np.ndarray:
    """Return colours in CAM02-UCS of Luo et al. (2006), by colorspacious: lightness first."""
    return np.asarray(cspace_convert(colours, "sRGB1", "CAM02-UCS"))


@pytest.mark.parametrize("eye", SEEN)
def test_accents_differ_for_every_eye(eye: str) -> None:
    """Colour blindness is that of Machado et al. (2009), in full, by colorspacious."""
    colours = np.array([to_rgb(each) for each in style.ACCENTS])
    if SEEN[eye]:
        space = {"name": "sRGB1+CVD", "cvd_type": SEEN[eye], "severity": 100}
        colours = np.clip(cspace_convert(colours, space, "sRGB1"), 0, 1)
    places = uniform(colours)
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)]
    assert min(apart) > LEAST


@pytest.mark.parametrize("quantity", style.COLOUR_MAPS)
def test_lightness_of_colour_maps_only_rises_or_falls(quantity: str) -> None:
    lightness = uniform(style.colour_map(quantity)(np.linspace(0, 1, 256))[:, :3])[:, 0]
    steps = np.diff(lightness)
    if quantity == "difference":  # its middle is the lightest, its ends alike
        middle = int(np.argmax(lightness))
        assert abs(middle - 127.5) < 3
        assert abs(lightness[0] - lightness[-1]) < 10
        assert (steps[:middle] > 0).all()
        assert (steps[middle:] < 0).all()
    else:
        assert (steps > 0).all() or (steps < 0).all()
        assert abs(lightness[-1] - lightness[0]) > 60


def test_a_quantity_without_a_map_is_named() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'height'"):
        style.colour_map("heigth")


def test_widths_are_those_of_the_journal() -> None:
    """Nature research figure guide: 89 and 183 mm wide, at most 170 mm high, text of 5 to 7 pt."""
    widths = [25.4 * width for width in style.WIDTHS_IN.values()]
    assert widths == pytest.approx([89, 183])
    assert pytest.approx(170) == 25.4 * style.TALLEST_IN
    sizes = [v for k, v in style.RC.items() if k.endswith("size") and k != "lines.markersize"]
    assert all(5 <= size <= 7 for size in sizes)


@style.styled()
def line() -> mpl.figure.Figure:
    figure = style.new_figure(2.0)
    axes = figure.add_subplot()
    axes.plot([0, 1], label="a line")
    axes.set(xlabel="SiO₂ (wt%)", ylabel="Δδ⁴¹K (‰)")
    style.legend_below(figure, axes)
    return figure


@pytest.mark.parametrize("suffix", style.FORMATS)
def test_a_figure_is_the_same_bytes_each_time(suffix: str, tmp_path: Path) -> None:
    files = [tmp_path / f"{i}{suffix}" for i in range(2)]
    for path in files:
        style.save(line(), path)
    first, second = (path.read_bytes() for path in files)
    assert first == second
    assert sorted(tmp_path.iterdir()) == files  # nothing temporary is left


def test_text_of_vectors_stays_text(tmp_path: Path) -> None:
    style.save(line(), tmp_path / "a.svg")
    svg = (tmp_path / "a.svg").read_text("utf-8")
    assert "SiO₂ (wt%)</text>" in svg
    assert "<dc:date>" not in svg
    style.save(line(), tmp_path / "a.pdf")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in pdf  # TrueType, embedded
    assert b"/Subtype /Type3" not in pdf
    assert not re.search(rb"/(CreationDate|Producer)", pdf)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_pixels_are_those_of_print(suffix: str, tmp_path: Path) -> None:
    style.save(line(), tmp_path / f"a{suffix}")
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert image.size[0] == pytest.approx(89 / 25.4 * 300, abs=1)
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)


@pytest.mark.parametrize("name", ["a.jpg", "a", "a.svgz", ".png"])
def test_other_formats_are_refused_before_anything_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"figures are \.svg, \.pdf, \.png, \.tif"):
        style.save(line(), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_no_figure_needs_no_format() -> None:
    style.check_format(None)


def test_the_style_can_be_changed_for_one_figure() -> None:
    with style.styled(axes_grid=False):
        assert not mpl.rcParams["axes.grid"]
        assert mpl.rcParams["font.size"] == style.TEXT_PT
    assert mpl.rcParams["font.size"] != style.TEXT_PT


def test_pyrolite_leaves_the_settings_alone() -> None:
    code = (
        "import matplotlib as mpl; before = dict(mpl.rcParams)\n"
        "from farside.samples.patterns import CHONDRITE, reference; reference(CHONDRITE)\n"
        "assert dict(mpl.rcParams) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603
    assert reference(CHONDRITE)["La"] > 0


def test_nothing_draws_before_it_is_asked_to() -> None:
    code = (
        "import sys, farside, farside.style, farside.cli.app, farside.chronology.files\n"
        "import farside.isotopes.run, farside.samples.files\n"
        "sys.exit('matplotlib' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603


def test_no_module_uses_the_state_of_pyplot() -> None:
    source = Path(style.__file__).parent
    assert not [p for p in source.rglob("*.py") if "pyplot as" in p.read_text("utf-8")
                or "import pyplot" in p.read_text("utf-8")]  # fmt: skip
