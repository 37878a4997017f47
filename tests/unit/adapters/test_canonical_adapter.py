from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from mandje.adapters import adapter_for
from mandje.contracts.feeds import FEEDS
from mandje.errors import MandjeError
from mandje.shop.settings import ShopSettings, load_shop

SHOP = """
name = "two_sites"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sites.uk]
time_zone = "Europe/London"
currency = "GBP"
"""


def settings(folder: Path, adapter: str, *sources: str) -> ShopSettings:
    text = SHOP + "".join(f'[sources.{source}]\nadapter = "{adapter}"\n' for source in sources)
    (folder / "shop.toml").write_text(text)
    return load_shop(folder).settings


def adjustment(number: int, currency: str, amount: str, day: date) -> dict[str, object]:
    return {
        "delivery_source": "adjustments",
        "delivery_date": day,
        "adjustment_id": str(number),
        "adjusted_at": datetime(2025, 1, 1, tzinfo=UTC),
        "site": "nl",
        "kind": "discount",
        "currency_code": currency,
        "amount": Decimal(amount),
    }


def test_every_feed_is_a_source_that_gives_its_rows_back(tmp_path: Path) -> None:
    shop = settings(tmp_path, "canonical", *FEEDS)
    for name, feed in FEEDS.items():
        adapter = adapter_for(name, shop)
        assert adapter.feeds == (name,) == tuple(adapter.tables)
        assert adapter.maps_rows_alone
        rows = pl.DataFrame(schema=feed.polars_schema())
        assert adapter.map({name: rows}).feeds[name].equals(rows)
        assert adapter.map({}).feeds[name].equals(rows)


def test_only_the_sites_of_the_shop_are_allowed(tmp_path: Path) -> None:
    shop = settings(tmp_path, "canonical", *FEEDS)
    with_site = 0
    for name in FEEDS:
        for column in adapter_for(name, shop).tables[name].columns:
            if column.name == "site":
                assert column.allowed == ("nl", "uk")
                with_site += 1
    assert with_site == 5


def test_accounts_hold_rows_and_money_per_delivery_and_currency(tmp_path: Path) -> None:
    adapter = adapter_for("adjustments", settings(tmp_path, "canonical", "adjustments"))
    first, second = date(2025, 1, 1), date(2025, 1, 2)
    rows = pl.DataFrame(
        [
            adjustment(1, "EUR", "5.0001", first),
            adjustment(2, "EUR", "-2", first),
            adjustment(3, "GBP", "7", first),
            adjustment(4, "EUR", "1", second),
        ],
        schema=FEEDS["adjustments"].polars_schema(),
    )
    mapped = adapter.map({"adjustments": rows})
    assert mapped.accounts.rows() == [
        (first, "adjustments", "adjustments:discount", "EUR", 2, Decimal("-3.0001")),
        (first, "adjustments", "adjustments:discount", "GBP", 1, Decimal(-7)),
        (second, "adjustments", "adjustments:discount", "EUR", 1, Decimal(-1)),
    ]
    assert mapped.derived.is_empty()


def test_a_feed_without_money_has_no_currency_in_its_accounts(tmp_path: Path) -> None:
    adapter = adapter_for("products", settings(tmp_path, "canonical", "products"))
    row = {"delivery_date": date(2025, 1, 1), "product_id": "1", "currency_code": "EUR"}
    rows = pl.DataFrame([row], schema=FEEDS["products"].polars_schema())
    accounts = adapter.map({"products": rows}).accounts
    assert accounts.row(0)[2:] == ("products", None, 1, Decimal(0))


@pytest.mark.parametrize("adapter", ["canonical", "online_retail", "thelook"])
def test_a_source_that_the_adapter_does_not_know_is_a_users_mistake(tmp_path: Path, adapter: str) -> None:
    shop = settings(tmp_path, adapter, "bills")
    one_site = shop.model_copy(update={"sites": {"nl": shop.sites["nl"]}})
    with pytest.raises(MandjeError, match="no source named bills"):
        adapter_for("bills", one_site)


@pytest.mark.parametrize(("adapter", "source"), [("online_retail", "invoices"), ("thelook", "orders")])
def test_exports_that_name_no_site_need_a_shop_with_one(tmp_path: Path, adapter: str, source: str) -> None:
    with pytest.raises(MandjeError, match=r"exactly one; file: shop.toml; found: nl, uk"):
        adapter_for(source, settings(tmp_path, adapter, source))


def changes(folder: Path, adapter: str, source: str) -> ShopSettings:
    one_site = SHOP[: SHOP.index("[sites.uk]")] if adapter != "canonical" else SHOP
    told = f'[sources.{source}]\nadapter = "{adapter}"\ndocuments = "changes"\n'
    (folder / "shop.toml").write_text(one_site + told)
    return load_shop(folder).settings


def test_only_a_source_of_changes_may_say_that_a_line_is_gone(tmp_path: Path) -> None:
    def quantity(shop: ShopSettings, source: str) -> tuple[Decimal | None, bool]:
        columns = {column.name: column for column in adapter_for(source, shop).tables[source].columns}
        return columns["quantity"].minimum, columns["quantity"].minimum_exclusive

    assert quantity(settings(tmp_path, "canonical", "order_lines"), "order_lines") == (0, True)
    assert quantity(changes(tmp_path, "canonical", "order_lines"), "order_lines") == (0, False)
    assert quantity(changes(tmp_path, "canonical", "returns"), "returns") == (None, False)


@pytest.mark.parametrize(
    ("adapter", "source"),
    [
        ("canonical", "orders"),
        ("canonical", "products"),
        ("thelook", "orders"),
        ("online_retail", "invoices"),
    ],
)
def test_changes_are_for_sources_that_number_their_own_lines(
    tmp_path: Path, adapter: str, source: str
) -> None:
    shop = changes(tmp_path, adapter, source)
    with pytest.raises(MandjeError, match=rf'sources\.{source}: .* cannot have documents = "changes"'):
        adapter_for(source, shop)
