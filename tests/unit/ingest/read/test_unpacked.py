"""Small files that unpack to much: what is read is bounded, and a delivery beyond it is refused by name."""

from __future__ import annotations

import gzip
import io
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mandje.ingest import reader
from mandje.ingest.read import chunks, parquet_batches, read_jsonl, unpacked
from mandje.ingest.read.csv_records import cut_records
from mandje.ingest.read.text_rows import Refused
from mandje.ingest.read.unpacked import Unpacked
from mandje.ingest.store.partitions import current_partitions
from mandje.ingest.store.quarantine import refused_deliveries
from parse_support import LINE, csv_bytes, export_file, parse_bytes
from store_support import LAST_NIGHT, SHOP_TOML, drop, lines, make_shop, night, stopped_night

DAY = date(2025, 1, 6)
MIB = 2**20


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that small files reach."""
    monkeypatch.setattr(unpacked, "ALWAYS_ALLOWED_BYTES", MIB)
    for module in (unpacked, parquet_batches):
        monkeypatch.setattr(module, "MOST_ROW_BYTES", MIB // 4)
    monkeypatch.setattr(chunks, "MOST_ROW_BYTES", MIB // 4)
    monkeypatch.setattr(parquet_batches, "MOST_CHUNK_BYTES", MIB // 2)


def parquet(count: int, value: str, **options: object) -> bytes:
    columns = {name: pa.array([text] * count) for name, text in LINE.items()}
    columns["line_number"] = pa.array([str(number) for number in range(1, count + 1)])
    columns["product_id"] = pa.array([value] * count)
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="zstd", **options)
    return file.getvalue()


HEAD, ROW = csv_bytes([LINE]).splitlines(keepends=True)
BOMBS = {
    "rows.csv.gz": lambda: gzip.compress(HEAD + ROW * 100_000),
    "blank.csv.gz": lambda: gzip.compress(HEAD + b"\n" * 3 * MIB),
    "objects.jsonl.gz": lambda: gzip.compress(b"{}\n" * MIB),
    "members.csv.gz": lambda: gzip.compress(HEAD) + gzip.compress(ROW * 1000) * 100,
    "dictionary.parquet": lambda: parquet(20_000, "x" * 1000),
    "plain.parquet": lambda: parquet(2_000, "x" * 1000, use_dictionary=False),
    "delta.parquet": lambda: parquet(
        2_000, "x" * 1000, use_dictionary=False, column_encoding=dict.fromkeys(LINE, "DELTA_BYTE_ARRAY")
    ),
    "long.csv": lambda: HEAD + b"x" * MIB,
    "long.csv.gz": lambda: gzip.compress(HEAD + b"x" * MIB),
    "long.jsonl": lambda: b"[" * MIB,
    "long.parquet": lambda: parquet(3, "x" * MIB),
}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_before_it_goes_off(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    add = unpacked.Meter.add
    monkeypatch.setattr(unpacked.Meter, "add", lambda meter, count: (taken.append(count), add(meter, count)))
    data = BOMBS[name]()
    (fault,) = parse_bytes(tmp_path, data, name, chunk_rows=10_000).faults
    assert fault.reason == "too_big"
    assert fault.error.next_step
    assert "bytes" in str(fault.error.expected)
    # Of text no more is read than may be, and a block; of Parquet it is known before it is unpacked.
    assert sum(taken[:-1]) <= max(MIB, len(data) * unpacked.MOST_TIMES)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("options", [{}, {"use_dictionary": False}, {"row_group_size": 70}])
def test_a_sound_file_comes_in_bounded_parts(tmp_path: Path, options: dict[str, object]) -> None:
    data = parquet(500, "é" * 600, **options)
    path = tmp_path / "x.parquet"
    path.write_bytes(data)
    meter = Unpacked().meter(export_file(path))
    with parquet_batches.opened(path) as file:
        sizes = [part.num_rows for part in parquet_batches.batches(file, list(LINE), 10_000, meter)]
    assert sum(sizes) == 500
    assert max(sizes) * 1200 <= MIB // 2
    assert 600_000 < meter.own < 700_000
    outcome = parse_bytes(tmp_path, data, "y.parquet")
    assert outcome.rows["line_number"].to_list() == list(range(1, 501))
    assert outcome.rows["delivery_line"].to_list() == list(range(2, 502))
    assert set(outcome.rows["product_id"]) == {"é" * 600}


def test_a_dictionary_says_what_plain_values_say(tmp_path: Path) -> None:
    words = [None, "", "a", "bb", b"\xff".decode("latin-1"), "a"] * 50
    frames = []
    for number, use in enumerate((True, False)):
        columns = {name: pa.array([text] * 300) for name, text in LINE.items()}
        columns["product_id"] = pa.array(words)
        file = io.BytesIO()
        pq.write_table(pa.table(columns), file, use_dictionary=use, row_group_size=77)
        outcome = parse_bytes(tmp_path, file.getvalue(), f"{number}.parquet", chunk_rows=100)
        frames.append((outcome.rows.drop("delivery_file"), outcome.rejected.drop("delivery_file")))
    assert frames[0][0].equals(frames[1][0])
    assert frames[0][1].equals(frames[1][1])


@given(
    st.lists(st.sampled_from(['a,"b\n', 'c"\n', "d,e\n", "\n", '"f""g"\n', 'h"i\n', '"\n']), max_size=60),
    st.integers(1, 9),
)
def test_pieces_hold_few_lines_and_every_byte(parts: list[str], most: int) -> None:
    data, cut = "".join(parts).encode(), partial(cut_records, separator=b",")
    whole = data[: cut(data)]
    pieces = list(chunks.pieces(whole, most, cut))
    assert b"".join(pieces) == whole
    for piece in pieces:
        assert piece.count(b"\n") <= most or b'"' in piece


def test_a_setting_says_what_a_delivery_may_unpack_to(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", "most_unpacked_bytes = 2000\n" + SHOP_TOML)
    drop(shop, "order_lines", DAY, gzip.compress(lines(40).encode()), name="a.csv.gz")
    drop(shop, "order_lines", DAY, lines(40, label="x"), name="b.csv")
    drop(shop, "order_lines", "2025-01-07", lines(40))
    fault = stopped_night(shop)
    assert fault is not None
    assert "unpacks to more than it may" in str(fault)
    assert "raise most_unpacked_bytes" in str(fault)
    (refusal,) = refused_deliveries(shop)
    assert (refusal.reason, refusal.delivery_date) == ("too_big", str(DAY))
    more = make_shop(tmp_path / "shop", "most_unpacked_bytes = 4000\n" + SHOP_TOML)
    night(more)
    assert [sum(one.feeds.values()) for one in current_partitions(more)] == [80, 40]


def test_what_lies_there_unpacked_may_be_larger(tmp_path: Path) -> None:
    """Read in parts; what is read whole may not, since memory would follow its size."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"x" * 3000)
    Unpacked(2000).meter(export_file(path)).add(3000)
    with pytest.raises(Refused, match="too_big"):
        Unpacked(2000).meter(export_file(path)).add(3001)
    with pytest.raises(Refused, match="too_big"):
        Unpacked(2000, most_in_batch=2000).meter(export_file(path)).add(2001)


def test_mostly_malformed_files_are_given_up_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mandje.ingest.read.csv_records.MOST_MALFORMED", 50)
    monkeypatch.setattr(read_jsonl, "MOST_MALFORMED", 50)
    bad = b'o"1' + ROW[2:]
    for name, data in (
        ("a.csv", HEAD + bad * 60 + ROW * 10_000),
        ("b.csv", HEAD + ROW * 20 + bad * 60),
        ("c.jsonl", b"{x\n" * 60 + b'{"order_id": "a"}\n' * 20),
    ):
        outcome = parse_bytes(tmp_path, data, name)
        assert [fault.reason for fault in outcome.faults] == ["too_many_rejected"], name
        assert outcome.read.is_empty()
    few = parse_bytes(tmp_path, HEAD + ROW * 100 + bad * 60, "d.csv")
    assert (few.faults, few.rows.height, few.rejected.height) == ([], 100, 60)


def test_it_is_the_same_read_together_or_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = []
    for name, alone, batch in (("all", 10**9, 10**9), ("alone", 2_000, 10**9), ("halves", 10**9, 2_500)):
        monkeypatch.setattr(reader, "MOST_TOGETHER_BYTES", alone)
        monkeypatch.setattr(reader, "MOST_IN_BATCH_BYTES", batch)
        shop = make_shop(tmp_path / name)
        for day, count in ((6, 10), (7, 100), (8, 30), (9, 100)):
            drop(shop, "order_lines", f"2025-01-{day:02}", lines(count, 1, label=f"d{day}o"))
        night(shop, LAST_NIGHT)
        rows = [
            pl.read_parquet(one.folder / f"{file}.parquet", glob=False)
            for one in current_partitions(shop)
            for file in ("order_lines", "rejected")
        ]
        pictures.append((rows, [one.ledger for one in current_partitions(shop)]))
    for rows, books in pictures[1:]:
        assert all(one.equals(other) for one, other in zip(rows, pictures[0][0], strict=True))
        assert [book["read"] for book in books] == [book["read"] for book in pictures[0][1]]
