import pytest
from hypothesis import given
from hypothesis import strategies as st

from spillover.errors import SpecificationError, UnknownNameError
from spillover.expressions import (
    Call,
    Literal,
    Name,
    Operation,
    canonical,
    names_in,
    parse,
    parse_formula,
)

HOSTILE = [
    "a.b",
    "__import__('os').system('true')",
    "(lambda: 1)()",
    "x[0]",
    "[y for y in x]",
    "{1: 2}",
    "x if y else z",
    "f'{x}'",
    "9**9**9",
    "1 < x < 3",
    "x := 3",
    "log(x, base=2)",
    "x @ y",
    "x // y",
    "x % y",
    "~x",
    "x is y",
    "x & y",
    "b'bytes'",
    "None",
    "...",
    "1j",
    "log(" * 60 + "x" + ")" * 60,
    "-" * 100 + "x",
    "x" * 5000,
    "+".join(["x"] * 400),
    "x +",
    "",
    "\x00",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_outside_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(SpecificationError):
        parse(text)


def test_an_unknown_function_is_answered_with_its_neighbours() -> None:
    with pytest.raises(UnknownNameError, match="log"):
        parse("logg(x)")


def test_a_refusal_gives_the_position() -> None:
    with pytest.raises(SpecificationError, match="position 5"):
        parse("x + y.z")


def test_the_caret_joins_effects_and_binds_tighter_than_plus() -> None:
    formula = parse_formula("y ~ x | firm_id + industry^year + a^b^c")
    assert formula.absorb == ("firm_id", "industry^year", "a^b^c")


def test_a_caret_in_quoted_text_stays_text() -> None:
    tree = parse("s == 'a^b'")
    assert tree == Operation("==", (Name("s"), Literal("a^b")))


def test_blanks_do_not_change_a_formula() -> None:
    tight = parse_formula("log(y)~x+lag(z,2)|firm_id+industry^year|d~z1+z2")
    loose = parse_formula(
        " log( y )  ~ x + lag( z , 2 ) | firm_id  +  industry ^ year | d ~ z1 + z2 "
    )
    assert tight == loose
    assert tight.endogenous == ("d",)
    assert tight.instruments == ("z1", "z2")


def test_a_constant_is_not_a_term() -> None:
    assert parse_formula("y ~ 1 + x").regressors == ("x",)
    assert parse_formula("y ~ 1").regressors == ()


@pytest.mark.parametrize("text", ["y", "y | f", "y ~ x | f | g | h", "~", "y ~ x | a | b ~"])
def test_a_formula_without_its_parts_is_refused(text: str) -> None:
    with pytest.raises(SpecificationError):
        parse_formula(text)


def test_repeated_terms_count_once() -> None:
    assert parse_formula("y ~ x + x | f + f").regressors == ("x",)


def test_names_are_found_at_every_depth() -> None:
    assert names_in(parse("lag(a) + log(b / c) * 2")) == {"a", "b", "c"}


def test_a_list_after_in_is_a_constant() -> None:
    assert parse("p in ['01', '02']") == Operation("in", (Name("p"), Literal(("01", "02"))))


names = st.sampled_from(["x", "sales", "tfp"]).map(Name)
leaves = names | st.integers(0, 99).map(lambda value: Literal(float(value)))
trees = st.recursive(
    leaves,
    lambda inner: (
        st.builds(
            lambda op, a, b: Operation(op, (a, b)),
            st.sampled_from(["+", "-", "*", "/"]),
            inner,
            inner,
        )
        | st.builds(lambda f, a: Call(f, (a,)), st.sampled_from(["log", "exp", "lag"]), inner)
    ),
    max_leaves=8,
)


@given(trees)
def test_the_canonical_spelling_reads_back_as_the_same_tree(tree: Operation) -> None:
    assert parse(canonical(tree)) == tree


@given(st.text(max_size=60))
def test_any_text_is_parsed_or_refused_and_never_crashes(text: str) -> None:
    try:
        parse(text)
    except SpecificationError:
        return


@pytest.mark.parametrize("formula", ["y ~ x - 1", "y ~ -1 + x", "y ~ x - 1 + z", "y ~ x | f - 1"])
def test_a_subtracted_number_does_not_silently_keep_the_constant(formula: str) -> None:
    with pytest.raises(SpecificationError, match=r"terms joined by \+. Found '.*1'"):
        parse_formula(formula)


def test_differences_and_products_with_numbers_are_terms() -> None:
    assert parse_formula("y ~ x - z + (x - 1) * z").regressors == ("x - z", "(x - 1) * z")


def test_a_single_equals_sign_is_answered_with_two() -> None:
    with pytest.raises(SpecificationError, match="Write == to compare"):
        parse("foreign = 0")
