"""Every sentence that the package says to a reader has its form in both languages."""

import ast
import re
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

import spillover
from spillover.networks.build import assemble
from spillover.reports.sentences import recognised, sentences
from spillover.reports.words import Words
from spillover.tables.foreign import BOP_10, FULL, JETRO_ANY, MAJORITY, METI_THIRD
from spillover.tables.foreign import ForeignDefinition as Definition

JAPANESE = Words("ja", {"backward": "外資系顧客", "firm_id": "企業"})
KNOWN = [
    "rows of the panel",
    "no partners in backward",
    "missing log(capital)",
    "only row of its firm_id or industry^year",
    "zero weight sales",
    "not foreign == 0",
    "clustered by prefecture^year",
    "wild cluster bootstrap by firm_id",
    "wild cluster bootstrap by firm_id, restricted efficient (WRE)",
    "heteroskedasticity-robust (HC1)",
    "homoskedastic",
    "Newey-West, 2 lags",
    "Driscoll-Kraay, 3 lags",
    "dyadic by supplier_id and customer_id, within 2 years (jackknife)",
    "network supply, bandwidth 2, bartlett",
    "network supply, bandwidth 2, overlap, years within 1",
    "Conley, 50 km, bartlett, same period",
    "Conley, 50 km, uniform, same period, or same unit within 3 years",
    "shift-share (AKM) over 120 shocks",
    "shock level over 12 clusters of shocks by industry",
    (
        "warning: only 7 clusters of prefecture: clustered errors are too small; compare with "
        "WildCluster"
    ),
    "controls: units not yet treated; base year: universal",
    "controls: units never treated; base year: varying",
    "cohorts of fewer than 5 units: 2004, 2007",
    "effects are compared with the mean of their cohort and year (conservative)",
    "3 cells of one row are compared with the mean of all treated rows",
    "treated before its comparison could begin",
    "covariance repaired: negative eigenvalues set to zero (least eigenvalue -0.01 of the largest)",
    (
        "on average 12.3 other firms of the sample within 2 steps (b = 3); links of any year from "
        "2015 to 2024"
    ),
    "p-values from 9,999 draws of signs, seed 3, hypothesis imposed",
    "p-values from all 1,024 sign vectors, hypothesis not imposed",
    "standard errors know that log_tfp was estimated",
    "standard errors take the estimated log_tfp as known",
    "summed 12 duplicate rows of a pair in a year",
    "1,204 of 5,000 lists of partners are full at 24",
    "left out 251 applicants of other kinds",
    "links up to 2016 look back less than 3 years",
    "63 firm-years have no exposure: the firm is younger than the links",
    (
        "SolowResidual of sales on employment, capital, cost shares from wages, 0.12 * capital; "
        "compares firms within industry."
    ),
    "AckerbergCavesFrazer, value added",
    "CES technology with constant returns; capital has what the others leave",
    "the elasticity of capital is negative in 2.1% of rows",
    "two steps; Hansen's J(14) = 12.31, p = 0.581",
    "one exact root, without flags",
    "2 exact roots, 1 without flags, taken: the one of highest persistence",
    "read as SHIFT-JIS",
    *(each.sentence for each in (BOP_10, METI_THIRD, JETRO_ANY, MAJORITY, FULL)),
    Definition("x", threshold=0.2, aggregate="sum", include_indirect=False).sentence,
]

PUT_TOGETHER = {
    "units not yet treated",
    "units never treated",
    "SolowResidual of",
    "clusters of shocks by",
    "cost shares from",
    "exact roots in",
    "foreign investors together hold at least",
    "foreign investors together hold more than",
    "given shares from",
    "gross leontief",
    "one exact root in",
    "other firms of the sample within",
    "not divided by the mean of exp",
    "p-values from all",
    "productivity does not revert to its mean in",
    "shares whose shock is unknown",
    "shares without another contributor",
    "the largest foreign investor holds at least",
    "technology with constant returns",
    "the one nearest the cost shares",
    "which needs constant returns and price taking from",
}
"""Pieces that code puts together from shorter ones."""


@cache
def constants() -> str:
    """All text in the source of the package, one constant a line."""
    root = Path(spillover.__file__).parent
    trees = [ast.parse(path.read_text("utf-8")) for path in sorted(root.rglob("*.py"))]
    found = [n.value for t in trees for n in ast.walk(t) if isinstance(n, ast.Constant)]
    return "\n".join(text for text in found if isinstance(text, str))


@pytest.mark.parametrize("text", KNOWN)
def test_a_sentence_of_the_package_is_written_in_japanese(text) -> None:
    told = JAPANESE.told(text)
    assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", told), told
    names = r"log\(|foreign == 0|log_tfp|Solow\w+|firms"
    rest = re.sub(rf"{names}|Acker\w+|supplier_id|customer_id|WildCluster|Newey|West", "", told)
    rest = re.sub(r"Driscoll|Kraay|Conley|[A-Z_\d]+", "", rest)
    assert not re.search(r"[A-Za-z]{3,}", rest), told


@pytest.mark.parametrize("text", KNOWN)
def test_an_english_report_keeps_every_number_of_a_sentence(text) -> None:
    told = Words().told(text)
    assert sorted(re.findall(r"\d[\d.,]*\b", told)) == sorted(re.findall(r"\d[\d.,]*\b", text))


@pytest.mark.parametrize("sentence", sentences(), ids=lambda one: one.source)
def test_both_forms_of_a_sentence_have_the_same_gaps(sentence) -> None:
    gaps = sorted(sentence.gaps)
    for form in (sentence.english, sentence.japanese):
        assert sorted(set(re.findall(r"\{(\w+)\}", form))) == sorted(set(gaps))


@pytest.mark.parametrize("sentence", sentences(), ids=lambda one: one.source)
def test_no_sentence_is_shadowed_by_one_before_it(sentence) -> None:
    example = re.sub(r"\{\w+\}", "12", sentence.source)
    found = recognised(example)
    assert found is not None
    assert len(found[0].source) >= len(sentence.source) - 20


def test_every_sentence_is_still_said_somewhere() -> None:
    """A sentence that was reworded where it is said would reach a Japanese report in English."""
    text = constants()
    lost = {
        part
        for one in sentences()
        for piece in re.split(r"\{\w+\}|[,;:()]", one.source)
        for part in [piece.strip(" .")]
        if len(part) > 5 and part not in text
    }
    assert lost == PUT_TOGETHER


def test_what_a_study_says_itself_stays_as_it_is() -> None:
    assert JAPANESE.told("foreign-owned firms") == "foreign-owned firms"
    assert Words().sentence("already a sentence.") == "Already a sentence."
    assert JAPANESE.sentence("homoskedastic") == "均一分散。"


def test_unions_are_joined_and_their_members_translated() -> None:
    conley = "Conley, 5 km, {}, same period, or same unit within 2 years"
    label = f"clustered by firm_id or {conley.format('uniform')}"
    assert Words().errors(label) == f"clustered by firm or {conley.format('uniform kernel')}"
    assert JAPANESE.errors("clustered by firm_id or clustered by year") == (
        "企業でクラスターまたは年でクラスター"
    )


def test_notes_of_a_network_are_recognised() -> None:
    network = assemble("s", ["a", "b"], [2020], src=[0, 0, 0, 1], dst=[1, 1, 0, 0])
    assert network.notes
    for note in network.notes:
        assert recognised(note) is not None, note


def test_the_table_of_sentences_is_part_of_the_package() -> None:
    assert files("spillover.reports").joinpath("language", "sentences.toml").is_file()
