"""The search for dead cycles while a stage works."""

import gc
import weakref

import pytest

from mandje.system.garbage import seldom_collected


class _Knot:
    """An object that only a search for cycles can free."""

    def __init__(self) -> None:
        self.itself = self


def _fails(seen: list[int]) -> None:
    with seldom_collected():
        seen.append(gc.get_threshold()[0])
        raise ValueError("a fault")


def test_thresholds_are_as_before_also_after_a_fault() -> None:
    before, seen = gc.get_threshold(), list[int]()
    with pytest.raises(ValueError, match="a fault"):
        _fails(seen)
    assert seen[0] > before[0]
    assert gc.get_threshold() == before


def test_dead_cycles_are_still_found() -> None:
    with seldom_collected():
        first = weakref.ref(_Knot())
        kept = [[one] for one in range(200_000)]
    assert len(kept) == 200_000
    assert first() is None
