"""A trial: deliveries read as a night would read them, into a private place that is gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from mandje.adapters import adapter_for
from mandje.adapters.base import Adapter
from mandje.delivery_names import is_ignored
from mandje.errors import MandjeError
from mandje.ingest.batches import batches
from mandje.ingest.exports.deliveries import Delivery, DeliveryFile
from mandje.ingest.exports.unreadable import not_allowed
from mandje.ingest.parse import RowContext
from mandje.ingest.read.parsed import REJECTED_SCHEMA
from mandje.ingest.reader import Reader
from mandje.ingest.rules.refusals import Refusal
from mandje.ingest.store.secret_key import key_for_trial
from mandje.ingest.store.staging import REJECTED_ROWS, Staging
from mandje.shop.settings import Shop

_KEYS = ["table_name", "column_name", "rule"]
_FIRST = ["delivery_date", "delivery_file", "delivery_line", "reason"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of reading some deliveries of one source.

    `read_rows` and `paths` (Parquet by feed) are of the accepted ones; `refusals` name the others.
    `rejected` counts rejected rows, of refused deliveries too, by table_name, column_name and rule, with
    delivery_date, delivery_file, delivery_line and reason of the first.
    `replaced` are the days whose loaded delivery these replace. The files at `paths`, and the place to
    `spill`, are gone when the trial ends.
    """

    source: str
    deliveries: tuple[Delivery, ...]
    read_rows: int
    refusals: tuple[Refusal, ...]
    paths: dict[str, list[Path]]
    rejected: pl.DataFrame
    replaced: frozenset[date]
    spill: Path

    @property
    def rejected_rows(self) -> int:
        """Rejected rows of all deliveries, refused ones too."""
        return int(self.rejected["row_count"].sum())


def lone_delivery(source: str, day: date, path: Path) -> Delivery:
    """A file anywhere, as if it were all that a source delivers for a day.

    Raises:
        MandjeError: it is no ordinary file, or cannot be read.
    """
    if not path.is_file():
        raise MandjeError(
            "there is no such file",
            file=str(path),
            found="a folder" if path.is_dir() else "nothing",
            expected="one file: csv, csv.gz, jsonl, jsonl.gz or Parquet",
            next_step="name a file; without one, all deliveries in exports/ that are due are checked",
        )
    try:
        with path.open("rb"):
            size = path.stat().st_size
    except OSError as fault:
        raise not_allowed(fault).error(str(path)) from None
    # Nothing is kept under the hash, so the bytes are not read for it.
    unknown = "0" * 64
    return Delivery(source, day, path.parent, (DeliveryFile(path.name, size, unknown),), unknown)


@contextmanager
def trial(shop: Shop, source: str, deliveries: Sequence[Delivery]) -> Iterator[Trial]:
    """Read deliveries with the night's own reader.

    Raises:
        MandjeError: whatever would stop a night while it reads, but for refused deliveries.
    """
    adapter = adapter_for(source, shop.settings)
    context = RowContext(
        email_key=key_for_trial(shop),
        time_zone=ZoneInfo(shop.settings.time_zone),
        most_unpacked_bytes=shop.settings.most_unpacked_bytes,
    )
    with tempfile.TemporaryDirectory(prefix="mandje-check-") as place:
        reader = Reader(adapter, context, Staging(shop, Path(place)), shop.settings)
        results = [result for batch in batches(list(deliveries)) for _, result in reader.read(batch)]
        yield Trial(
            source=source,
            deliveries=tuple(deliveries),
            read_rows=sum(int(result.counted.read["row_count"].sum()) for result in results),
            refusals=tuple(refusal for result in results for refusal in result.refusals.values()),
            paths=_paths(Path(place), adapter),
            rejected=_rejected(Path(place)),
            replaced=frozenset(one.delivery_date for one in deliveries if _is_whole(shop, one)),
            spill=Path(place) / "spill",
        )


def _is_whole(shop: Shop, delivery: Delivery) -> bool:
    """Whether it is all that its folder would hold; a lone file may come beside others."""
    folder = shop.exports / delivery.source / delivery.delivery_date.isoformat()
    if delivery.folder == folder or not folder.is_dir():
        return True
    names = {file.name for file in delivery.files}
    return all(entry.name in names or is_ignored(entry.name) for entry in folder.iterdir())


def _paths(place: Path, adapter: Adapter) -> dict[str, list[Path]]:
    found = {feed: sorted(place.rglob(f"{feed}.parquet")) for feed in adapter.feeds}
    return {feed: paths for feed, paths in found.items() if paths}


def _rejected(place: Path) -> pl.DataFrame:
    """How many rows broke which rule, most first, and the first of them."""
    files = sorted(place.rglob(f"{REJECTED_ROWS}.parquet"))
    rows = [pl.scan_parquet(file, glob=False, hive_partitioning=False) for file in files]
    broken = pl.concat([pl.LazyFrame(schema=REJECTED_SCHEMA), *rows]).group_by(_KEYS, maintain_order=True)
    counted = broken.agg(pl.len().cast(pl.Int64).alias("row_count"), pl.col(_FIRST).first())
    return counted.sort("row_count", descending=True, maintain_order=True).collect()
