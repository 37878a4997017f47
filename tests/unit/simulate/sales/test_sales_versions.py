from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest
from small_shop import Made, delivered_gross

from mandje.contracts.feeds import FEEDS

MARKS = ("delivery_day", "outcome", "defect")
LEADING = {
    "corrected_orders": "orders",
    "corrected_orders_with_a_line_less": "orders",
    "cancelled_later": "orders",
    "stale_reexports": "orders",
    "returns_before_their_order": "returns",
    "late_returns": "returns",
}


def outcomes_by_the_rule(rows: list[dict[str, Any]], document: str, key: tuple[str, ...]) -> list[str]:
    """What becomes of the rows of a feed, straight from the definition of versions.

    A version is what one delivery holds of a document, ranked by its greatest updated_at, then its day; all
    rows come from the best one. In it the row of a key with the greatest updated_at wins. A loser is a
    duplicate if a better row says the same.
    """
    versions: defaultdict[object, defaultdict[int, list[dict[str, Any]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in rows:
        versions[row[document]][row["delivery_day"]].append(row)
    verdicts: dict[int, str] = {}
    for deliveries in versions.values():
        ranked = sorted(
            deliveries.items(),
            key=lambda item: (max(row["updated_at"] for row in item[1]), item[0]),
            reverse=True,
        )
        verdicts |= _verdicts([version for _, version in ranked], key)
    return [verdicts[id(row)] for row in rows]


def _verdicts(versions: list[list[dict[str, Any]]], key: tuple[str, ...]) -> dict[int, str]:
    verdicts: dict[int, str] = {}
    said: set[tuple[object, ...]] = set()
    taken: set[tuple[object, ...]] = set()
    for rank, version in enumerate(versions):
        for row in sorted(version, key=lambda row: row["updated_at"], reverse=True):
            content = tuple(value for name, value in row.items() if name not in MARKS)
            own = tuple(row[name] for name in key)
            if rank == 0 and own not in taken:
                verdicts[id(row)] = "kept"
            else:
                verdicts[id(row)] = "duplicate" if content in said else "superseded"
            taken.add(own)
            said.add(content)
    return verdicts


@pytest.mark.parametrize("feed", ["orders", "order_lines", "returns"])
def test_every_delivered_row_ends_as_the_rule_of_versions_says(
    made: Made, blocks: list[Made], feed: str
) -> None:
    for part in (made, *blocks):
        rows = list(part.feeds[feed].iter_rows(named=True))
        said = outcomes_by_the_rule(rows, FEEDS[feed].document or "", FEEDS[feed].key)
        assert said == [row["outcome"] for row in rows]


def test_feeds_without_versions_hold_a_key_once(made: Made) -> None:
    for feed in ("adjustments", "payments", "service_contacts", "messages", "message_events"):
        rows = made.feeds[feed]
        assert rows.select(FEEDS[feed].key).is_unique().all()
        assert rows["outcome"].unique().to_list() == ["kept"]


def test_what_is_kept_is_what_was_sold(made: Made) -> None:
    kept = made.feeds["orders"].filter(pl.col("outcome") == "kept").sort("order_id")
    orders = made.sales.orders
    assert kept["order_id"].equals(orders["order"].alias("order_id"))
    assert kept["status"].cast(pl.String).equals(orders["status"])
    assert (kept["total_amount"] * 100).cast(pl.Int64).equals(orders["total"].alias("total_amount"))
    lines = made.feeds["order_lines"].filter(pl.col("outcome") == "kept").sort("order_id", "line_number")
    assert lines["product_id"].equals(made.sales.lines["product"].alias("product_id"))
    assert lines["quantity"].equals(made.sales.lines["quantity"])
    sold = made.sales.lines.select(pl.col("quantity") * pl.col("unit_price")).to_series()
    assert [100 * delivered_gross(line) for line in lines.iter_rows(named=True)] == sold.to_list()


def test_some_lines_tell_what_all_their_units_cost_and_some_that_alone(made: Made) -> None:
    lines = made.feeds["order_lines"]
    told = lines.select(pl.col("unit_price_amount", "gross_amount").is_not_null()).unique()
    assert sorted(told.rows()) == [(False, True), (True, False), (True, True)]
    both = lines.drop_nulls(["unit_price_amount", "gross_amount"]).filter(pl.col("quantity") > 1)
    assert both.height
    assert all(
        line["gross_amount"] == line["quantity"] * line["unit_price_amount"]
        for line in both.iter_rows(named=True)
    )


def _instances(parts: list[Made], defect: str) -> int:
    feed = LEADING[defect]
    rows = pl.concat([part.feeds[feed] for part in parts]).filter(pl.col("defect") == defect)
    return rows[FEEDS[feed].document or ""].n_unique()


@pytest.mark.parametrize("defect", LEADING)
def test_as_many_are_planted_as_the_settings_say(made: Made, blocks: list[Made], defect: str) -> None:
    wanted = getattr(made.world.settings.sales.defects, defect)
    assert wanted == 12
    assert _instances([made], defect) == wanted
    assert len(blocks) == 3
    # Blocks of 450, 450 and 300 of 1200 customers.
    assert [_instances([block], defect) for block in blocks] == [4, 5, 3]


def test_an_order_is_of_one_class_only(made: Made) -> None:
    marked = made.feeds["orders"].filter(pl.col("defect").is_not_null())
    assert marked.group_by("order_id").agg(pl.col("defect").n_unique())["defect"].max() == 1


def _of_class(made: Made, feed: str, defect: str) -> Iterator[pl.DataFrame]:
    rows = made.feeds[feed].filter(pl.col("defect") == defect)
    for document in rows.partition_by(FEEDS[feed].document or "", maintain_order=True):
        yield document.sort("updated_at", "delivery_day")


def test_corrected_orders_end_with_other_content_of_a_later_day(made: Made) -> None:
    for defect in ("corrected_orders", "corrected_orders_with_a_line_less"):
        for header in _of_class(made, "orders", defect):
            assert header["outcome"].to_list() == ["superseded", "superseded", "kept"]
            assert header["total_amount"][0] == header["total_amount"][1] != header["total_amount"][2]
            assert 1 <= header["delivery_day"][2] - header["delivery_day"][0] <= 20
            assert header["delivery_day"][2] < made.world.clock.days - 1


def test_a_line_less_is_a_line_less(made: Made) -> None:
    for lines in _of_class(made, "order_lines", "corrected_orders_with_a_line_less"):
        first, last = lines["updated_at"].min(), lines["updated_at"].max()
        before = lines.filter(pl.col("updated_at") == first)["line_number"].to_list()
        after = lines.filter(pl.col("updated_at") == last)["line_number"].to_list()
        assert before == [*after, len(after) + 1]


def test_stale_headers_come_after_the_newer_ones_half_of_them_with_lines(made: Made) -> None:
    with_lines = 0
    for header in _of_class(made, "orders", "stale_reexports"):
        order = header["order_id"][0]
        newer = made.feeds["orders"].filter(pl.col("order_id") == order, pl.col("outcome") == "kept")
        assert header["outcome"].to_list() == ["duplicate", "superseded"]
        assert header["delivery_day"][0] < newer["delivery_day"][0] < header["delivery_day"][1]
        again = made.feeds["order_lines"].filter(pl.col("order_id") == order, pl.col("defect").is_not_null())
        with_lines += again.height > 0
        days = again["delivery_day"].unique().sort().to_list()
        assert days in ([], [header["delivery_day"][0], header["delivery_day"][1]])
    assert with_lines == 6


def test_a_cancellation_comes_up_to_20_days_later(made: Made) -> None:
    for header in _of_class(made, "orders", "cancelled_later"):
        assert header["status"].to_list() == ["paid", "cancelled"]
        assert header["outcome"].to_list() == ["superseded", "kept"]
        assert 1 <= header["delivery_day"][1] - header["delivery_day"][0] <= 20


def test_late_orders_come_days_after_their_return(made: Made) -> None:
    returns = made.feeds["returns"].filter(pl.col("defect") == "returns_before_their_order")
    returned_on = dict(returns.select("order_id", "delivery_day").iter_rows())
    ordered_on = dict(
        zip(
            made.sales.orders["order"],
            made.world.clock.delivery_day(made.sales.orders["ordered_at"].to_numpy()).tolist(),
            strict=True,
        )
    )
    for feed in ("orders", "order_lines"):
        for rows in _of_class(made, feed, "returns_before_their_order"):
            order, day = rows["order_id"][0], rows["delivery_day"].min()
            assert returned_on[order] < day
            assert 3 <= day - ordered_on[order] <= 10


def test_late_returns_come_up_to_40_days_late(made: Made) -> None:
    clock = made.world.clock
    late = made.feeds["returns"].filter(pl.col("defect") == "late_returns")
    days = late["delivery_day"] - clock.delivery_day(late["returned_at"].cast(pl.Int64).to_numpy())
    assert days.min() >= 1
    assert 20 < days.max() <= 40
