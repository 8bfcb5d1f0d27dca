"""The chemistry of the Moon's far side, from orbit, samples and ages."""
