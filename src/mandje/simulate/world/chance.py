"""Chance that is the same on every machine.

Every draw has a generator of its own, named by what it decides, so that a new draw moves no other. Draws
come from numpy's scalar code; what libraries may compute differently in the last digit (logarithms, powers,
sums of floats) is put on a grid before anything follows from it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


def chance(seed: int, *names: str | int) -> np.random.Generator:
    """The generator of the decision with these names."""
    digest = hashlib.sha256("/".join(str(name) for name in (seed, *names)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def pick(generator: np.random.Generator, size: int, weights: Sequence[float]) -> Integers:
    """`size` positions in `weights`, each as likely as its weight; weights count to a millionth."""
    edges = np.cumsum([round(weight * 1_000_000) for weight in weights])
    return np.searchsorted(edges, generator.integers(0, edges[-1], size), side="right").astype(np.int64)


def happens(generator: np.random.Generator, probability: Floats | float, size: int) -> Flags:
    """Whether each of `size` things happens."""
    return np.asarray(generator.random(size) < probability)


def on_grid(values: Floats) -> Floats:
    """Values to 24 binary digits: what differs in the last digit elsewhere is equal here."""
    return values.astype(np.float32).astype(np.float64)
