"""Arrays in, arrays out: no frames, no names, no printing."""
