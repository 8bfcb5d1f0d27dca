"""Settings of every test."""

from hypothesis import settings

# speed is measured in benchmarks/, never in a test, and a busy machine fails no property
settings.register_profile("farside", deadline=None)
settings.load_profile("farside")
