"""Days far below their own weekdays, beside a slow computation; and that ordinary days are let alone."""

from datetime import date, timedelta
from itertools import product
from statistics import median

import duckdb
import pytest

from figures import DAYS, EVENT_TYPES, LAST, SITES, Row, collapse, daily_rows, fill
from mandje.observe.gate_checks.day_figures import compare_days, untracked_before

Held = dict[str, tuple[str, str]]


def held(rows: list[Row], since: date, last: date, known: set[tuple[str, date]] | None = None) -> Held:
    with duckdb.connect() as con:
        fill(con, rows)
        holds, _ = compare_days(con, since, last, known or set())
    return {hold.figure: (hold.before, hold.now) for hold in holds}


def night(rows: list[Row], day: date) -> Held:
    return held(rows, day - timedelta(days=1), day)


@pytest.mark.parametrize("seed", range(3))
def test_ordinary_days_are_not_held_not_one_of_them(seed: int) -> None:
    assert held(daily_rows(seed), DAYS[0], LAST) == {}


COLLAPSES = [
    ("nothing comes in", 0.0, ("order_count", "gross_sales_amount", "session_count", "page_view_count")),
    ("a quarter of everything", 0.25, ("order_count", "session_count", "page_view_count")),
    ("a third of the visits", 0.33, ("session_count",)),
    ("orders alone", 0.1, ("order_count",)),
    ("pages alone", 0.2, ("page_view_count",)),
    ("prices are gone", 0.0, ("gross_sales_amount",)),
    ("prices are in cents", 100, ("gross_sales_amount",)),
    ("product views are not tracked", 0.0, ("product_view",)),
    ("carts are not tracked", 0.0, ("add_to_cart",)),
]
SEEN_AS = {
    "order_count": "day:orders",
    "gross_sales_amount": "day:gross_sales",
    "session_count": "day:sessions",
    "page_view_count": "day:page_views",
    "product_view": "event_type:product_view",
    "add_to_cart": "event_type:add_to_cart",
}


@pytest.mark.parametrize(
    ("share", "names"), [row[1:] for row in COLLAPSES], ids=[row[0] for row in COLLAPSES]
)
def test_a_collapse_is_held_that_night_and_the_next_and_however_often_it_is_run(
    share: float, names: tuple[str, ...]
) -> None:
    day, rows = DAYS[80], daily_rows(5)
    broken = collapse(rows, day, share, *names)
    expected = {f"{SEEN_AS[name]}:{day}:(all)" for name in names}
    first = night(broken, day)
    assert expected <= first.keys()
    assert {figure.rsplit(":", 2)[0] for figure in first} == {SEEN_AS[name] for name in names}
    assert night(broken, day) == first
    # The night after looks sound again, but the held day was never published: it is still between.
    assert held(broken, day - timedelta(days=1), day + timedelta(days=1)) == first
    # Somebody let it through: nothing is held any more.
    assert held(broken, day, day + timedelta(days=1)) == {}


def test_one_site_alone_is_seen_beside_another_that_is_larger() -> None:
    broken = collapse(daily_rows(6), LAST, 0, "session_count", "page_view_count", site="uk")
    assert set(night(broken, LAST)) == {f"day:sessions:{LAST}:uk", f"day:page_views:{LAST}:uk"}


def test_a_shop_of_one_site_is_told_once() -> None:
    broken = collapse(daily_rows(6, {"nl": 1.0}), LAST, 0, "session_count")
    assert set(night(broken, LAST)) == {f"day:sessions:{LAST}:(all)"}


def test_days_that_are_accounted_for_are_neither_judged_nor_compared_with() -> None:
    rows = daily_rows(7)
    for weeks in range(1, 7):
        rows = collapse(rows, LAST - timedelta(weeks=weeks), 0, "session_count")
    broken = collapse(rows, LAST, 0, "session_count")
    closed = {("session_events", LAST - timedelta(weeks=weeks)) for weeks in range(1, 7)}
    before = LAST - timedelta(days=1)
    assert held(broken, before, LAST) == {}  # six of eight such weekdays had no visit
    assert held(broken, before, LAST, closed) == {}  # and two are too few
    fewer = {one for one in closed if one[1] > LAST - timedelta(weeks=5)}
    sound = collapse(daily_rows(7), LAST, 0, "session_count")
    assert f"day:sessions:{LAST}:(all)" in held(sound, before, LAST, fewer)
    assert held(sound, before, LAST, {("session_events", LAST)}) == {}


def test_a_shop_of_three_orders_a_day_has_days_of_none() -> None:
    rows = [{**row, "order_count": row["order_count"] // 14} for row in daily_rows(8)]
    assert night(collapse(rows, LAST, 0, "order_count"), LAST) == {}


def slow_verdicts(rows: list[Row], day: date) -> Held:
    """The rule as its words say it, one figure at a time."""
    found: Held = {}
    by_key = {(row["day"], row["site"]): row for row in rows}
    for site, (name, label) in product([*SITES, "(all)"], SEEN_AS.items()):
        past = [
            by_key[day - timedelta(weeks=n), site]
            for n in range(1, 9)
            if (day - timedelta(weeks=n), site) in by_key
        ]
        usual, now = median(row[name] for row in past), by_key[day, site][name]
        if name in EVENT_TYPES:
            is_held = now == 0 and usual >= 20
        elif name == "gross_sales_amount":
            is_far = now < usual / 10 or now > usual * 10
            is_held = median(row["order_count"] for row in past) >= 10 and is_far
        else:
            together = 4 if name == "page_view_count" else 1
            is_held = now < 0.4 * usual and usual - now > 3 * (usual * together) ** 0.5
        if is_held:
            found[f"{label}:{day}:{site}"] = (f"{usual:.2f}".removesuffix(".00"), str(now))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_verdict_is_that_of_a_slow_computation(seed: int) -> None:
    rows = daily_rows(seed)
    names = list(SEEN_AS)[seed:] or list(SEEN_AS)
    share = 0.05 * seed if seed < 4 else 0  # the last names are events, which are held where none is left
    broken = collapse(rows, LAST, share, *names, site="uk" if seed % 2 else None)
    assert night(broken, LAST) == slow_verdicts(broken, LAST)
    assert slow_verdicts(broken, LAST)


def told(rows: list[Row], day: date) -> list[str]:
    with duckdb.connect() as con:
        fill(con, rows)
        return compare_days(con, day - timedelta(days=1), day, set())[1]


def untracked(rows: list[Row], known: set[tuple[str, date]] | None = None) -> list[str]:
    with duckdb.connect() as con:
        fill(con, rows)
        return untracked_before(con, LAST, known or set())


def test_an_event_type_that_drops_is_told_and_one_that_vanishes_is_only_held() -> None:
    dropped = collapse(daily_rows(9), LAST, 0.2, "product_view")
    assert [line.split(": ")[0] for line in told(dropped, LAST)] == [
        f"event_type:product_view:{LAST}:{site}" for site in ("(all)", "nl", "uk")
    ]
    assert night(dropped, LAST) == {}
    vanished = collapse(daily_rows(9), LAST, 0, "product_view")
    assert told(vanished, LAST) == []
    assert f"event_type:product_view:{LAST}:(all)" in night(vanished, LAST)
    # Of a type that is rare anyway nothing can be said.
    assert told(collapse(daily_rows(9), LAST, 0, "add_payment"), LAST) == []


def test_days_of_the_history_on_which_a_step_was_not_tracked_are_told_on_the_first_night() -> None:
    rows = daily_rows(10)
    assert untracked(rows) == []
    for day, share in ((DAYS[50], 0.0), (DAYS[51], 0.1), (DAYS[70], 0.0), (DAYS[71], 0.0)):
        rows = collapse(rows, day, share, "product_view")
    (line,) = untracked(rows)
    assert line.startswith(
        "event_type:product_view:history: product view lies below a quarter of its weekday"
    )
    assert f"on 4 day(s) of the history ({DAYS[50]}, {DAYS[51]}, {DAYS[70]} and more)" in line
    known = {("session_events", day) for day in (DAYS[50], DAYS[51], DAYS[70])}
    assert f"on 1 day(s) of the history ({DAYS[71]})" in untracked(rows, known)[0]


def test_a_quiet_day_of_the_history_and_the_night_s_own_day_are_not_told_as_untracked() -> None:
    quiet = collapse(daily_rows(11), DAYS[60], 0.1, "session_count", "page_view_count", *EVENT_TYPES)
    assert untracked(quiet) == []
    assert untracked(collapse(daily_rows(11), LAST, 0, "product_view")) == []
