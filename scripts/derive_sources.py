"""Works that more than one table is derived from; used by derive_tables.py."""

from __future__ import annotations

YANG = {
    "citation": "Yang C. et al. (2023) Comprehensive mapping of lunar surface chemistry by adding "
    "Chang'e-5 samples with deep learning. Nature Communications 14, 7554; site table of the "
    "repository that accompanies the paper",
    "doi": "10.1038/s41467-023-43358-0",
    "licence": "MIT",
}
WILCOX = {
    "citation": "Wilcox B.B., Lucey P.G., Gillis J.J. (2005) Mapping iron in the lunar mare: An "
    "improved approach. Journal of Geophysical Research 110, E11001; station table",
    "doi": "10.1029/2005JE002512",
}
COMPENDIUM = {
    "citation": "Meyer C. (ed.) NASA Lunar Sample Compendium; medians of the analyses tabulated "
    "there, per soil",
    "url": "https://curator.jsc.nasa.gov/lunar/lsc/",
}
SOURCEBOOK = {
    "citation": "Heiken G.H., Vaniman D.T., French B.M. (eds) (1991) Lunar Sourcebook, Table 7.15. "
    "Cambridge University Press",
    "url": "https://astrogeology.usgs.gov/",
}
LI_2022 = {
    "citation": "Li C. et al. (2022) Characteristics of the lunar samples returned by the "
    "Chang'E-5 mission. National Science Review 9, nwab188; Table 1",
    "doi": "10.1093/nsr/nwab188",
    "licence": "CC BY 4.0",
}
LI_2024 = {
    "citation": "Li C. et al. (2024) Nature of the lunar far-side samples returned by the "
    "Chang'E-6 mission. National Science Review 11, nwae328; abstract",
    "doi": "10.1093/nsr/nwae328",
    "licence": "CC BY 4.0",
}
FRONDEL = {
    "citation": "Frondel C. et al. (1971) chemical analyses of Apollo 12 soils, one analyst, as "
    "compiled in the NASA Lunar Sample Compendium",
    "url": "https://curator.jsc.nasa.gov/lunar/lsc/",
}
