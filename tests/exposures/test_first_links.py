"""First links against a plain loop over partners and years, and what must not change them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import SpecificationError
from spillover.exposures.first_links import EVENTS, FirstLink, FirstLinks, first_links
from spillover.exposures.shock import Shock
from spillover.networks.build import assemble
from spillover.networks.network import Network
from spillover.tables.panel import Panel

YEARS = list(range(2000, 2008))
ANY = {"exclude": "self", "censored": 0, "before": 0, "never": 0, "unknown": "domestic"}
LOOSE = FirstLink(**ANY)


def world(seed: int, n: int = 10) -> tuple[Network, Shock]:
    rng = np.random.default_rng(seed)
    m = 22
    start = rng.integers(2000, 2008, m)
    network = assemble(
        "w",
        [f"F{i}" for i in range(n)],
        YEARS,
        rng.integers(0, n, m),
        rng.integers(0, n, m),
        rng.integers(1, 5, m).astype(float),
        start=start,
        end=np.minimum(start + rng.integers(0, 4, m), 2007),
        attributes={"group_id": rng.integers(-1, 3, n).astype(np.int32)},
    )
    flags = (rng.integers(2000, 2012, n)[:, None] <= np.array(YEARS)).astype(float)
    flags[rng.random(flags.shape) < 0.05] = np.nan
    flags[0] = 1.0
    return network, Shock("foreign", network.firms, network.years, flags)


def found_or_none(network: Network, foreign: Shock, rule: FirstLink) -> FirstLinks | None:
    try:
        return first_links(network, foreign, rule)
    except SpecificationError:
        return None


RULES = st.builds(
    FirstLink,
    exclude=st.sampled_from(["group", "self"]),
    least_value=st.sampled_from([0.0, 2.0]),
    least_share=st.sampled_from([0.0, 0.4]),
    event=st.sampled_from(["any", "new link", "partner became foreign"]),
    censored=st.integers(0, 2),
    before=st.integers(0, 2),
    tier=st.integers(0, 2),
    unknown=st.sampled_from(["exclude", "domestic"]),
)


@given(st.integers(0, 5000), RULES)
def test_first_links_equal_a_plain_loop(seed: int, rule: FirstLink) -> None:
    network, foreign = world(seed)
    found = found_or_none(network, foreign, rule)
    group = network.attributes["group_id"]
    flags = foreign.values >= rule.threshold
    apart = rule.exclude == "group"
    for i in range(len(network.firms)):
        first, event, unsure = 0, 0, False
        before: dict[int, float] = {}
        for t, year in enumerate(YEARS):
            row = network.at(year).toarray()[i]
            own = [j for j in range(len(row)) if apart and group[j] >= 0 and group[i] == group[j]]
            now = {j: w for j, w in enumerate(row) if w > 0 and j not in own}
            total = sum(now.values())
            good = [
                j
                for j, w in now.items()
                if flags[j, t] and w >= rule.least_value and w / total >= rule.least_share
            ]
            heavy = [
                j for j, w in now.items() if w >= rule.least_value and w / total >= rule.least_share
            ]
            if not good and not first and any(np.isnan(foreign.values[j, t]) for j in heavy):
                unsure = True
            if good and not first:
                kinds = [1 if j not in before else 3 if flags[j, t - 1] else 2 for j in good]
                first, event = year, min(kinds)
            if found is not None:
                assert found.linked[i, t] == bool(good)
                assert found.count[i, t] == len(good)
                assert found.others[i, t] == len(now) - len(good)
                assert found.value[i, t] == sum(now[j] for j in good)
            before = now
        present = network.present[i]
        at = YEARS.index(first) if first else 0
        out = (
            at < rule.censored
            or int(present[:at].sum()) < rule.before
            or (rule.event != "any" and EVENTS[event] != rule.event)
            if first
            else int(present.sum()) < rule.never
        )
        out = out or (unsure and rule.unknown == "exclude")
        if found is not None:
            assert found.event[i] == event
            expected = np.nan if out else float(first)
            np.testing.assert_equal(found.first[i], expected)
        else:
            assert out or not first


@given(st.integers(0, 5000))
def test_higher_thresholds_never_bring_a_first_link_forward(seed: int) -> None:
    network, foreign = world(seed)
    low = found_or_none(network, foreign, LOOSE)
    for rule in (
        FirstLink(**ANY, least_value=3.0),
        FirstLink(**ANY, least_share=0.6),
    ):
        high = found_or_none(network, foreign, rule)
        if low is None or high is None:
            continue
        some = high.first > 0
        assert np.all(low.first[some] > 0)
        assert np.all(high.first[some] >= low.first[some])


def chain() -> tuple[Network, Shock]:
    """b is new to the foreign firm f in 2004; d is near b; a knew p before p became foreign."""
    network = assemble(
        "w",
        list("abdefp"),
        YEARS,
        src=[4, 5, 1, 3],
        dst=[1, 0, 2, 3],
        start=[2004, 2001, 2000, 2000],
        end=[2007, 2007, 2007, 2007],
    )
    flags = np.zeros((6, 8))
    flags[4] = 1.0
    flags[5, 5:] = 1.0
    return network, Shock("foreign", network.firms, network.years, flags)


def test_events_partners_and_neighbours_of_treated_firms_are_told_apart() -> None:
    network, foreign = chain()
    rule = FirstLink(exclude="self", tier=1)
    found = first_links(network, foreign, rule)
    assert dict(zip(network.firms, found.first, strict=True)) == {
        "a": 2005, "b": 2004, "d": 0, "e": 0, "f": 0, "p": 0,
    }  # fmt: skip
    assert [EVENTS[k] for k in found.event[:2]] == ["partner became foreign", "new link"]
    assert [network.firms[k] for k in found.partner[:2]] == ["p", "f"]
    assert found.exposed.tolist() == [False, False, True, False, True, True]
    assert np.isnan(found.value).all()
    only = first_links(network, foreign, FirstLink(exclude="self", event="new link"))
    assert np.isnan(only.first[0])
    assert only.losses == (("first link is no new link", 1),)


@given(st.integers(0, 5000))
def test_sales_net_of_foreign_partners_are_sales_to_the_others(seed: int) -> None:
    network, foreign = world(seed)
    found = found_or_none(network, foreign, LOOSE)
    if found is None:
        return
    rows = pd.DataFrame([(f, y) for f in network.firms for y in YEARS], columns=["firm_id", "year"])
    columns = found.columns(Panel.of(rows))
    for row, (firm, year) in enumerate(rows.itertuples(index=False)):
        i, t = list(network.firms).index(firm), YEARS.index(year)
        if not network.present[i, t]:
            continue
        weights = network.at(year).toarray()[i]
        others = [w for j, w in enumerate(weights) if not foreign.values[j, t] >= 0.5]
        assert weights.sum() - columns["first_link_value"][row] == pytest.approx(sum(others))


def test_a_partner_that_may_have_been_foreign_excludes_a_firm() -> None:
    network, foreign = chain()
    flags = foreign.values.copy()
    flags[5, 4] = np.nan
    doubtful = Shock("foreign", network.firms, network.years, flags)
    found = first_links(network, doubtful, FirstLink(exclude="self"))
    assert np.isnan(found.first[0])
    assert found.first[1] == 2004
    assert found.losses == (("a partner of unknown status before any link", 1),)
    as_said = first_links(network, doubtful, FirstLink(exclude="self", unknown="domestic"))
    assert as_said.first[0] == 2005
    assert as_said.losses == ()


def test_columns_stand_on_the_rows_of_a_panel() -> None:
    network, foreign = chain()
    frame = pd.DataFrame({"firm_id": ["a", "b", "zz"], "year": [2006, 2003, 2003]})
    found = first_links(network, foreign, FirstLink(exclude="self")).columns(Panel.of(frame))
    assert set(found) == {
        f"first_link{end}" for end in ("", "_event", "_exposed", "_value", "_partners", "_others")
    }
    np.testing.assert_array_equal(found["first_link"], [2005, 2004, np.nan])
    np.testing.assert_array_equal(found["first_link_partners"], [1, 0, np.nan])


def test_censored_firms_leave_and_nothing_left_is_refused() -> None:
    network, foreign = chain()
    late = first_links(network, foreign, FirstLink(exclude="self", censored=5))
    assert np.isnan(late.first[1])
    assert late.losses == (("linked in the first 5 years", 1),)
    with pytest.raises(SpecificationError, match="seen to begin"):
        first_links(network, foreign, FirstLink(exclude="self", censored=8))
    with pytest.raises(SpecificationError, match="business groups"):
        first_links(network, foreign)
