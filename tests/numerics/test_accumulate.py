"""Sums added up row by row against the same numbers from whole columns."""

import numpy as np
import pytest

from spillover.errors import IdentificationError
from spillover.numerics.accumulate import Accumulator
from spillover.numerics.markov import Law, concentrate


@pytest.mark.parametrize("most", [0, 2])
@pytest.mark.parametrize(("rows", "wide"), [(60, 0), (3000, 0), (300, 12)])
def test_sums_are_those_of_the_residual_and_its_jacobian(rows: int, wide: int, most: int) -> None:
    rng = np.random.default_rng(rows)
    powers, second = np.array([0, 1, 2, 3, 0, 1, 0, 1]), np.array([0, 0, 0, 0, 0, 0, 1, 2])
    dummy = (rng.uniform(size=rows) < 0.3).astype(float)
    ones, s = np.ones((rows, 4)), rng.normal(size=rows)
    many = np.eye(wide + 1)[rng.integers(0, wide + 1, rows)][:, 1:]
    multipliers = np.column_stack([ones, dummy, s, ones[:, :2], many])
    powers, second = (np.append(each, np.zeros(wide, int)) for each in (powers, second))
    law = Law(powers, multipliers, second, ("x",) * (8 + wide), 0.3, 1.7)
    target, lag, chance, extra = rng.normal(size=(4, rows))
    now, before = rng.normal(size=(2, rows, 3))
    Z = rng.normal(size=(rows, 4))
    w = rng.integers(0, most + 1, rows).astype(float) if most else None
    fit = concentrate(target, lag, law, w, chance)
    J = fit.jacobian(-now, -before)
    own = np.ones(rows) if w is None else w

    sums = Accumulator.of(law, w, chance, Z=Z)
    values, slope = sums.moments((target, lag), (now, before))
    np.testing.assert_allclose(values, Z.T @ (own * fit.r), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(slope, (Z * own[:, None]).T @ J, rtol=1e-9, atol=1e-9)

    for added in (None, extra):
        r = fit.r if added is None else fit.r + added
        sums = Accumulator.of(law, w, chance, extra=added)
        value, gradient = sums.criterion((target, lag), (now, before))
        assert value == pytest.approx(float(own @ r**2), rel=1e-10)
        np.testing.assert_allclose(gradient, 2 * J.T @ (own * r), rtol=1e-9, atol=1e-8)


def test_a_law_with_collinear_columns_is_refused() -> None:
    law = Law(np.array([0, 0]), np.ones((10, 2)), np.zeros(2, dtype=int), ("1", "s"))
    ends, slopes = (np.arange(10.0), np.arange(10.0)), (np.ones((10, 1)), np.ones((10, 1)))
    with pytest.raises(IdentificationError, match="1, s without full rank"):
        Accumulator.of(law).criterion(ends, slopes)
