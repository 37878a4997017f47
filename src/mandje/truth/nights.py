"""The last night of a simulated shop, beside what must become of it: published, held, or waiting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import polars as pl

from mandje.errors import ExitCode
from mandje.ingest.store.partitions import current_partitions
from mandje.observe.records.nights import Record, nights, read_record, stopped_night
from mandje.publish.published_folder import current_snapshot
from mandje.publish.query import query_snapshot
from mandje.shop.settings import Shop
from mandje.simulate.defects.nights.classes import (
    HELD,
    LATE,
    OF_ORDERS,
    TOLD,
    WAITS,
    is_of_last_night,
    last_night,
)
from mandje.simulate.truth_files import DEFECTS
from mandje.simulate.world.sites import ALL_SITES, SITES
from mandje.truth.counts import CELL
from mandje.truth.tables.cells import Compared, compare_rows
from mandje.truth.tables.files import Truth
from mandje.warehouse.marker import read_marker

PUBLISHED = "published"
NOT_RUN = "not run"
_NOTHING = "nothing"


def stands_at(shop: Shop) -> date | None:
    """The day of the current snapshot, where the warehouse was built whole for the same day; else None."""
    snapshot, marker = current_snapshot(shop), read_marker(shop)
    day = date.fromisoformat(snapshot.name[:10]) if snapshot else None
    return day if marker and marker.complete and marker.as_of_date == day else None


def outcome_of_night(shop: Shop, night: date) -> str:
    """What became of a night: published, held, waits, not run, or where it stopped."""
    if stands_at(shop) == night:
        return PUBLISHED
    stop = stopped_night(shop)
    of_night = stop if stop and str(stop["run_date"]) == night.isoformat() else None
    if of_night and of_night["exit_code"] == ExitCode.WAITING:
        return WAITS
    if (verdict := _verdict(shop, night)) and not verdict["passed"]:
        return "held"
    return f"stopped in {of_night['stage']}, exit code {of_night['exit_code']}" if of_night else NOT_RUN


def compare_last_night(shop: Shop, truth: Truth) -> tuple[Compared, pl.DataFrame]:
    """What became of the last night, which figures hold it, and what readers see.

    A night that waits has loaded nothing of its day. After one that is not published, readers see the
    snapshot of the night published before, or none.

    Returns:
        What came of it, and a cell per planted night that the last one must answer (see `truth.classes`).
    """
    day, defects = truth.as_of_date, truth.frame(DEFECTS)
    must, outcome = last_night(defects), outcome_of_night(shop, day)
    answers = _answers(shop, day, outcome)
    asked = [
        ("outcome", must.outcome, outcome),
        ("readers see", _seen_after(shop, day, must.outcome), _seen(shop)),
        *((f"holds {name}", "yes", _yes(HELD + name in answers)) for name in must.holds),
        *((f"tells {name}", "yes", _yes(TOLD + name in answers)) for name in must.tells),
    ]
    if must.outcome == "waits":
        asked.append(("deliveries loaded", "0", str(_loaded(shop, day))))
    rows = pl.DataFrame(asked, ["asked", "answer", "found"], orient="row").with_columns(night=pl.lit(day))
    keys = ["night", "asked"]
    found = rows.select(*keys, pl.col("found").alias("answer"))
    cells = _cells(defects, answers, _counted(shop, day, outcome))
    return compare_rows("last night", keys, rows.drop("found"), found), cells


def compare_late_days(shop: Shop, truth: Truth) -> list[Compared]:
    """Days whose deliveries came with the next day's: no row of `marts.daily_kpis` shows them as whole."""
    late = truth.frame(DEFECTS).filter(pl.col("class") == LATE)
    days = late.select(pl.col("delivery_date").alias("kpi_date")).unique()
    if days.is_empty():
        return []
    sites = pl.DataFrame({"site": [*(site.name for site in SITES), ALL_SITES]})
    expected = sites.join(days, how="cross").with_columns(is_complete=pl.lit(value=False))
    shown = query_snapshot(shop, "select site, kpi_date, is_complete from marts.daily_kpis")
    found = shown.join(days, on="kpi_date", how="semi")
    return [compare_rows("late days", ["site", "kpi_date"], expected, found)]


def _verdict(shop: Shop, night: date) -> Record | None:
    record = read_record(shop, night, "gate")
    return record["result"] if record else None


def _answers(shop: Shop, night: date, outcome: str) -> set[str]:
    """What the night says: that it waits; figures that hold it, and all that its verdict tells of."""
    if outcome == WAITS:
        return {WAITS}
    verdict = _verdict(shop, night) if outcome in ("held", PUBLISHED) else None
    holds = [hold["figure"] for hold in _holds(verdict)]
    return {HELD + _undated(figure) for figure in holds} | {TOLD + _undated(text) for text in _texts(verdict)}


def _counted(shop: Shop, night: date, outcome: str) -> dict[str, int]:
    """How many orders a hold counts, where it is orders that it counts."""
    verdict = _verdict(shop, night) if outcome == "held" else None
    counts = {HELD + _undated(hold["figure"]): hold["now"].split()[0] for hold in _holds(verdict)}
    return {name: int(count) for name, count in counts.items() if name in OF_ORDERS}


def _holds(verdict: Record | None) -> Sequence[Record]:
    holds: Sequence[Record] = (verdict or {}).get("holds", ())
    return holds


def _undated(figure: str) -> str:
    """A figure's name, or a line that begins with one, up to its day."""
    return ":".join(figure.split(":", 2)[:2])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)


def _yes(is_so: bool) -> str:  # noqa: FBT001 - only words it
    return "yes" if is_so else "no"


def _seen(shop: Shop) -> str:
    current = current_snapshot(shop)
    return current.name[:10] if current else _NOTHING


def _seen_after(shop: Shop, day: date, outcome: str) -> str:
    if outcome == PUBLISHED:
        return day.isoformat()
    earlier = [night for night in nights(shop) if night < day and read_record(shop, night, "publish")]
    return max(earlier).isoformat() if earlier else _NOTHING


def _loaded(shop: Shop, day: date) -> int:
    return sum(one.delivery_date == day for one in current_partitions(shop))


def _cells(defects: pl.DataFrame, answers: set[str], counted: Mapping[str, int]) -> pl.DataFrame:
    """A cell per feed, day and outcome of planted nights: what the night must answer, and what it does.

    That is how many are planted and, of orders, how many are counted; of others all are answered, or none.
    """
    planted = defects.filter(is_of_last_night(pl.col("outcome"))).group_by(CELL)
    asked = planted.agg(pl.len().cast(pl.Int64).alias("row_count"))
    is_answered = pl.col("outcome").is_in(sorted(answers))
    of_all = pl.when(is_answered).then("row_count").otherwise(0)
    found = pl.col("outcome").replace_strict(dict(counted), default=None, return_dtype=pl.Int64)
    return asked.with_columns(found.fill_null(of_all).alias("found_count")).sort(CELL)
