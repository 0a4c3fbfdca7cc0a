"""Data that cannot be estimated: each is a named error in three parts, through the public API."""

from collections.abc import Callable
from dataclasses import dataclass

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import spillover as sp
from spillover.errors import DataError, IdentificationError, SpecificationError, SpilloverError

FIRMS, YEARS = 20, 5


def base() -> pd.DataFrame:
    """A balanced panel with an endogenous regressor, counts, places and clusters."""
    rng = np.random.default_rng(3)
    n = FIRMS * YEARS
    frame = pd.DataFrame(
        {
            "firm_id": np.repeat([f"F{i:02d}" for i in range(FIRMS)], YEARS),
            "year": np.tile(np.arange(2001, 2001 + YEARS), FIRMS),
            "x": rng.normal(size=n),
            "z": rng.normal(size=n),
            "group": np.repeat(np.arange(FIRMS) % 6, YEARS),
            "weight": rng.uniform(0.5, 2, n),
            "latitude": np.repeat(rng.uniform(31, 40, FIRMS), YEARS),
            "longitude": np.repeat(rng.uniform(131, 140, FIRMS), YEARS),
            "partner": rng.choice(list("abcdefgh"), n),
            "count": rng.poisson(2.0, n),
        }
    )
    frame["d"] = frame["z"] + 0.3 * frame["x"] + rng.normal(size=n)
    frame["y"] = frame["d"] - frame["x"] + rng.normal(size=n)
    return frame


def at(
    rows: Callable[[pd.DataFrame], pd.Series], column: str, value: object
) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A frame in which a column has another value in some rows."""

    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        values = frame[column].astype(float) if isinstance(value, float) else frame[column]
        return frame.assign(**{column: values.where(~rows(frame), value)})

    return spoil


def everywhere(frame: pd.DataFrame) -> pd.Series:
    return frame["x"].notna()


def in_group_one(frame: pd.DataFrame) -> pd.Series:
    return frame["group"] == 1


def supply(frame: pd.DataFrame, known: int) -> sp.Network:
    """Links between the first firms of a panel; the network knows no others."""
    firms = sorted(frame["firm_id"].unique())[:known]
    graph = nx.path_graph(firms, create_using=nx.DiGraph)
    return sp.from_networkx(graph, "goods", years=[2001, 2005])


LEAST_SQUARES = sp.FixedEffects.formula("y ~ x | firm_id")
INSTRUMENTED = sp.InstrumentalVariables.formula("y ~ x | firm_id | d ~ z")
COUNTS = sp.PoissonFixedEffects.formula("count ~ x | firm_id")
DESIGNS = {"least squares": LEAST_SQUARES, "instruments": INSTRUMENTED, "counts": COUNTS}


@dataclass(frozen=True)
class Case:
    """Something that cannot be estimated: where it comes from, what is said."""

    error: type[SpilloverError]
    said: tuple[str, str]
    spoil: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame.copy
    vcov: object = None
    design: object = LEAST_SQUARES


def one_cluster(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(country="JPN")


def with_instruments(count: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def spoil(frame: pd.DataFrame) -> pd.DataFrame:
        drawn = np.random.default_rng(1).normal(size=(len(frame), count))
        return pd.concat([frame, pd.DataFrame(drawn).add_prefix("z")], axis=1)

    return spoil


def separating(frame: pd.DataFrame) -> pd.DataFrame:
    """A dummy for some of the rows without a count."""
    return frame.assign(apart=((frame["count"] == 0) & (frame["x"] > 0)).astype(float))


def many(count: int, method: str = "2sls") -> sp.InstrumentalVariables:
    return sp.InstrumentalVariables(
        "y", ("d",), tuple(f"z{j}" for j in range(count)), absorb=("firm_id",), method=method
    )


ONE = (IdentificationError, ("at least two clusters of country", "Found 1."))
MISSING = (IdentificationError, ("a value of group in every row", "Found 5 rows without"))
NO_GROUP = at(lambda frame: frame["firm_id"] == "F03", "group", float("nan"))
PLACES = "between -90 and 90 degrees"

CASES = {
    "one cluster": Case(*ONE, one_cluster, sp.Cluster("country")),
    "one cluster in a union": Case(
        *ONE, one_cluster, sp.Cluster("firm_id") | sp.Cluster("country")
    ),
    "one cluster, instruments": Case(*ONE, one_cluster, sp.Cluster("country"), INSTRUMENTED),
    "one cluster, counts": Case(*ONE, one_cluster, sp.Cluster("country"), COUNTS),
    "one cluster, bootstrap": Case(*ONE, one_cluster, sp.WildCluster("country", draws=99)),
    "clusters missing": Case(*MISSING, NO_GROUP, sp.Cluster("group")),
    "clusters missing in a union": Case(
        *MISSING, NO_GROUP, sp.Cluster("firm_id") | sp.Cluster("group")
    ),
    "joined clusters missing": Case(
        IdentificationError,
        ("a value of group^year in every row", "Found 5 rows without"),
        NO_GROUP,
        sp.Cluster("group^year"),
    ),
    "clusters missing, bootstrap": Case(*MISSING, NO_GROUP, sp.WildCluster("group", draws=99)),
    "clusters of moments missing": Case(
        IdentificationError,
        ("known in every row, for the moments of GMM", "5 rows without"),
        NO_GROUP,
        design=sp.InstrumentalVariables(
            "y", ("d",), ("z", "weight"), method="gmm", gmm_cluster="group"
        ),
    ),
    "firms of a pair missing": Case(
        IdentificationError,
        ("firm_id and partner in every row", "5 rows without"),
        at(lambda frame: frame["firm_id"] == "F03", "partner", None),
        sp.Dyadic("firm_id", "partner"),
    ),
    "latitude out of range": Case(
        DataError,
        (PLACES, "Found 20 rows outside (95, 95, 95, ...)"),
        at(in_group_one, "latitude", 95.0),
        sp.Conley(50, "same_period"),
    ),
    "longitude out of range": Case(
        DataError,
        ("longitude between -180 and 180 degrees", "Found 20 rows outside"),
        at(in_group_one, "longitude", -181.0),
        sp.Conley(50, "same_period"),
    ),
    "latitude infinite": Case(
        DataError,
        (PLACES, "(inf, inf, inf, ...)"),
        at(in_group_one, "latitude", float("inf")),
        sp.Conley(50, "same_period"),
    ),
    "coordinates missing everywhere": Case(
        IdentificationError,
        ("coordinates in 'latitude' and 'longitude'", "Found none in 100 rows"),
        at(everywhere, "longitude", float("nan")),
        sp.Conley(50, "same_period"),
    ),
    "a network without some firms": Case(
        DataError,
        ("every firm of the sample in the network 'supply'", "Found 5 of 20 firms outside (F15"),
        vcov=sp.NetworkHAC("supply"),
    ),
    "more instruments than rows": Case(
        IdentificationError,
        ("more rows than instruments", "Found 100 rows for 120 instruments and 20 other"),
        with_instruments(120),
        design=many(120),
    ),
    "as many instruments as rows, by GMM": Case(
        IdentificationError,
        ("more rows than instruments", "Found 100 rows for 80 instruments and 20 other"),
        with_instruments(80),
        design=many(80, "gmm"),
    ),
    "fewer instruments than endogenous regressors": Case(
        IdentificationError,
        ("as many instruments as endogenous regressors", "Found 1 for 2"),
        design=object,
    ),
    "an instrument that effects absorb": Case(
        IdentificationError,
        ("vary within firm_id", "group: 0.0 %"),
        design=sp.InstrumentalVariables.formula("y ~ x | firm_id | d ~ group"),
    ),
    "instruments that move one of two regressors": Case(
        IdentificationError,
        ("instruments that move d and e beyond", "smallest squared canonical correlation"),
        lambda frame: frame.assign(**unmoved(frame)),
        design=sp.InstrumentalVariables.formula("y ~ x | firm_id | d + e ~ z + weight"),
    ),
    "an outcome fitted exactly, by LIML": Case(
        IdentificationError,
        ("covariance has full rank", "Unable to estimate kappa."),
        lambda frame: frame.assign(y=frame["d"] + frame["x"]),
        design=sp.InstrumentalVariables(
            "y", ("d",), ("z", "weight"), ("x",), ("firm_id",), method="liml"
        ),
    ),
    "fewer clusters than moments": Case(
        IdentificationError,
        ("covariance has full rank", "too few clusters (2 clusters)."),
        lambda frame: frame.assign(half=frame["group"] % 2),
        design=sp.InstrumentalVariables(
            "y", ("d",), ("z", "weight"), ("x",), ("firm_id",), method="gmm", gmm_cluster="half"
        ),
    ),
    "separated counts": Case(
        IdentificationError,
        ("count to be positive somewhere", "apart and the effects separate"),
        separating,
        design=sp.PoissonFixedEffects.formula("count ~ apart + x"),
    ),
    "counts that are all zero": Case(
        IdentificationError,
        ("rows in which count is positive", "Found zero in all 100 rows"),
        at(everywhere, "count", 0),
        design=COUNTS,
    ),
    "negative counts": Case(
        DataError,
        ("count that is not negative", "Found 20 negative values (-1.0"),
        at(in_group_one, "count", -1),
        design=COUNTS,
    ),
    "counts that do not vary": Case(
        IdentificationError,
        ("an outcome that varies", "Found count with 0.0 %"),
        at(everywhere, "count", 3),
        design=sp.PoissonFixedEffects.formula("count ~ x"),
    ),
    "an offset that is no logarithm": Case(
        DataError,
        ("offset size between -690 and 690", "Found 100 values outside (1000.0"),
        lambda frame: frame.assign(size=1000.0),
        design=sp.PoissonFixedEffects("count", ("x",), offset="size"),
    ),
    "a constant beside weights": Case(
        IdentificationError,
        ("regressors that vary", "Found level constant"),
        lambda frame: frame.assign(level=0.1),
        design=sp.FixedEffects.formula("y ~ x + level", weights="weight"),
    ),
    "a constant beside weights, counts": Case(
        IdentificationError,
        ("regressors that vary", "Found level constant"),
        lambda frame: frame.assign(level=0.1),
        design=sp.PoissonFixedEffects.formula("count ~ x + level", weights="weight"),
    ),
    "a constant instrument beside weights": Case(
        IdentificationError,
        ("regressors that vary", "Found level constant"),
        lambda frame: frame.assign(level=0.1),
        design=sp.InstrumentalVariables.formula("y ~ x | d ~ level", weights="weight"),
    ),
    "a constant outcome beside weights": Case(
        IdentificationError,
        ("an outcome that varies", "0.0 % of its variance"),
        lambda frame: frame.assign(y=0.1),
        design=sp.FixedEffects.formula("y ~ x", weights="weight"),
    ),
    "scores that cancel in every cluster": Case(
        IdentificationError,
        ("a positive variance", "Found none for alone", "only one group identifies"),
        lambda frame: frame.assign(alone=frame["x"].where(frame["group"] == 1, 0.0)),
        sp.Cluster("group"),
        sp.FixedEffects.formula("y ~ alone | group"),
    ),
    "a bootstrap of a coefficient without variance": Case(
        IdentificationError,
        ("positive clustered variance", "Found zero for alone"),
        lambda frame: frame.assign(y=frame["x"], alone=2 * frame["x"]),
        sp.WildCluster("group", draws=99),
        sp.FixedEffects("y", ("alone",)),
    ),
    "a value whose square is not finite": Case(
        DataError,
        ("finite values of x", "Found 20 above 1e+120 in size (rows 5,"),
        at(in_group_one, "x", 1e200),
    ),
}


def unmoved(frame: pd.DataFrame) -> dict[str, np.ndarray]:
    """A second endogenous regressor whose projection on the instruments is that of the first."""
    firm = np.eye(FIRMS)[np.repeat(np.arange(FIRMS), YEARS)]
    moved = np.column_stack([firm, frame[["x", "z", "weight", "d"]]])
    noise = np.random.default_rng(8).normal(size=len(frame))
    noise -= moved @ np.linalg.lstsq(moved, noise, rcond=None)[0]
    return {"e": frame["d"].to_numpy() + noise}


def attempt(case: Case) -> sp.Estimate:
    design = case.design
    if design is object:  # refused when it is built
        design = sp.InstrumentalVariables.formula("y ~ 1 | firm_id | d + x ~ z")
    frame = case.spoil(base())
    sample = sp.Sample.of(sp.Panel.of(frame), networks=[supply(frame, 15)])
    return sp.estimate(sample, design, case.vcov)


def refused(case: Case) -> None:
    with pytest.raises(case.error) as caught:
        attempt(case)
    error = caught.value
    assert error.expected.startswith("Expected ")
    assert error.expected.endswith(".")
    assert error.found.startswith("Found ")
    assert error.found.endswith(".")
    assert error.action.endswith(".")
    for words in case.said:
        assert words in str(error)


@pytest.mark.parametrize("name", CASES)
def test_data_that_cannot_answer_are_a_named_error_in_three_parts(name: str) -> None:
    refused(CASES[name])


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize(
    ("value", "rows", "error", "said"),
    [
        (0.0, everywhere, IdentificationError, ("positive weight weight", "zero in all 100 rows")),
        (-1.0, in_group_one, DataError, ("finite and not negative", "Found 20 others (-1.0")),
        (np.inf, in_group_one, DataError, ("finite and not negative", "Found 20 others (inf")),
        (np.nan, everywhere, IdentificationError, ("at least one row", "missing weight: 100")),
    ],
    ids=["zero", "negative", "infinite", "missing"],
)
def test_weights_that_weigh_nothing_are_refused_by_every_design(
    name: str, value: float, rows: Callable, error: type, said: tuple[str, str]
) -> None:
    design = DESIGNS[name]
    fields = {
        field: getattr(design, field)
        for field in ("outcome", "regressors", "absorb", "endogenous", "instruments")
        if hasattr(design, field)
    }
    weighted = type(design)(**fields, weights="weight")
    refused(Case(error, said, at(rows, "weight", value), None, weighted))


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("y", "least squares"),
        ("x", "least squares"),
        ("d", "instruments"),
        ("z", "instruments"),
        ("x", "counts"),
    ],
)
def test_values_that_are_not_finite_are_refused_by_every_design(
    column: str, name: str, value: float
) -> None:
    said = (f"finite values of {column}.", "Found 20 infinite ones (rows 5,")
    refused(Case(DataError, said, at(in_group_one, column, value), None, DESIGNS[name]))


def test_firms_without_coordinates_are_counted_and_stay() -> None:
    frame = at(in_group_one, "latitude", float("nan"))(base())
    sample = sp.Sample.of(sp.Panel.of(frame))
    found = sp.estimate(sample, LEAST_SQUARES, sp.Conley(50, "same_period"))
    assert found.nobs == len(frame)
    assert "20 rows without coordinates depend on themselves only" in found.notes


def test_a_specification_is_refused_before_any_data_are_read() -> None:
    for build in (
        lambda: sp.Conley(-1, "all"),
        lambda: sp.Conley(50, "everywhere"),
        lambda: sp.NeweyWest(1.5),
        lambda: sp.WildCluster("firm_id", draws=3),
        lambda: sp.Cluster(""),
        lambda: sp.Cluster("firm_id") | sp.WildCluster("year"),
        lambda: sp.Cluster("firm_id") | sp.Heteroskedastic("HC3"),
        lambda: sp.FixedEffects.formula("y ~ x - 1"),
    ):
        with pytest.raises(SpecificationError):
            build()
