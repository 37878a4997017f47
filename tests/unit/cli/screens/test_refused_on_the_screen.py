"""What the closing screen says of refused files, and of rows that became more or fewer."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import polars as pl

from mandje.cli.screens import closing_screen
from mandje.cli.screens.closing_screen import _rows
from store_support import drop, make_shop, night

REPORT = "Campagne\tValutacode\tKosten\tKlikken\nNL\tEUR\t1,5\t3\n"
SHOP_TOML = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.main = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.google_ads = { adapter = "google_ads" }
"""


def test_a_refused_file_says_what_it_is_and_what_to_do(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", SHOP_TOML)
    drop(shop, "google_ads", "2025-01-07", REPORT, name="a.csv")
    night(shop)
    lines = closing_screen.closing_screen(shop, [date(2025, 1, 8)])
    assert "a.csv: the file is none that its source's adapter reads; this looks like a Google Ads" in lines
    assert "it names no day: make the report again, segmented by day" in lines


def books(derived: list[int]) -> SimpleNamespace:
    accounts = SimpleNamespace(
        destinations=pl.DataFrame({"destination": ["ad_spend"], "row_count": [6]}),
        delivered=pl.DataFrame({"row_count": [6]}),
        deliveries=1,
        derived=pl.DataFrame({"row_count": derived}, schema={"row_count": pl.Int64}),
    )
    outcomes = pl.DataFrame({"outcome": ["kept", "duplicate", "kept"], "row_count": [3, 1, 2]})
    return SimpleNamespace(accounts=accounts, outcomes=outcomes)


def test_rows_that_were_made_or_added_up_are_told_apart() -> None:
    (_, made), (_, both) = (list(_rows(books(d)))[1] for d in ([2], [2, -3]))  # type: ignore[arg-type]
    assert made.endswith("2 derived from them (orders from lines, events by product); of all these:"
                         " 1 duplicate, 5 kept")  # fmt: skip
    assert "2 derived from them (orders from lines, events by product), 3 added up with others;" in both
