"""Functional dependence: what is left of a free input once the control function is held fixed."""

import numpy as np

from spillover.errors import IdentificationError
from spillover.productivity.first_stage import FirstStage
from spillover.productivity.inputs import Inputs


def own_variation(stage: FirstStage, data: Inputs) -> tuple[dict[str, float], tuple[str, ...]]:
    """Share of the variance of each free input that the other first-stage columns leave.

    Returns
    -------
    shares : dict
        ``own variation of X`` in [0, 1].
    notes : tuple of str
        Warnings for shares below 5 %.

    Raises
    ------
    IdentificationError
        A share below one in a million: the elasticity is not identified in the first stage.

    References
    ----------
    Ackerberg, Caves and Frazer (2015), section 3.
    """
    free = [stage.names.index(name) for name in data.free.names]
    shares, notes = {}, []
    for name, at in zip(data.free.names, free, strict=True):
        basis, _ = np.linalg.qr(np.delete(stage.H, at, axis=1))
        column = stage.H[:, at]
        left = column - basis @ (basis.T @ column)
        share = float(left @ left) / float(np.sum((column - column.mean()) ** 2))
        shares[f"own variation of {name}"] = share
        if share < 1e-6:
            raise IdentificationError(
                f"Expected {name} to vary at given states and proxy{data.where}.",
                f"Found {share:.1e} of its variance left after the polynomial.",
                "It is a function of states and proxy, so its elasticity is not identified in the "
                "first stage: use AckerbergCavesFrazer.",
            )
        if share < 0.05:
            notes.append(
                f"only {share:.1%} of the variance of {name} is left at given states and proxy: "
                "its elasticity is weakly identified"
            )
    return shares, tuple(notes)
