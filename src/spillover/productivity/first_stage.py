"""The first stage: output on free inputs and a polynomial, and what it refuses."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spillover.errors import IdentificationError, first_cases
from spillover.numerics.polynomial import Scale, exponents, monomials
from spillover.productivity.inputs import Columns, Inputs, Pairs
from spillover.productivity.refusals import refuse_exact_output
from spillover.typing import BoolVector, FloatMatrix


@dataclass(frozen=True, slots=True, eq=False)
class FirstStage:
    """Design of the first stage with the names of its columns."""

    H: FloatMatrix
    """(m, h) columns, constant first."""

    names: tuple[str, ...]
    """h names."""

    kept: BoolVector
    """(h,) columns whose fitted part is productivity."""


def first_stage_of(
    data: Inputs, degree: int, *, free_inside: bool, controls_inside: bool
) -> FirstStage:
    """Design of the first stage: free inputs linear, or inside the polynomial.

    Parameters
    ----------
    data : Inputs
        Logs.
    degree : int
        Total degree of the polynomial.
    free_inside : bool
        Whether free inputs enter the polynomial, as in Ackerberg, Caves and Frazer.
    controls_inside : bool
        Whether controls stay inside productivity.
    """
    inside = [data.state, data.proxy, data.shifters]
    inside = [data.free, *inside] if free_inside else inside
    x = np.column_stack([one.values for one in inside])
    names = tuple(name for one in inside for name in one.names)
    refuse_constant(x, names, data)
    refuse_constant(data.free.values, data.free.names, data)
    refuse_exact_output(data.y, np.column_stack([data.free.values, data.state.values]), data)
    powers = exponents(x.shape[1], degree)
    poly = monomials(Scale.of(x).apply(x), powers)
    outside = Columns((), np.zeros((len(x), 0))) if free_inside else data.free
    controls = data.controls
    design = np.column_stack([np.ones(len(x)), outside.values, controls.values, poly])
    labels = ("1", *outside.names, *controls.names, *(_monomial(names, power) for power in powers))
    kept = np.ones(design.shape[1], dtype=bool)
    kept[1 : 1 + len(outside.names)] = False
    if not controls_inside:
        kept[1 + len(outside.names) :][: len(controls.names)] = False
    others = [j for j, name in enumerate(labels) if name not in outside.names]
    refuse_collinear(design[:, others], [labels[j] for j in others], data)
    return FirstStage(design, labels, kept)


def _monomial(names: tuple[str, ...], powers: Sequence[int]) -> str:
    parts = [n if p == 1 else f"{n}^{p}" for n, p in zip(names, powers, strict=True) if p]
    return "*".join(parts)


def refuse_constant(x: FloatMatrix, names: Sequence[str], data: Inputs) -> None:
    """Refuse inputs that never vary, by name."""
    flat = [name for name, column in zip(names, x.T, strict=True) if np.ptp(column) < 1e-12]
    if flat:
        raise IdentificationError(
            f"Expected inputs that vary{data.where}.",
            f"Found {', '.join(flat)} with one value in {len(x):,} rows.",
            "What never varies has no elasticity: leave it out, or check the column.",
        )


def refuse_collinear(design: FloatMatrix, names: Sequence[str], data: Inputs) -> None:
    """Refuse first-stage columns that are functions of earlier ones, by name."""
    if len(design) <= design.shape[1]:
        raise IdentificationError(
            f"Expected more firm-years than first-stage columns{data.where}.",
            f"Found {len(design):,} rows and {design.shape[1]} columns.",
            "Lower the degree of the polynomial, pool industries, or leave small ones out with a "
            "filter.",
        )
    scale = np.linalg.norm(design, axis=0)
    triangle = np.linalg.qr(design / np.where(scale > 0, scale, 1.0), mode="r")
    weak = np.abs(np.diag(triangle)) < 1e-9
    if weak.any():
        listed = first_cases(np.array(names, dtype=object)[weak])
        raise IdentificationError(
            f"Expected first-stage columns that are not collinear{data.where}.",
            f"Found {int(weak.sum())} that are functions of the columns before them ({listed}).",
            "A proxy that is a function of the states or of a control carries no information: "
            "use another proxy or drop the control.",
        )


def refuse_few_pairs(data: Inputs, pairs: Pairs, parameters: int) -> None:
    """Refuse a second stage with fewer firms than parameters."""
    firms = len(np.unique(data.panel.codes[data.rows[pairs.now]]))
    if firms <= parameters:
        raise IdentificationError(
            "Expected more firms with two consecutive calendar years than second-stage "
            f"parameters{data.where}.",
            f"Found {firms:,} firms ({len(pairs.now):,} pairs of years) and {parameters} "
            "parameters.",
            "Pool industries, leave small ones out with a filter, lower the degree of the law of "
            "motion, or check gaps in the years.",
        )
