"""Terms of effects inside the law of motion, in both languages."""

from types import SimpleNamespace

import pytest

from spillover.designs.endogenous_productivity import EndogenousProductivity
from spillover.reports.law_words import law_words
from spillover.reports.words import Words

NAMES = {
    "persistence": "生産性の持続性",
    "x": "販売先",
    "x in the long run": "販売先（長期）",
    "x * productivity": "販売先×前年の生産性",
    "x at quantile 0.5": "販売先（生産性の0.5分位点）",
    "x after 1 year": "販売先（1年後）",
    "lasting x after 3 years at quantile 0.1": "持続的な変化：販売先（3年後）（生産性の0.1分位点）",
}


@pytest.mark.parametrize(("name", "told"), NAMES.items())
def test_every_term_is_written_in_japanese(name: str, told: str) -> None:
    estimate = SimpleNamespace(design=EndogenousProductivity(), names=(name,))
    found = law_words([estimate], Words("ja", {"x": "販売先"}))
    assert found == {name: told}


def test_other_designs_have_no_such_terms() -> None:
    assert law_words([SimpleNamespace(design=None, names=("persistence",))], Words()) == {}
