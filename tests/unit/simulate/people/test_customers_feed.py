from __future__ import annotations

import polars as pl
import pytest

from first_block import FirstBlock
from mandje.contracts.feeds import FEEDS
from mandje.simulate.people.customers_feed import consent_at_end, delivered_customers
from mandje.simulate.world.clock import DAY


@pytest.fixture(scope="module")
def rows(first_block: FirstBlock) -> pl.DataFrame:
    return delivered_customers(first_block.world, first_block.people)


def test_columns_are_those_of_the_contract(rows: pl.DataFrame) -> None:
    names = ["email" if column.is_email else column.name for column in FEEDS["customers"].columns]
    assert rows.columns == [*names, "delivery_day", "outcome", "defect"]


def test_every_account_is_delivered_on_its_day(first_block: FirstBlock, rows: pl.DataFrame) -> None:
    accounts = first_block.people.filter(pl.col("account_at").is_not_null())
    first = rows.unique("customer_id", keep="first", maintain_order=True).sort("customer_id")
    assert first["customer_id"].to_list() == accounts["person"].to_list()
    assert first["first_seen_at"].dt.timestamp("us").to_list() == accounts["account_at"].to_list()
    amsterdam = first["first_seen_at"].dt.convert_time_zone("Europe/Amsterdam").dt.date()
    day_0 = pl.Series([first_block.world.settings.first_day])
    assert ((amsterdam - day_0).dt.total_days() == first["delivery_day"]).all()


def test_the_last_row_of_a_customer_is_kept(first_block: FirstBlock, rows: pl.DataFrame) -> None:
    versions = rows.group_by("customer_id", maintain_order=True).agg("outcome", "delivery_day")
    assert set(map(tuple, versions["outcome"])) == {("kept",), ("superseded", "kept")}
    assert rows["delivery_day"].max() < first_block.world.clock.days
    twice = versions.filter(pl.col("outcome").list.len() == 2)
    assert (twice["delivery_day"].list.diff().list.last() >= 1).all()


def test_a_second_row_changes_the_consent_and_how_the_address_is_written(rows: pl.DataFrame) -> None:
    twice = rows.filter(pl.len().over("customer_id") == 2).sort("customer_id", "delivery_day")
    old, new = (twice.filter(pl.col("outcome") == outcome) for outcome in ("superseded", "kept"))
    assert old.height > 50
    assert not old["consent_profiling"].eq_missing(new["consent_profiling"]).any()
    assert new["consent_profiling"].null_count() == 0
    assert not old["email"].equals(new["email"])
    same = ["customer_id", "first_seen_at", "birth_year", "gender", "postal_area", "consent_marketing"]
    assert old.select(same).equals(new.select(same))
    plain = pl.col("email").str.strip_chars().str.to_lowercase()
    assert old.select(plain).equals(new.select(plain))


def test_the_last_consent_is_that_of_the_kept_row(first_block: FirstBlock, rows: pl.DataFrame) -> None:
    kept = rows.filter(pl.col("outcome") == "kept").sort("customer_id")
    last = first_block.people.with_columns(last=consent_at_end(first_block.world, first_block.people))
    known = last.filter(pl.col("account_at").is_not_null())
    assert kept["consent_profiling"].equals(known["last"], null_equal=True)
    others = last.filter(pl.col("account_at").is_null())
    assert others["last"].equals(others["consent_profiling"], null_equal=True)


def test_no_row_is_delivered_before_it_is_known(rows: pl.DataFrame) -> None:
    day = rows["first_seen_at"].dt.timestamp("us") // DAY
    assert (rows["delivery_day"] - (day - day.min()) >= -1).all()
