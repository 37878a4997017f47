"""What the closing screen says of the shop's totals, and of the few customers that they hang on."""

from __future__ import annotations

from typing import Any

import pytest

from mandje.cli.screens.next_days import hanging_lines, next_days_lines

ROW = {
    "site": "(all)",
    "horizon_days": 90,
    "expected_order_count": "1243.7000",
    "order_low_count": 981.2,
    "order_high_count": 1563.9,
    "expected_spend_amount": "98049.1200",
    "spend_low_amount": 74012.4,
    "spend_high_amount": 129100.0,
    "interval_reason": None,
    "season_factor_seen": 1.1,
    "season_reason": None,
}


def lines(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    return list(next_days_lines({"totals": list(rows)}, "GBP"))


def test_a_total_with_its_range() -> None:
    orders = "about 1,240 order days of today's customers, 80 % between 981 and 1,560"
    assert lines(ROW) == [("next 90 days", f"{orders}; 98,000 GBP (74,000 to 129,000)")]


def test_without_a_range_it_says_why() -> None:
    why = "2 window(s) of the past to compare with, 3 needed"
    ends = dict.fromkeys(("order_low_count", "order_high_count", "spend_low_amount", "spend_high_amount"))
    told = lines(ROW | ends | {"interval_reason": why})
    assert told == [
        (
            "next 90 days",
            f"about 1,240 order days of today's customers; 98,000 GBP; how sure is not known: {why}",
        )
    ]


def test_without_a_season_it_says_so_once_for_all_horizons() -> None:
    young = ROW | {"season_factor_seen": None, "season_reason": "no year of history"}
    told = lines(young | {"horizon_days": 30}, young, young | {"horizon_days": 365})
    assert [title for title, _ in told] == ["next 30 days", "next 90 days", ""]
    assert told[-1][1] == "30 and 90 days: not corrected for season (no year of history)"


def test_sites_and_totals_that_are_not_known_are_no_lines() -> None:
    assert lines(ROW | {"site": "nl"}, ROW | {"expected_order_count": None}) == []
    assert list(next_days_lines({}, "GBP")) == []  # the record of a version before


@pytest.mark.parametrize(
    ("whole", "one", "few", "told"),
    [
        (
            "-310.5",
            "12",
            "12",
            ["below 0: what these customers cost is more than what they bring; see the costs"],
        ),
        ("100", "51", "70", ["most of it is one customer's: 51.00 GBP; without them 49.00"]),
        ("100", "20", "51", ["most of it is 14 customers' (1 % of them): 51.00 GBP"]),
        ("100", "20", "50", []),
        (None, None, None, []),
    ],
)
def test_on_whom_the_next_year_hangs(
    whole: str | None, one: str | None, few: str | None, told: list[str]
) -> None:
    largest = {"largest_amount": one, "few_amount": few, "few_count": 14}
    found = list(hanging_lines({"expected_value_365d_amount": whole, "largest_customers": largest}, "GBP"))
    assert len(found) == len(told)
    assert all(line.startswith(words) for line, words in zip(found, told, strict=True))
