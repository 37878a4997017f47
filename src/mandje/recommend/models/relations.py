"""How much one product says of another: order cosine, and EASE."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from mandje.recommend.models.purchases import Matrix, Rows

# So many more orders of each: two products that met once, in the one order of both, are no pair.
_COSINE_SHRINKAGE = 10.0


def order_cosine(baskets: Rows) -> Matrix:
    """Products × products: orders with both ÷ (√(orders with one · orders with the other) + 10)."""
    together = _together(baskets)
    sold = np.sqrt(np.diag(together))
    cosine = together / (np.outer(sold, sold) + _COSINE_SHRINKAGE)
    np.fill_diagonal(cosine, 0.0)
    return cosine


def ease(bought: Rows, penalty: float) -> Matrix:
    """Products × products: B of EASE (Steck 2019, equation 8), each product as a sum over all others.

    B = −P ÷ diag(P) by column with P = (XᵀX + λI)⁻¹, and 0 on the diagonal: what the others leave unsaid.
    """
    gram = _together(bought)
    gram[np.diag_indices_from(gram)] += penalty
    # The penalty makes it positive definite: Cholesky takes half of the time of a general inverse.
    factor, _ = lapack.dpotrf(gram, lower=1, overwrite_a=1)
    inverse, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)
    inverse = np.tril(inverse)
    inverse += np.tril(inverse, -1).T
    weights: Matrix = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def _together(rows: Rows) -> Matrix:
    """How many rows hold both: whole numbers, so the same on any number of threads."""
    together: Matrix = np.asarray((rows.T @ rows).toarray(order="F"))
    return together
