import grp
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from hand_built import FIRST_DAY, OPS, names
from mandje.errors import MandjeError
from mandje.publish.content_hash import snapshot_hash
from mandje.publish.published_folder import current_snapshot, rollback, snapshots, unpin
from mandje.publish.snapshot import Beside, publish
from mandje.shop.settings import Shop, load_shop

Build = Callable[..., None]


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file below with its inode and time of change: what a run that changes nothing leaves alone."""
    return {str(p): (p.lstat().st_ino, p.lstat().st_mtime_ns) for p in folder.rglob("*") if p.name != ".lock"}


def days(count: int) -> list[date]:
    return [FIRST_DAY + timedelta(days=i) for i in range(count)]


def publish_days(shop: Shop, build: Build, count: int) -> list[str]:
    names = []
    for i, day in enumerate(days(count)):
        build(10 + i)
        names.append(publish(shop, day, OPS).folder)
    return names


def current_name(shop: Shop) -> str:
    current = current_snapshot(shop)
    assert current is not None
    said = json.loads((shop.published / "current.json").read_text())
    assert said["folder"] == current.name
    assert said["content_hash"].startswith(current.name[11:])
    assert said["as_of_date"] == current.name[:10]
    return current.name


def test_a_snapshot_holds_public_tables_with_comments_and_types(shop: Shop, build: Build) -> None:
    build(100)
    published = publish(shop, FIRST_DAY, OPS)
    assert published.is_new
    assert published.folder == f"2011-12-08-{published.content_hash[:12]}" == published.current
    assert published.rows == 100 + 0 + 1 + 1 + 1 + 1
    with (
        duckdb.connect(shop.published / "current" / "mandje.duckdb", read_only=True) as con,
        duckdb.connect(shop.warehouse, read_only=True) as work,
    ):
        tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        described = con.execute("SELECT comment FROM duckdb_columns() WHERE column_name = 'total_amount'")
        assert described.fetchone() == ("Total. Unit: EUR.",)
        described = con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'orders'")
        assert described.fetchone() == ("One row per order; the shop's own.",)
        assert (
            con.execute("DESCRIBE marts.orders").fetchall()
            == work.execute("DESCRIBE marts.orders").fetchall()
        )
        assert snapshot_hash(con) == published.content_hash == snapshot_hash(work)
        version = con.execute("SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal")
        assert str(version.fetchone()).startswith("('v1.2.0")
    assert tables == [
        ("main", "about"),
        ("marts", "orders"),
        ("marts", "restatements"),
        ("marts", "returns"),
        ("marts", "stamp"),
        ("ops", "stages"),
        ("predictions", "churn_risk"),
    ]


def test_the_manifest_matches_the_files(shop: Shop, build: Build) -> None:
    build(100)
    folder = shop.published / publish(shop, FIRST_DAY, OPS).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {file["path"] for file in manifest["files"]} == on_disk - {"manifest.json"}
    for file in manifest["files"]:
        content = (folder / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
        if file["path"].endswith(".parquet"):
            frame = pl.read_parquet(folder / file["path"], hive_partitioning=False)
            assert (frame.height, frame.columns) == (file["rows"], [c["name"] for c in file["schema"]])
    orders = next(table for table in manifest["tables"] if table["name"] == "orders")
    assert orders["rows"] == 100
    assert orders["columns"][3] == {
        "name": "total_amount",
        "type": "DECIMAL(18,4)",
        "description": "Total. Unit: EUR.",
    }
    in_parquet = sum(f["rows"] for f in manifest["files"] if f["path"].startswith("parquet/orders/"))
    assert in_parquet == 100


def test_parquet_of_dated_facts_has_a_folder_per_month(shop: Shop, build: Build) -> None:
    build(100)
    publish(shop, FIRST_DAY, OPS)
    parquet = shop.published / "current" / "parquet"
    orders = parquet / "orders"
    assert names(orders) == ["month=2011-10", "month=2011-11", "month=2011-12"]
    assert names(parquet / "returns") == ["month=2011-12"]
    assert names(parquet / "churn_risk") == ["data_0.parquet"]
    frame = pl.read_parquet(orders, hive_partitioning=True)
    assert frame["total_amount"].sum() == Decimal("4962.3400")
    assert frame.filter(pl.col("order_date").dt.strftime("%Y-%m") != pl.col("month")).height == 0
    assert pl.read_parquet(parquet / "returns", hive_partitioning=True).columns == [
        "return_id",
        "return_date",
        "month",
    ]


def test_files_are_read_only(shop: Shop, build: Build) -> None:
    build(10)
    publish(shop, FIRST_DAY, OPS)
    modes = {
        stat.S_IMODE(path.stat().st_mode)
        for path in (shop.published / "current").resolve().rglob("*")
        if path.is_file()
    }
    assert modes == {0o400}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files to a group that it is not in")
def test_a_group_may_read_what_is_published_and_older_snapshots_follow(shop: Shop, build: Build) -> None:
    publish_days(shop, build, 2)
    settings = shop.folder / "shop.toml"
    settings.write_text('published_group = "daemon"\n' + settings.read_text())
    open_shop, daemon = load_shop(shop.folder), grp.getgrnam("daemon").gr_gid
    build(30)
    publish(open_shop, FIRST_DAY + timedelta(days=2), OPS)
    rollback(open_shop, FIRST_DAY.isoformat())
    paths = [path for path in shop.published.rglob("*") if not (path.is_symlink() or path.name == ".lock")]
    assert {path.stat().st_gid for path in (shop.published, *paths)} == {daemon}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o750}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o440, 0o640}


def test_equal_content_gives_equal_parquet_bytes(shop: Shop, build: Build, tmp_path: Path) -> None:
    build(5000)
    first = publish(shop, FIRST_DAY, OPS)
    (shop.published / first.folder).rename(tmp_path / "kept")
    (shop.published / "current").unlink()
    with duckdb.connect(shop.warehouse) as con:
        con.execute("CREATE TABLE o AS FROM marts.orders ORDER BY hash(order_id)")
        con.execute("DELETE FROM marts.orders; INSERT INTO marts.orders FROM o; DROP TABLE o")
    again = publish(shop, FIRST_DAY, OPS)
    assert again.is_new
    assert again.folder == first.folder
    manifests = [
        json.loads((folder / "manifest.json").read_text())
        for folder in (tmp_path / "kept", shop.published / again.folder)
    ]
    parquet = [[f for f in one["files"] if f["path"].startswith("parquet/")] for one in manifests]
    assert parquet[0] == parquet[1] != []
    assert manifests[0]["tables"] == manifests[1]["tables"]


def test_the_same_content_again_changes_nothing_and_says_so(shop: Shop, build: Build) -> None:
    build(10)
    first = publish(shop, FIRST_DAY, OPS)
    before = tree(shop.published)
    build(10, "another journal")
    again = publish(shop, FIRST_DAY, Beside({}, lambda _con: "another page"))
    assert not again.is_new
    assert again.folder == first.folder
    assert "nothing changed" in again.note
    assert tree(shop.published) == before


def test_a_manifest_that_a_backup_brought_back_alone_is_no_snapshot(shop: Shop, build: Build) -> None:
    build(10)
    first = publish(shop, FIRST_DAY, OPS)
    folder = shop.published / first.folder
    (folder / "mandje.duckdb").unlink()
    shutil.rmtree(folder / "parquet")
    again = publish(shop, FIRST_DAY, OPS)
    assert again.is_new
    assert again.folder == first.folder == current_name(shop)
    with duckdb.connect(folder / "mandje.duckdb", read_only=True) as con:
        assert snapshot_hash(con) == first.content_hash
    assert not publish(shop, FIRST_DAY, OPS).is_new


def test_current_goes_back_to_content_that_stands_already(shop: Shop, build: Build) -> None:
    build(10)
    first = publish(shop, FIRST_DAY, OPS)
    build(11)
    assert publish(shop, FIRST_DAY, OPS).current != first.folder
    build(10)
    third = publish(shop, FIRST_DAY, OPS)
    assert not third.is_new
    assert current_name(shop) == first.folder


def test_current_never_moves_to_an_older_day(shop: Shop, build: Build) -> None:
    build(10)
    newer = publish(shop, FIRST_DAY + timedelta(days=1), OPS)
    build(11)
    older = publish(shop, FIRST_DAY, OPS)
    assert older.is_new
    assert older.current == newer.folder == current_name(shop)
    assert "newer date" in older.note


def test_the_last_ones_are_kept(shop: Shop, build: Build) -> None:
    names = publish_days(shop, build, 5)
    assert [snapshot.name for snapshot in snapshots(shop)] == names[-3:]


def test_what_is_pinned_current_or_newest_is_never_deleted(shop: Shop, build: Build) -> None:
    names = publish_days(shop, build, 3)
    rollback(shop, names[0])
    more = []
    for i in range(1, 5):
        build(20 + i)
        more.append(publish(shop, FIRST_DAY + timedelta(days=10 + i), OPS))
    assert {more[-1].current, current_name(shop)} == {names[0]}
    assert [s.name for s in snapshots(shop)] == [names[0], *(published.folder for published in more[-3:])]


def test_rollback_holds_until_unpin(shop: Shop, build: Build) -> None:
    first, second = publish_days(shop, build, 2)
    assert rollback(shop, FIRST_DAY.isoformat()).name == first
    assert current_name(shop) == first
    build(99)
    third = publish(shop, FIRST_DAY + timedelta(days=2), OPS)
    assert third.is_new
    assert "a rollback is pinned" in third.note
    assert current_name(shop) == first
    rollback(shop, second)
    assert current_name(shop) == second
    assert unpin(shop).name == third.folder == current_name(shop)
    with pytest.raises(MandjeError, match="no rollback is pinned"):
        unpin(shop)


def test_unpin_after_the_same_content_again(shop: Shop, build: Build) -> None:
    first, second = publish_days(shop, build, 2)
    rollback(shop, first)
    build(11)
    assert not publish(shop, FIRST_DAY + timedelta(days=1), OPS).is_new
    assert current_name(shop) == first
    assert unpin(shop).name == second


def test_rollback_errors_are_clear(shop: Shop, build: Build) -> None:
    with pytest.raises(MandjeError, match=r"no such snapshot.*publish a night first"):
        rollback(shop, "2011-12-08")
    for orders in (10, 11):
        build(orders)
        publish(shop, FIRST_DAY, OPS)
    with pytest.raises(MandjeError, match=r"several snapshots have this date.*name one snapshot in full"):
        rollback(shop, "2011-12-08")
    with pytest.raises(
        MandjeError, match=r"no such snapshot; .*found: yesterday; expected: one of 2011-12-08-"
    ):
        rollback(shop, "yesterday")


def test_without_a_warehouse_or_a_public_table_nothing_is_published(shop: Shop) -> None:
    with pytest.raises(MandjeError, match="there is no warehouse yet"):
        publish(shop, FIRST_DAY, OPS)
    shop.warehouse.parent.mkdir()
    duckdb.connect(shop.warehouse).close()
    with pytest.raises(MandjeError, match="no public table"):
        publish(shop, FIRST_DAY, OPS)
    assert not (shop.published / "current").exists()


def test_what_a_killed_publish_left_is_cleaned(shop: Shop, build: Build) -> None:
    build(10)
    for left in (".private-snapshot", ".private-spill"):
        (shop.published / left).mkdir(parents=True)
        (shop.published / left / "half").write_text("x")
    (shop.published / ".private-current").symlink_to("nowhere")
    published = publish(shop, FIRST_DAY, OPS)
    assert names(shop.published) == [
        ".lock",
        published.folder,
        "current",
        "current.json",
    ]
