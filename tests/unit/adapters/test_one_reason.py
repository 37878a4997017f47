"""A document that is refused has one reason: that of the first rule, whatever the order of the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from mandje.adapters.base import REFUSED_SCHEMA
from mandje.adapters.refusals import one_each, refused_as, shown

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)


@pytest.mark.parametrize("turned", [False, True])
def test_one_reason_for_each_document(turned: bool) -> None:  # noqa: FBT001 - a case
    rows = pl.DataFrame({"delivery_date": [DAY, DAY, NEXT], "id": ["2", "2", "2"], "n": [7, 5, 6]})
    rows = rows.reverse() if turned else rows
    of_one = refused_as(rows.filter(pl.col("n") == 6), "id", "no_site", pl.lit("no site"))
    of_lines = refused_as(rows, pl.format("memo {}", "id"), "line_twice", pl.format("line {}", "n"))
    found = one_each([of_one, of_lines, refused_as(rows, "id", "does_not_tie", pl.lit("sums"))])
    assert dict(found.schema) == REFUSED_SCHEMA
    assert found.rows() == [
        (DAY, "2", "does_not_tie", "sums"),
        (DAY, "memo 2", "line_twice", "line 5"),
        (NEXT, "2", "no_site", "no site"),
        (NEXT, "memo 2", "line_twice", "line 6"),
    ]


def test_no_reason_is_an_empty_frame() -> None:
    assert one_each([]).equals(pl.DataFrame(schema=REFUSED_SCHEMA))


def test_amounts_have_two_places_or_more() -> None:
    amounts = pl.DataFrame({"a": [Decimal("1200.0000"), Decimal("-0.5000"), Decimal("1.2345"), None]})
    assert amounts.select(shown("a")).to_series().to_list() == ["1200.00", "-0.50", "1.2345", None]
