"""Networks in numbers, against loops over their links."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from spillover.errors import DisclosureError
from spillover.networks.build import assemble
from spillover.reports.disclosure import DisclosureRule, refuse_identifiers
from spillover.reports.links import countable, industry_groups, links_between, region_groups
from spillover.reports.portrait import STEPS, portrait
from spillover.reports.words import Words
from spillover.tables.panel import Panel

PLACES = ("01", "13", "43")


@pytest.fixture
def network(rng):
    firms = [f"F{k:03d}" for k in range(60)]
    pairs = sorted({tuple(map(int, rng.choice(60, 2, replace=False))) for _ in range(500)})
    source, target = map(list, zip(*pairs, strict=True))
    return assemble("supply", firms, [2019, 2020], src=source, dst=target)


@pytest.fixture
def panel(network) -> Panel:
    frame = pd.DataFrame(
        {
            "firm_id": network.firms,
            "year": 2020,
            "prefecture": [PLACES[k % 3] for k in range(60)],
            "industry": ["E" if k % 2 else "I" for k in range(60)],
            "industry_revision": "rev13",
        }
    )
    return Panel.of(frame)


def test_links_between_regions_are_those_of_a_loop(network, panel) -> None:
    rule = DisclosureRule(minimum_units=3, dominance_1=1.0, dominance_2=1.0)
    words = Words()
    matrix, hidden = links_between(network, region_groups(network, panel, words), words, rule)
    place = dict(zip(panel.frame["firm_id"], panel.frame["prefecture"], strict=True))
    counts = np.zeros((3, 3))
    for source, target in zip(network.edges.src, network.edges.dst, strict=True):
        row, column = place[network.firms[source]], place[network.firms[target]]
        counts[PLACES.index(row), PLACES.index(column)] += 1
    assert hidden == 0
    assert matrix.labels == ("Hokkaido", "Kanto", "Kyushu and Okinawa")
    np.testing.assert_allclose(matrix.values, 100 * counts / counts.sum())


def test_industries_carry_the_names_of_their_revision(network, panel) -> None:
    groups = industry_groups(network, panel, Words())
    assert groups.keys == ("E", "I")
    assert groups.labels[0] == "E  Manufacturing"
    assert industry_groups(network, panel, Words(given={"E": "Makers"})).labels[0] == "Makers"


def test_firms_behind_a_cell_are_counted_once_and_a_dominant_one_hides_it(rng) -> None:
    cell, firm = rng.integers(0, 6, 300), rng.integers(0, 40, 300)
    cell[:50], firm[:50] = 5, 7
    rule = DisclosureRule(minimum_units=3)
    found = countable(cell, firm, 7, rule)
    for k in range(7):
        links = sorted(np.bincount(firm[cell == k], minlength=40), reverse=True)
        total, firms = sum(links), sum(n > 0 for n in links)
        dominated = total and (links[0] > 0.5 * total or sum(links[:2]) > 0.85 * total)
        assert found[k] == (1 if dominated else firms)
    assert found[5] == 1
    assert found[6] == 0


def test_a_hidden_cell_of_a_symmetric_network_is_hidden_on_both_sides(rng) -> None:
    firms = [f"F{k:03d}" for k in range(45)]
    pairs = {tuple(sorted(map(int, rng.choice(45, 2, replace=False)))) for _ in range(70)}
    both = sorted({*pairs, *((b, a) for a, b in pairs)})
    source, target = map(list, zip(*both, strict=True))
    network = assemble("copatent", firms, [2020], src=source, dst=target, directed=False)
    places = ["01"] * 5 + ["13"] * 20 + ["43"] * 20
    panel = Panel.of(pd.DataFrame({"firm_id": firms, "year": 2020, "prefecture": places}))
    words, rule = Words(), DisclosureRule(minimum_units=6)
    matrix, hidden = links_between(network, region_groups(network, panel, words), words, rule)
    missing = np.isnan(matrix.values)
    assert hidden > 0
    assert np.array_equal(missing, missing.T)


def test_degrees_are_read_where_enough_firms_stand(network, panel) -> None:
    rule = DisclosureRule(minimum_units=7)
    figure = portrait(network, panel, Words(), rule).figures[0]
    for tail, ends in zip(figure.tails, (network.edges.dst, network.edges.src), strict=True):
        partners = np.bincount(ends, minlength=60)
        above = [int(np.sum(partners >= step)) for step in tail.at_least]
        assert set(tail.at_least) <= set(STEPS)
        assert tail.share == tuple(n / 60 for n in above)
        assert above[-1] >= 7
        assert all(a - b >= 7 for a, b in pairwise(above))


def test_the_table_of_years_counts_firms_links_and_their_life(network, panel) -> None:
    grid = portrait(network, panel, Words(), DisclosureRule()).table
    cells = dict(zip(grid.header[0][1:], grid.rows[0].cells, strict=True))
    alive = (network.edges.start <= 2019) & (network.edges.end >= 2019)
    assert cells["Firms"] == "60"
    assert cells["Links"] == f"{int(alive.sum()):,}"
    assert cells["Lasting to the next year, percent"] == "100.0"
    assert grid.rows[-1].cells[-1] == "–"


def test_a_sentence_that_names_a_firm_is_refused_without_repeating_the_name() -> None:
    with pytest.raises(DisclosureError, match="number 2") as caught:
        refuse_identifiers(["fine", "firm F0193 left"], ["F0193", "F0200"], "notes")
    assert "F0193" not in str(caught.value)
    refuse_identifiers(["138 of 6470 lists are full at 24"], ["24", "138"], "notes")


def test_a_link_that_is_renewed_lasts_and_one_that_ends_does_not() -> None:
    firms = [f"F{k:03d}" for k in range(4)]
    network = assemble(
        "supply",
        firms,
        [2019, 2020],
        src=[0, 0, 1, 2],
        dst=[1, 1, 2, 3],
        start=[2019, 2020, 2019, 2019],
        end=[2019, 2020, 2019, 2020],
    )
    frame = pd.DataFrame({"firm_id": firms, "year": 2020})
    grid = portrait(network, Panel.of(frame), Words(), DisclosureRule()).table
    assert grid.rows[0].cells[-1] == "66.7"
