"""The adapter that the docs show does what they say: the skeleton of many others must be sound."""

from __future__ import annotations

from datetime import date
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from command_line import told
from mandje import adapters
from mandje.errors import ExitCode
from mandje.ingest.accounts.destinations import accounts
from mandje.ingest.accounts.recount import recount
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.load import load
from mandje.ingest.validate import validate
from mandje.shop import known_adapters
from mandje.shop.settings import Shop, load_shop
from repository import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "bills"
DAY = date(2026, 3, 2)
SHOP_TOML = """
name = "stall"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
sites.market = { time_zone = "Europe/Amsterdam", currency = "EUR" }
sources.stall = { adapter = "bills" }
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose package is installed: its entry point is there."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    point = EntryPoint("bills", "mandje_bills:bills_adapter", "mandje.adapters")
    for module in (known_adapters, adapters):
        monkeypatch.setattr(module, "installed_adapters", lambda: {"bills": point})
    (tmp_path / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    return load_shop(tmp_path)


def test_check_says_what_is_read_and_what_does_not_tie(shop: Shop) -> None:
    said = told("check", shop.folder, EXAMPLE / "bills.jsonl", "--feed", "stall")
    assert "does_not_tie" in said
    assert "items are 4.5000, but the sum says 4.5100" in said


def test_every_cent_of_the_bills_has_its_place(shop: Shop) -> None:
    folder = shop.exports / "stall" / str(DAY)
    folder.mkdir(parents=True)
    (folder / "whatever it is called.jsonl").write_bytes((EXAMPLE / "bills.jsonl").read_bytes())
    validate(shop, DAY)
    load(shop, DAY)
    found = accounts(shop).destinations.select("table_name", "destination", "row_count", "money_amount")
    assert [(*row[:3], f"{row[3]:.2f}") for row in found.rows()] == [
        ("bills", "orders", 1, "7.50"),
        ("bills", "rejected:does_not_tie", 1, "4.51"),
        ("items", "order_lines", 2, "7.50"),
        ("items", "rejected:does_not_tie", 1, "4.50"),
    ]
    assert recount(shop).is_empty()
    assert set(rejected_rows(shop)["document_id"]) == {"2"}


def test_without_its_package_the_name_is_unknown(tmp_path: Path) -> None:
    (tmp_path / "shop.toml").write_text(SHOP_TOML, encoding="utf-8")
    said = told("check", tmp_path, exit_code=ExitCode.USER_ERROR)
    assert "no adapter has this name" in said
