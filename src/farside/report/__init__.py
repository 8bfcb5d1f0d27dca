"""The main job: every step in order, figures, and the page."""
