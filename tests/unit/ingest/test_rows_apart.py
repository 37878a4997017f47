"""Events without a visitor are set apart: counted, in no feed, no reason to refuse a delivery."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mandje.adapters import SKIPPED_REASONS
from mandje.adapters.apart import NO_VISITOR
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.shop.settings import Shop
from store_support import SHOP_TOML, drop, make_shop, night

HEADER = ("event_id", "event_at", "visitor_id", "event_type", "site", "page_path", "quantity", "value_amount")
DAY = "2025-01-06"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path, SHOP_TOML + '[sources.session_events]\nadapter = "canonical"\n')


def event(number: int, visitor: str, **changes: str) -> dict[str, str]:
    usual = (f"e{number}", f"{DAY}T10:00:00Z", visitor, "page_view", "nl", "/", "", "")
    return dict(zip(HEADER, usual, strict=True)) | changes


def events(count: int, without: int) -> list[dict[str, str]]:
    """Every other of the first has no visitor."""
    return [event(n, "" if n % 2 and n < 2 * without else f"v{n}") for n in range(count)]


def csv(rows: list[dict[str, str]]) -> str:
    return "\n".join([",".join(HEADER), *(",".join(row.values()) for row in rows)]) + "\n"


def as_jsonl(rows: list[dict[str, str]]) -> str:
    return "\n".join(json.dumps({k: v for k, v in row.items() if v}) for row in rows)


def as_parquet(rows: list[dict[str, str]]) -> bytes:
    file = io.BytesIO()
    pl.DataFrame(rows).with_columns(pl.all().replace("", None)).write_parquet(file)
    return file.getvalue()


def destinations(shop: Shop) -> dict[str, int]:
    return dict(accounts(shop).destinations.select("destination", "row_count").iter_rows())


def loaded(shop: Shop) -> pl.DataFrame:
    return pl.concat(
        pl.read_parquet(one.folder / "session_events.parquet") for one in current_partitions(shop)
    )


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_half_of_all_events_without_a_visitor_refuse_nothing(shop: Shop, form: str) -> None:
    rows = events(60, without=30)
    content = {"csv": csv, "jsonl": as_jsonl, "parquet": as_parquet}[form](rows)
    drop(shop, "session_events", DAY, content, f"session_events.{form}")
    validation, _ = night(shop)
    assert not refused_deliveries(shop)
    assert sum(source.rejected_rows for source in validation.sources) == 0
    assert destinations(shop) == {"session_events": 30, NO_VISITOR: 30}
    assert accounts(shop).differences.is_empty()
    assert loaded(shop)["visitor_id"].to_list() == [f"v{n}" for n in range(0, 60, 2)]
    assert SKIPPED_REASONS[NO_VISITOR]


def test_white_space_is_no_visitor_and_a_broken_row_is_rejected_first(shop: Shop) -> None:
    rows = [event(1, "  "), event(2, "", site="elsewhere"), event(3, "v3")]
    drop(shop, "session_events", DAY, csv(rows))
    night(shop)
    assert destinations(shop) == {"session_events": 1, NO_VISITOR: 1, "rejected:allowed": 1}


def test_a_delivery_of_nothing_else_is_loaded_without_rows(shop: Shop) -> None:
    drop(shop, "session_events", DAY, csv([event(n, "") for n in range(25)]))
    night(shop)
    assert destinations(shop) == {NO_VISITOR: 25}
    assert not refused_deliveries(shop)


def test_the_column_itself_must_be_there(shop: Shop) -> None:
    rows = [{name: value for name, value in event(1, "v").items() if name != "visitor_id"}]
    content = "\n".join([",".join(rows[0]), ",".join(rows[0].values())]) + "\n"
    drop(shop, "session_events", DAY, content)
    night(shop)
    assert [one.reason for one in refused_deliveries(shop)] == ["header"]


def test_an_event_stays_whatever_the_digits_of_its_value(shop: Shop) -> None:
    told = {
        "12.50": "12.5",
        "0.30000000000000004": "0.3",
        "19.99995": "20",
        "-2.00005": "-2.0001",
        "1.5e1": "15",
        "7.12340000": "7.1234",
    }
    rows = [event(n, "v", value_amount=text, quantity="1.00000004") for n, text in enumerate(told)]
    drop(shop, "session_events", DAY, csv(rows))
    night(shop)
    assert loaded(shop)["value_amount"].to_list() == [Decimal(value) for value in told.values()]
    assert set(loaded(shop)["quantity"].to_list()) == {Decimal(1)}
