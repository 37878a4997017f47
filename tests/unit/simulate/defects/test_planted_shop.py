"""All classes at once, in a shop that the real parser loads: both agree on every row and every file."""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from planted_shop import DAYS, FIRST_DAY, at, deliver, make_shop, shop_feeds, world
from winner_rule import outcomes

from mandje.ingest.accounts.rejects import rejected_rows
from mandje.ingest.discover import discover
from mandje.ingest.load import Load, load
from mandje.ingest.store.partitions import current_partitions, paths_by_feed
from mandje.ingest.validate import validate
from mandje.shop.settings import Shop
from mandje.simulate.defects.classes import DAMAGED_ROWS, DELIVERY_FEEDS, LATE_EVENTS, MOST_DAYS_LATE
from mandje.simulate.deliver.broken_file import BrokenFile
from mandje.simulate.settings.defects import Defects

LAST_DAY = at(DAYS - 1).date()
PLANTED_BEFORE = {"stale_reexports"}


@dataclass(frozen=True)
class Planted:
    feeds: dict[str, pl.DataFrame]
    truth: dict[str, pl.DataFrame]
    files: dict[tuple[str, int], list[BrokenFile]]
    shop: Shop
    loaded: Load

    @property
    def defects(self) -> pl.DataFrame:
        return self.truth["defects"].filter(~pl.col("class").is_in(list(PLANTED_BEFORE)))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    feeds = shop_feeds()
    shop = make_shop(tmp_path_factory.mktemp("planted"), feeds)
    truth, files = deliver(world(), feeds, shop.exports)
    validate(shop, LAST_DAY)
    return Planted(feeds, truth, files, shop, load(shop, LAST_DAY))


def loaded_outcomes(shop: Shop) -> Counter[tuple[Any, ...]]:
    """Rows by feed, delivery date and outcome: the winner rule over all that was loaded, and rejections."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for feed, paths in paths_by_feed(current_partitions(shop)).items():
        rows = pl.concat([pl.read_parquet(path, hive_partitioning=False) for path in paths])
        for (day, outcome), count in outcomes(feed, rows).items():
            counts[feed, day, outcome] += count
    for row in rejected_rows(shop).iter_rows(named=True):
        counts[row["delivery_source"], row["delivery_date"], f"rejected:{row['rule']}"] += 1
    return counts


def told_outcomes(truth: dict[str, pl.DataFrame]) -> Counter[tuple[Any, ...]]:
    return Counter({tuple(row[:3]): row[3] for row in truth["row_outcomes"].iter_rows()})


def loaded_deliveries(shop: Shop, loaded: Load) -> dict[tuple[Any, ...], str]:
    found: dict[tuple[Any, ...], str] = {}
    for one in current_partitions(shop):
        has_rows = sum(one.feeds.values()) + one.rejected_rows > 0
        found[one.source, one.delivery_date.isoformat()] = "loaded" if has_rows else "empty"
    for refusal in loaded.refusals:
        found[refusal["source"], refusal["delivery_date"]] = f"refused:{refusal['reason']}"
    return found


def told_deliveries(truth: dict[str, pl.DataFrame]) -> dict[tuple[Any, ...], str]:
    rows = truth["delivery_outcomes"].iter_rows()
    return {(feed, day.isoformat()): outcome for feed, day, outcome in rows if outcome != "missing"}


def test_every_class_is_planted_as_often_as_set(planted: Planted) -> None:
    assert Counter(planted.defects["class"]) == Counter(Defects().model_dump())


@pytest.mark.parametrize("seed", range(2, 7))
def test_so_it_is_with_other_seeds(planted: Planted, seed: int) -> None:
    truth, _ = deliver(world(seed), planted.feeds)
    of_class = Counter(truth["defects"]["class"])
    assert {name: of_class[name] for name in Defects.model_fields} == dict(Defects())


def test_every_row_ends_as_the_truth_says(planted: Planted) -> None:
    found = loaded_outcomes(planted.shop)
    assert found == told_outcomes(planted.truth)
    assert {outcome.split(":")[0] for _, _, outcome in found} == {
        "kept",
        "superseded",
        "duplicate",
        "rejected",
    }


def test_every_delivery_ends_as_the_truth_says(planted: Planted) -> None:
    assert loaded_deliveries(planted.shop, planted.loaded) == told_deliveries(planted.truth)


def test_days_without_a_folder_are_the_missing_ones(planted: Planted) -> None:
    """Of a weekly feed the truth tells every day without a folder; missing is what was due."""
    outcomes = planted.truth["delivery_outcomes"]
    seen: Counter[bool] = Counter()
    for source in discover(planted.shop, LAST_DAY).sources:
        told = outcomes.filter(pl.col("feed") == source.source)
        there = set(told.filter(pl.col("outcome") != "missing")["delivery_date"])
        absent = set(told.filter(pl.col("outcome") == "missing")["delivery_date"]) - there
        is_weekly = len(there) > 7 and all((day - min(there)).days % 7 == 0 for day in there)
        due = [day for day in absent if not is_weekly or (day - min(there)).days % 7 == 0]
        assert source.missing.count == len(due), source.source
        seen[is_weekly] += 1
    assert min(seen[True], seen[False]) > 1


def test_every_rejected_row_is_found_at_its_line(planted: Planted) -> None:
    rejected = rejected_rows(planted.shop)
    found = rejected.select(
        "delivery_source",
        "delivery_date",
        "delivery_file",
        "delivery_line",
        pl.lit("rejected:") + pl.col("rule"),
    )
    told = planted.defects.filter(pl.col("outcome").str.starts_with("rejected:"))
    assert sorted(found.iter_rows()) == sorted(
        told.select("feed", "delivery_date", "file", "line", "outcome").iter_rows()
    )
    assert set(told["outcome"]) == {f"rejected:{rows.rule}" for rows in DAMAGED_ROWS.values()}


def test_every_class_meets_every_feed_that_it_can(planted: Planted) -> None:
    met = set(planted.defects.select("class", "feed").iter_rows())
    assert {(name, feed) for name, rows in DAMAGED_ROWS.items() for feed in rows.damages} <= met


def test_rejected_rows_mark_no_document(planted: Planted) -> None:
    documents = rejected_rows(planted.shop)["document_id"].drop_nulls().unique()
    paths = paths_by_feed(current_partitions(planted.shop))
    known = {
        document
        for feed, name in (("orders", "order_id"), ("order_lines", "order_id"), ("returns", "return_id"))
        for document in pl.read_parquet(paths[feed], columns=[name])[name]
    }
    assert documents.len() > 0
    assert not known & set(documents)


def test_a_key_of_the_truth_stands_at_its_line(planted: Planted) -> None:
    told = planted.defects.filter(pl.col("file") == "orders.csv.gz", pl.col("line").is_not_null())
    assert told.height > 0
    for row in told.iter_rows(named=True):
        path = planted.shop.exports / "orders" / str(row["delivery_date"]) / row["file"]
        line = gzip.decompress(path.read_bytes()).split(b"\n")[row["line"] - 1]
        assert line.split(b",")[0].decode() == row["key"]


def test_refused_and_missing_rows_come_again_within_days(planted: Planted) -> None:
    told = planted.defects.filter(pl.col("class").is_in(list(DELIVERY_FEEDS)))
    waits = (told["again_date"] - told["delivery_date"]).dt.total_days()
    assert waits.min() == 1
    assert waits.max() <= 5
    assert told["again_date"].max() < at(DAYS - 7).date()
    assert (told["row_count"] > 0).all()
    for row in told.iter_rows(named=True):
        again = planted.files[row["feed"], (row["again_date"] - FIRST_DAY).days]
        assert any(one.defect == row["class"] for file in again for one in file.planted)


def test_late_events_come_hours_to_weeks_late(planted: Planted) -> None:
    files = [
        file.rows for (feed, _), each in planted.files.items() for file in each if feed == "session_events"
    ]
    late = pl.concat(files).filter(pl.col("defect") == LATE_EVENTS)
    event_days = (late["event_at"].dt.date() - FIRST_DAY).dt.total_days()
    waits = late["delivery_day"] - event_days
    assert waits.min() >= 1
    assert 7 < waits.max() <= MOST_DAYS_LATE
    assert set(late["outcome"]) == {"kept"}


def test_every_row_of_the_shop_lies_in_exactly_one_good_file(planted: Planted) -> None:
    """Beside planted rows, and the second copy of what is planted to come twice."""
    for feed, rows in planted.feeds.items():
        good = [
            file.rows
            for (name, _), files in planted.files.items()
            if name == feed
            for file in files
            if file.breakage is None
        ]
        delivered = pl.concat(good).filter(~pl.col("outcome").str.starts_with("rejected:"))
        content = [name for name in rows.columns if name not in {"delivery_day", "outcome", "defect"}]
        copies = planted.defects.filter(pl.col("feed") == feed, pl.col("outcome") == "duplicate")
        natural = Counter(rows.select(content).iter_rows())
        found = Counter(delivered.select(content).iter_rows())
        assert set(found) == set(natural)
        assert (found - natural).total() == copies["row_count"].sum()
        assert not natural - found


def test_equal_seeds_give_equal_bytes(planted: Planted, tmp_path: Path) -> None:
    feeds = {name: planted.feeds[name] for name in ("customers", "returns", "session_events")}
    again, _ = deliver(world(), feeds, tmp_path)
    for feed in feeds:
        assert hashes(tmp_path / feed) == hashes(planted.shop.exports / feed)
    assert again["defects"].equals(planted.truth["defects"].filter(pl.col("feed").is_in(list(feeds))))


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_defect_that_is_mended_is_missed(tmp_path: Path) -> None:
    """The comparison itself can fail."""
    feeds = {"customers": shop_feeds(40)["customers"]}
    shop = make_shop(tmp_path, feeds)
    truth, _ = deliver(world(days=40), feeds, shop.exports)
    day = truth["defects"].filter(pl.col("class") == "broken_encoding")["delivery_date"][0]
    path = shop.exports / "customers" / str(day) / "customers.csv"
    lines = path.read_bytes().replace(b"\xff", b"").split(b"\n")
    path.write_bytes(b"\n".join(lines))
    validate(shop, at(39).date())
    loaded = load(shop, at(39).date())
    told, found = told_outcomes(truth), loaded_outcomes(shop)
    assert told - found == Counter({("customers", day, "rejected:encoding"): 1})
    assert found - told == Counter({("customers", day, "kept"): 1})
    assert loaded_deliveries(shop, loaded) == told_deliveries(truth)
