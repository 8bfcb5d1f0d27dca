"""Spectra: checks, bands, resampling, continua, parameters, and transfer between sensors."""
