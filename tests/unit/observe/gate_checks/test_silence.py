from datetime import date, timedelta

from mandje.observe.gate_checks.silence import compare_feeds

FIRST = date(2025, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def always(_feed: str, _day: date) -> bool:
    return True


def daily(count: int, rows: int = 30) -> dict[date, int]:
    return {day(number): rows for number in range(count)}


def test_a_daily_feed_that_does_not_come_is_held_the_same_night_and_only_once() -> None:
    feeds = {"orders": daily(40)}
    held, told = compare_feeds(feeds, always, day(39), day(40))
    assert [(hold.figure, hold.before, hold.now) for hold in held] == [("silence:orders", "0", "1")]
    assert told == []
    assert compare_feeds(feeds, always, day(39), day(39)) == ([], [])
    assert compare_feeds(feeds, always, day(40), day(41)) == ([], [])  # somebody let it through before


def test_a_feed_that_a_shop_can_do_without_is_told() -> None:
    held, told = compare_feeds({"messages": daily(40)}, always, day(39), day(42))
    assert held == []
    assert told[0].startswith("silence:messages: messages has no row for 3 day(s)")


def test_nobody_was_told_anything_else_before_the_first_snapshot() -> None:
    held, told = compare_feeds({"orders": daily(40)}, always, None, day(80))
    assert held == []
    assert len(told) == 1


def test_few_rows_pauses_as_long_as_before_and_closed_days_say_nothing() -> None:
    assert compare_feeds({"returns": daily(40, rows=2)}, always, day(39), day(48)) == ([], [])
    paused = {"orders": {**daily(40), **{day(number): 30 for number in range(43, 60)}}}
    assert compare_feeds(paused, always, day(59), day(62)) == ([], [])
    assert len(compare_feeds(paused, always, day(59), day(63))[0]) == 1
    closed = {day(number) for number in range(40, 60)}
    assert compare_feeds({"orders": daily(40)}, lambda _, one: one not in closed, day(39), day(59)) == (
        [],
        [],
    )


def test_a_weekly_feed_may_shift_by_some_days() -> None:
    weekly = {day(7 * number): 200 for number in range(12)}
    last = 77
    assert compare_feeds({"orders": weekly}, always, day(last), day(last + 10)) == ([], [])
    assert len(compare_feeds({"orders": weekly}, always, day(last), day(last + 11))[0]) == 1


def test_too_little_history_says_nothing() -> None:
    assert compare_feeds({"orders": daily(9)}, always, day(8), day(30)) == ([], [])
