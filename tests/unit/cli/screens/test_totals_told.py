from __future__ import annotations

from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from mandje.cli.screens import totals
from mandje.cli.screens.totals import priced_lines, totals_lines
from mandje.night.audit import Reconciliation
from mandje.warehouse.order_totals import TOTALS_SCHEMA
from mandje.warehouse.outcomes import OUTCOME_SCHEMA


def books(totals: list[tuple[Any, ...]], outcomes: list[tuple[Any, ...]]) -> Reconciliation:
    made = SimpleNamespace(
        totals=pl.DataFrame(totals, schema=TOTALS_SCHEMA, orient="row"),
        outcomes=pl.DataFrame(outcomes, schema=OUTCOME_SCHEMA, orient="row"),
    )
    return cast(Reconciliation, made)


def test_orders_that_tie_say_so_per_currency() -> None:
    tied = [(code, 3, Decimal(30), Decimal(25), Decimal(5), Decimal(0), 0) for code in ("EUR", "USD")]
    assert list(totals_lines(books(tied, []), "s")) == [
        "3 order totals less their lines and other parts: difference 0.00 EUR",
        "3 order totals less their lines and other parts: difference 0.00 USD",
    ]


def test_what_does_not_tie_and_lines_without_an_order_are_told_with_their_money() -> None:
    totals = [("EUR", 1200, Decimal(130), Decimal(30), Decimal(5), Decimal("95.1"), 2)]
    day = date(2025, 1, 1)
    outcomes = [
        ("order_lines", day, "order_lines", "EUR", "kept", 9, Decimal(30)),
        *[("order_lines", day, "order_lines", "EUR", "without_header", 2, Decimal("7.5"))] * 2,
    ]
    assert list(totals_lines(books(totals, outcomes), "data/s")) == [
        "1,200 order totals less their lines and other parts: difference 95.10 EUR; 2 order(s) do not tie",
        "which: `mandje warnings data/s order_totals_add_up`",
        "4 line(s) worth 15.00 EUR have no order, and are in no table",
    ]


def test_before_the_first_build_there_is_nothing_to_tell() -> None:
    assert list(totals_lines(books([], []), "s")) == []


def test_returns_that_told_no_refund_are_told_with_their_worth(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = cast(Any, SimpleNamespace(settings=SimpleNamespace(reporting_currency="EUR")))
    monkeypatch.setattr(totals, "query_snapshot", lambda *_: pl.DataFrame({"sum": [Decimal("12.5")]}))
    later = ("returns", date(2025, 1, 1), "returns", "USD", "priced_later", 3, Decimal(0))
    assert list(priced_lines(books([], [later]), shop)) == [
        "3 return line(s) told no refund: priced later by what was paid for them, 12.50 EUR"
    ]
    assert list(priced_lines(books([], []), shop)) == []
