from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from planted_shop import at, frame, world

from mandje.errors import MandjeError
from mandje.simulate.defects.breaker import FeedBreaker
from mandje.simulate.defects.classes import DAMAGED_ROWS
from mandje.simulate.defects.damaged_rows import LAST_IDS, damaged_row
from mandje.simulate.defects.plan import MOST_ROWS, DefectPlan, PlannedDelivery, PlannedRow
from mandje.simulate.defects.redelivered import is_fit, may_join
from mandje.simulate.deliver.broken_file import DAMAGE, BrokenFile
from mandje.simulate.deliver.render import texts

CLOCK = world(days=30).clock


def plan(
    feed: str, *, rows: tuple[PlannedRow, ...] = (), deliveries: tuple[PlannedDelivery, ...] = ()
) -> DefectPlan:
    return DefectPlan(CLOCK, {feed: rows}, {feed: deliveries})


def events(day: int, count: int = 2, **other: object) -> pl.DataFrame:
    rows = [{"event_id": day * 10 + nth, "event_at": at(day), "delivery_day": day} for nth in range(count)]
    return frame("session_events", [row | other for row in rows])


def lines(order: int, numbers: tuple[int, ...], day: int, **other: object) -> pl.DataFrame:
    rows = [
        {"order_id": order, "line_number": number, "updated_at": at(day), "delivery_day": day}
        for number in numbers
    ]
    return frame("order_lines", [row | other for row in rows])


def ids(files: list[BrokenFile], column: str = "event_id") -> list[list[int]]:
    return [file.rows[column].to_list() for file in files]


def run(planned: DefectPlan, days: dict[int, pl.DataFrame]) -> list[list[BrokenFile]]:
    feed = next(iter(planned.rows))
    empty = next(iter(days.values())).clear()
    breaker = FeedBreaker(planned, feed)
    return [breaker.files(day, days.get(day, empty)) for day in range(CLOCK.days)]


def test_a_missing_delivery_comes_before_the_rows_of_the_next_day() -> None:
    planned = plan("session_events", deliveries=(PlannedDelivery("missing_deliveries", 3, 1),))
    delivered = run(planned, {day: events(day) for day in (2, 3, 4)})
    assert delivered[3] == []
    assert ids(delivered[4]) == [[30, 31, 40, 41]]
    assert delivered[4][0].rows["delivery_day"].to_list() == [4] * 4
    (told,) = delivered[4][0].planted
    assert (told.defect, told.day, told.outcome, told.row_count, told.again_day) == (
        "missing_deliveries",
        3,
        "missing",
        2,
        4,
    )


def test_a_refused_delivery_comes_again_in_a_file_named_after_its_day() -> None:
    planned = plan("session_events", deliveries=(PlannedDelivery("truncated_files", 3, 2),))
    delivered = run(planned, {day: events(day) for day in range(2, 7)})
    assert [(file.breakage, file.name_suffix) for file in delivered[3]] == [("truncated", "")]
    assert ids(delivered[4]) == [[40, 41]]
    assert [file.name_suffix for file in delivered[5]] == ["", "2024-02-04"]
    assert ids(delivered[5]) == [[50, 51], [30, 31]]
    assert {file.breakage for file in delivered[5]} == {None}


def test_of_a_file_delivered_twice_the_first_rows_are_duplicates() -> None:
    planned = plan("orders", deliveries=(PlannedDelivery("files_delivered_twice", 3, 2),))
    row = {"order_id": 1, "updated_at": at(3), "delivery_day": 3}
    orders = frame("orders", [row, row | {"order_id": 2, "outcome": "superseded"}])
    delivered = run(planned, {3: orders})
    assert delivered[3][0].rows["outcome"].to_list() == ["duplicate", "duplicate"]
    assert delivered[5][1].rows["outcome"].to_list() == ["kept", "superseded"]


@pytest.mark.parametrize(
    ("feed", "defect", "rows", "fits"),
    [
        ("session_events", "truncated_files", [{"event_id": 1}], True),
        ("session_events", "missing_deliveries", [], False),
        ("session_events", "missing_deliveries", [{"event_id": 1, "defect": "clock_skew"}], False),
        ("orders", "truncated_files", [{"order_id": 1, "outcome": "superseded"}], True),
        ("orders", "missing_deliveries", [{"order_id": 1}, {"order_id": 2, "outcome": "duplicate"}], False),
        ("ad_spend", "changed_headers", [{"site": "nl"}], True),
        ("ad_spend", "changed_headers", [{"site": "nl"}, {"site": "uk", "outcome": "superseded"}], False),
        ("customers", "missing_deliveries", [{"customer_id": 1}, {"outcome": "superseded"}], True),
    ],
)
def test_a_delivery_comes_later_only_where_no_other_row_changes_by_it(
    feed: str,
    defect: str,
    rows: list[dict[str, object]],
    fits: bool,  # noqa: FBT001
) -> None:
    assert is_fit(feed, defect, frame(feed, rows)) == fits


def test_a_defect_moves_to_the_next_day_that_will_do() -> None:
    planned = plan("session_events", deliveries=(PlannedDelivery("zero_byte_files", 3, 2),))
    days = {3: events(3).clear(), 4: events(4, defect="clock_skew"), 5: events(5), 6: events(6)}
    delivered = run(planned, days)
    assert [file.breakage for day in (3, 4, 5) for file in delivered[day]] == [None, None, "zero_bytes"]
    assert ids(delivered[7]) == [[], [50, 51]]


def test_a_defect_that_finds_no_day_is_not_planted() -> None:
    planned = plan(
        "session_events",
        rows=(PlannedRow("late_events", 28, 0, 7, 4), PlannedRow("wrong_type", 29, 1, 7, 4)),
        deliveries=(PlannedDelivery("zero_byte_files", 20, 2),),
    )
    delivered = run(planned, {day: events(day) for day in range(15)})
    files = [file for files in delivered for file in files]
    assert {(file.breakage, file.planted) for file in files} == {(None, ())}
    assert sum(file.rows.height for file in files) == 30


@pytest.mark.parametrize(
    ("held", "today", "may"),
    [((1, 2), (1, 2), True), ((1, 2), (1,), False), ((1,), (1, 2), False), ((1, 2), (2, 3), False)],
)
def test_two_versions_join_only_with_the_same_lines(
    held: tuple[int, ...],
    today: tuple[int, ...],
    may: bool,  # noqa: FBT001
) -> None:
    assert may_join("order_lines", lines(7, held, 3), lines(7, today, 4)) == may
    assert may_join("order_lines", lines(7, held, 3), lines(8, today, 4))


def test_rows_wait_while_the_day_holds_another_version_of_theirs() -> None:
    planned = plan("order_lines", deliveries=(PlannedDelivery("empty_deliveries", 3, 1),))
    days = {3: lines(7, (1, 2), 3, outcome="superseded"), 4: lines(7, (1,), 4)}
    delivered = run(planned, days)
    assert ids(delivered[4], "line_number") == [[1]]
    assert ids(delivered[5], "line_number") == [[1, 2]]
    assert delivered[5][0].planted[0].again_day == 5


def test_rows_that_can_never_come_again_stop_the_simulation() -> None:
    planned = plan("order_lines", deliveries=(PlannedDelivery("empty_deliveries", 20, 1),))
    days = {day: lines(7, (1,) if day > 20 else (1, 2), day) for day in range(20, 30)}
    with pytest.raises(MandjeError, match="order_lines that were held back"):
        run(planned, days)


def test_a_row_that_stands_twice_does_so_side_by_side() -> None:
    planned = plan("session_events", rows=(PlannedRow("exact_duplicates", 3, 0, 1, 1),))
    rows = run(planned, {3: events(3, count=3)})[3][0].rows
    assert rows["event_id"].to_list() == [30, 31, 31, 32]
    assert rows["outcome"].to_list() == ["kept", "duplicate", "kept", "kept"]
    assert rows["defect"].to_list() == [None, "exact_duplicates", None, None]


def test_a_delivery_takes_no_more_broken_rows_than_it_may_hold() -> None:
    many = tuple(PlannedRow("missing_key", 3, number, number, 1) for number in range(MOST_ROWS + 3))
    delivered = run(plan("session_events", rows=many), {day: events(day, count=9) for day in (3, 4)})
    assert [delivered[day][0].rows["defect"].count() for day in (3, 4)] == [MOST_ROWS, 3]
    own = {"outcome": "rejected:impossible_date", "defect": "clock_skew"}
    delivered = run(plan("session_events", rows=many), {3: events(3, count=MOST_ROWS, **own)})
    assert delivered[3][0].rows.height == MOST_ROWS


def test_a_feed_without_rows_has_no_file_unless_it_comes_daily() -> None:
    nothing = DefectPlan(CLOCK, {}, {})
    assert FeedBreaker(nothing, "messages").files(0, frame("messages", [])) == []
    assert len(FeedBreaker(nothing, "returns").files(0, frame("returns", []))) == 1


@pytest.mark.parametrize("feed", sorted({feed for rows in DAMAGED_ROWS.values() for feed in rows.damages}))
def test_ids_of_damaged_rows_are_as_wide_as_others(feed: str) -> None:
    """So texts sort as numbers do, and no other id is among them."""
    name = next(name for name in frame(feed, []).columns if name in LAST_IDS)
    rows = frame(feed, [{name: 0}, {name: LAST_IDS[name]}]).with_columns(
        pl.lit(None, kind).alias(damage) for damage, kind in DAMAGE.items()
    )
    first, last = texts(rows, feed)[name]
    assert len(first) == len(last)
    assert last[1:] == "9" * (len(last) - 1)


def test_negative_quantities_follow_the_good_ones() -> None:
    planned = PlannedRow("negative_quantity", 3, 5, 0, 1)
    for quantity in (None, 0, 4, Decimal("2.5")):
        good = frame("order_lines", [{"order_id": 1, "line_number": 1}]).with_columns(
            pl.lit(quantity, pl.Decimal(18, 4)).alias("quantity")
        )
        row = damaged_row("order_lines", good, planned).row(0, named=True)
        assert row["quantity"] == -(quantity or 0) - 1
        assert row["order_id"] == LAST_IDS["order_id"] - 5
