"""Mutated deliveries through discovery, reader and contracts in one process, every row counted twice."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from mandje.errors import MandjeError
from mandje.ingest.load import load
from mandje.ingest.store.partitions import Partition, current_partitions
from mandje.ingest.store.quarantine import refused_deliveries
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop, load_shop
from mutations import SOURCES, Mutated, mutated

SHOP_TOML = """
name = "mutated"
reporting_currency = "EUR"
time_zone = "Europe/Amsterdam"

[sites.nl]
time_zone = "Europe/Amsterdam"
currency = "EUR"
""" + "".join(f'[sources.{source}]\nadapter = "canonical"\non_refused = "go_on"\n' for source in SOURCES)
LAST_NIGHT = date(2026, 1, 1)
# So much may be unpacked to be counted a second time.
COUNTED_BYTES = 8 * 2**20


@dataclass
class Sums:
    """What became of some deliveries; `slowest` is the processor time of one pass over several."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    read: int = 0
    rejected: int = 0
    counted: int = 0
    slowest: float = 0.0


def run(numbers: Sequence[int], folder: Path, sums: Sums) -> None:
    """Read these deliveries in one night; every one is accepted with all its rows, or refused whole."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "shop.toml").write_text(SHOP_TOML)
    shop = load_shop(folder)
    deliveries = [_drop(shop, mutated(number)) for number in numbers]
    began = time.process_time()
    validate(shop, LAST_NIGHT)
    load(shop, LAST_NIGHT)
    sums.slowest = max(sums.slowest, time.process_time() - began)
    partitions = {(one.source, one.delivery_date): one for one in current_partitions(shop)}
    refusals = {(one.source, one.delivery_date): one for one in refused_deliveries(shop)}
    for one in deliveries:
        if (partition := partitions.get((one.source, one.day))) is not None:
            _check_rows(one, partition, sums)
        else:
            refusal = refusals[one.source, one.day.isoformat()]
            assert "\n" not in str(refusal.as_error()), one.number
            assert refusal.message, one.number
            assert refusal.next_step, one.number
            sums.refused[refusal.reason] += 1


def _drop(shop: Shop, delivery: Mutated) -> Mutated:
    place = shop.exports / delivery.source / delivery.day.isoformat()
    place.mkdir(parents=True)
    for name, data in delivery.files.items():
        (place / name).write_bytes(data)
    return delivery


def _check_rows(delivery: Mutated, partition: Partition, sums: Sums) -> None:
    book = partition.ledger
    read = sum(entry["rows"] for entry in book["read"])
    rejected = _height(partition.folder / "rejected.parquet")
    kept = _height(partition.folder / f"{delivery.source}.parquet")
    assert read == rejected + kept, (delivery.number, delivery.kind, read, rejected, kept)
    counts = [slow_count(name, data) for name, data in delivery.files.items()]
    if None not in counts:
        assert read == sum(count or 0 for count in counts), (delivery.number, delivery.kind, read, counts)
        sums.counted += 1
    sums.accepted += 1
    sums.read += read
    sums.rejected += rejected


def _height(path: Path) -> int:
    return pq.read_metadata(path).num_rows if path.exists() else 0


def slow_count(name: str, data: bytes) -> int | None:
    """Rows of a file by other means than the reader's; None where no other means is sure."""
    ending = name.lower()
    if ending.endswith(".parquet"):
        return pq.ParquetFile(io.BytesIO(data)).metadata.num_rows
    if ending.endswith(".gz"):
        data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(COUNTED_BYTES)
    if len(data) == COUNTED_BYTES:
        return None
    if ".csv" in ending and data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        data = data.decode("utf-16", "surrogatepass").encode(errors="surrogatepass")
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if ".jsonl" in ending:
        return sum(bool(line.strip(b" \t\r\n")) for line in lines) if _is_text(data) else None
    if b'"' in data:
        return _count_quoted(data)
    return sum(line not in {b"", b"\r"} for line in lines) - 1


def _count_quoted(data: bytes) -> int | None:
    """Where Python's own reader sees no fault and no line end of another kind, it counts rows as well."""
    if not _is_text(data) or b"\r" in data.replace(b"\r\n", b""):
        return None
    text = io.StringIO(data.removeprefix(b"\xef\xbb\xbf").decode(), newline="")
    try:
        rows = list(csv.reader(text, strict=True))
    except csv.Error:
        return None
    # A quote inside a field that no quote opens is a fault for the reader, and none for Python.
    if any('"' in cell for row in rows for cell in row):
        return None
    return sum(bool(row) for row in rows) - 1


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def main(first: int, last: int, folder: Path, at_once: int = 250) -> Sums:
    """All deliveries from one number to another; a fault names the numbers of its night."""
    sums = Sums()
    for start in range(first, last, at_once):
        numbers = range(start, min(start + at_once, last))
        try:
            run(numbers, folder, sums)
        except MandjeError as fault:
            raise AssertionError(f"deliveries {numbers} stopped a night: {fault}") from fault
        except AssertionError:
            raise
        except BaseException as fault:
            raise AssertionError(f"deliveries {numbers} gave {type(fault).__name__}: {fault}") from fault
    return sums
