"""The far-side story as findings: each claim, what is computed of it, and the verdict."""
