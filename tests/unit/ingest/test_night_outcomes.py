"""What becomes of a delivery: accepted, refused, mended, changed, gone; and what stops a night."""

from __future__ import annotations

import gzip
import io
import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from mandje.contracts.feeds import FEEDS
from mandje.errors import ExitCode, MandjeError
from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.discover import discover
from mandje.ingest.load import load
from mandje.ingest.rules.refusals import Refusal
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.store.quarantine import refused_deliveries, unseal_delivery
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop
from store_support import (
    LAST_NIGHT,
    LINES_HEADER,
    SHOP_TOML,
    adjustments,
    drop,
    inodes,
    lines,
    make_shop,
    night,
    picture,
    stopped_night,
)

DAY = date(2025, 1, 6)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def refused(shop: Shop) -> list[tuple[str, str, str]]:
    return [(one.source, one.delivery_date, one.reason) for one in refused_deliveries(shop)]


def loaded(shop: Shop) -> list[tuple[str, str, dict[str, int]]]:
    return [(one.source, str(one.delivery_date), one.feeds) for one in current_partitions(shop)]


def as_parquet(text: str) -> bytes:
    file = io.BytesIO()
    pl.read_csv(text.encode(), infer_schema=False).write_parquet(file)
    return file.getvalue()


BROKEN_FILES = {
    "0 bytes": ("order_lines.csv", b"", "empty_file"),
    "another header": ("order_lines.csv", lines(3).replace("quantity", "qty").encode(), "header"),
    "truncated gzip": ("order_lines.csv.gz", gzip.compress(lines(5000).encode())[:-200], "unreadable"),
    "truncated Parquet": ("order_lines.parquet", as_parquet(lines(500))[:-100], "unreadable"),
    "UTF-16": ("order_lines.csv", lines(3).encode("utf-16-le"), "not_its_format"),
    "Parquet named csv": ("order_lines.csv", as_parquet(lines(3)), "not_its_format"),
    "text named gz": ("order_lines.csv.gz", lines(3).encode(), "not_its_format"),
    "no known ending": ("order_lines.xlsx", b"PK\x03\x04", "unknown_file"),
}


@pytest.mark.parametrize(("name", "content", "reason"), BROKEN_FILES.values(), ids=BROKEN_FILES)
def test_a_file_that_cannot_be_read_refuses_its_delivery(
    shop: Shop, name: str, content: bytes, reason: str
) -> None:
    drop(shop, "order_lines", DAY, lines(4, label="sound"), name="a.csv")
    drop(shop, "order_lines", DAY, content, name=name)
    drop(shop, "order_lines", "2025-01-07", lines(5))
    error = stopped_night(shop)
    assert error.exit_code is ExitCode.NIGHT_STOPPED
    assert error.file == f"exports/order_lines/2025-01-06/{name}"
    assert error.next_step
    assert "\n" not in str(error)
    assert refused(shop) == [("order_lines", "2025-01-06", reason)]
    assert loaded(shop) == [("order_lines", "2025-01-07", {"order_lines": 5})]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n"])
def test_bytes_and_reason_of_a_refused_delivery_are_kept(shop: Shop, content: bytes) -> None:
    drop(shop, "adjustments", DAY, content)
    night(shop)
    (refusal,) = refused_deliveries(shop)
    folder = shop.quarantine / "adjustments" / "2025-01-06" / refusal.sha256[:12]
    (file,) = unseal_delivery(shop, folder, shop.folder / "opened")
    assert file.read_bytes() == content
    assert Refusal(**json.loads((folder / "refusal.json").read_text())) == refusal
    assert not list(folder.glob("*.parquet"))


def test_a_source_that_goes_on_lists_what_it_refused(shop: Shop) -> None:
    drop(shop, "adjustments", DAY, b"")
    drop(shop, "order_lines", DAY, lines(2))
    _, first = night(shop)
    assert (first.loaded, first.refused, [r["source"] for r in first.refusals]) == (1, 1, ["adjustments"])
    _, second = night(shop)
    assert (second.loaded, second.refused, [r["source"] for r in second.refusals]) == (0, 0, ["adjustments"])
    assert discover(shop, LAST_NIGHT).sources[1].refused.first == ("2025-01-06",)


def test_a_source_that_stops_does_so_every_night_from_its_date_on_until_mended(shop: Shop) -> None:
    drop(shop, "order_lines", "2025-01-05", lines(1))
    drop(shop, "order_lines", DAY, b"")
    assert stopped_night(shop, date(2025, 1, 5)) is None
    for run_date in (DAY, date(2025, 1, 9)):
        assert stopped_night(shop, run_date).exit_code is ExitCode.NIGHT_STOPPED
    assert stopped_night(shop, date(2025, 1, 5)) is None
    drop(shop, "order_lines", DAY, lines(7))
    assert stopped_night(shop) is None
    assert refused(shop) == []
    assert loaded(shop)[1] == ("order_lines", "2025-01-06", {"order_lines": 7})


def test_other_bytes_that_fail_too_do_not_mend(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, b"")
    stopped_night(shop)
    drop(shop, "order_lines", DAY, b"a,b\n")
    assert stopped_night(shop)
    assert refused(shop) == [("order_lines", "2025-01-06", "header")]


def test_several_refused_deliveries_are_counted_in_one_line(shop: Shop) -> None:
    for day in (6, 7, 8):
        drop(shop, "order_lines", date(2025, 1, day), b"")
    told = str(stopped_night(shop))
    assert told.startswith("delivery order_lines 2025-01-08 is refused")
    assert "refused too: order_lines 2025-01-07, order_lines 2025-01-06;" in told


@pytest.mark.parametrize(
    ("rows", "bad", "is_refused"),
    [
        (400, 20, False),  # 20 rows, exactly 5 %
        (399, 20, True),  # 20 rows, a little more than 5 %
        (100, 19, False),  # 19 %, but fewer than 20 rows
        (19, 19, False),  # every row, but fewer than 20
        (20, 20, True),
        (10_000, 500, False),
        (10_000, 501, True),
    ],
)
def test_too_many_rejected_rows_are_over_5_percent_and_at_least_20(
    shop: Shop,
    rows: int,
    bad: int,
    is_refused: bool,  # noqa: FBT001
) -> None:
    drop(shop, "order_lines", DAY, lines(rows, bad))
    drop(shop, "order_lines", "2025-01-07", lines(3))
    error = stopped_night(shop)
    assert (error is not None) is is_refused
    assert refused(shop) == ([("order_lines", "2025-01-06", "too_many_rejected")] if is_refused else [])
    assert rejected_rows(shop).height == (0 if is_refused else bad)
    assert sum(feeds.get("order_lines", 0) for _, _, feeds in loaded(shop)) == 3 + (
        0 if is_refused else rows - bad
    )


def test_too_many_rejected_rows_are_told_and_kept(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(100, 30))
    error = stopped_night(shop)
    assert error.file == "exports/order_lines/2025-01-06/order_lines.csv"
    assert (error.line, error.column) == (2, "quantity")
    assert "30 of 100 rows are rejected (30.0 %)" in error.message
    (refusal,) = refused_deliveries(shop)
    kept = pl.read_parquet(
        shop.quarantine / "order_lines" / "2025-01-06" / refusal.sha256[:12] / "rejected.parquet"
    )
    assert kept.height == 30


def test_the_limit_is_counted_over_all_files_of_a_delivery(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(100, 15), name="a.csv")
    drop(shop, "order_lines", DAY, lines(100, 15, label="x"), name="b.csv")
    assert "30 of 200 rows" in str(stopped_night(shop))


def test_a_header_alone_is_a_delivery_of_no_rows(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, LINES_HEADER + "\n")
    _, result = night(shop)
    assert (result.loaded, result.refused) == (1, 0)
    assert loaded(shop) == [("order_lines", "2025-01-06", {})]


def test_wrong_encoding_in_a_row_rejects_that_row_only(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(100).replace("p7,", "p\xff7,").encode("latin-1"))
    night(shop)
    assert rejected_rows(shop)["rule"].to_list() == ["encoding"]
    assert loaded(shop) == [("order_lines", "2025-01-06", {"order_lines": 99})]


def test_a_folder_inside_a_delivery_refuses_it(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(1))
    drop(shop, "order_lines", f"{DAY}/part", lines(1))
    error = stopped_night(shop)
    assert error.file == "exports/order_lines/2025-01-06/part"
    assert refused(shop) == [("order_lines", "2025-01-06", "unreadable")]


def test_the_first_fault_by_file_name_is_told_in_any_company(shop: Shop) -> None:
    for name in ("c.csv", "a.csv", "b.csv"):
        drop(shop, "adjustments", DAY, b"", name=name)
    night(shop)
    assert refused_deliveries(shop)[0].file == "exports/adjustments/2025-01-06/a.csv"


def test_a_changed_delivery_replaces_its_former_self(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(10, bad=2))
    night(shop)
    former = current_partitions(shop)[0].folder
    drop(shop, "order_lines", DAY, lines(3))
    _, result = night(shop)
    assert result.loaded == 1
    assert loaded(shop) == [("order_lines", "2025-01-06", {"order_lines": 3})]
    assert rejected_rows(shop).is_empty()
    assert not former.exists()


def test_a_changed_delivery_that_is_refused_loses_its_former_rows(shop: Shop) -> None:
    drop(shop, "adjustments", DAY, adjustments(DAY, 4))
    night(shop)
    drop(shop, "adjustments", DAY, b"")
    night(shop)
    assert loaded(shop) == []
    assert refused(shop) == [("adjustments", "2025-01-06", "empty_file")]


def test_a_delivery_that_comes_back_as_it_was_is_loaded_again(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(4))
    night(shop)
    before = picture(shop.raw)
    drop(shop, "order_lines", DAY, lines(5))
    night(shop)
    drop(shop, "order_lines", DAY, lines(4))
    night(shop)
    assert picture(shop.raw) == before


@pytest.mark.parametrize("content", [lines(4), ""])
def test_a_delivery_that_leaves_the_exports_leaves_the_list(shop: Shop, content: str) -> None:
    path = drop(shop, "order_lines", DAY, content)
    drop(shop, "order_lines", "2025-01-07", lines(2))
    stopped_night(shop)
    path.unlink()
    assert stopped_night(shop) is None
    assert loaded(shop) == [("order_lines", "2025-01-07", {"order_lines": 2})]
    assert refused(shop) == []
    assert not (shop.raw / "order_lines" / "2025-01-06").exists()


def test_a_missing_day_stops_nothing(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(1))
    drop(shop, "order_lines", "2025-01-08", lines(1))
    assert night(shop)[1].loaded == 2
    assert discover(shop, LAST_NIGHT).sources[0].missing.first == ("2025-01-07",)


def test_a_night_reads_no_delivery_after_its_date(shop: Shop) -> None:
    for day in (6, 7, 8):
        drop(shop, "order_lines", date(2025, 1, day), lines(1))
    assert night(shop, date(2025, 1, 7))[1].loaded == 2
    assert night(shop, date(2025, 1, 6))[1].partitions == 2
    assert night(shop, date(2025, 1, 8))[1].loaded == 1


def test_the_second_night_writes_nothing(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(30, bad=1))
    drop(shop, "adjustments", DAY, adjustments(DAY, 3))
    drop(shop, "adjustments", "2025-01-07", b"")
    night(shop)
    discover(shop, LAST_NIGHT)
    before = inodes(shop.raw), inodes(shop.quarantine)
    validation, second = night(shop)
    load(shop, LAST_NIGHT)
    after = inodes(shop.raw), inodes(shop.quarantine)
    hashes = shop.raw / ".hashes.json"  # a memory, not state
    for pictures in (*before, *after):
        pictures.pop(hashes, None)
    assert after == before
    assert (validation.read_deliveries, second.loaded, second.refused, second.gone) == (0, 0, 0, 0)


def test_what_somebody_removed_is_made_again(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, b"")
    drop(shop, "order_lines", "2025-01-07", lines(4))
    stopped_night(shop)
    before = picture(shop.raw), picture(shop.quarantine)
    shutil.rmtree(current_partitions(shop)[0].folder)
    shutil.rmtree(shop.quarantine)
    with pytest.raises(MandjeError, match="reason was removed"):
        load(shop, LAST_NIGHT)
    assert stopped_night(shop)
    assert (picture(shop.raw), picture(shop.quarantine)) == before


def test_loading_needs_a_validation_that_ended(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(3))
    validate(shop, LAST_NIGHT)
    (shop.raw / ".staged" / "manifest.json").unlink()
    with pytest.raises(MandjeError, match="validation did not end"):
        load(shop, LAST_NIGHT)
    assert loaded(shop) == []
    assert night(shop)[1].loaded == 1


def test_changed_settings_read_again_what_they_decide(shop: Shop) -> None:
    drop(shop, "adjustments", DAY, adjustments(DAY, 4))
    night(shop)
    other = make_shop(shop.folder, SHOP_TOML.replace("[sites.nl]", "[sites.be]"))
    night(other)
    assert rejected_rows(other)["rule"].to_list() == ["allowed"] * 4
    night(make_shop(shop.folder))
    assert loaded(shop) == [("adjustments", "2025-01-06", {"adjustments": 4})]


def test_a_source_that_shop_toml_drops_is_not_listed(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(1))
    drop(shop, "adjustments", DAY, adjustments(DAY, 1))
    night(shop)
    fewer = make_shop(shop.folder, SHOP_TOML.split("[sources.adjustments]")[0])
    assert [source for source, _, _ in loaded(fewer)] == ["order_lines"]


def test_raw_files_have_the_contract_s_schema_in_file_order(shop: Shop) -> None:
    drop(shop, "order_lines", DAY, lines(50, label="b"), name="b.csv")
    drop(shop, "order_lines", DAY, lines(50, bad=1, label="a"), name="a.csv.gz".removesuffix(".gz"))
    night(shop)
    (partition,) = current_partitions(shop)
    rows = pl.read_parquet(partition.folder / "order_lines.parquet")
    assert rows.schema == pl.Schema(FEEDS["order_lines"].polars_schema())
    places = rows.select("delivery_file", "delivery_line")
    assert places.equals(places.sort("delivery_file", "delivery_line"))
    assert set(rows["delivery_sha256"]) == {partition.sha256[:12]} == {partition.folder.name}
    assert (partition.rejected_rows, rows.height) == (1, 99)


def test_amounts_that_no_column_can_hold_refuse_only_their_delivery(tmp_path: Path) -> None:
    settings = SHOP_TOML.split("[sources")[0].replace("EUR", "GBP") + (
        '[sources.invoices]\nadapter = "online_retail"\non_refused = "go_on"\n'
    )
    shop = make_shop(tmp_path, settings)
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    for day, count in ((6, 1), (7, 150), (8, 1), (9, 1)):
        row = f"1{day},85123A,LANTERN,1,2025-01-0{day} 10:00,999999999999,1,Utopia\n"
        drop(shop, "invoices", date(2025, 1, day), header + row * count)
    night(shop)
    assert refused(shop) == [("invoices", "2025-01-07", "amounts")]
    assert [day for _, day, _ in loaded(shop)] == ["2025-01-06", "2025-01-08", "2025-01-09"]
