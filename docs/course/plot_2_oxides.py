"""
2. Oxides: from a spectrum to a map
===================================

Lesson 1 found iron in one angle. Here all eight bands give six oxides at once, each with an
interval; then you read a map of the whole far side and learn which of its two intervals is yours.
"""

# %%
# Six oxides of three soils
# -------------------------
# The estimator that ships is a mixing model: what light a soil absorbs adds up over what it is made
# of, and what rocks the Moon has is known from samples. A small network corrects it near sampled
# soils. See :doc:`the estimator </estimator>` for the equations.

import numpy as np

import farside
from farside.style import ACCENTS, DOUBLE_IN, MUTED, new_figure, pretty, styled

estimator = farside.load_estimator()
sites = farside.load_sites().set_index("site")
bands = [name for name in sites if name.startswith("r") and name[1:].isdigit()]
wavelength_nm = np.array([float(name[1:]) for name in bands])

names = ["Apollo16LM", "Luna24", "Apollo17LM"]
spectra = farside.make_spectra(sites.loc[names, bands].to_numpy(float).T, wavelength_nm)
oxides = estimator.predict(spectra)
with styled():
    figure = new_figure(2.5, DOUBLE_IN)
    figure.set_label("Six oxides of three soils: predicted with 90 % interval, and measured.")
    axes = figure.subplots()
    for i, (name, colour) in enumerate(zip(names, ACCENTS, strict=False)):
        found = oxides.isel(point=i)
        value, lower, upper = (found[k].to_numpy() for k in ("value", "lower", "upper"))
        x = np.arange(6) + 0.22 * (i - 1)
        bars = np.abs([value - lower, upper - value])
        axes.errorbar(x, value, bars, fmt="o", color=colour, capsize=2, label=name)
        axes.plot(x, sites.loc[name, list(farside.OXIDES)], "_", color="black", ms=9)
    axes.plot([], [], "_", color="black", ms=9, label="measured in the laboratory")
    axes.set_xticks(range(6), [pretty(oxide) for oxide in farside.OXIDES])
    axes.set(ylabel="wt%", title="Predicted with 90 % interval")
    axes.legend(loc="upper left")

# %%
# This is a demonstration, **not a test**: the three soils are among those that the estimator was
# made from. Lesson 3 tests.
#
# Another eye
# -----------
# The Spectral Profiler flew on the same spacecraft, but its reflectance differs from that of the
# Imager by a factor that depends on colour. The factor was found from three scenes and is not known
# exactly; `transfer` carries it over with its error, and the intervals widen.

profiler = farside.load_sp_spectra().query("sensor == 'SP'")
seen = [name for name in profiler if name.startswith("r") and name[1:].isdigit()]
far = farside.make_spectra(
    profiler[seen].to_numpy(float).T, np.array([float(name[1:]) for name in seen])
)
iron = {
    "brought to MI": estimator.predict(far, transfer=farside.load_transfer("SP", "MI")),
    "as it is": estimator.predict(far),
}
for how, found in iron.items():
    feo = found.sel(oxide="FeO")
    width = float((feo["upper"] - feo["lower"]).median())
    print(
        f"{how}: median FeO {float(feo['value'].median()):.1f} wt%, interval {width:.1f} wt% wide,"
    )
    print(f"    novelty {float(found['novelty'].min()):.1f} to {float(found['novelty'].max()):.1f}")

# %%
# Without the transfer the answer is another one, and its interval is narrower: an interval speaks
# of what was validated, and spectra of the Profiler taken for those of the Imager were not. Here
# *novelty* says so. It is the distance to the nearest spectrum that the estimator was made from, in
# units of what validation reaches, and all these spectra lie beyond 1. It does not always say so:
# the first question is about that.
#
# The map of the far side
# -----------------------
# No soil of the far side had been returned before Chang'e-6, and no Imager tile ships with farside.
# What ships is a map made from the gamma-ray spectrometer of Lunar Prospector, which sees iron
# directly but in cells of 5° (150 km), sharpened to 15 km by colour, albedo, mare and height.

from farside.maps.globe import globe_figure
from farside.maps.globe_layers import find_layer

moon = globe_figure(find_layer("FeO"))
moon.set_label("FeO of near and far side in wt%, with half of the interval and where it is novel.")

# %%
# The near side has dark maria, the far side hardly any; its one large iron-rich place is the South
# Pole-Aitken basin. Hatched ground is unlike all that the map was learnt from: *novel*.
#
# Two intervals, two questions
# ----------------------------
# Take a walk along 154° west, from the equator to the pole, through the landing site of Chang'e-6.

sharp = farside.load_map()
walk = sharp.sel(oxide="FeO").sel(x=-154, method="nearest").sel(y=slice(0, -80))
with styled():
    figure = new_figure(2.8, DOUBLE_IN)
    figure.set_label(
        "FeO along 154 W: value, interval of the pixel's mean, and of a soil at a point."
    )
    axes = figure.subplots()
    lat = walk["y"].to_numpy()
    for low, high, alpha, what in (
        ("soil_lower", "soil_upper", 0.15, "90 % for a soil at a point"),
        ("lower", "upper", 0.45, "90 % for the mean of the pixel"),
    ):
        axes.fill_between(
            lat, walk[low], walk[high], color=ACCENTS[0], alpha=alpha, lw=0, label=what
        )
    axes.plot(lat, walk["value"], color=ACCENTS[0], label="the sharp map")
    axes.plot(-41.64, 17, "D", color=ACCENTS[1], label="soil of Chang'e-6 (Li et al. 2024)")
    axes.axvspan(-70, -80, color=MUTED, alpha=0.12, lw=0)
    axes.text(-75, 26.5, "colour filled in", ha="center", color=MUTED)
    axes.set(xlim=(0, -80), ylim=(0, 29), xlabel="latitude (degrees north)", ylabel="FeO (wt%)")
    axes.set_title("Along 154° W")
    axes.legend(loc="upper left")

here = walk.sel(y=-41.64, method="nearest")
print(f"map {float(here.value):.1f} wt%")
print(f"pixel {float(here.lower):.1f} to {float(here.upper):.1f} wt%")
print(f"soil {float(here.soil_lower):.1f} to {float(here.soil_upper):.1f} wt%")

# %%
# The narrow band answers "what would Lunar Prospector see of this pixel?". The wide one answers
# "what will my scoop find?": it was learnt from the soils of eleven landings, none of which took
# part in the map. Most of the difference is real: a pixel of 15 km is not one soil.
#
# The soil of Chang'e-6 lies inside both. That is **no blind test**: choices of the map were made
# with this value in view (:doc:`the map </map>` says which).
#
# Questions
# ---------
# 1. Someone gives you a spectrum of Apollo 16 that is twice too bright. What FeO do you get, and
#    does novelty see it?

two = farside.make_spectra(2 * sites.loc[["Apollo16LM"], bands].to_numpy(float).T, wavelength_nm)
bright = estimator.predict(two)
feo = float(bright["value"].sel(oxide="FeO").item())
print(f"FeO {feo:.1f} instead of 5.6 wt%, novelty {bright['novelty'].item():.2f}")

# %%
# .. dropdown:: An answer
#
#    FeO of 0, with a novelty below 1: to the estimator this is an ordinary, very bright highland.
#    Novelty compares with soils, not with your notebook. Check units and calibration first.
#
# 2. You want the mean FeO of the South Pole-Aitken basin. Which interval, and does it shrink by the
#    root of the number of pixels?
#
# .. dropdown:: An answer
#
#    That of the pixel's mean. It does not shrink like that: pixels of one cell share its error, and
#    all share the calibration of the spectrometer. The report gives such a mean two errors, a
#    statistical one of some hundredths and a shared one of 2 wt% in the far-side highlands.
#
# 3. Why may a network that was trained on 55 soils be silent on most of the Moon?
#
# .. dropdown:: An answer
#
#    Because nothing tells it what to say there. Its say is multiplied by a gate that falls with the
#    distance to the nearest training spectrum; far from all of them the mixing model stands alone.

# sphinx_gallery_thumbnail_number = 2
