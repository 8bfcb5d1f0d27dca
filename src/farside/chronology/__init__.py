"""Lunar chronology: crater counts to ages, and the curve itself recalibrated."""
