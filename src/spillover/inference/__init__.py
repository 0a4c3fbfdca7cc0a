"""Which observations may be dependent."""
