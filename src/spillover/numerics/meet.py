"""The elementwise product of two kernels, in the cheapest shape that can hold it."""

import numpy as np
from scipy import sparse

from spillover.errors import SpecificationError
from spillover.numerics.blocks import dense
from spillover.numerics.links import Links, expanded, links_of, refuse_many
from spillover.numerics.overlap import Overlap
from spillover.numerics.pairs import (
    AnyKernel,
    Diagonal,
    Groups,
    Kernel,
    Pairs,
    Periods,
    Signed,
    UnitTime,
)
from spillover.typing import FloatMatrix, IntVector

RANKS = {Diagonal: 0, Groups: 1, Periods: 2, UnitTime: 3, Pairs: 4}
"""Order in which shapes are matched against each other."""


def meet(first: AnyKernel, second: AnyKernel) -> AnyKernel:
    """The elementwise product of two kernels on the same rows.

    Parameters
    ----------
    first, second : kernels of n rows

    Returns
    -------
    kernel
        In the cheapest shape that can hold the product.

    Raises
    ------
    ResourceError
        Neither factor is small enough to store the pairs of the product.
    SpecificationError
        A factor counts some rows twice, so that its product with another means nothing.
    """
    for kernel, other in ((first, second), (second, first)):
        if isinstance(kernel, Signed):
            return Signed(tuple((sign, meet(term, other)) for sign, term in kernel.terms))
        _refuse_jackknife(kernel)
    small, large = sorted((first, second), key=lambda kernel: RANKS[type(kernel)])
    return _by_shape(small, large) or _meet_stored(small, large)


def _by_shape(small: AnyKernel, large: AnyKernel) -> AnyKernel | None:
    if isinstance(small, Diagonal):
        return small
    if isinstance(small, Groups):
        return _within_groups(small, large)
    if isinstance(small, Periods):
        return _within_periods(small, large)
    if isinstance(small, UnitTime) and isinstance(large, UnitTime):
        return _both_factored(small, large)
    return None


def _within_groups(groups: Groups, other: AnyKernel) -> AnyKernel | None:
    if isinstance(other, Groups):
        return Groups(*combined(groups, other)[:2])
    if isinstance(other, Periods):
        return UnitTime(_eye(groups.levels), other.time_kernel, groups.codes, other.time)
    if not isinstance(other, UnitTime):
        return None
    of_time = image(other.time, len(other.time_kernel), groups.codes)
    if of_time is not None:
        same = (of_time[:, None] == of_time[None, :]).astype(float)
        return UnitTime(other.unit_kernel, other.time_kernel * same, other.unit, other.time)
    if image(groups.codes, groups.levels, other.unit) is not None:
        if (other.time_kernel == 1.0).all():
            return groups
        return UnitTime(_eye(groups.levels), other.time_kernel, groups.codes, other.time)
    links = links_of(other.unit_kernel)
    parts, _, joint = combined(Groups(other.unit, links.size), groups)
    finer = links.refined(joint // groups.levels, joint % groups.levels)
    return UnitTime(finer, other.time_kernel, parts, other.time)


def _within_periods(periods: Periods, other: AnyKernel) -> AnyKernel | None:
    if not isinstance(other, Periods | UnitTime) or not _same_periods(periods, other):
        return None
    kernel = periods.time_kernel * other.time_kernel
    if isinstance(other, Periods):
        return Periods(kernel, periods.time)
    return UnitTime(other.unit_kernel, kernel, other.unit, other.time)


def _both_factored(first: UnitTime, second: UnitTime) -> AnyKernel | None:
    """Product of two factored kernels, formed between units that are pairs of units."""
    time_kernel = _common_periods(first, second)
    if time_kernel is None:
        return None
    links = links_of(first.unit_kernel), links_of(second.unit_kernel)
    unit, _, joint = combined(Groups(first.unit, links[0].size), Groups(second.unit, links[1].size))
    units = joint // links[1].size, joint % links[1].size
    sizes = [
        side.count(np.bincount(codes, minlength=side.size).astype(float))
        for side, codes in zip(links, units, strict=True)
    ]
    near, far = (0, 1) if sizes[0] <= sizes[1] else (1, 0)
    refuse_many(sizes[near])
    matrix = expanded(links[near].stored(), units[near])
    product = _weighted(matrix, links[far], units[far])
    time = second.time if (first.time_kernel == 1.0).all() else first.time
    return UnitTime(product, time_kernel, unit, time)


def _common_periods(first: UnitTime, second: UnitTime) -> FloatMatrix | None:
    for kernel, other in ((first, second), (second, first)):
        if (kernel.time_kernel == 1.0).all():
            return other.time_kernel
    same = _same_periods(first, second)
    return first.time_kernel * second.time_kernel if same else None


def _same_periods(first: Periods | UnitTime, second: Periods | UnitTime) -> bool:
    same_length = len(first.time_kernel) == len(second.time_kernel)
    return same_length and np.array_equal(first.time, second.time)


def _meet_stored(first: AnyKernel, second: AnyKernel) -> Pairs:
    counts = first.count(), second.count()
    small, other = (first, second) if counts[0] <= counts[1] else (second, first)
    refuse_many(min(counts))
    matrix = small.stored()
    return Pairs(_weighted(matrix, other, np.arange(matrix.shape[0])))


def _weighted(
    matrix: sparse.csr_array, other: Kernel | Links, codes: IntVector
) -> sparse.csr_array:
    """Stored weights times the entries of another kernel between the codes of their ends."""
    listed = matrix.tocoo()
    rows, columns = listed.coords
    weights = listed.data * other.entries(codes[rows], codes[columns])
    product = sparse.coo_array((weights, (rows, columns)), shape=listed.shape).tocsr()
    product.eliminate_zeros()
    return product


def combined(first: Groups, second: Groups) -> tuple[IntVector, int, IntVector]:
    """Codes of pairs of codes, their number, and the pairs as ``first * levels + second``.

    Counting replaces sorting when the table of all pairs is not much longer than the rows.
    """
    joint = first.codes.astype(np.int64) * second.levels + second.codes
    cells = first.levels * second.levels
    if cells > 16 * len(joint) + 1_000_000:
        values, codes = np.unique(joint, return_inverse=True)
        return codes.astype(np.int32), len(values), values
    values, codes = dense(joint, cells)
    return codes, len(values), values


def image(codes: IntVector, levels: int, target: IntVector) -> IntVector | None:
    """The target code of each code, or ``None`` when some code has several; -1 if unused."""
    found = np.full(levels, -1, dtype=np.int64)
    found[codes] = target
    return found if np.array_equal(found[codes], target) else None


def _eye(size: int) -> sparse.csr_array:
    return sparse.csr_array(sparse.eye_array(size, format="csr"))


def _refuse_jackknife(kernel: AnyKernel) -> None:
    links = kernel.unit_kernel if isinstance(kernel, UnitTime) else None
    if isinstance(links, Overlap) and not links.own:
        raise SpecificationError(
            "Expected dependences that count every pair of rows once on both sides of |.",
            "Found the jackknife form of Dyadic, which counts rows of one dyad twice.",
            "Use Dyadic(..., form='exact') in a union.",
        )
