"""Incremental models rebuild what was touched and nothing else, and remember it in the same transaction."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mandje.publish.content_hash import content_hash
from mandje.shop.settings import Shop
from mandje.warehouse import dbt
from mandje.warehouse.build import dbt_variables, register_partitions
from mandje.warehouse.connection import open_warehouse
from mandje.warehouse.dbt import NodeResult, run_dbt
from mandje.warehouse.incremental import MODELS, clear_warehouse, event_days
from mandje.warehouse.on_spark import LAYERS
from raw_shop import WrittenPartition, make_raw_shop

LAST = date(2025, 3, 10)
Event = dict[str, Any]


def event(name: str, at: str, visitor: str = "v", delivery: date | None = None, **more: object) -> Event:
    """An event on the clock of the site nl, in winter; delivered on its day unless said otherwise."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC) - timedelta(hours=1)
    day = delivery or datetime.fromisoformat(at).date()
    return {"event_id": name, "event_at": moment, "visitor_id": visitor, "delivery_date": day} | more


# Two visitors on every day but the first; v over midnight from the 10th to the 11th of February.
DAYS = [date(2025, 2, 1) + timedelta(days=n) for n in range(1, 37)]
ORDINARY = [event(f"{who}{day}", f"{day}T12:00", who) for day in DAYS for who in ("v", "w")]
MIDNIGHT = [
    event("late", "2025-02-10T23:35"),
    event("over", "2025-02-10T23:58"),
    event("end", "2025-02-11T00:25"),
]
EVENTS = ORDINARY + MIDNIGHT


class Nights:
    """A shop whose partitions are written anew for each night from all events that are delivered by then."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.partitions: list[WrittenPartition] = []

    def run(self, events: Sequence[Event], as_of_date: date = LAST) -> set[str]:
        """A night after which these are all events; the days that it rebuilt. A changed delivery is seen."""
        shutil.rmtree(self.folder / "raw", ignore_errors=True)
        shop, partitions = make_raw_shop(self.folder, {"session_events": events})
        content: dict[date, list[Any]] = {one["delivery_date"]: [] for one in events}
        for one in events:
            content[one["delivery_date"]].append(sorted(one.items()))
        # All partitions have one sha256 here: the other fingerprint tells them apart.
        self.partitions = [replace(one, rules=repr(content[one.delivery_date])) for one in partitions]
        return self.build(shop, as_of_date)

    def build(self, shop: Shop, as_of_date: date = LAST) -> set[str]:
        why_all = clear_warehouse(shop, LAYERS, dbt_variables(shop, as_of_date))
        register_partitions(shop, as_of_date, self.partitions, [])
        assert {one.status for one in run_models(shop, as_of_date)} == {"success"}
        days = {str(day) for (day,) in rows(shop, "SELECT session_date FROM incremental.rebuilt_days")}
        assert event_days(shop, why_all).rebuilt == (None if why_all else len(days))
        return {why_all} if why_all else days


def run_models(shop: Shop, as_of_date: date = LAST) -> list[NodeResult]:
    names = [name for _, name in MODELS]
    types = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    return run_dbt(shop, "build", ("--select", *names, *types), dbt_variables(shop, as_of_date))


def rows(shop: Shop, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(shop, read_only=True) as connection:
        return connection.execute(query).fetchall()


def sessions(shop: Shop, first: str, last: str) -> list[tuple[str, str, int]]:
    """Start, visitor and number of events of sessions by the day they started on."""
    return rows(
        shop,
        "SELECT strftime(started_at + INTERVAL 1 HOUR, '%d %H:%M'), visitor_id, event_count"
        " FROM intermediate.int_sessions_summed"
        f" WHERE session_date BETWEEN '{first}' AND '{last}' ORDER BY ALL",
    )


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    nights = Nights(tmp_path_factory.mktemp("nights") / "shop")
    assert nights.run(EVENTS) == {"the first build"}
    return nights


@pytest.fixture
def shop(nights: Nights) -> Iterator[Shop]:
    """The shop of all nights, as the first one left it; put back after."""
    shop, _ = make_raw_shop(nights.folder, {})
    kept = shop.warehouse.with_suffix(".kept")
    shutil.copy(shop.warehouse, kept)
    yield shop
    kept.replace(shop.warehouse)


def test_a_night_with_nothing_new_rebuilds_no_day(shop: Shop, nights: Nights) -> None:
    _tamper(shop)
    assert nights.run(EVENTS) == set()
    assert nights.run(EVENTS, LAST + timedelta(days=3)) == set()
    assert _tampered(shop) == {str(day) for day in DAYS}


def test_a_late_event_rebuilds_its_day_and_no_other(shop: Shop, nights: Nights) -> None:
    _tamper(shop)
    late = event("x", "2025-02-05T12:10", delivery=LAST)
    assert nights.run([*EVENTS, late]) == {"2025-02-05"}
    assert sessions(shop, "2025-02-05", "2025-02-05") == [("05 12:00", "v", 2), ("05 12:00", "w", 1)]
    assert _tampered(shop) == {str(day) for day in DAYS} - {"2025-02-05"}


def test_an_event_within_the_gap_of_a_session_over_midnight_rebuilds_the_day_it_started_on(
    shop: Shop, nights: Nights
) -> None:
    nearer = event("x", "2025-02-11T00:55", delivery=LAST)
    assert nights.run([*EVENTS, nearer]) == {"2025-02-10", "2025-02-11"}
    assert sessions(shop, "2025-02-10", "2025-02-10")[-1] == ("10 23:35", "v", 4)
    farther = event("x", "2025-02-11T00:55:00.000001", delivery=LAST)
    assert nights.run([*EVENTS, farther]) == {"2025-02-10", "2025-02-11"}, "it was there"
    assert nights.run([*EVENTS, farther | {"page_path": "/other"}]) == {"2025-02-11"}


def test_engagement_that_comes_late_or_goes_rebuilds_the_day_its_session_started_on(
    shop: Shop, nights: Nights
) -> None:
    reads = event("x", "2025-02-11T00:55", delivery=LAST, event_type="engagement")
    assert nights.run([*EVENTS, reads]) == {"2025-02-10", "2025-02-11"}
    assert _time_on_site(shop) == [("10 23:35", 3, 4800)]
    assert nights.run(EVENTS) == {"2025-02-10", "2025-02-11"}
    assert _time_on_site(shop) == [("10 23:35", 3, 3000)]


def test_a_session_that_falls_apart_leaves_engagement_to_the_rest(shop: Shop, nights: Nights) -> None:
    reads = event("x", "2025-02-11T00:26", event_type="engagement")
    assert nights.run([*EVENTS, reads]) == {"2025-02-10", "2025-02-11"}
    assert _time_on_site(shop) == [("10 23:35", 3, 3060)]
    apart = [one for one in [*EVENTS, reads] if one["event_id"] != "over"]
    assert nights.run(apart) == {"2025-02-10", "2025-02-11"}
    assert _time_on_site(shop) == [("10 23:35", 1, 0), ("11 00:25", 1, 60)]


def _time_on_site(shop: Shop) -> list[tuple[str, int, int]]:
    """Start, number of events and seconds of the sessions over midnight."""
    return rows(
        shop,
        "SELECT strftime(started_at + INTERVAL 1 HOUR, '%d %H:%M') AS start, event_count,"
        " time_on_site_seconds::INT FROM intermediate.int_sessions_summed"
        " WHERE session_date BETWEEN '2025-02-10' AND '2025-02-11' AND start NOT LIKE '%12:00' ORDER BY ALL",
    )


def test_an_event_that_goes_gives_the_rest_of_its_session_a_day_of_its_own(
    shop: Shop, nights: Nights
) -> None:
    apart = [one for one in EVENTS if one["event_id"] != "over"]
    assert nights.run(apart) == {"2025-02-10", "2025-02-11"}
    assert sessions(shop, "2025-02-10", "2025-02-11") == [
        *[("10 12:00", "v", 1), ("10 12:00", "w", 1), ("10 23:35", "v", 1)],
        *[("11 00:25", "v", 1), ("11 12:00", "v", 1), ("11 12:00", "w", 1)],
    ]


def test_an_older_delivery_gives_back_what_a_withdrawn_one_had_beaten(shop: Shop, nights: Nights) -> None:
    moved = event("v2025-02-03", "2025-02-20T15:00", delivery=LAST)
    assert nights.run([*EVENTS, moved]) == {"2025-02-03", "2025-02-20"}
    assert nights.run(EVENTS) == {"2025-02-03", "2025-02-20"}
    assert len(sessions(shop, "2025-02-03", "2025-02-03")) == 2


def test_events_wait_for_their_day_and_leave_with_it(shop: Shop, nights: Nights) -> None:
    day = LAST + timedelta(days=2)
    early = [*EVENTS, event("x", f"{day}T12:00", delivery=LAST), event("y", f"{day}T00:10", delivery=LAST)]
    before = LAST + timedelta(days=1)
    early.append(event("z", f"{before}T23:50", delivery=LAST))
    assert nights.run(early) == set()
    assert nights.run(early, before) == {str(before)}
    assert nights.run(early, day) == {str(before), str(day)}
    night, noon = f"{before:%d} 23:50", f"{day:%d} 12:00"
    assert sessions(shop, str(before), str(day)) == [(night, "v", 2), (noon, "v", 1)]
    assert nights.run(early, before) == {str(before), str(day)}
    assert sessions(shop, str(before), str(day)) == [(night, "v", 1)]


@pytest.fixture
def one_more(shop: Shop, nights: Nights) -> list[WrittenPartition]:
    """A late event, and one of a wrong clock, in a delivery of their own: registered, not built yet."""
    assert nights.run(EVENTS) == set()
    late = event("x", "2025-02-05T12:10", delivery=LAST, delivery_source="app")
    wrong = event("y", "2000-01-01T12:00", delivery=LAST, delivery_source="app")
    _, partitions = make_raw_shop(nights.folder, {"session_events": [late, wrong]})
    register_partitions(shop, LAST, [*nights.partitions, *partitions], [])
    return partitions


def test_a_night_opens_only_the_files_that_came(
    shop: Shop, nights: Nights, one_more: list[WrittenPartition]
) -> None:
    assert one_more
    for one in nights.partitions[1:]:  # the first tells the columns of the view
        (one.folder / "session_events.parquet").write_bytes(b"not opened")
    assert [one.message for one in run_models(shop) if one.status != "success"] == []
    rebuilt = rows(shop, "FROM incremental.rebuilt_days ORDER BY ALL")
    assert rebuilt == [(date(2000, 1, 1), True), (date(2025, 2, 5), True)]
    assert rows(shop, "SELECT min(event_date) FROM intermediate.int_events_placed") == [(DAYS[0],)]
    with pytest.raises(duckdb.Error, match=r"too small to be a Parquet file|No magic bytes"):
        rows(shop, "SELECT count(DISTINCT event_id) FROM raw.session_events")


def test_rows_and_what_they_were_built_from_change_together(
    shop: Shop,
    nights: Nights,
    one_more: list[WrittenPartition],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = _state(shop)
    with monkeypatch.context() as patch:
        patch.setattr(dbt, "PROJECT", _project_that_dies_after_its_rows(tmp_path / "project"))
        assert "success" not in {one.status for one in run_models(shop)}
    assert _state(shop) == before
    nights.partitions += one_more
    assert nights.build(shop) == {"2000-01-01", "2025-02-05"}
    assert set(before.values()).isdisjoint(_state(shop).values())


def _project_that_dies_after_its_rows(folder: Path) -> Path:
    shutil.copytree(dbt.PROJECT, folder)
    macros = folder / "macros" / "build" / "incremental.sql"
    text = macros.read_text(encoding="utf-8").replace("macro remember_partitions()", "macro replaced()")
    died = "{% macro remember_partitions() %}select error('died'){% endmacro %}"
    macros.write_text(text + died, encoding="utf-8")
    return folder


def _state(shop: Shop) -> dict[str, str]:
    """Content of the incremental models, and of what they remember."""
    with open_warehouse(shop, read_only=True) as connection:
        tables = [*MODELS, ("incremental", "built_partitions")]
        return {name: content_hash(connection, schema, name) for schema, name in tables}


def _tamper(shop: Shop) -> None:
    """Leave a mark on every row that only building it anew takes away."""
    with open_warehouse(shop) as connection:
        connection.execute("UPDATE intermediate.int_events_placed SET is_page_view = NULL")
        connection.execute("UPDATE intermediate.int_sessions_summed SET is_engaged = NULL")


def _tampered(shop: Shop) -> set[str]:
    marks = {"int_events_placed": "is_page_view", "int_sessions_summed": "is_engaged"}
    queries = [
        f"SELECT DISTINCT session_date FROM intermediate.{name} WHERE {column} IS NULL"
        for name, column in marks.items()
    ]
    events, summed = ({str(day) for (day,) in rows(shop, query)} for query in queries)
    assert events == summed
    return events
