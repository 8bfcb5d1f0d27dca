"""Isotopes of returned samples: regression, isochrons, decay systems, sources, potassium."""
