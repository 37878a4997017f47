"""What an adapter makes of sound rows is looked at too: a row that no feed may hold refuses its delivery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from mandje.adapters.base import FlatAdapter, Mapped, account
from mandje.adapters.feed_frames import count_derived, feed_frame, with_money
from mandje.contracts.types import Column, MoneyRule, Table
from mandje.errors import ExitCode
from mandje.ingest import batches, reader
from mandje.ingest.accounts import recount as recount_module
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.due import plan
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.shop.settings import Shop
from store_support import drop, make_shop, night, stopped_night

SETTINGS = """
name = "till"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.refunds]
adapter = "canonical"
on_refused = "{on_refused}"
"""
DAY, NEXT = date(2025, 1, 6), date(2025, 1, 7)
HEADER = "slip,at,shop,sku,money,changed\n"
SOUND = "s1,2025-01-05T10:00:00Z,nl,p1,5,\ns2,2025-01-05T11:00:00Z,nl,p2,7,\n"


def _slips(*, is_keyed: bool) -> Table:
    return Table(
        "refunds",
        "Slips of a till.",
        (
            Column("slip", "text", "id", "Slip.", key=is_keyed),
            Column("at", "timestamp", "UTC", "When."),
            Column("shop", "text", "name", "Where."),
            Column("sku", "text", "id", "What.", nullable=True),
            Column("money", "decimal", "money, EUR", "Given back."),
            Column("changed", "timestamp", "UTC", "When it was changed.", nullable=True),
        ),
        money=MoneyRule(("money",), sign=-1, currency="EUR"),
    )


@dataclass(frozen=True)
class Till(FlatAdapter):
    """Makes a return of every slip; what is in `spoilt` is the adapter's own fault."""

    spoilt: Mapping[str, pl.Expr]
    is_keyed: bool = True
    is_derived: bool = False
    maps_rows_alone: bool = True
    feeds: tuple[str, ...] = ("returns",)

    @property
    def tables(self) -> Mapping[str, Table]:
        return {"refunds": _slips(is_keyed=self.is_keyed)}

    def map(self, tables: Mapping[str, pl.DataFrame]) -> Mapped:
        slips = with_money(tables["refunds"], self.tables["refunds"])
        values = {
            "return_id": pl.col("slip"),
            "line_number": pl.lit(1),
            "site": pl.col("shop"),
            "product_id": pl.col("sku").fill_null("unknown"),
            "returned_at": pl.col("at"),
            "updated_at": pl.col("changed"),
            "quantity": pl.lit(1),
            "currency_code": pl.lit("EUR"),
            "refund_amount": pl.col("money"),
        }
        feeds = {"returns": feed_frame("returns", slips, values | dict(self.spoilt))}
        destination = pl.lit("skipped:twin" if self.is_derived else "returns")
        derived = count_derived(feeds, ("returns",) if self.is_derived else ())
        return Mapped(
            feeds, account(slips.with_columns(destination.alias("destination")), "refunds"), derived
        )


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shop]:
    """A shop whose one source an adapter of its own reads, with a delivery the day before."""

    def make(till: Till, slips: str, on_refused: str = "go_on") -> Shop:
        for module in (plan, recount_module):
            monkeypatch.setattr(module, "adapter_for", lambda *_: till)
        shop = make_shop(tmp_path, SETTINGS.format(on_refused=on_refused))
        drop(shop, "refunds", DAY, HEADER + SOUND)
        drop(shop, "refunds", NEXT, HEADER + slips)
        return shop

    return make


GOOD = "s3,2025-01-06T10:00:00Z,nl,p1,5,\n"
WITHOUT_SKU = "s4,2025-01-06T10:00:00Z,nl,,5,\n"
ELSEWHERE = "s5,2025-01-06T10:00:00Z,de,p1,5,\n"


GAIN = pl.when(pl.col("sku") == "p9").then(-1).otherwise(None)


@pytest.mark.parametrize(
    ("till", "slips", "told"),
    [
        (
            Till({"product_id": pl.col("sku")}),
            GOOD + WITHOUT_SKU,
            (3, "product_id", "nothing", "a value"),
        ),
        (
            Till({}),
            GOOD + GOOD.replace("s3", "s4") + ELSEWHERE,
            (4, "site", "'de'", "one of: nl"),
        ),
        (
            Till({"handling_cost_amount": GAIN}),
            GOOD.replace("p1", "p9"),
            (2, "handling_cost_amount", "'-1.0000'", "at least 0"),
        ),
    ],
    ids=["null", "not allowed", "out of range"],
)
@pytest.mark.parametrize("most_bytes", [reader.BATCH_BYTES, 1], ids=["whole", "streamed"])
def test_a_value_that_a_feed_may_not_hold_refuses_the_delivery(  # noqa: PLR0913, PLR0917
    made: Callable[..., Shop],
    monkeypatch: pytest.MonkeyPatch,
    till: Till,
    slips: str,
    told: tuple[object, ...],
    most_bytes: int,
) -> None:
    for module in (batches, reader):
        monkeypatch.setattr(module, "BATCH_BYTES", most_bytes)
    shop = made(till, slips)
    night(shop)
    (refusal,) = refused_deliveries(shop)
    assert (refusal.line, refusal.column, refusal.found, refusal.expected) == told
    assert (refusal.reason, refusal.delivery_date) == ("mapped", str(NEXT))
    assert refusal.file == f"exports/refunds/{NEXT}/refunds.csv"
    assert "1 row(s) of returns" in refusal.message
    assert [one.delivery_date for one in current_partitions(shop)] == [DAY]
    assert accounts(shop).differences.is_empty()
    assert recount(shop).is_empty()


TWICE = "s3,2025-01-06T10:00:00Z,nl,p1,5,\ns4,2025-01-06T10:00:00Z,nl,p1,9,\n"
ONE_ID = {"return_id": pl.lit("same"), "line_number": pl.lit(1)}


@pytest.mark.parametrize(
    ("till", "slips", "is_refused"),
    [
        (Till(ONE_ID), TWICE, True),  # two slips, one return
        (Till(ONE_ID), TWICE.replace(",9,", ",5,"), False),  # the same in all that counts
        (Till({}), TWICE.replace("s4", "s3"), False),  # the shop's own: told after the build
        (Till(ONE_ID), TWICE.replace(",9,", ",9,2025-01-06T12:00:00Z"), False),  # the later one is meant
        (Till(ONE_ID, is_keyed=False), TWICE, False),  # nobody knows whether these are two things
        (Till(ONE_ID, is_keyed=False, is_derived=True), TWICE, True),  # who derives a row makes its key
    ],
    ids=["two things", "equal", "one thing", "versions", "no key", "derived"],
)
def test_rows_of_one_key_are_refused_where_the_adapter_made_them_so(
    made: Callable[..., Shop],
    till: Till,
    slips: str,
    is_refused: bool,  # noqa: FBT001
) -> None:
    shop = made(till, slips)
    # The sound delivery would hold two rows of one key as well.
    (shop.exports / "refunds" / str(DAY) / "refunds.csv").write_text(HEADER + GOOD)
    night(shop)
    assert [one.reason for one in refused_deliveries(shop)] == ["mapped"] * is_refused
    assert len(current_partitions(shop)) == 2 - is_refused


def test_a_source_that_stops_when_refused_stops_and_says_where(made: Callable[..., Shop]) -> None:
    shop = made(Till({"product_id": pl.col("sku")}), GOOD + WITHOUT_SKU, "stop")
    fault = stopped_night(shop)
    assert fault is not None
    assert fault.exit_code == ExitCode.NIGHT_STOPPED
    assert f"delivery refunds {NEXT} is refused: its adapter makes 1 row(s) of returns" in str(fault)
    assert (fault.line, fault.column) == (3, "product_id")
