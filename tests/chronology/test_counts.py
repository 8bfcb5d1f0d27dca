"""Counts: formats, areas on the sphere, exposures, flags, randomness, and what is refused."""

from __future__ import annotations

import json
import math
import random
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import pytest
from scipy import integrate

from farside.chronology.age import date
from farside.chronology.binning import limits, next_limit, to_bins
from farside.chronology.buffered import erasing_diameter, non_sparse_exposure
from farside.chronology.counts import BinnedCount, CraterCount, make_count
from farside.chronology.csfile import parse_cs, run_cs
from farside.chronology.files import COLUMNS, compare_systems, date_files, list_systems
from farside.chronology.flags import equilibrium_diameter, flag_clustered, flag_equilibrium
from farside.chronology.formats import read_count, write_count
from farside.chronology.randomness import randomness
from farside.chronology.sphere import RADIUS_KM, Area, Ring, arc, lon_lat, unit_vectors
from farside.chronology.systems import system
from farside.errors import FarsideError, InputError, UnitError, UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

SPHERE = pyproj.Geod(a=1_737_151.0, f=0)


def square(lon: float = 10.0, lat: float = -40.0, half: float = 0.5, *, hole: bool = False) -> Ring:
    x = np.array([lon - half, lon + half, lon + half, lon - half])
    return Ring(x, np.array([lat - half, lat - half, lat + half, lat + half]), hole)


def scattered(n: int = 60, seed: int = 0, **about: Any) -> CraterCount:
    """Return random craters in a square of one degree with a hole."""
    rng = np.random.default_rng(seed)
    area = Area((square(), square(half=0.1, hole=True)))
    lon, lat = lon_lat(area.sample(n, rng))
    d = 0.3 * rng.uniform(size=n) ** -0.4
    return make_count(d, area=area, name="made", lon=lon, lat=lat, **about)


# -- the sphere ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        ([0, 1, 1, 0], [0, 0, 1, 1]), ([179, -179, -178, 178], [10, 12, 20, 25]),
        ([-154.1, -153.9, -153.8, -154.0], [-41.8, -41.8, -41.6, -41.5]),
        ([0, 90, 180, -90], [70, 75, 80, 60]), ([0, 90, 180, -90], [-89, -70, -60, -80]),
        ([10, 10.0001, 10.0001], [5, 5, 5.0001]), ([0, 120, -120], [-10, 30, 60]),
    ],
)  # fmt: skip
def test_area_and_perimeter_are_those_of_pyproj(lon: list[float], lat: list[float]) -> None:
    ring = Ring(np.array(lon, dtype=float), np.array(lat, dtype=float))
    area, perimeter = SPHERE.polygon_area_perimeter(lon, lat)
    area = min(abs(area), 4 * np.pi * 1737151.0**2 - abs(area))
    made = Area((ring,))
    assert made.area_km2 == pytest.approx(area / 1e6, rel=1e-6)
    assert made.perimeter_km == pytest.approx(perimeter / 1e3, rel=1e-9)


def test_an_octant_is_an_eighth_of_the_sphere_and_a_cap_its_formula() -> None:
    octant = Ring(np.array([0.0, 90.0, 0.0]), np.array([0.0, 0.0, 90.0]))
    assert octant.steradian == pytest.approx(np.pi / 2)
    turn = np.linspace(-180, 180, 2001)[:-1]
    cap = Ring(turn, np.full(2000, 60.0))
    assert cap.steradian == pytest.approx(2 * np.pi * (1 - np.sin(np.radians(60))), rel=1e-4)
    assert cap.contains([0.0, 50.0, 0.0], [90.0, 70.0, 50.0]).tolist() == [True, True, False]
    south = Ring(turn, np.full(2000, -60.0))
    assert south.contains([0.0, 0.0], [-80.0, 80.0]).tolist() == [True, False]


def test_points_are_inside_as_in_the_gnomonic_plane() -> None:
    shapely = pytest.importorskip("shapely")
    rng = np.random.default_rng(2)
    turn = np.sort(rng.uniform(0, 360, 15))
    reach = rng.uniform(2, 20, 15)
    lon, lat, _ = SPHERE.fwd([170.0] * 15, [50.0] * 15, turn, np.radians(reach) * 1737151.0)
    ring = Ring(np.array(lon), np.array(lat))
    x, y = rng.uniform(130, 215, 2000), rng.uniform(25, 75, 2000)
    gnomonic = pyproj.Transformer.from_crs(
        "+proj=longlat +R=1737151", "+proj=gnom +lat_0=50 +lon_0=170 +R=1737151", always_xy=True
    )
    plane = shapely.Polygon(np.stack(gnomonic.transform(lon, lat), axis=1))
    wanted = shapely.contains_xy(plane, *gnomonic.transform(x, y))
    assert (ring.contains(x, y) == wanted).all()


def test_samples_lie_evenly_in_the_area() -> None:
    area = Area((square(lat=70.0, half=5.0), square(lat=70.0, half=1.0, hole=True)))
    lon, lat = lon_lat(area.sample(20_000, np.random.default_rng(0)))
    assert area.contains(lon, lat).all()
    north = Area((Ring(np.array([5.0, 15.0, 15.0, 5.0]), np.array([72.0, 72.0, 75.0, 75.0])),))
    share = north.contains(lon, lat).mean()
    assert share == pytest.approx(north.area_km2 / area.area_km2, abs=0.02)


def test_distance_from_the_border() -> None:
    area = Area((square(lon=0.0, lat=0.0, half=1.0),))
    degree = RADIUS_KM * np.pi / 180
    got = area.distance_km([3.0, 0.0, 2.0], [0.0, 0.0, 2.0])
    assert got[:2] == pytest.approx([2 * degree, degree], rel=1e-3)
    assert got[2] == pytest.approx(float(arc(1, 1, 2, 2)) * RADIUS_KM, rel=1e-6)


def test_overlapping_polygons_count_once_and_it_is_said() -> None:
    two = Area((square(lon=10.0), square(lon=10.5)))
    count = make_count([1.0, 2.0], area=two, lon=[10.0, 10.6], lat=[-40.0, -40.1])
    # squares of 1 deg shifted by half a degree: three quarters of the sum are left
    assert count.area_km2 == pytest.approx(0.75 * two.area_km2, rel=1e-3)
    assert "overlap" in count.notes[0]
    apart = Area((square(lon=10.0), square(lon=13.0)))
    whole = make_count([1.0], area=apart, lon=[10.0], lat=[-40.0])
    assert whole.area_km2 == pytest.approx(2 * Area((square(),)).area_km2)
    assert not whole.notes


# -- refusals --------------------------------------------------------------------------------------


def test_bad_counts_are_refused_with_the_reason() -> None:
    with pytest.raises(InputError, match="no area"):
        make_count([1.0])
    for area in (0.0, -3.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="above 0"):
            make_count([1.0], area)
    with pytest.raises(UnitError, match="m2"):
        make_count([1.0], 1e9)
    for d in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="crater 2"):
            make_count([1.0, d], 1e4)
    with pytest.raises(InputError, match="fractions"):
        make_count([1.0], 1e4, fraction=[1.5])
    with pytest.raises(InputError, match="each crater"):
        make_count([1.0, 2.0], 1e4, lon=[1.0], lat=[1.0])
    area = Area((square(),))
    with pytest.raises(InputError, match=r"1 of 2 craters.*outside"):
        make_count([1.0, 1.0], area=area, lon=[10.0, 50.0], lat=[-40.0, 0.0])
    kept = make_count([1.0, 1.0], area=area, lon=[10.0, 50.0], lat=[-40.0, 0.0], outside="drop")
    assert len(kept) == 1
    assert "left out" in kept.notes[-1]
    with pytest.raises(InputError, match="only holes"):
        make_count([1.0], area=Area((square(hole=True),)))


def test_metres_taken_for_kilometres_are_detected() -> None:
    count = scattered(200)
    with pytest.raises(UnitError, match="metres"):
        make_count(count.diameter_km * 1000, count.area_km2)
    with pytest.raises(UnitError, match="metres"):
        make_count([5000.0], 1e5)
    touched = [90.0, *[0.5] * 20]  # one crater may be larger than the ground that it touches
    assert len(make_count(touched, 100.0)) == 21


def test_a_stated_area_that_is_not_the_polygons_is_noted() -> None:
    ring = Area((square(),))
    count = make_count([1.0], 2 * ring.area_km2, area=ring, lon=[10.0], lat=[-40.0])
    assert count.area_km2 == 2 * ring.area_km2
    assert "stated" in count.notes[0]


# -- files -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".scc", ".diam", ".csv", ".geojson"])
def test_craters_survive_a_round_trip(suffix: str, tmp_path: Path) -> None:
    fraction = np.ones(60)
    fraction[3] = 0.25
    count = scattered(fraction=fraction)
    path = tmp_path / f"made{suffix}"
    write_count(count, path)
    back = read_count(path)
    assert isinstance(back, CraterCount)
    assert back.diameter_km == pytest.approx(count.diameter_km)
    assert back.fraction == pytest.approx(fraction)
    assert back.area_km2 == pytest.approx(count.area_km2)
    assert back.lon == pytest.approx(count.lon)
    assert date(back, system("neukum1983"), (0.3, 2.0)).age_ma == pytest.approx(
        date(count, system("neukum1983"), (0.3, 2.0)).age_ma
    )
    if suffix in (".scc", ".geojson"):
        assert back.perimeter_km == pytest.approx(count.perimeter_km)


def test_a_pair_of_shapefiles_survives(tmp_path: Path) -> None:
    secondary = np.arange(60) % 7 == 0
    count = scattered(secondary=secondary)
    path = tmp_path / "made_CRATER.shp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        write_count(count, path)
        back = read_count(path)
    assert isinstance(back, CraterCount)
    assert back.diameter_km == pytest.approx(count.diameter_km, rel=1e-4)
    assert back.area_km2 == pytest.approx(count.area_km2, rel=1e-6)
    assert (back.secondary == secondary).all()
    assert back.name == "made"
    inside = back.area
    assert inside is not None
    touching = inside.distance_km(back.lon, back.lat) < back.diameter_km / 2
    assert (back.fraction[touching] < 1).all()
    assert (back.fraction[~touching] == 1).all()


@pytest.mark.parametrize("suffix", [".stat", ".binned"])
def test_bins_survive_a_round_trip(suffix: str, tmp_path: Path) -> None:
    binned = to_bins(scattered(300))
    path = tmp_path / f"made{suffix}"
    write_count(binned, path)
    back = read_count(path)
    assert isinstance(back, BinnedCount)
    assert back.area_km2 == pytest.approx(binned.area_km2, rel=1e-6)
    filled = binned.n > 0
    assert back.n[back.n > 0] == pytest.approx(binned.n[filled])
    assert back.low_km[back.n > 0] == pytest.approx(binned.low_km[filled], rel=1e-5)


def test_r_values_are_turned_into_numbers(tmp_path: Path) -> None:
    # R = D^3 n / (A (Db - Da)), Arvidson et al. (1979)
    binned = to_bins(scattered(300), "root-2")
    path = tmp_path / "made.r"
    write_count(binned, path)
    back = read_count(path)
    assert isinstance(back, BinnedCount)
    assert back.n == pytest.approx(binned.n, rel=1e-6)
    assert back.low_km == pytest.approx(binned.low_km)


def test_files_of_the_field_are_read(tmp_path: Path) -> None:
    scc = """# Spatial crater count
a-axis radius = 1737.4 <km>
unit_boundary = {vertex, sub_area, tag, lon, lat
# Area_name 1 = x
1 1 ext 10 0
2 1 ext 11 0
3 1 ext 11 1
4 1 ext 10 1
5 1 ext 10 0
}
Total_area = 919.4 <km^2>
crater = {diam, fraction, lon, lat, topo_scale_factor
0.5\t1\t10.5\t0.5\t1
0.7\t0.5\t11.0\t0.5\t1
}
"""
    (tmp_path / "a.scc").write_text(scc)
    count = read_count(tmp_path / "a.scc")
    assert isinstance(count, CraterCount)
    assert count.area is not None
    degree = 1737.4 * np.pi / 180
    assert count.area.area_km2 == pytest.approx(degree**2, rel=1e-4)
    assert count.number(0.1, 1.0) == 2
    assert count.number(0.1, 1.0, count="fraction") == 1.5
    stat = """#Area
  .0600  10  2.93E+00  9.28E-01  477  1.40E+00  6.41E-02
  .0700  12  3.52E+00  1.02E+00  467  1.37E+00  6.34E-02
"""
    (tmp_path / "a.stat").write_text(stat)
    binned = read_count(tmp_path / "a.stat")
    assert isinstance(binned, BinnedCount)
    assert binned.area_km2 == pytest.approx(477 / 1.40)
    assert binned.high_km == pytest.approx([0.07, 0.08])
    (tmp_path / "a.csv").write_text(
        "# area_km2 = 50\nDiam_m,lat,lon,secondary\n300,1,2,no\n90,1,2,yes\n"
    )
    table = read_count(tmp_path / "a.csv")
    assert isinstance(table, CraterCount)
    assert table.diameter_km.tolist() == [0.3, 0.09]
    assert table.number(0.01, 1.0) == 1


def test_unknown_kind_of_file_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"\.scc"):
        read_count(tmp_path / "a.scx")
    with pytest.raises(InputError, match="cannot read"):
        read_count(tmp_path / "absent.scc")
    with pytest.raises(InputError, match="no polygon"):
        write_count(make_count([1.0], 1e4), tmp_path / "a.scc")


def mutate(text: bytes, rng: random.Random) -> bytes:
    data = bytearray(text)
    for _ in range(rng.randint(1, 6)):
        kind, at = rng.randrange(6), rng.randrange(len(data))
        if kind == 0:
            data[at] = rng.randrange(256)
        elif kind == 1:
            del data[at : at + rng.randint(1, 30)]
        elif kind == 2:
            data[at:at] = rng.choice(
                [b"-", b"nan", b"}", b"{", b"=", b"e999", b"\x00", b",", b"\n"]
            )
        elif kind == 3:
            data = data[: max(at, 1)]
        elif kind == 4:
            data[at : at + 5] = bytes(rng.randrange(32, 127) for _ in range(5))
        else:
            data += data[at : at + 40]
        if not data:
            data = bytearray(b"\n")
    return bytes(data)


def test_two_thousand_damaged_files_give_an_error_or_a_count(tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - no secret
    count = scattered(12)
    for suffix in (".scc", ".diam", ".csv", ".geojson"):
        write_count(count, tmp_path / f"a{suffix}")
    for suffix in (".stat", ".binned"):
        write_count(to_bins(count), tmp_path / f"a{suffix}")
    write_count(to_bins(count, "root-2"), tmp_path / "a.r")
    (tmp_path / "a.cs").write_text(
        "-cs n83 -p source=a.diam -p type=poisson,range=[.2,.8] -f csv -o o"
    )
    sound = [(path.suffix, path.read_bytes()) for path in sorted(tmp_path.iterdir())]
    messages: list[str] = []
    for i in range(2000):
        suffix, data = sound[i % len(sound)]
        path = tmp_path / f"b{suffix}"
        path.write_bytes(mutate(data, rng))
        try:
            if suffix == ".cs":
                parse_cs(path.read_text(encoding="utf-8", errors="replace"))
                continue
            got = read_count(path, outside="drop")
            assert 0 < got.area_km2 < math.inf
            values = got.diameter_km if isinstance(got, CraterCount) else got.low_km
            assert (values > 0).all()
            assert np.isfinite(values).all()
            assert isinstance(json.dumps(got.to_dict(), allow_nan=False), str)
        except FarsideError as error:
            messages.append(str(error))
    assert 400 < len(messages) < 1900
    assert min(len(message) for message in messages) > 20


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the reader, about damaged rings
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_shapefiles_give_an_error_or_a_count(tmp_path: Path) -> None:
    rng = random.Random(3)  # noqa: S311 - no secret
    write_count(scattered(4), tmp_path / "a_CRATER.shp")
    sound = {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    messages: list[str] = []
    for i in range(160):
        path = sorted(sound)[i % len(sound)]
        data = bytearray(sound[path])
        for _ in range(rng.choice([1, 1, 3, 10])):
            data[rng.randrange(min(160, len(data)) if i % 2 else len(data))] = rng.randrange(256)
        path.write_bytes(data[: len(data) // 2] if i % 17 == 0 else data)
        try:
            got = read_count(tmp_path / "a_CRATER.shp", outside="drop")
            assert 0 < got.area_km2 < math.inf
            assert isinstance(got, CraterCount)
            assert (got.diameter_km > 0).all()
        except FarsideError as error:
            messages.append(str(error))
        path.write_bytes(sound[path])
    assert 20 < len(messages) < 150
    assert min(len(message) for message in messages) > 20


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("part", "said"), [("_CRATER.prj", "prj"), ("_AREA.shp", "no area")])
def test_a_missing_part_of_the_pair_is_named(part: str, said: str, tmp_path: Path) -> None:
    write_count(scattered(4), tmp_path / "a_CRATER.shp")
    (tmp_path / f"a{part}").unlink()
    with pytest.raises(InputError, match=said):
        read_count(tmp_path / "a_CRATER.shp")


def test_shapes_in_degrees_and_in_metres_are_one_count(tmp_path: Path) -> None:
    import geopandas as gpd  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        write_count(scattered(20), tmp_path / "a_CRATER.shp")
        for part in ("CRATER", "AREA"):
            frame = gpd.read_file(tmp_path / f"a_{part}.shp")
            plane = f"+proj=laea +lat_0=-40 +lon_0=10 +R={RADIUS_KM * 1000:.3f} +units=m"
            frame.to_crs(plane).to_file(tmp_path / f"b_{part}.shp")
    a, b = (read_count(tmp_path / f"{x}_CRATER.shp") for x in "ab")
    assert isinstance(a, CraterCount)
    assert isinstance(b, CraterCount)
    assert b.area_km2 == pytest.approx(a.area_km2, rel=1e-6)
    assert b.diameter_km == pytest.approx(a.diameter_km, rel=1e-6)
    assert b.lon == pytest.approx(a.lon, abs=1e-6)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_shapes_of_another_size_than_their_table_are_noted(tmp_path: Path) -> None:
    import geopandas as gpd  # noqa: PLC0415

    path = tmp_path / "a_CRATER.shp"
    write_count(scattered(20), path)
    assert not any("another size" in note for note in read_count(path).notes)
    frame = gpd.read_file(path)
    frame.loc[3, "Diam_km"] *= 1.1
    frame.to_file(path)
    assert any(note.startswith("1 of 20 craters") for note in read_count(path).notes)


def test_an_outline_that_crosses_itself_counts_its_loops_and_says_so() -> None:
    # a bow tie of two triangles, each a quarter of its square; signed, they would cancel
    x, y = np.array([10.0, 11.0, 11.0, 10.0]), np.array([0.0, 1.0, 0.0, 1.0])
    count = make_count([1.0], area=Area((Ring(x, y),)), lon=[10.9], lat=[0.5])
    whole = Area((square(10.5, 0.5, 0.5),)).area_km2
    assert count.area_km2 == pytest.approx(whole / 2, rel=1e-3)
    assert "crosses itself" in count.notes[0]


@pytest.mark.parametrize("turn", [0.0, 170.0, 359.7])
def test_sound_outlines_do_not_cross_themselves(turn: float) -> None:
    rng = np.random.default_rng(4)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 300))
    reach = rng.uniform(0.2, 1.0, 300)  # a star about its middle
    ring = Ring(turn + reach * np.cos(angle), reach * np.sin(angle))
    assert ring.crossing() is None
    assert square(turn, 89.9, 0.05).crossing() is None
    assert Ring(np.array([0.0, 90, 180, 270]), np.full(4, 80.0)).crossing() is None
    bent = ring.lon.copy()
    bent[[10, 60]] = bent[[60, 10]]
    assert Ring(bent, ring.lat).crossing() is not None


def test_a_count_of_another_body_is_noted() -> None:
    mars = make_count([1.0], area=Area((square(),), 3396.19), lon=[10.0], lat=[-40.0])
    moon = make_count([1.0], area=Area((square(),), 1737.4), lon=[10.0], lat=[-40.0])
    assert "not the Moon" in mars.notes[0]
    assert not moon.notes


def test_metres_in_place_of_degrees_are_refused() -> None:
    with pytest.raises(InputError, match="metres"):
        Ring(np.array([1e5, 1.1e5, 1e5]), np.array([1.0, 2.0, 3.0]))


# -- exposures, flags, randomness ------------------------------------------------------------------


def test_buffered_exposure_is_the_integral_of_steiners_area() -> None:
    count = scattered()
    used = system("neukum1983")
    age = date(count, used, (0.3, 5.0), method="buffered")

    def integrand(d: float) -> float:
        widened = count.area_km2 + count.perimeter_km * d / 2 + np.pi * d**2 / 4
        return widened * float(used.production.differential(d))

    wanted, _ = integrate.quad(integrand, 0.3, 5.0, epsrel=1e-10)
    assert age.exposure_km2 == pytest.approx(wanted, rel=1e-5)


def test_buffered_count_of_simulated_ground_returns_its_density() -> None:
    # craters fall evenly on a larger square; those that touch the inner one are listed
    rng = np.random.default_rng(8)
    inner, outer = Area((square(half=0.4),)), Area((square(half=2.0),))
    used, n1, low, top = system("neukum1983"), 0.2, 1.0, 60.0
    relative = used.production.relative([low, top])
    totals = np.zeros(2)
    for _ in range(30):
        k = rng.poisson(outer.area_km2 * n1 * (relative[0] - relative[1]))
        d = used.production.diameter(rng.uniform(relative[1], relative[0], k))
        lon, lat = lon_lat(outer.sample(k, rng))
        touch = inner.contains(lon, lat) | (inner.distance_km(lon, lat) < d / 2)
        count = make_count(d[touch], area=inner, lon=lon[touch], lat=lat[touch])
        age = date(count, used, (low, top), method="buffered")
        totals += [age.craters, age.exposure_km2]
    k, exposure = totals
    assert k / exposure == pytest.approx(n1, abs=3 * math.sqrt(k) / exposure)
    plain = 30 * inner.area_km2 * (relative[0] - relative[1])
    assert k / plain > 1.1 * n1  # counted as if on the plain area the ground looks too old


def test_non_sparse_count_returns_the_density_where_craters_erase_others() -> None:
    rng = np.random.default_rng(9)
    area = Area((square(half=0.8),))
    used, n1 = system("neukum1983"), 0.2
    low, top = 1.0, 60.0
    r_low, r_top = (float(used.production.relative(x)) for x in (low, top))
    plain, mended = np.zeros(2), np.zeros(2)
    for _ in range(8):
        k = rng.poisson(area.area_km2 * n1 * (r_low - r_top))
        d = used.production.diameter(rng.uniform(r_top, r_low, k))
        lon, lat = lon_lat(area.sample(k, rng))
        points = unit_vectors(lon, lat)
        alive = np.ones(k, dtype=bool)
        for i in range(k):  # in the order of time: each erases the smaller ones within two radii
            reach = 2 * d[i] / 2 / area.radius_km
            near = np.linalg.norm(points[:i] - points[i], axis=1) < 2 * np.sin(reach / 2)
            alive[:i] &= ~(near & (d[:i] < d[i]))
        count = make_count(d[alive], area=area, lon=lon[alive], lat=lat[alive])
        a, e = count.number(low, top), count.area_km2 * (r_low - r_top)
        plain += [a, e]
        exposure, number, _ = non_sparse_exposure(count, used.production, (low, top))
        mended += [number, exposure]
    assert plain[0] / plain[1] < 0.7 * n1
    assert mended[0] / mended[1] == pytest.approx(n1, rel=3 / math.sqrt(mended[0]))


def test_buffered_non_sparse_is_steiners_where_nothing_is_erased() -> None:
    # of a convex area with one crater as small as the range begins, nothing is erased for others
    count = make_count([0.5], area=Area((square(half=0.3),)), lon=[10.0], lat=[-40.0])
    used = system("neukum1983")
    both = date(count, used, (0.5, 8.0), method="buffered-non-sparse")
    steiner = date(count, used, (0.5, 8.0), method="buffered")
    assert both.exposure_km2 == pytest.approx(steiner.exposure_km2, rel=0.02)
    assert both.craters == 1
    plain = date(count, used, (0.5, 8.0))
    assert plain.exposure_km2 < 0.97 * steiner.exposure_km2


def test_buffered_non_sparse_count_returns_the_density_of_erased_ground() -> None:
    # craters fall on a larger square in time, each erasing the smaller ones within two radii; those
    # that touch the inner square are listed
    rng = np.random.default_rng(12)
    inner, outer = Area((square(half=0.5),)), Area((square(half=1.5),))
    used, n1, low, top = system("neukum1983"), 0.2, 1.0, 25.0
    r_low, r_top = (float(used.production.relative(x)) for x in (low, top))
    totals = {name: np.zeros(2) for name in ("poisson", "buffered", "buffered-non-sparse")}
    for _ in range(12):
        k = rng.poisson(outer.area_km2 * n1 * (r_low - r_top))
        d = used.production.diameter(rng.uniform(r_top, r_low, k))
        lon, lat = lon_lat(outer.sample(k, rng))
        points = unit_vectors(lon, lat)
        alive = np.ones(k, dtype=bool)
        for i in range(k):
            near = np.linalg.norm(points[:i] - points[i], axis=1) < d[i] / inner.radius_km
            alive[:i] &= ~(near & (d[:i] < d[i]))
        listed = alive & (inner.contains(lon, lat) | (inner.distance_km(lon, lat) < d / 2))
        count = make_count(d[listed], area=inner, lon=lon[listed], lat=lat[listed])
        for name, total in totals.items():
            age = date(count, used, (low, top), method=name)
            total += [age.craters, age.exposure_km2]
    k, exposure = totals["buffered-non-sparse"]
    assert k / exposure == pytest.approx(n1, rel=3 / math.sqrt(k))
    assert totals["buffered"][0] / totals["buffered"][1] < 0.85 * n1


def test_ground_is_erased_by_the_largest_crater_over_it() -> None:
    area = Area((square(lon=0.0, lat=0.0, half=1.0),))
    count = make_count([10.0, 4.0], area=area, lon=[0.0, 0.1], lat=[0.0, 0.0])
    degree = RADIUS_KM * np.pi / 180
    points = unit_vectors(np.array([0.0, 9.9, 10.1, -30.0]) / degree, np.zeros(4))
    assert erasing_diameter(points, count, 1.0).tolist() == [10.0, 10.0, 0.0, 0.0]
    assert erasing_diameter(points, count, 0.0)[1] == 0.0


def test_equilibrium_is_found_where_it_was_put() -> None:
    # craters of slope -3 above 0.1 km, below on Trask's curve 10^-1.1 D^-2
    area = 1000.0
    at = 10**-1.1 * 0.1**-2 * area
    rank = np.arange(1, int(4 * at))
    d = np.where(rank <= at, 0.1 * (rank / at) ** (-1 / 3), np.sqrt(10**-1.1 * area / rank))
    count = make_count(d, area)
    assert equilibrium_diameter(count) == pytest.approx(0.1, rel=0.02)
    assert flag_equilibrium(count).sum() == pytest.approx((rank > at).sum(), abs=0.03 * at)
    assert equilibrium_diameter(make_count(d[:100], area)) == 0
    with pytest.raises(UnknownNameError, match="trask1966"):
        equilibrium_diameter(count, "task")


def clustered(seed: int = 1) -> CraterCount:
    base = scattered(80, seed)
    rng = np.random.default_rng(seed)
    lon, lat = 10.3 + rng.normal(0, 0.01, 20), -39.8 + rng.normal(0, 0.01, 20)
    d = np.concatenate([np.full(80, 0.40), np.full(20, 0.41)])
    return make_count(d, area=base.area, lon=np.append(base.lon, lon), lat=np.append(base.lat, lat))


def test_clusters_are_flagged_and_random_craters_are_not() -> None:
    flags = flag_clustered(clustered())
    assert flags[80:].mean() > 0.8
    assert flags[:80].mean() < 0.1


def test_randomness_tells_clusters_from_random_ground() -> None:
    found = randomness(clustered(), trials=100)
    assert found.n_sigma["m2cnd"][0] < -4
    assert found.n_sigma["sdaa"][0] > 4
    assert found.p_clustered["m2cnd"][0] == pytest.approx(1 / 101)
    base = scattered(100, 3)
    even = make_count(np.full(100, 0.4), area=base.area, lon=base.lon, lat=base.lat)
    calm = randomness(even, trials=100)
    assert abs(calm.n_sigma["m2cnd"][0]) < 3.5
    assert abs(calm.n_sigma["sdaa"][0]) < 3.5
    assert json.dumps(calm.to_dict(), allow_nan=False)
    with pytest.raises(InputError, match="no polygon"):
        randomness(make_count([1.0], 1e4))


def test_p_values_of_random_ground_are_uniform() -> None:
    p = []
    for seed in range(40):
        base = scattered(40, seed)
        count = make_count(np.full(40, 0.4), area=base.area, lon=base.lon, lat=base.lat)
        p.append(
            randomness(count, trials=39, measures=("m2cnd",), seed=seed).p_clustered["m2cnd"][0]
        )
    assert 0.35 < np.mean(p) < 0.66
    assert min(p) < 0.25
    assert max(p) > 0.75


# -- bins and commands -----------------------------------------------------------------------------


def test_pseudo_logarithmic_bins_are_those_of_the_field() -> None:
    assert limits("pseudo-log", 0.26, 0.63).tolist() == pytest.approx(
        [0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7]
    )
    assert next_limit(0.9) == pytest.approx(1.0)
    assert next_limit(1.2) == pytest.approx(1.3)
    edges = limits("root-2", 0.3, 2.0)
    assert np.diff(np.log2(edges)) == pytest.approx(0.5)
    assert edges[0] <= 0.3
    assert edges[-1] > 2.0
    with pytest.raises(UnknownNameError, match="pseudo-log"):
        limits("log", 0.3, 2.0)


def test_a_cs_file_runs_as_it_is(tmp_path: Path) -> None:
    write_count(scattered(200), tmp_path / "a.diam")
    (tmp_path / "x.cs").write_text(
        '-title "Two ages" -cs n83 -ef trask\n-p source=a.diam,psym=o\n'
        "-p type=poisson,range=[.45,2],offset_age=[2,-2]\n-p range=[.31,.42],snap=0\n"
        "-p type=c-fit,range=[.35,1.5],snap=1\n-f csv png -o out\n"
    )
    done = run_cs(tmp_path / "x.cs")
    assert [a.method for a in done.ages] == ["poisson", "poisson", "cumulative"]
    assert done.ages[1].range_km == (0.31, 0.42)
    assert "-title" in done.notes[0]
    rows = (tmp_path / "out.csv").read_text().splitlines()
    assert rows[0] == ",".join(COLUMNS)
    assert len(rows) == 4
    assert (tmp_path / "out.png").stat().st_size > 10_000
    count = read_count(tmp_path / "a.diam")
    own = date(count, system("neukum1983"), (0.45, 2.0))
    assert done.ages[0].age_ma == own.age_ma
    for bad in (
        "",
        "hello",
        "-cs mars -p source=a",
        "-cs n83 -p colour=red,sauce=a",
        '-p source="a',
    ):
        with pytest.raises(FarsideError):
            parse_cs(bad)
    (tmp_path / "y.cs").write_text("-cs n83 -p type=poisson,range=[1,2]")
    with pytest.raises(InputError, match="source"):
        run_cs(tmp_path / "y.cs")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        # as craterstats 3.6.11 takes them: letters in their order, the shortest name
        ("n83", "neukum1983"), ("neukum83", "neukum1983"), ("neukum01", "neukum2001"),
        ("Moon, Yue et al. (2022)", "yue2022"), ("hart10", "hartmann2010"), ("yue", "yue2022"),
    ],
)  # fmt: skip
def test_systems_of_craterstats_are_found_as_there(asked: str, name: str) -> None:
    assert parse_cs(f"-cs '{asked}' -p source=a").system == name


@pytest.mark.parametrize("asked", ["neukumivanov", "MarsNeukumIvanov2001", "hart04", "ceres"])
def test_a_system_of_another_body_is_named_and_refused(asked: str) -> None:
    with pytest.raises(InputError, match=r"not of the Moon.*Neukum \(1983\)"):
        parse_cs(f"-cs {asked} -p source=a")


def test_files_give_ages_tables_and_figures(tmp_path: Path) -> None:
    write_count(scattered(200), tmp_path / "a.scc")
    for presentation in ("cumulative", "differential", "r", "hartmann", "uncertainty"):
        out = tmp_path / f"{presentation}.png"
        found = date_files(
            [tmp_path / "a.scc"], "neukum1983", (0.35, 2.0), plot=out, presentation=presentation,
            csv_file=tmp_path / "a.csv", budget=True,
        )  # fmt: skip
        assert out.stat().st_size > 5000
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["ages"][0]["craters"] > 0
    assert "error from counting" in str(found)
    with pytest.raises(UnknownNameError, match="cumulative"):
        date_files(
            [tmp_path / "a.scc"], "neukum1983", plot=tmp_path / "a.png", presentation="comulative"
        )
    with pytest.raises(InputError, match=r"\.png"):
        date_files([tmp_path / "a.scc"], "neukum1983", plot=tmp_path / "a.gif")


def test_systems_are_compared_at_the_same_density() -> None:
    found = compare_systems("neukum1983", ["yue2022"], [1000.0, 2830.0])
    n1 = system("yue2022").chronology.n1(np.array(found.others["yue2022"]))
    assert n1 == pytest.approx(system("neukum1983").chronology.n1([1000.0, 2830.0]))
    assert "2830.0" in str(found)
    with pytest.raises(InputError, match="5000"):
        compare_systems("neukum1983", [], [5000.0])
    assert "second-hand" in str(list_systems())
