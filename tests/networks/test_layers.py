"""Layers combined, and ownership as a layer."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import ConvergenceError, DataError, ResourceError, SpecificationError
from spillover.networks.build import assemble
from spillover.networks.connect import connect
from spillover.networks.multilayer import (
    aggregate,
    at_least,
    multiplexity,
    overlap,
    subtract,
    union,
)
from spillover.networks.network import Network
from spillover.networks.ownership import OwnershipLinks
from spillover.tables.tables import Tables

FIRMS = [f"F{i}" for i in range(6)]


def drawn(seed: int, years: list[int], *, directed: bool = True) -> Network:
    rng = np.random.default_rng(seed)
    m = 12
    start = rng.choice(years, m)
    return assemble(
        "layer",
        FIRMS,
        years,
        rng.integers(0, 6, m),
        rng.integers(0, 6, m),
        rng.integers(1, 5, m).astype(float),
        start=start,
        end=start + rng.integers(0, 2, m),
        directed=directed,
    )


@given(st.integers(0, 5_000), st.booleans())
def test_layers_combine_entry_by_entry(seed: int, mixed: object) -> None:
    a = drawn(seed, [2000, 2001, 2002]).customers()
    b = drawn(seed + 1, [2001, 2002, 2003], directed=bool(mixed))
    both, two, rest = union([a, b], "u"), overlap([a, b], "o"), subtract(a, b)
    total = aggregate([a, b], [2.0, 0.5], "s", normalized=False)
    shares = aggregate([a, b], [1.0, 1.0], "n")
    assert both.years.tolist() == [2001, 2002]
    for year in (2001, 2002):
        w, v = a.at(year).toarray(), b.at(year).toarray()
        np.testing.assert_array_equal(both.at(year).toarray(), ((w > 0) | (v > 0)).astype(float))
        np.testing.assert_array_equal(two.at(year).toarray(), 2.0 * ((w > 0) & (v > 0)))
        np.testing.assert_array_equal(rest.at(year).toarray(), np.where(v > 0, 0, w))
        np.testing.assert_allclose(total.at(year).toarray(), 2 * w + v / 2)
        p, q = (m / np.where(m.sum(1) > 0, m.sum(1), 1)[:, None] for m in (w, v))
        np.testing.assert_allclose(shares.at(year).toarray(), p + q)
        found = multiplexity([a, b], year)
        for i in range(6):
            partners = [j for j in range(6) if w[i, j] > 0 or v[i, j] > 0]
            share = np.mean([w[i, j] > 0 and v[i, j] > 0 for j in partners]) if partners else np.nan
            np.testing.assert_allclose(found[i], share)


def test_layers_that_do_not_fit_are_refused() -> None:
    a = drawn(1, [2000])
    with pytest.raises(DataError, match="one list of firms"):
        union([a, assemble("b", ["x", "y"], [2000], [0], [1])], "u")
    with pytest.raises(DataError, match="all layers have"):
        union([a, drawn(1, [2009])], "u")
    with pytest.raises(DataError, match="Leave the layer out"):
        union([a, assemble("b", FIRMS, [2000], [], [])], "u")
    with pytest.raises(SpecificationError, match="2 positive weights"):
        aggregate([a, a], [1.0], "s")
    np.testing.assert_array_equal(
        subtract(a, assemble("b", FIRMS, [2000], [], [])).at(2000).toarray(), a.at(2000).toarray()
    )


def test_repeated_ties_are_those_of_weight_two() -> None:
    network = assemble("joint", FIRMS, [2000], [0, 1, 2], [1, 2, 3], [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(
        at_least(network, 2.0).at(2000).toarray() > 0, network.at(2000).toarray() >= 2
    )
    assert at_least(network, 2.0, "repeated").name == "repeated"


def tables(rows: list[tuple], **columns: object) -> Tables:
    stakes = pd.DataFrame(rows, columns=["firm_id", "owner_id", "share"]).assign(
        year=2000, **columns
    )
    return Tables({"ownership": stakes, "firms": pd.DataFrame({"firm_id": list("abcde")})})


def test_stakes_direct_and_through_others() -> None:
    rows = [("b", "a", 0.6), ("c", "b", 0.5), ("c", "a", 0.1), ("d", "Z", 0.9), ("e", None, 0.4)]
    direct = connect(tables(rows), OwnershipLinks(), name="own")
    dense = direct.suppliers().at(2000).toarray()
    assert dense[1, 0] == 0.6
    assert dense.sum() == pytest.approx(1.2)
    whole = connect(tables(rows), OwnershipLinks(indirect=True)).suppliers().at(2000).toarray()
    assert whole[2, 0] == pytest.approx(0.1 + 0.5 * 0.6)
    few = connect(tables(rows), OwnershipLinks(indirect=True, least=0.5)).at(2000)
    assert few.nnz == 2


@given(st.integers(0, 1000))
def test_indirect_stakes_solve_their_equation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = rng.random((5, 5)) * (rng.random((5, 5)) < 0.5)
    np.fill_diagonal(d, 0)
    d /= np.maximum(d.sum(axis=1, keepdims=True) * 1.2, 1)
    rows = [
        (f, o, d[i, j]) for i, f in enumerate("abcde") for j, o in enumerate("abcde") if d[i, j]
    ]
    if not rows:
        return
    found = connect(tables(rows), OwnershipLinks(indirect=True)).at(2000).toarray()
    expected = np.linalg.solve(np.eye(5) - d, d)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(found, np.where(expected > 1e-9, expected, found), atol=1e-9)


def test_groups_link_all_members_and_large_ones_are_refused() -> None:
    rows = [("b", "P", 0.6), ("c", "P", 0.7), ("d", "Q", 0.4)]
    network = connect(tables(rows), OwnershipLinks(kind="group"))
    dense = network.at(2000).toarray()
    assert dense[1, 2] == dense[2, 1] == 1.0
    assert dense.sum() == 2.0
    with pytest.raises(ResourceError, match="max_group"):
        connect(tables([(f, "P", 0.9) for f in "abcde"]), OwnershipLinks(kind="group", max_group=2))
    with pytest.raises(DataError, match="at least one link"):
        connect(tables([("a", "Z", 0.9)]), OwnershipLinks())
    with pytest.raises(ConvergenceError, match="completely"):
        connect(tables([("a", "b", 1.0), ("b", "a", 1.0)]), OwnershipLinks(indirect=True))


@pytest.mark.parametrize("least", [0, 3])
def test_more_layers_than_there_are_and_weights_of_nothing_are_refused(least: int) -> None:
    a = drawn(1, [2000])
    with pytest.raises(SpecificationError, match="from 1 to 2"):
        overlap([a, a], "o", least)
    with pytest.raises(SpecificationError, match="above zero"):
        at_least(a, 0.0)
