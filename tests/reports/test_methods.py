"""The paragraph on methods says what each exposure is."""

from typing import get_args, get_type_hints

import pytest

from spillover.exposures.neighbors import Neighbors
from spillover.pipelines.kinds import LinkageKind
from spillover.reports.phrases import LANGUAGES, Language, phrases
from spillover.reports.words import Words

TIERS = [tier for tier in get_args(get_type_hints(Neighbors)["tier"]) if tier != 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sector_measures_and_partners_of_partners_have_sentences_of_their_own(
    language: Language,
) -> None:
    kinds = [f"linkage_{kind.__name__}" for kind in get_args(LinkageKind)]
    said = [phrases(language)[f"method.{key}"] for key in [*kinds, "pool"]]
    told = [phrases(language)[f"method.tier_{tier}"] for tier in TIERS]
    assert len(set(said)) == 5
    assert len(set(told)) == 3


@pytest.mark.parametrize(
    ("texts", "english", "japanese"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a and b", "aおよびb"),
        (["a", "b", "c"], "a, b and c", "a、bおよびc"),
    ],
)
def test_a_list_has_commas_and_one_word_before_the_last(
    texts: list[str], english: str, japanese: str
) -> None:
    assert Words().listed(texts) == english
    assert Words("ja").listed(texts) == japanese
