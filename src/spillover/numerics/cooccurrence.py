"""Pairs that occur together in documents, counted in three ways."""

import numpy as np
from scipy import sparse

from spillover.typing import IntVector


def cooccurrence(
    document: IntVector, code: IntVector, size: int, counting: str, group: IntVector | None = None
) -> sparse.csr_array:
    """B' diag(c) B without its diagonal, for the incidence B of documents on members.

    Parameters
    ----------
    document, code : (m,)
        Document and member of each row, each pair at most once.
    size : int
        Number of members N.
    counting : str
        ``full`` weighs a document of k members 1, ``fractional`` 1/k, ``newman`` 1/(k-1).
    group : (N,), optional
        Groups that count as one member of a document; -1 is a group of its own. No pair stays
        within a group, and the weight of a group is shared by its members in the document.

    Returns
    -------
    (N, N) symmetric weights
    """
    _, document = np.unique(document, return_inverse=True)
    n_documents = int(document.max()) + 1 if len(document) else 0
    share = np.ones(len(code))
    unit = code
    if group is not None:
        unit = np.where(group[code] >= 0, size + group[code], code)
        keys, at, counts = np.unique(
            np.column_stack([document, unit]), axis=0, return_inverse=True, return_counts=True
        )
        share = 1.0 / counts[at.ravel()]
        k = np.bincount(keys[:, 0], minlength=n_documents)
    else:
        k = np.bincount(document, minlength=n_documents)
    weight = _document_weights(k, counting)
    incidence = sparse.csr_array((share, (document, code)), shape=(n_documents, size))
    joint = sparse.csr_array(incidence.T @ (sparse.diags_array(weight) @ incidence)).tocoo()
    rows, columns = joint.coords
    apart = (rows != columns) & (joint.data > 0.0)
    if group is not None:
        apart &= (group[rows] < 0) | (group[rows] != group[columns])
    result = sparse.coo_array(
        (joint.data[apart], (rows[apart], columns[apart])), shape=(size, size)
    ).tocsr()
    result.sort_indices()
    return sparse.csr_array(result)


def _document_weights(k: np.ndarray, counting: str) -> np.ndarray:
    joint = k >= 2
    if counting == "full":
        return joint.astype(np.float64)
    divisor = k - 1 if counting == "newman" else k
    return np.where(joint, 1.0 / np.where(joint, divisor, 1), 0.0)
