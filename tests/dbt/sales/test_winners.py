"""Winners and outcomes of random histories, against a slow computation row by row."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mandje.contracts.feeds import FEEDS
from mandje.shop.settings import Shop
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.outcomes import row_outcomes
from raw_shop import raw_frame

AS_OF = date(2025, 1, 31)
HISTORIES = 400
# One source lists changes, one delivers refunds within their orders.
SETTINGS = """
[sources.app]
adapter = "canonical"
documents = "changes"
[sources.platform]
adapter = "thelook"
"""
TIMES = {"orders": "ordered_at", "returns": "returned_at", "adjustments": "adjusted_at"}


Row = dict[str, Any]
Rank = tuple[Any, ...]
Orders = dict[str, dict[str, list[Row]]]
REFUNDS = {"returns", "adjustments"}


def _changed(chance: random.Random) -> datetime | None:
    return chance.choice([None, *(datetime(2025, 1, day, tzinfo=UTC) for day in (5, 6, 7))])


def _placed(chance: random.Random) -> datetime:
    """Around the as-of date's end in Amsterdam, which is 23:00 UTC."""
    return datetime(2025, 1, 31, 22, 59, tzinfo=UTC) + timedelta(minutes=chance.choice([-9000, 0, 0, 1, 2]))


def _history(chance: random.Random, number: int) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    name = f"o{number}"
    only = chance.choice([("orders", "order_lines"), ("orders",), ("order_lines",), None])
    sources = chance.choice([["shop", "web"], ["app"], ["app", "web"], ["platform"], ["platform", "shop"]])
    order = {"order_id": chance.choice([name, None])}
    for _ in range(chance.randint(1, 5)):
        where = {
            "delivery_source": chance.choice(sources),
            "delivery_date": date(2025, 1, chance.randint(1, 4)),
            "delivery_file": chance.choice(["a.csv", "b.csv"]),
        }
        parts = only or chance.choice([("orders",), ("order_lines",)])
        for _ in range(chance.choice([0, 1, 1, 1, 2]) if "orders" in parts else 0):
            status = chance.choice(["paid", "cancelled"])
            rows["orders"].append(
                where
                | {
                    "order_id": name,
                    "status": status,
                    "updated_at": _changed(chance),
                    "ordered_at": _placed(chance),
                }
            )
        for _ in range(chance.randint(0, 4) if "order_lines" in parts else 0):
            gone = (
                {"quantity": Decimal(0)}
                if where["delivery_source"] == "app" and chance.random() < 0.3
                else {}
            )
            rows["order_lines"].append(where | {"order_id": name, **_line(chance)} | gone)
        for _ in range(chance.randint(0, 2)):
            placed = {"returned_at": _placed(chance), "refund_amount": Decimal(chance.randint(1, 2))}
            rows["returns"].append(where | {"return_id": name, **_line(chance), **placed, **order})
        for _ in range(chance.randint(0, 1)):
            amount = Decimal(chance.randint(1, 2))
            rows["adjustments"].append(
                where | {"adjustment_id": name, "amount": amount, "adjusted_at": _placed(chance), **order}
            )
    return rows


def _line(chance: random.Random) -> Row:
    return {
        "line_number": chance.randint(1, 3),
        "quantity": Decimal(chance.randint(1, 2)),
        "updated_at": _changed(chance),
    }


def _row_rank(row: Row) -> Rank:
    changed = row.get("updated_at")
    return (
        (changed is not None, changed or datetime.min.replace(tzinfo=UTC)),
        row["delivery_date"],
        row["delivery_source"],
        row["delivery_file"],
        row["delivery_line"],
    )


def _version(row: Row) -> tuple[str, date]:
    return row["delivery_source"], row["delivery_date"]


def _version_rank(document: Iterable[Row]) -> Callable[[Row], Rank]:
    best: dict[tuple[str, date], Rank] = {}
    for row in document:
        rank = (_row_rank(row)[0], row["delivery_date"], row["delivery_source"])
        best[_version(row)] = max(best.get(_version(row), rank), rank)
    return lambda row: best[_version(row)]


def _winning_rows(feed: str, parts: dict[str, list[Row]], orders: Orders) -> list[Row]:
    """Rows of the versions of one document that give rows of `feed`; `parts` holds all its rows by feed."""
    rank = _version_rank(row for part in parts.values() for row in part)
    rows = [row for row in parts[feed] if not (feed in REFUNDS and _is_withdrawn(row, orders))]
    may_change = feed in {"order_lines", "returns"}
    whole = [row for row in rows if not (may_change and row["delivery_source"] == "app")]
    best = max(map(rank, whole), default=None)
    changes = [row for row in rows if row not in whole and (best is None or rank(row) > best)]
    return [row for row in whole if rank(row) == best] + changes


def _is_withdrawn(row: Row, orders: Orders) -> bool:
    """Whether a refund came with its order's lines, and the same source brought a newer version of them."""
    parts = orders.get(row["order_id"], {})
    rank = _version_rank(one for part in parts.values() for one in part)
    lines = [one for one in parts.get("order_lines", []) if one["delivery_source"] == row["delivery_source"]]
    came_with = [one for one in lines if one["delivery_date"] == row["delivery_date"]]
    return bool(
        row["delivery_source"] == "platform" and came_with and rank(came_with[0]) < max(map(rank, lines))
    )


def _slow(feed: str, parts: dict[str, list[Row]], orders: Orders) -> list[tuple[Row, str]]:
    """Every row of `feed` in one document, with what must become of it."""
    winning = _winning_rows(feed, parts, orders)
    version_rank = _version_rank(row for part in parts.values() for row in part)

    def rank(row: Row) -> Rank:
        return (True, (), _row_rank(row)) if row in winning else (False, version_rank(row), _row_rank(row))

    best: dict[Rank, Row] = {}
    for row in sorted(winning, key=_row_rank):
        best[tuple(row[name] for name in FEEDS[feed].key)] = row
    content = FEEDS[feed].names
    outcomes = []
    for row in parts[feed]:
        same = [one for one in parts[feed] if all(one[name] == row[name] for name in content)]
        beaten = "duplicate" if any(rank(one) > rank(row) for one in same) else "superseded"
        stands = "took_away" if feed == "order_lines" and row["quantity"] == 0 else "kept"
        outcomes.append((row, stands if row in best.values() else beaten))
    return outcomes


@pytest.fixture(scope="module")
def histories() -> dict[str, list[Row]]:
    chance = random.Random(20250131)
    rows: dict[str, list[Row]] = defaultdict(list)
    for number in range(HISTORIES):
        for feed, some in _history(chance, number).items():
            rows[feed] += some
    return {feed: raw_frame(FEEDS[feed], some).to_dicts() for feed, some in rows.items()}


@pytest.fixture(scope="module")
def shop(histories: dict[str, list[Row]], build_warehouse: Callable[..., Shop]) -> Shop:
    models = ("staging", "int_wrong_clocks_found", "int_order_clocks_found", "int_row_outcomes")
    return build_warehouse(histories, AS_OF, ("--select", *models), SETTINGS)


@pytest.fixture(scope="module")
def expected(histories: dict[str, list[Row]]) -> dict[str, list[tuple[Row, str]]]:
    documents: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    families = {"orders": "order", "order_lines": "order", "returns": "return", "adjustments": "adjustment"}
    for feed, rows in histories.items():
        for row in rows:
            documents[f"{families[feed]} {row[f'{families[feed]}_id']}"][feed].append(row)
    orders = {
        key.removeprefix("order "): parts for key, parts in documents.items() if key.startswith("order ")
    }
    outcomes: dict[str, list[tuple[Row, str]]] = defaultdict(list)
    for parts in documents.values():
        for feed in list(parts):
            outcomes[feed] += _slow(feed, parts, orders)
    return outcomes


@pytest.mark.parametrize("feed", ["orders", "order_lines", "returns", "adjustments"])
def test_winners_are_those_of_the_slow_computation(
    feed: str, shop: Shop, expected: dict[str, list[tuple[Row, str]]]
) -> None:
    names = (*FEEDS[feed].names, "delivery_source", "delivery_date")
    with open_warehouse(shop, read_only=True) as connection:
        built = connection.execute(f"SELECT {', '.join(names)} FROM staging.stg_{feed}").fetchall()
    slow = [tuple(row[name] for name in names) for row, outcome in expected[feed] if outcome == "kept"]
    assert len(slow) > HISTORIES / 4
    assert Counter(built) == Counter(slow)


@pytest.mark.parametrize("feed", ["orders", "order_lines", "returns", "adjustments"])
def test_outcomes_are_those_of_the_slow_computation(
    feed: str, shop: Shop, expected: dict[str, list[tuple[Row, str]]]
) -> None:
    headers = {row["order_id"]: row for row, outcome in expected["orders"] if outcome == "kept"}
    slow: Counter[tuple[Any, ...]] = Counter()
    for row, outcome in expected[feed]:
        told_by = headers.get(row["order_id"]) if feed == "order_lines" else row
        ended = outcome
        if outcome == "kept":
            ended = "without_header" if told_by is None else "not_yet_due" if _waits(told_by) else "kept"
        slow[row["delivery_source"], row["delivery_date"], ended] += 1
    with open_warehouse(shop, read_only=True) as connection:
        built = connection.execute(
            "SELECT delivery_source, delivery_date, outcome, row_count"
            f" FROM intermediate.int_row_outcomes WHERE feed = '{feed}'"
        ).fetchall()
    of_lines = {"without_header", "took_away"} if feed == "order_lines" else set()
    assert {key[2] for key in slow} == {"kept", "not_yet_due", "duplicate", "superseded"} | of_lines
    assert {tuple(key): count for *key, count in built} == dict(slow)


def _waits(row: Row) -> bool:
    (at,) = (row[name] for name in TIMES.values() if name in row)
    return bool(at.astimezone(ZoneInfo("Europe/Amsterdam")).date() > AS_OF)


def test_money_of_all_outcomes_is_the_money_of_raw_rows(shop: Shop, histories: dict[str, list[Row]]) -> None:
    lines = sum(row["quantity"] * row["unit_price_amount"] for row in histories["order_lines"])
    returns = -sum(row["refund_amount"] for row in histories["returns"])
    adjustments = -sum(row["amount"] for row in histories["adjustments"])
    assert _money(shop) == {"order_lines": lines, "orders": 0, "returns": returns, "adjustments": adjustments}


def _money(shop: Shop) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for feed, money in row_outcomes(shop).select("feed", "money_amount").iter_rows():
        sums[feed] += money
    return dict(sums)
