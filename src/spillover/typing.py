"""Aliases for arrays and literals shared by every layer."""

from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatVector: TypeAlias = NDArray[np.float64]
FloatMatrix: TypeAlias = NDArray[np.float64]
IntVector: TypeAlias = NDArray[np.signedinteger[Any]]
BoolVector: TypeAlias = NDArray[np.bool_]
BoolMatrix: TypeAlias = NDArray[np.bool_]
TextVector: TypeAlias = NDArray[np.object_]

SmallSample: TypeAlias = Literal[
    "fixest", "stata", "xtreg", "linearmodels", "linearmodels_clustered", "petersen", "none"
]
Severity: TypeAlias = Literal["error", "warning", "note"]
