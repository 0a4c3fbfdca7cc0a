"""Shuffles within strata, and sums over what they bring together (compiled)."""

import numba


@numba.njit(cache=True, nogil=True)
def shuffle(order, bounds, rng):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """Members of every stratum in random order, in place."""
    for g in range(len(bounds) - 1):
        low, high = bounds[g], bounds[g + 1]
        for at in range(high - 1, low, -1):
            other = low + int(rng.random() * (at - low + 1))
            order[at], order[other] = order[other], order[at]


@numba.njit(cache=True, nogil=True)
def exchanged(strata, shock, loads, out, rng):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """Each donor of a stratum takes a place that no earlier one has taken."""
    order, bounds, donors, counts = strata
    layers, width = loads.shape[1], loads.shape[2]
    for b in range(len(out)):
        donor = 0
        for g in range(len(bounds) - 1):
            low, high = bounds[g], bounds[g + 1]
            for at in range(low, low + counts[g]):
                other = at + int(rng.random() * (high - at))
                order[at], order[other] = order[other], order[at]
                for s in range(layers):
                    value = shock[donors[donor], s]
                    if value != 0.0:
                        for q in range(width):
                            out[b, q] += value * loads[order[at], s, q]
                donor += 1


@numba.njit(cache=True, nogil=True)
def replaced(places, bounds, shock, loads, out, rng):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - a kernel
    """Each place takes a donor of its stratum, with replacement."""
    layers, width = loads.shape[1], loads.shape[2]
    for b in range(len(out)):
        for g in range(len(bounds) - 1):
            low, size = bounds[g], bounds[g + 1] - bounds[g]
            for at in range(low, low + size):
                donor = places[low + int(rng.random() * size)]
                for s in range(layers):
                    value = shock[donor, s]
                    if value != 0.0:
                        for q in range(width):
                            out[b, q] += value * loads[places[at], s, q]
