"""Planted changes touch what they are about, from their first day on; every other byte stays as it was."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from changed_money import best_seller, halve_orders, raise_cost, send_back
from delivered_rows import chosen, events_from, files_from, rows_from, take_away
from lost_orders import CHECKOUT, leave_more_carts, lose_orders, lose_traffic, on_device

DAYS = (date(2025, 5, 1), date(2025, 5, 2), date(2025, 5, 12))
FIRST, LAST = DAYS[1], DAYS[2]
ORDER_COLUMNS = (
    "order_id,ordered_at,status,site,currency_code,discount_amount,shipping_amount,other_charges_amount,"
    "tax_amount,total_amount\n"
)
LINE_COLUMNS = (
    "order_id,line_number,product_id,quantity,unit_price_amount,gross_amount,discount_amount,"
    "currency_code,note\n"
)
STEPS = ("product_view", "add_to_cart", "begin_checkout", "purchase")
# A byte that is no text: it must be there after a change too.
DAMAGED = b"o9,1,p2,1,9.99,,0.00,EUR,ca\xe9\x85\n"


@pytest.fixture
def exports(tmp_path: Path) -> Path:
    """An order a day on a phone and one on a desktop, and a visit that only looks."""
    for number, day in enumerate(DAYS):
        phone, desktop = f"o00{number}1", f"o00{number}2"
        orders = ORDER_COLUMNS + _order(phone, day) + _order(desktop, day)
        _put(tmp_path / "orders" / str(day) / "orders.csv.gz", gzip.compress(orders.encode()))
        lines = LINE_COLUMNS + _line(phone) + _line(desktop)
        _put(tmp_path / "order_lines" / str(day) / "lines.csv", lines.encode() + DAMAGED)
        _put(tmp_path / "payments" / str(day) / "payments.csv", f"order_id,amount\n{phone},108.90\n".encode())
        _put(tmp_path / "ad_spend" / str(day) / "spend.csv", b"medium,cost_amount\ncpc,1.25\nemail,3.00\n")
        visits = tmp_path / "session_events" / str(day) / "events.parquet"
        visits.parent.mkdir(parents=True)
        _events(day, {"mobile": phone, "desktop": desktop, "tablet": None}).write_parquet(visits)
    for feed in ("returns", "adjustments", "fulfilments", "service_contacts"):
        (tmp_path / feed).mkdir()
    return tmp_path


def test_lost_orders_are_gone_from_every_feed_and_their_carts_stay(exports: Path) -> None:
    before = _bytes(exports, DAYS[0])
    lost = lose_orders(exports, FIRST, 1.0, on_device("mobile"))
    assert lost.to_list() == ["o0011", "o0021"]
    assert rows_from(exports, "orders", FIRST)["order_id"].to_list() == ["o0012", "o0022"]
    assert rows_from(exports, "order_lines", FIRST)["order_id"].to_list() == ["o0012", "o9", "o0022", "o9"]
    assert rows_from(exports, "payments", FIRST).height == 0
    assert _steps(exports, "mobile") == ["product_view", "add_to_cart", "begin_checkout"]
    assert _steps(exports, "desktop") == list(STEPS)
    assert _bytes(exports, DAYS[0]) == before
    assert all(DAMAGED in file.read_bytes() for file in files_from(exports, "order_lines", DAYS[0]))


def test_lost_checkouts_end_in_the_cart(exports: Path) -> None:
    lose_orders(exports, FIRST, 1.0, on_device("mobile"), CHECKOUT)
    assert _steps(exports, "mobile") == ["product_view", "add_to_cart"]


def test_orders_are_chosen_by_their_ids_and_more_of_them_are_the_same_and_others() -> None:
    ids = pl.Series("order_id", [f"o{number:04}" for number in range(2_000)])
    half, third = chosen(ids, 0.5), chosen(ids.reverse(), 0.35)
    assert 0.46 < half.len() / 2_000 < 0.54
    assert set(third) < set(half)
    assert chosen(ids, 0.0).is_empty()
    assert chosen(ids, 1.0).len() == 2_000


def test_a_late_row_of_the_days_before_is_no_order_of_the_change(exports: Path) -> None:
    late = _events(DAYS[0], {"mobile": "o0001"}).with_columns(event_id=pl.lit("late"))
    late.write_parquet(exports / "session_events" / str(FIRST) / "late.parquet")
    assert "o0001" not in lose_orders(exports, FIRST, 1.0).to_list()


def test_more_carts_are_left_by_visits_that_saw_a_product(exports: Path) -> None:
    leave_more_carts(exports, FIRST, 1.0)
    assert _steps(exports, "tablet") == ["product_view", "add_to_cart"]
    assert _steps(exports, "mobile") == list(STEPS)
    added = events_from(exports, FIRST).filter(pl.col("event_id").str.ends_with("planted"))
    assert added["quantity"].to_list() == [Decimal(1)] * 2
    assert events_from(exports, DAYS[0]).height == 3 * 9 + 2


def test_traffic_that_is_gone_takes_its_orders_with_it(exports: Path) -> None:
    lose_traffic(exports, FIRST, pl.col("medium") == "cpc")
    assert _steps(exports, "mobile") == []
    assert rows_from(exports, "orders", FIRST)["order_id"].to_list() == ["o0012", "o0022"]


def test_what_comes_back_was_ordered_five_to_twelve_days_before(exports: Path) -> None:
    assert best_seller(exports, LAST) == "p1"
    # Of 1 May 5 + 1 and 5 + 2 days later, of 2 May 5 + 3 and 5 + 4, of 12 May only after the last day.
    assert send_back(exports, FIRST, LAST, "p1", 1.0) == 4
    files = sorted(exports.glob("returns/*/*"))
    rows = [json.loads(row) for file in files for row in file.read_text().splitlines()]
    assert [(one["order_id"], one["returned_at"][:10]) for one in rows] == [
        ("o0001", "2025-05-07"), ("o0002", "2025-05-08"), ("o0011", "2025-05-10"), ("o0012", "2025-05-11"),
    ]  # fmt: skip
    # 2 × 50 − 10 paid; its order of 95 with shipping bore 18 of tax: 90 × 18 / 95.
    money = {(one["quantity"], one["refund_amount"], one["tax_amount"]) for one in rows}
    assert money == {(2, "90.0", "17.05")}
    assert [file.parent.name for file in files] == [one["returned_at"][:10] for one in rows]


def test_only_the_channel_costs_more_and_only_from_its_first_day(exports: Path) -> None:
    raise_cost(exports, FIRST, 2.0, pl.col("medium") == "cpc")
    assert rows_from(exports, "ad_spend", DAYS[0])["cost_amount"].to_list() == [
        "1.25", "3.00", "2.5", "3.00", "2.5", "3.00",
    ]  # fmt: skip


def test_half_of_every_amount_still_ties(exports: Path) -> None:
    halve_orders(exports, FIRST)
    order, line = (rows_from(exports, feed, LAST).row(0, named=True) for feed in ("orders", "order_lines"))
    goods = 2 * float(line["unit_price_amount"]) - float(line["discount_amount"])
    rest = sum(float(order[name]) for name in ("shipping_amount", "other_charges_amount", "tax_amount"))
    assert goods + rest == float(order["total_amount"]) == 56.5
    assert rows_from(exports, "payments", LAST)["amount"].to_list() == ["54.45"]
    assert rows_from(exports, "orders", DAYS[0])["total_amount"].to_list()[0] == "113.00"


def test_a_missing_delivery_is_gone_whole(exports: Path) -> None:
    take_away(exports, "session_events", LAST)
    assert sorted(one.name for one in (exports / "session_events").iterdir()) == [
        str(one) for one in DAYS[:2]
    ]


def _order(order_id: str, day: date) -> str:
    """45 × 2 of goods, 5 shipping, 18 tax."""
    return f"{order_id},{day}T10:00:00.000000Z,paid,nl,EUR,0.00,5.00,0.00,18.00,113.00\n"


def _line(order_id: str) -> str:
    price = "50.00,," if order_id.endswith("1") else ",100.00,"
    return f"{order_id},1,p1,2,{price}10.00,EUR,plain\n"


def _events(day: date, orders: dict[str, str | None]) -> pl.DataFrame:
    rows = [
        {
            "event_id": f"{day}-{device}-{step}",
            "event_at": datetime(day.year, day.month, day.day, 10, minute, tzinfo=UTC),
            "native_session_id": f"{day}-{device}",
            "event_type": step,
            "medium": "cpc" if device == "mobile" else None,
            "device_category": device,
            "site": "nl",
            "is_bot": None,
            "quantity": None,
            "value_amount": Decimal(108) if step == "purchase" else None,
            "order_id": order if step == "purchase" else None,
        }
        for device, order in orders.items()
        for minute, step in enumerate(STEPS if order else STEPS[:1])
    ]
    amount = pl.Decimal(18, 4)
    return pl.DataFrame(
        rows,
        schema_overrides={
            "event_at": pl.Datetime("us", "UTC"),
            "is_bot": pl.Boolean,
            "quantity": amount,
            "value_amount": amount,
            "order_id": pl.String,
        },
    )


def _steps(exports: Path, device: str) -> list[str]:
    """Of the last day, in their order."""
    events = events_from(exports, LAST).filter(on_device(device)).sort("event_at")
    steps: list[str] = events["event_type"].to_list()
    return steps


def _bytes(exports: Path, day: date) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in exports.glob(f"*/{day}/*")}


def _put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
