"""Returned samples: counts to composition, classification, element patterns, KREEP, mixing."""
