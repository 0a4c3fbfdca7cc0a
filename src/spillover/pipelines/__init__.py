"""A whole study as one value."""
