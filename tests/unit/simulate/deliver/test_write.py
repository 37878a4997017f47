from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deliver_support import delivered, parsed

from mandje.contracts.feeds import FEEDS
from mandje.ingest.read.parsed import FileFault, Parsed
from mandje.ingest.values.email_hash import read_emails
from mandje.simulate.deliver.broken_file import REFUSALS, BrokenFile
from mandje.simulate.deliver.write import ENDINGS, write_file

TEXT_FEEDS = [feed for feed, ending in ENDINGS.items() if ending.startswith(".csv")]


def _one(folder: Path, feed: str) -> Parsed:
    (result,) = parsed(folder, feed)
    assert isinstance(result, Parsed)
    return result


def test_every_feed_has_a_file() -> None:
    assert ENDINGS.keys() == FEEDS.keys()


@pytest.mark.parametrize("feed", FEEDS)
def test_the_parser_reads_back_what_was_meant(feed: str, tmp_path: Path) -> None:
    rows = delivered(feed)
    size = write_file(tmp_path, feed, BrokenFile("", rows))
    (path,) = tmp_path.iterdir()
    assert size == path.stat().st_size
    result = _one(tmp_path, feed)
    assert result.rejected.is_empty()
    for column in FEEDS[feed].columns:
        back = result.rows[column.name]
        if column.is_email:
            assert back.to_list() == read_emails(rows["email"].str.strip_chars(), b"key").to_list()
        elif rows[column.name].dtype == pl.Int64 and column.type == "text":
            assert (
                back.str.extract(r"^[a-z]0*([1-9][0-9]*)$").cast(pl.Int64).to_list()
                == rows[column.name].to_list()
            )
            assert back.drop_nulls().str.len_bytes().n_unique() == 1
        else:
            assert back.to_list() == rows[column.name].to_list(), column.name


def test_texts_of_ids_sort_as_their_numbers(tmp_path: Path) -> None:
    rows = delivered("orders", 3).with_columns(order_id=pl.Series([9, 2**50 + 7, 10]))
    write_file(tmp_path, "orders", BrokenFile("", rows))
    ids = _one(tmp_path, "orders").rows["order_id"].to_list()
    assert ids == ["o0000000000000009", "o1125899906842631", "o0000000000000010"]


def test_a_csv_cell_is_written_plainly(tmp_path: Path) -> None:
    rows = delivered("orders", 1).with_columns(
        ordered_at=pl.datetime(2024, 3, 5, 10, 11, 12, 123456, time_zone="UTC"),
        total_amount=pl.lit(Decimal("1234.5000"), pl.Decimal(18, 4)),
        tax_amount=pl.lit(Decimal("0.1234"), pl.Decimal(18, 4)),
    )
    write_file(tmp_path, "orders", BrokenFile("", rows))
    header, line, _ = gzip.decompress((tmp_path / "orders.csv.gz").read_bytes()).decode().split("\n")
    cells = dict(zip(header.split(","), line.split(","), strict=False))
    assert cells["ordered_at"] == "2024-03-05T10:11:12.123456Z"
    assert (cells["order_id"], cells["customer_id"]) == ("o0000000000001000", "c0001000")
    assert "email" in cells
    assert not {"email_hash", "delivery_day", "outcome", "damage_text"} & cells.keys()
    assert ",0.1234,1234.50," in line


@pytest.mark.parametrize("feed", FEEDS)
def test_a_day_without_rows_is_a_delivery_of_none(feed: str, tmp_path: Path) -> None:
    assert write_file(tmp_path, feed, BrokenFile("", delivered(feed).clear())) > 0


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("breakage", ["header", "zero_bytes"])
def test_a_broken_file_is_refused_for_what_it_is(feed: str, breakage: Any, tmp_path: Path) -> None:
    write_file(tmp_path, feed, BrokenFile("", delivered(feed), breakage))
    assert _faults(tmp_path, feed) == [REFUSALS[breakage]]


@pytest.mark.parametrize("feed", ["orders", "order_lines", "session_events"])
@pytest.mark.parametrize("size", [1, 5, 5000])
def test_half_a_packed_file_is_refused(feed: str, size: int, tmp_path: Path) -> None:
    write_file(tmp_path, feed, BrokenFile("", delivered(feed, size), "truncated"))
    assert _faults(tmp_path, feed) == [REFUSALS["truncated"]]


def _rows(part: Parsed | FileFault) -> int:
    return 0 if isinstance(part, FileFault) else part.read["row_count"].sum()


def _faults(folder: Path, feed: str) -> list[str]:
    return [part.reason for part in parsed(folder, feed) if isinstance(part, FileFault)]


DAMAGED = [
    ("orders", "total_amount", "n/a", "type"),
    ("orders", "coupon_code", "caf\ue000", "encoding"),
    ("order_lines", "order_id", None, "missing"),
    ("returns", "refund_amount", "n/a", "type"),
    ("returns", "reason", "caf\ue000", "encoding"),
    ("returns", "returned_at", "2199-01-01T00:00:00.000000Z", "impossible_date"),
    ("customers", "postal_area", "caf\ue000", "encoding"),
    ("session_events", "event_id", None, "missing"),
    ("session_events", "quantity", "-1", "range"),
    ("session_events", "event_type", "unheard_of", "allowed"),
    ("session_events", "event_at", "2199-01-01T00:00:00.000000Z", "impossible_date"),
    ("session_events", "page_path", "caf\ue000", "encoding"),
]


@pytest.mark.parametrize(("feed", "column", "text", "rule"), DAMAGED)
def test_a_damaged_cell_is_rejected_by_its_rule_and_no_other_cell_moves(
    feed: str, column: str, text: str | None, rule: str, tmp_path: Path
) -> None:
    rows = delivered(feed)
    is_hit = pl.int_range(pl.len()) == 2
    damaged = rows.with_columns(
        damage_column=pl.when(is_hit).then(pl.lit(column)),
        damage_text=pl.when(is_hit).then(pl.lit(text, pl.String)),
    )
    (tmp_path / "whole").mkdir()
    write_file(tmp_path / "whole", feed, BrokenFile("", rows))
    write_file(tmp_path, feed, BrokenFile("", damaged))
    result, whole = _one(tmp_path, feed), _one(tmp_path / "whole", feed)
    assert result.rejected["rule"].to_list() == [rule]
    assert result.rows.equals(whole.rows.filter(~is_hit))


def test_files_of_one_delivery_have_names_of_their_own(tmp_path: Path) -> None:
    for suffix in ("", "2024-03-01"):
        write_file(tmp_path, "orders", BrokenFile(suffix, delivered("orders")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["orders.csv.gz", "orders_2024-03-01.csv.gz"]
    assert len(parsed(tmp_path, "orders", "2024-03-01")) == 1
