"""Moments of an innovation and their derivatives, added up row by row (compiled).

The law of motion is concentrated out as in :mod:`spillover.numerics.markov`, but none of its
columns is stored: two passes over the rows add up the few numbers that a step of a solver needs.
Rows are added in blocks, so that sums are nearly as exact as pairwise ones; rows without weight
cost nothing. Laws with many dummies are left to products of matrices.
"""

from dataclasses import dataclass, replace

import numba
import numpy as np

from spillover.numerics.markov import Law, Residual, collinear_law, concentrate, powers_of
from spillover.typing import FloatMatrix, FloatVector

BLOCK = 1024
"""Rows that are added up before they join the total."""

NARROW = 16
"""Columns of a law up to which loops are faster than products of matrices."""

Ends = tuple[FloatVector, FloatVector]
"""Target and lagged productivity, (n2,) each."""

Slopes = tuple[FloatMatrix, FloatMatrix]
"""Derivatives of the technology with respect to the parameters at both ends, (n2, q) each."""


@dataclass(frozen=True, slots=True, eq=False)
class Accumulator:
    """What stays the same on pairs of years while parameters move."""

    law: Law
    """Law of motion."""

    fixed: FloatMatrix
    """(n2, c) multipliers of the law, with the second generated variable inside."""

    weights: FloatVector
    """(n2,) weights, or ones."""

    Z: FloatMatrix
    """(n2, p) instruments; without columns for a criterion."""

    extra: FloatVector
    """(n2,) what is added to the innovation in a criterion, or zeros."""

    @classmethod
    def of(
        cls,
        law: Law,
        weights: FloatVector | None = None,
        second: FloatVector | None = None,
        Z: FloatMatrix | None = None,
        extra: FloatVector | None = None,
    ) -> "Accumulator":
        """With whatever is absent replaced by what changes nothing."""
        n, fixed = len(law.multipliers), law.multipliers
        if second is not None:
            fixed = fixed * powers_of(second, int(law.second.max(initial=0)))[law.second].T
        return cls(
            law,
            np.ascontiguousarray(fixed, dtype=np.float64),
            np.ones(n) if weights is None else np.ascontiguousarray(weights),
            np.zeros((n, 0)) if Z is None else np.ascontiguousarray(Z),
            np.zeros(n) if extra is None else np.ascontiguousarray(extra),
        )

    def moments(self, ends: Ends, slopes: Slopes) -> tuple[FloatVector, FloatMatrix]:
        """Sums Z'wr and their derivatives (p, q).

        Raises
        ------
        IdentificationError
            The columns of the law are collinear.
        """
        if len(self.law.powers) > NARROW:
            fit, moved, back = self._whole(ends, slopes)
            weighted = self.Z * self.weights[:, None]
            return np.asarray(weighted.T @ fit.r), weighted.T @ moved - (weighted.T @ fit.G) @ back
        (zr, zm, zg, *_), left, back = self._sums(ends, slopes)
        return np.asarray(zr - zg @ left), np.asarray(zm - zg @ back)

    def criterion(self, ends: Ends, slopes: Slopes) -> tuple[float, FloatVector]:
        """Sum of w(r + extra)^2 and its gradient (q,).

        Raises
        ------
        IdentificationError
            The columns of the law are collinear.
        """
        if len(self.law.powers) > NARROW:
            fit, moved, back = self._whole(ends, slopes)
            r = fit.r + self.extra
            weighted = r * self.weights
            gradient = 2 * (moved.T @ weighted - back.T @ (fit.G.T @ weighted))
            return float(weighted @ r), np.asarray(gradient)
        (*_, gm, _, _, ge, mr, rr), left, back = self._sums(ends, slopes)
        gradient = 2 * (mr - gm.T @ left - back.T @ ge)
        return float(rr[0] - 2 * (left @ ge)), np.asarray(gradient)

    def _whole(self, ends: Ends, slopes: Slopes) -> tuple[Residual, FloatMatrix, FloatMatrix]:
        """The residual with its moves, all columns stored: faster where they are many."""
        law = replace(self.law, multipliers=self.fixed)
        fit = concentrate(*ends, law, self.weights)
        return fit, *fit.moves(-slopes[0], -slopes[1])

    def _sums(
        self, ends: Ends, slopes: Slopes
    ) -> tuple[tuple[FloatMatrix, ...], FloatVector, FloatMatrix]:
        """All sums, what rounding left of the coefficients, and how they move."""
        law, c, q, p = self.law, len(self.law.powers), slopes[0].shape[1], self.Z.shape[1]
        shapes: tuple[tuple[int, ...], ...] = (
            (p,), (p, q), (p, c), (c, q), (c, q), (c,), (c,), (q,), (1,),
        )  # fmt: skip
        out = tuple(np.zeros(shape) for shape in shapes)
        gram, right = np.zeros((c, c)), np.zeros(c)
        form = (self.fixed, law.powers, float(law.centre), 1.0 / law.scale)
        slopes = np.ascontiguousarray(slopes[0]), np.ascontiguousarray(slopes[1])
        _law_sums(*ends, form, self.weights, gram, right)
        try:
            gamma = np.linalg.solve(gram, right)
            _moment_sums(ends, slopes, form, gamma, (self.weights, self.Z, self.extra), out)
            left = np.asarray(np.linalg.solve(gram, out[5]))
            back = np.asarray(np.linalg.solve(gram, out[3] - out[4]))
        except np.linalg.LinAlgError as error:
            raise collinear_law(law) from error
        return out, left, back


@numba.njit(cache=True, nogil=True)
def _law_sums(target, lag, form, weights, gram, right):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901 - a kernel
    """G'wG and G'wt."""
    (fixed, powers, centre, unit), n, c = form, len(target), len(right)
    part, own, G, ladder = np.empty((c, c)), np.empty(c), np.empty(c), np.ones(powers.max() + 1)
    for start in range(0, n, BLOCK):
        part[:], own[:] = 0.0, 0.0
        for i in range(start, min(start + BLOCK, n)):
            w, z = weights[i], (lag[i] - centre) * unit
            if w == 0.0:
                continue
            for power in range(1, len(ladder)):
                ladder[power] = ladder[power - 1] * z
            for a in range(c):
                G[a] = fixed[i, a] * ladder[powers[a]]
                g = w * G[a]
                own[a] += g * target[i]
                for b in range(a + 1):
                    part[a, b] += g * G[b]
        gram += part
        right += own
    for a in range(c):
        for b in range(a):
            gram[b, a] = gram[a, b]


@numba.njit(cache=True, nogil=True)
def _moment_sums(ends, slopes, form, gamma, rows, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - a kernel
    """Sums of the residual and of its derivatives, block by block."""
    zr, zm, zg, gm, turn, gr, ge, mr, rr = out
    q, p, c, n = len(mr), len(zr), len(gamma), len(ends[0])
    for start in range(0, n, BLOCK):
        by_z = (np.zeros(p), np.zeros((p, q)), np.zeros((p, c)))
        by_g = (np.zeros((c, q)), np.zeros((c, q)), np.zeros(c), np.zeros(c))
        own = (np.zeros(q), np.zeros(1))
        stop = min(start + BLOCK, n)
        _moment_block(start, stop, ends, slopes, form, gamma, rows, (by_z, by_g, own))
        zr += by_z[0]
        zm += by_z[1]
        zg += by_z[2]
        gm += by_g[0]
        turn += by_g[1]
        gr += by_g[2]
        ge += by_g[3]
        mr += own[0]
        rr += own[1]


@numba.njit(cache=True, nogil=True)
def _moment_block(start, stop, ends, slopes, form, gamma, rows, out):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, C901, PLR0912, PLR0913, PLR0917 - a kernel
    """``moved`` is the derivative of the residual at given coefficients of the law."""
    (target, lag), (at_now, at_before), (weights, Z, extra) = ends, slopes, rows
    (zr, zm, zg), (gm, turn, gr, ge), (mr, rr) = out
    (fixed, powers, centre, unit), q, p, c = form, at_now.shape[1], Z.shape[1], len(gamma)
    G, rise, moved, ladder = np.empty(c), np.empty(c), np.empty(q), np.ones(powers.max() + 1)
    for i in range(start, stop):
        w, z = weights[i], (lag[i] - centre) * unit
        if w == 0.0:
            continue
        for power in range(1, len(ladder)):
            ladder[power] = ladder[power - 1] * z
        r, slope = target[i], 0.0
        for a in range(c):
            m, power = fixed[i, a], powers[a]
            G[a] = m * ladder[power]
            rise[a] = m * power * unit * ladder[max(power - 1, 0)]
            r -= G[a] * gamma[a]
            slope += rise[a] * gamma[a]
        e = r + extra[i]
        rr[0] += w * e * e
        for j in range(q):
            moved[j] = slope * at_before[i, j] - at_now[i, j]
            mr[j] += w * moved[j] * e
        for a in range(c):
            g, h = w * G[a], w * rise[a] * r
            gr[a] += g * r
            ge[a] += g * e
            for j in range(q):
                gm[a, j] += g * moved[j]
                turn[a, j] += h * at_before[i, j]
        for b in range(p):
            g = w * Z[i, b]
            zr[b] += g * r
            for j in range(q):
                zm[b, j] += g * moved[j]
            for a in range(c):
                zg[b, a] += g * G[a]
