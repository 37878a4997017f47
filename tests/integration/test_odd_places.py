"""A shop whose folder's name is SQL, a pattern, markup and a template at once; files of such names."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from command_line import mandje, told
from mandje.errors import ExitCode
from mandje.publish.published_folder import current_snapshot, read_manifest
from mandje.shop.settings import Shop, load_shop
from once_per_run import made_once
from tiny_shop import FIRST_DAY, random_exports, small_shop

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

LAST = FIRST_DAY + timedelta(days=40)
ODD = 'd\'être "x" [a-c] {1,2} {{ env }} 90% ** $HOME k=v #;&'
FILE = "o'l [red] {b}*.parquet"
TURNED = "turned\u202eround\x1b[31m"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return load_shop(made_once(tmp_path_factory, "night_in_an_odd_place", _make) / ODD)


def _make(folder: Path) -> None:
    small = small_shop(folder / ODD).deliver_all(random_exports(6, orders=6, days=2), until=LAST)
    row = {
        "order_id": "o1",
        "line_number": "7",
        "product_id": TURNED,
        "quantity": "-1",
        "currency_code": "EUR",
    }
    row |= {"unit_price_amount": "1", "discount_amount": " =1+1"}
    file = small.shop.exports / "order_lines" / str(LAST) / FILE
    file.parent.mkdir(exist_ok=True)
    pl.DataFrame([row, row | {"quantity": "-2", "product_id": "@SUM(A1)"}]).write_parquet(file)
    small.night(LAST)


def test_a_night_is_published_from_there(shop: Shop) -> None:
    snapshot = current_snapshot(shop)
    assert snapshot is not None
    manifest = read_manifest(snapshot)
    assert all((snapshot / file["path"]).is_file() for file in manifest["files"])
    assert sorted({Path(file["path"]).parts[0] for file in manifest["files"]}) == ["mandje.duckdb", "parquet"]
    orders = pl.concat(
        [pl.read_parquet(path, glob=False) for path in (snapshot / "parquet").glob("order_facts/*/*")]
    )
    assert told("query", shop.folder, "select count(*) as n from marts.orders") == f"n {orders.height}"


def test_every_command_works_there(shop: Shop, tmp_path: Path) -> None:
    for name in ("status", "rejects", "warnings", "doctor"):
        said = mandje(name, shop.folder)
        assert (said.exit_code, said.stderr) == (0, ""), said
        assert not set("\x1b\u202e") & set(said.stdout)
    assert "difference 0" in told("reconcile", shop.folder)
    assert "gate is open" in told("publish", shop.folder, "--check")
    assert FILE in told("rejects", shop.folder)
    target = tmp_path / "re'jects [1].csv"
    told("rejects", shop.folder, "--export", target)
    with target.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["delivery_file"] == FILE]
    assert [row["original"][:16] for row in rows] == ['{"order_id":"o1"'] * 2


def test_a_place_where_no_database_can_stand_is_told(tmp_path: Path) -> None:
    for name in ("what?", "back\\slash"):
        make = tmp_path / name
        make.mkdir()
        (make / "shop.toml").write_text("")
        assert "rename the folder" in told("status", make, exit_code=ExitCode.USER_ERROR)
