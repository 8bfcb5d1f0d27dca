"""Oxides from spectra: training, estimators, validation, intervals, novelty, refinement."""
