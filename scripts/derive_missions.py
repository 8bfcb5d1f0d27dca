"""The landing sites that farside names, each with its source; used by derive_tables.py."""

from __future__ import annotations

from derive_common import Table, paragraphs

WAGNER = "Wagner et al. 2017"
NSSDC = "NASA NSSDC list of lunar landing sites, nssdc.gsfc.nasa.gov/planetary/lunar/lunar_sites"
LROC = "LROC team"
SECOND_HAND = "second-hand"
STATED = "page of the source"

MISSIONS = [
    ("Surveyor 5", "1.41", "23.18", "1967-09-11", "in-situ analysis", "near",
     "LROC image M106726943LE, as reported by M. Robinson, 2010", SECOND_HAND),
    ("Surveyor 7", "-41.02", "-11.42", "1968-01-10", "in-situ analysis", "near",
     "41 deg 01 min S, 348 deg 35 min E, as reported with LROC image M111668133LE, 2010",
     SECOND_HAND),
    ("Apollo 11", "0.67416", "23.47314", "1969-07-20", "sample return", "near", NSSDC, SECOND_HAND),
    ("Apollo 12", "-3.0128", "-23.4219", "1969-11-19", "sample return", "near", NSSDC, SECOND_HAND),
    ("Luna 16", "-0.5137", "56.3638", "1970-09-20", "sample return", "near", WAGNER, SECOND_HAND),
    ("Apollo 14", "-3.64589", "-17.47194", "1971-02-05", "sample return", "near", NSSDC,
     SECOND_HAND),
    ("Apollo 15", "26.13239", "3.63330", "1971-07-30", "sample return", "near", NSSDC,
     SECOND_HAND),
    ("Luna 20", "3.7863", "56.6242", "1972-02-21", "sample return", "near", WAGNER, SECOND_HAND),
    ("Apollo 16", "-8.9734", "15.5011", "1972-04-21", "sample return", "near", NSSDC, SECOND_HAND),
    ("Apollo 17", "20.1911", "30.7723", "1972-12-11", "sample return", "near", NSSDC, SECOND_HAND),
    ("Luna 24", "12.7145", "62.2129", "1976-08-18", "sample return", "near", WAGNER, SECOND_HAND),
    ("Chang'e-3", "44.1214", "-19.5117", "2013-12-14", "in-situ analysis", "near", WAGNER,
     SECOND_HAND),
    ("Chang'e-4", "-45.4446", "177.5991", "2019-01-03", "in-situ analysis", "far",
     "published landing-site lists", SECOND_HAND),
    ("Chang'e-5", "43.0576", "-51.9161", "2020-12-01", "sample return", "near",
     f"{LROC}, December 2020: 43.0576 N, 308.0839 E, within 20 m", STATED),
    ("Chang'e-6", "-41.6385", "-153.9852", "2024-06-01", "sample return", "far",
     f"{LROC}, featured image 1374, lroc.asu.edu/images/1374: 41.6385 S, 206.0148 E, within 30 m",
     STATED),
]  # fmt: skip


def missions_table() -> Table:
    """Return the table of missions."""
    columns = {
        "mission": ("text", "name of the mission"),
        "lat": ("deg", "latitude of the lander"),
        "lon": ("deg", "longitude east of the lander"),
        "landed": ("date", "date of landing, UTC"),
        "kind": ("text", "sample return, or in-situ analysis"),
        "side": ("text", "near or far"),
        "source": ("text", "where the coordinates come from"),
        "status": ("text", "'page of the source' where read there, else 'second-hand'"),
    }
    return Table(
        name="missions",
        title="Landing sites of sample returns and in-situ analyses",
        description="Where and when the missions landed whose chemistry farside names.",
        columns=columns,
        rows=[list(mission) for mission in MISSIONS],
        sources=[
            {
                "citation": "Wagner R.V. et al. (2017) Coordinates of anthropogenic features on "
                "the Moon. Icarus 283, 92-103; accurate to 12 m",
                "doi": "10.1016/j.icarus.2016.05.011",
            },
            {
                "citation": "NASA Space Science Data Coordinated Archive, lunar landing sites",
                "url": "https://nssdc.gsfc.nasa.gov/planetary/lunar/lunar_sites.html",
            },
            {
                "citation": "LROC team, featured image 1374, First Look: Chang'e 6",
                "url": "https://www.lroc.asu.edu/images/1374",
            },
        ],
        notes=paragraphs("""
Dates are UTC: Apollo 16 landed on 21 April 1972 at 02:23, Chang'e-6 on 1 June 2024 at 22:23 (2
June in Beijing).

Coordinates marked second-hand were read in lists that cite the source. The gazetteer of the IAU
puts Statio Tranquillitatis (Apollo 11) at 0.67, 23.47.

Chang'e-5 was first given as 308.0837 E (-51.9163); Chang'e-6 also as 41.625 S, 153.978 W. The
differences are below 500 m.
"""),
    )
