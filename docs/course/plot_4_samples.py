"""
4. Samples: what is it, and does it hold KREEP?
===============================================

Two landers brought soil from young lava: Chang'e-5 from the near side, Chang'e-6 from the far side.
Here you class their basalts, draw a rare-earth pattern, split it by hand into KREEP and the rest,
and see why the answer is an upper limit.
"""

# %%
# A table of analyses
# -------------------
# One row per sample, oxides in wt%, elements in ppm (µg/g), one sigma beside each. What was not
# measured is empty, never zero.

import numpy as np
import pandas as pd

import farside
from farside.datasets.analyses import load_returned_samples
from farside.samples import figures
from farside.samples.patterns import reference

published = load_returned_samples()
print(published.groupby(["material", "status"]).size().to_string())


def analysis(material, kind, wanted):
    """Return one row with the published values of the wanted analytes and their sigmas."""
    found = published[published.material == material].drop_duplicates("analyte")
    found = found.set_index("analyte").reindex(wanted).dropna(subset="value")
    sigma = found.sigma.dropna().add_suffix("_1s")
    return pd.concat([pd.Series({"kind": kind}, name=material), found.value, sigma])


majors = ["SiO2", "TiO2", "Al2O3", "FeO", "MgO", "CaO", "Na2O", "K"]
traces = ["La", "Ce", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Er", "Yb", "Lu", "Th", "U"]
samples = pd.DataFrame(
    {
        "Chang'e-5 soil": analysis("Chang'e-5 soil", "soil", majors + traces),
        "Chang'e-6 basalt": analysis("Chang'e-6 basalt", "basalt", majors),
    }
).T
samples = samples.astype({name: float for name in samples if name != "kind"})
samples.index.name = "sample"
print(samples[["TiO2", "Al2O3", "K", "Th"]].to_string(na_rep="-"))

# %%
# What is it?
# -----------
# Mare basalts are classed by titanium first, then aluminium, then potassium (Neal and Taylor 1992).
# A class has a probability, from the errors; a sample near a limit belongs to two.

print(farside.classify(samples, analogues=3))

# %%

chart = figures.classes(samples)
chart.set_label("TiO2 against Al2O3 with the classes of mare basalts, Apollo samples behind.")

# %%
# Both are low-Ti basalts by this rule, at the upper end of the class: the young basalts of both
# sides plot between the two clouds of Apollo samples, which were collected in older maria.
#
# The pattern of the rare earths
# ------------------------------
# Divide each element by its amount in chondrites, of which planets were made. KREEP, the last
# liquid of the magma ocean, is rich in all of them, most in the light ones, and poor in europium,
# which went into the plagioclase of the highlands.

pattern = figures.spider(samples.loc[["Chang'e-5 soil"]])
pattern.set_label("Rare earths of Chang'e-5 soil over chondrite, with KREEP basalt 15386.")

# %%
# Split it by hand
# ----------------
# Write the pattern as :math:`c = f K + b N`, with :math:`K` the KREEP basalt 15386 and :math:`N`
# the chondrite, flat and small. Two unknowns and nine elements: least squares, weighted by the
# errors of the soil **and of the end member**, which is known worse.

from farside.samples.kreep import FITTED, component

kreep_basalt = component()
norm = reference()
soil = samples.loc["Chang'e-5 soil"]
used = [e for e in FITTED if e in kreep_basalt.index and np.isfinite(soil.get(e, np.nan))]
c, c_1s = (soil[[e + end for e in used]].to_numpy(float) for end in ("", "_1s"))
k, k_1s = (kreep_basalt.loc[used, column].to_numpy() for column in ("value", "sigma"))
design = np.column_stack([k, [norm[e] for e in used]])

fraction = 0.0
for _ in range(5):  # the weights need the fraction that they give
    sigma = np.hypot(c_1s, fraction * k_1s)
    weighted = design / sigma[:, None]
    (fraction, rest), *_ = np.linalg.lstsq(weighted, c / sigma, rcond=None)
error = np.sqrt(np.linalg.inv(weighted.T @ weighted)[0, 0])
print(f"by hand: {100 * fraction:.0f} ± {100 * error:.0f} % KREEP basalt, {rest:.0f} x chondrite")
print(farside.kreep(samples.loc[["Chang'e-5 soil"]]))

# %%
# So the soil of Chang'e-5 asks for two fifths of KREEP basalt? Not so fast. Little melting and much
# crystallisation enrich the same elements in the same order. Its strontium and neodymium isotopes,
# which no melting changes, exclude KREEP (Tian et al. 2021). **The fraction is an upper limit.**
#
# Near side and far side
# ----------------------
# Potassium and thorium go together in melts, so that their ratio hardly moves; their level tells
# how much of the last liquid a place got.

contrast = figures.contrast_figure()
contrast.set_label("K against Th in ppm for soils of the near side and of Chang'e-6.")

# %%
# The far side got less of both: the soil of Chang'e-6 has less potassium and thorium than all soils
# of the near side in this figure. Before you call it a law, note that it is **one** place.
#
# Questions
# ---------
# 1. Take the errors of the end member away (``fraction * k_1s`` becomes 0). What happens to the
#    fraction, and to its error?
#
# .. dropdown:: An answer
#
#    It falls from 40 ± 3 to 36 ± 1 %: further than its new error. The soil was measured to 2 %, the
#    end member to 5 %. Without the latter, the elements measured best pull as they like, and
#    :math:`\chi^2` rises from 18 to 156 for seven degrees of freedom. An error that is left out is
#    not gone. (18 for seven is not good either: two end members are too few, or 15386 is not the
#    right one.)
#
# 2. The basalt of Chang'e-6 has class probabilities of 1.00. Should you believe them?
#
# .. dropdown:: An answer
#
#    Only as far as the values: they were published without errors in the abstract, and farside then
#    takes them at face value, which the note says. Aluminium, 9.85 wt%, is 1.15 wt% below the limit
#    of high-Al basalts; an error of 1 wt% would leave one chance in eight.
#
# 3. How would you tell KREEP from small melting in a sample?
#
# .. dropdown:: An answer
#
#    By what melting does not change: isotope ratios. KREEP had a high Rb/Sr and a low Sm/Nd for
#    four billion years and shows a high initial ⁸⁷Sr/⁸⁶Sr and a
#    negative :math:`\varepsilon_{Nd}`. :doc:`Isotopes </isotopes>` has the limits.

# sphinx_gallery_thumbnail_number = 3
