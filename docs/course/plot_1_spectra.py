"""
1. Spectra: what light tells of a soil
======================================

The Kaguya Multiband Imager sees the Moon in eight colours that matter here, from violet (414 nm) to
the near infrared (1548 nm). In this lesson you plot the spectra of soils that astronauts and robots
brought home, find iron in them, and see why the depth of a band is not enough.
"""

# %%
# Three soils
# -----------
# `load_sites` gives 55 places whose soil is known from the laboratory and whose spectrum is known
# from orbit. Reflectance is a fraction: 0.1 means that a tenth of the light comes back, brought to
# a Sun 30° from the zenith and a camera that looks straight down.

import numpy as np

import farside
from farside.style import ACCENTS, DOUBLE_IN, MUTED, colour_map, new_figure, pretty, styled

sites = farside.load_sites().set_index("site")
bands = [name for name in sites if name.startswith("r") and name[1:].isdigit()]
wavelength_nm = np.array([float(name[1:]) for name in bands])

soils = {
    "Apollo16LM": "highland",
    "Luna24": "mare, little titanium",
    "Apollo17LM": "mare, much titanium",
}
with styled():
    figure = new_figure(2.9, DOUBLE_IN)
    figure.set_label("Reflectance of three soils against wavelength, and the same over 749 nm.")
    left, right = figure.subplots(1, 2)
    for (site, kind), colour in zip(soils.items(), ACCENTS, strict=False):
        spectrum = sites.loc[site, bands].to_numpy(float)
        iron, titanium = sites.FeO[site], sites.TiO2[site]
        label = f"{site} ({kind}): FeO {iron:g} wt%, {pretty('TiO2')} {titanium:g} wt%"
        left.plot(wavelength_nm, spectrum, "o-", color=colour, label=label)
        right.plot(wavelength_nm, spectrum / sites.r749[site], "o-", color=colour)
    left.set(xlabel="wavelength (nm)", ylabel="reflectance", ylim=0, title="As seen")
    right.set(xlabel="wavelength (nm)", ylabel="reflectance over that at 749 nm", title="Scaled")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center")

# %%
# The highland is bright and its spectrum smooth: it is made of plagioclase, which absorbs little.
# Both maria are dark. Near 950 nm the spectrum of Luna 24 sags: iron in pyroxene absorbs there. The
# soil of Apollo 17 holds almost as much iron, but its ilmenite is dark at all wavelengths, washes
# the band out and makes the spectrum bluer: relatively more light at 414 nm.
#
# The depth of the iron band
# --------------------------
# Draw a line over the band and see how far the spectrum hangs below it,
#
# .. math:: d = 1 - R_{950} / C_{950},
#
# with the continuum :math:`C` a straight line from 749 to 1548 nm. Is the depth a measure of iron?

from farside.spectra.parameters import band_depth

spectra = farside.make_spectra(sites[bands].to_numpy(float).T, wavelength_nm)
depth = band_depth(spectra, 950.0, 749.0, 1548.0).to_numpy()
iron = sites.FeO.to_numpy(float)
print(f"correlation of FeO with the depth of the band: {np.corrcoef(depth, iron)[0, 1]:.2f}")

# %%
# A poor one. The solar wind and dust bombard every soil, and its grains get coats with tiny beads
# of iron metal. This *space weathering* darkens and reddens a soil and hides its bands: a young and
# an old soil of the same rock have different depths.
#
# An angle that does not mind age
# -------------------------------
# Lucey and others plotted redness against brightness and saw that weathering moves a soil along
# lines through one point. So the *direction* from that point tells iron, the *distance* from it
# maturity:
#
# .. math::
#    \theta_{Fe} = -\mathrm{atan2}\left(\frac{R_{950}}{R_{750}} - y_0,\; R_{750} - x_0\right)

from farside.spectra.parameters import THETA_FE_MI, ratio, theta_fe

angle = theta_fe(spectra).to_numpy()
print(f"correlation of FeO with the angle: {np.corrcoef(angle, iron)[0, 1]:.2f}")

x0, y0 = THETA_FE_MI
brightness = sites["r749"].to_numpy(float)
redness = ratio(spectra, 950.0, 750.0).to_numpy()
with styled():
    figure = new_figure(2.7, DOUBLE_IN)
    figure.set_label("Soils by brightness and redness with the origin; FeO against the iron angle.")
    left, right = figure.subplots(1, 2)
    shown = left.scatter(brightness, redness, c=iron, cmap=colour_map("oxide"), s=14)
    for theta in np.quantile(angle, (0.05, 0.5, 0.95)):
        along = np.array([0, 0.2])
        left.plot(x0 + along * np.cos(theta), y0 - along * np.sin(theta), color=MUTED, lw=0.7)
    left.plot(x0, y0, "k+", ms=7)
    left.set(xlabel="reflectance at 749 nm", ylabel="950 nm over 749 nm", ylim=(0.95, 1.27))
    left.set_title("Directions from one point")
    figure.colorbar(shown, ax=left, label="FeO (wt%)")

    slope, start = np.polyfit(angle, iron, 1)
    error = np.std(iron - (slope * angle + start), ddof=2)
    line = np.linspace(angle.min(), angle.max(), 50)
    right.plot(angle, iron, "o", color=ACCENTS[0])
    right.plot(line, slope * line + start, color=ACCENTS[1], label="straight line")
    right.fill_between(
        line,
        slope * line + start - 1.645 * error,
        slope * line + start + 1.645 * error,
        color=ACCENTS[1],
        alpha=0.15,
        lw=0,
        label="90 % of soils",
    )
    right.set(xlabel="iron angle (rad)", ylabel="FeO (wt%)", title="FeO of the soil")
    right.legend(loc="upper left")
print(f"FeO = {slope:.1f} theta {start:+.1f} wt%, with an error of {error:.1f} wt% (1 sigma)")

# %%
# One number now explains nine tenths of the variance of iron. But the band in the figure is that of
# the soils which the line was drawn through: it says nothing yet of a place that is not among them.
# Lesson 3 comes back to that.
#
# Questions
# ---------
# 1. Titanium has no band of its own in these colours. Which two of the eight would you divide to
#    see it, and which way does the ratio go?
#
# .. dropdown:: An answer
#
#    Violet over red: ilmenite makes a mare bluer, so that :math:`R_{414}/R_{749}` rises with
#    TiO₂. The titanium angle `farside.spectra.parameters.theta_ti` is that idea with an
#    origin of its own. It works for mare; in a highland little of the colour is titanium's.
#
# 2. Both soils of Apollo 17 and of Luna 24 are rich in iron. What would you say of their FeO from
#    the depth of the band alone, and how large is the mistake?
#
# .. dropdown:: An answer
#
#    Compare `depth` for the two: 0.05 and 0.13. From the depth alone Apollo 17 would pass for a
#    soil with much less iron than it has, because opaque ilmenite hides the band.
#
# 3. A sensor is calibrated 3 % too bright in all bands. What happens to the ratio, and what to the
#    angle?
#
# .. dropdown:: An answer
#
#    The ratio does not change, the angle does, because :math:`R_{750}` is not a ratio. Multiply the
#    reflectance by 1.03 and compute FeO again: it falls by 0.4 wt% on average. No flag will tell
#    you: the spectrum looks like that of another soil.
