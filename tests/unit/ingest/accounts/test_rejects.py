"""Rejected rows, and the original lines for who mends the source."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from mandje.errors import MandjeError
from mandje.ingest.accounts.rejects import Exported, export_rejects, rejected_rows
from mandje.ingest.store.quarantine import refused_deliveries, unseal_delivery
from mandje.ingest.store.seal import PIECE
from mandje.shop.settings import Shop
from store_support import drop, lines, make_shop, night

DAY = date(2025, 1, 6)
CUSTOMERS_TOML = """
name = "small"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"
[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
[sources.customers]
adapter = "canonical"
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path / "shop")


def exported(shop: Shop, target: Path) -> list[dict[str, str]]:
    export_rejects(shop, target)
    with target.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_no_rejects_give_a_header_alone(shop: Shop, tmp_path: Path) -> None:
    assert export_rejects(shop, tmp_path / "out.csv") == Exported(0)
    assert "original" in (tmp_path / "out.csv").read_text()


@pytest.mark.parametrize("kind", ["csv", "csv.gz", "crlf", "parquet"])
def test_the_original_line_stands_beside_the_reason(shop: Shop, tmp_path: Path, kind: str) -> None:
    text = lines(30).replace("o17,1,p17,2", "o17,1,p17,-4")
    if kind == "parquet":
        file = io.BytesIO()
        pl.read_csv(text.encode(), infer_schema=False).write_parquet(file)
        drop(shop, "order_lines", DAY, file.getvalue(), name="order_lines.parquet")
    elif kind == "csv.gz":
        drop(shop, "order_lines", DAY, gzip.compress(text.encode()), name="order_lines.csv.gz")
    else:
        drop(shop, "order_lines", DAY, text.replace("\n", "\r\n") if kind == "crlf" else text)
    night(shop)
    (row,) = exported(shop, tmp_path / "out.csv")
    assert (row["rule"], row["column_name"], row["delivery_line"]) == ("range", "quantity", "19")
    assert row["original"].startswith('{"order_id":"o17"' if kind == "parquet" else "o17,1,p17,-4,EUR")
    assert not row["original"].endswith("\r")


def test_a_delivery_that_changed_since_has_no_originals(shop: Shop, tmp_path: Path) -> None:
    drop(shop, "order_lines", DAY, lines(10, 1))
    drop(shop, "order_lines", "2025-01-07", lines(10, 2))
    night(shop)
    drop(shop, "order_lines", DAY, lines(11, 1))
    assert [row["original"] != "" for row in exported(shop, tmp_path / "out.csv")] == [False, True, True]


def test_personal_cells_leave_exports_only_in_a_private_file(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", CUSTOMERS_TOML)
    header = "customer_id,email,first_seen_at\n"
    drop(
        shop,
        "customers",
        DAY,
        header + "1,ann@example.org,2025-01-01T00:00:00Z\n2,bob at example,2025-01-01T00:00:00Z\n",
    )
    night(shop)
    assert rejected_rows(shop)["rule"].to_list() == ["email"]
    for path in (path for place in (shop.raw, shop.quarantine, shop.ops) for path in place.rglob("*")):
        assert path.is_dir() or b"example" not in path.read_bytes()
    target = tmp_path / "out.csv"
    (row,) = exported(shop, target)
    assert row["original"].startswith("2,bob at example")
    assert target.stat().st_mode & 0o777 == 0o600


def test_nothing_is_written_over(shop: Shop, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("precious")
    with pytest.raises(MandjeError, match="name a new file"):
        export_rejects(shop, target)
    assert target.read_text() == "precious"


def refused_customers(tmp_path: Path) -> tuple[Shop, Path, bytes]:
    """A customers' file with too many rejected rows, and where it lies in the quarantine."""
    shop = make_shop(tmp_path / "shop", CUSTOMERS_TOML)
    rows = (f"{n},ann{n} at example,2025-01-01T00:00:00Z,{'x' * 60_000}\n" for n in range(40))
    content = ("customer_id,email,first_seen_at,gender\n" + "".join(rows)).encode()
    assert len(content) > 2 * PIECE
    drop(shop, "customers", DAY, content)
    night(shop)
    (refusal,) = refused_deliveries(shop)
    return shop, shop.quarantine / "customers" / str(DAY) / refusal.sha256[:12], content


def test_refused_bytes_are_kept_but_sealed(tmp_path: Path) -> None:
    shop, folder, content = refused_customers(tmp_path)
    (sealed,) = (folder / "sealed").iterdir()
    for path in (path for place in (shop.raw, shop.quarantine, shop.ops) for path in place.rglob("*")):
        assert path.is_dir() or b"example" not in path.read_bytes()
    (file,) = unseal_delivery(shop, folder, tmp_path / "opened")
    assert (file.name, file.read_bytes()) == ("customers.csv", content)
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads((folder / "refusal.json").read_text())["files"] == {
        "customers.csv": hashlib.sha256(content).hexdigest()
    }
    damaged = bytearray(sealed.read_bytes())
    damaged[PIECE + 100] ^= 1
    sealed.write_bytes(damaged)
    with pytest.raises(MandjeError, match="damaged or sealed with another key"):
        unseal_delivery(shop, folder, tmp_path / "again")


def test_opening_what_is_not_there_is_told(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(MandjeError, match="not a refused delivery"):
        unseal_delivery(shop, shop.quarantine, tmp_path / "opened")
