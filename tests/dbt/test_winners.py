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
from mandje.settings import Shop
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.outcomes import row_outcomes
from raw_shop import raw_frame

AS_OF = date(2025, 1, 31)
HISTORIES = 400
TIMES = {"orders": "ordered_at", "returns": "returned_at", "adjustments": "adjusted_at"}


Row = dict[str, Any]
Rank = tuple[Any, ...]


def _changed(chance: random.Random) -> datetime | None:
    return chance.choice([None, *(datetime(2025, 1, day, tzinfo=UTC) for day in (5, 6, 7))])


def _placed(chance: random.Random) -> datetime:
    """Around the as-of date's end in Amsterdam, which is 23:00 UTC."""
    return datetime(2025, 1, 31, 22, 59, tzinfo=UTC) + timedelta(minutes=chance.choice([-9000, 0, 0, 1, 2]))


def _history(chance: random.Random, number: int) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    name = f"o{number}"
    only = chance.choice([("orders", "order_lines"), ("orders",), ("order_lines",), None])
    for _ in range(chance.randint(1, 5)):
        where = {
            "delivery_source": chance.choice(["shop", "web"]),
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
            rows["order_lines"].append(where | {"order_id": name, **_line(chance)})
        for _ in range(chance.randint(0, 2)):
            placed = {"returned_at": _placed(chance), "refund_amount": Decimal(chance.randint(1, 2))}
            rows["returns"].append(where | {"return_id": name, **_line(chance), **placed})
        for _ in range(chance.randint(0, 1)):
            amount = Decimal(chance.randint(1, 2))
            rows["adjustments"].append(
                where | {"adjustment_id": name, "amount": amount, "adjusted_at": _placed(chance)}
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


def _kept_of_document(feed: str, parts: dict[str, list[Row]], rank: Callable[[Row], Rank]) -> list[Row]:
    """Rows of `feed` that win in one document; `parts` holds all its rows by feed."""
    rows = parts[feed]
    everything = [row for part in parts.values() for row in part]
    headers = {_version(row) for row in parts.get("orders", [])}
    together = headers & {_version(row) for row in parts.get("order_lines", [])}
    pool = everything if feed == "order_lines" and together else rows
    winner = max(pool, key=rank, default=None)
    kept: dict[Rank, Row] = {}
    for row in sorted(rows, key=_row_rank):
        if winner is not None and _version(row) == _version(winner):
            kept[tuple(row[name] for name in FEEDS[feed].key)] = row
    return list(kept.values())


def _slow(feed: str, parts: dict[str, list[Row]]) -> list[tuple[Row, str]]:
    """Every row of `feed` in one document, with what must become of it."""
    is_document = FEEDS[feed].document is not None
    version_rank = _version_rank(row for part in parts.values() for row in part)

    def rank(row: Row) -> Rank:
        return (version_rank(row) if is_document else (), _row_rank(row))

    kept = _kept_of_document(feed, parts, version_rank) if is_document else [max(parts[feed], key=_row_rank)]
    content = FEEDS[feed].names
    outcomes = []
    for row in parts[feed]:
        same = [one for one in parts[feed] if all(one[name] == row[name] for name in content)]
        beaten = "duplicate" if any(rank(one) > rank(row) for one in same) else "superseded"
        outcomes.append((row, "kept" if row in kept else beaten))
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
    return build_warehouse(histories, AS_OF, ("--select", "staging", "int_row_outcomes"))


@pytest.fixture(scope="module")
def expected(histories: dict[str, list[Row]]) -> dict[str, list[tuple[Row, str]]]:
    documents: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    families = {"orders": "order", "order_lines": "order", "returns": "return", "adjustments": "adjustment"}
    for feed, rows in histories.items():
        for row in rows:
            documents[f"{families[feed]} {row[f'{families[feed]}_id']}"][feed].append(row)
    outcomes: dict[str, list[tuple[Row, str]]] = defaultdict(list)
    for parts in documents.values():
        for feed in list(parts):
            outcomes[feed] += _slow(feed, parts)
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
    waiting = {row["order_id"] for row, outcome in expected["orders"] if outcome == "kept" and _waits(row)}
    slow: Counter[tuple[Any, ...]] = Counter()
    for row, outcome in expected[feed]:
        waits = row["order_id"] in waiting if feed == "order_lines" else _waits(row)
        ended = "not_yet_due" if outcome == "kept" and waits else outcome
        slow[row["delivery_source"], row["delivery_date"], ended] += 1
    with open_warehouse(shop, read_only=True) as connection:
        built = connection.execute(
            "SELECT delivery_source, delivery_date, outcome, row_count"
            f" FROM intermediate.int_row_outcomes WHERE feed = '{feed}'"
        ).fetchall()
    assert {key[2] for key in slow} == {"kept", "not_yet_due", "duplicate", "superseded"}
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
