"""The partners of one firm: on the right side, complete, and never in a confidential report."""

from dataclasses import replace

import numpy as np
import pytest

from spillover.errors import DisclosureError, SpecificationError, UnknownNameError
from spillover.networks.build import assemble
from spillover.pipelines.settings import ReportSettings
from spillover.reports.compose import compose
from spillover.reports.disclosure import DisclosureRule
from spillover.reports.ego import MOST, ego_network
from spillover.reports.figures.ego_network import COLUMN, Alter, EgoNetwork, EgoWords
from spillover.reports.inputs import Protection
from spillover.reports.words import Words

FIRMS = ["a", "b", "c", "d", "e", "f"]


@pytest.fixture
def public(inputs):
    return replace(inputs, protection=Protection(False, DisclosureRule(minimum_units=5)))


@pytest.fixture
def chain():
    """a and b sell to c, c sells to d and b, a sells to b; e and f are strangers."""
    links = [("a", "c"), ("b", "c"), ("c", "d"), ("c", "b"), ("a", "b"), ("e", "f")]
    ends = [[FIRMS.index(link[side]) for link in links] for side in (0, 1)]
    return assemble("supply", FIRMS, [2019, 2020], src=ends[0], dst=ends[1])


def test_suppliers_stand_left_customers_right_and_both_below(inputs, chain) -> None:
    figure = ego_network(replace(inputs, ego="c", exposures=()), chain)
    assert {alter.label: alter.place for alter in figure.alters} == {
        "a": "left",
        "d": "right",
        "b": "middle",
    }
    names = [alter.label for alter in figure.alters]
    assert {frozenset(names[k] for k in tie) for tie in figure.ties} == {frozenset("ab")}
    points = figure.points()
    assert points[names.index("a")][0] < 0 < points[names.index("d")][0]
    assert points[names.index("b")][1] < -1


def test_a_symmetric_network_shows_every_partner_once(inputs) -> None:
    both = [0, 1, 2, 3], [1, 0, 3, 2]
    network = assemble("co", FIRMS, [2020], src=both[0], dst=both[1], directed=False)
    figure = ego_network(replace(inputs, ego="a", exposures=()), network)
    assert [alter.label for alter in figure.alters] == ["b"]
    assert figure.ties == ()


def test_the_firm_is_shown_in_the_last_year_in_which_it_has_partners(inputs) -> None:
    held = [2018, 2019, 2020]
    network = assemble("s", FIRMS, held, src=[0, 2, 4], dst=[1, 1, 5], start=held, end=held)
    figure = ego_network(replace(inputs, ego="b", exposures=()), network)
    assert "2019" in figure.caption
    assert [alter.label for alter in figure.alters] == ["c"]
    assert ego_network(replace(inputs, ego="d", exposures=()), network) is None
    assert ego_network(replace(inputs, ego="nobody", exposures=()), network) is None


def test_foreign_partners_come_first_and_look_different(public) -> None:
    network = public.exposures[0].network
    hub = int(np.argmax(np.bincount(network.edges.src)))
    figure = ego_network(replace(public, ego=str(network.firms[hub])), network)
    flags = [alter.foreign for alter in figure.alters]
    assert flags == sorted(flags, reverse=True)
    text = figure.render("svg").decode()
    assert "foreign-owned firm" in text
    assert len(figure.grid().rows) == len(figure.alters)


def test_no_more_than_two_hundred_firms_are_drawn_and_the_caption_says_so(inputs) -> None:
    firms = [f"F{k:03d}" for k in range(300)]
    star = assemble("s", firms, [2020], src=list(range(1, 300)), dst=[0] * 299)
    figure = ego_network(replace(inputs, ego="F000", exposures=()), star)
    assert len(figure.alters) == MOST - 1
    assert "199 of its 299 partners" in figure.caption
    assert "F001" not in figure.render("svg").decode()


@pytest.mark.parametrize("partners", [1, COLUMN, COLUMN + 1, 150])
def test_no_two_firms_share_a_place(partners) -> None:
    alters = tuple(
        Alter(str(k), ("left", "right", "middle")[k % 3], foreign=False) for k in range(partners)
    )
    figure = EgoNetwork("e", "c", "a", alters, (), EgoWords("ego", (("left", "s"),)))
    assert len(set(figure.points().values())) == partners
    assert (0.0, 0.0) not in figure.points().values()


def test_a_confidential_report_refuses_a_firm_by_name(inputs) -> None:
    with pytest.raises(DisclosureError, match="confidential") as caught:
        compose(replace(inputs, ego="F0001"))
    assert "F0001" not in str(caught.value)
    with pytest.raises(SpecificationError, match="confidential"):
        ReportSettings(ego="F0001")


def test_an_unknown_firm_is_refused_with_names_like_it(public) -> None:
    with pytest.raises(UnknownNameError, match="F9999"):
        compose(replace(public, ego="F9999"))


def test_the_report_shows_the_chosen_firm(public) -> None:
    network = public.exposures[0].network
    hub = str(network.firms[int(np.argmax(np.bincount(network.edges.dst)))])
    report = compose(replace(public, ego=hub, words=Words("ja")))
    figure = next(f for f in report.figures if f.name == "ego_supply")
    assert figure.caption.startswith(hub)
    assert "外資系" in figure.caption
