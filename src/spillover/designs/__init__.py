"""Which comparison identifies the effect."""
