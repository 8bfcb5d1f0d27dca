"""The interactive map of the far side in the browser, for ``farside explore``."""
