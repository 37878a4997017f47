"""The page beside `current` follows the night; what makes it is imported then, not by every stage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from mandje.errors import MandjeError
from mandje.shop.settings import Shop


@contextmanager
def page_follows(shop: Shop, *, is_end: bool) -> Iterator[None]:
    """Place the page once a stage has ended the night, or stopped it."""
    try:
        yield
    except Exception:
        # Where the disk is full or a file of ours is damaged: the night's own fault is what must be told.
        with suppress(OSError, MandjeError):
            _place_page(shop)
        raise
    if is_end:
        _place_page(shop)


def _place_page(shop: Shop) -> None:
    from mandje.night.morning_page import place_page

    place_page(shop)
