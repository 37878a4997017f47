"""What is missing by a source's rhythm, beside a slow computation from its words."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest

from mandje.ingest.due.rhythm import is_missing, lacking_days, last_open_days, usual_wait
from mandje.shop.settings import Source, load_shop
from tiny_shop import SHOP_TOML

FIRST = date(2025, 1, 6)
DAYS = [FIRST + timedelta(days=number) for number in range(60)]


def source(expected: str, *closed: str) -> Source:
    return Source(
        adapter="canonical", on_refused="go_on", on_missing="go_on", expected=expected, closed=closed
    )


def slow_lacks(one: Source, loaded: set[date], last: date) -> list[date]:
    """A day lacks its delivery if none that would tell of it came, and none may still come by `last`."""
    lacks = []
    for day in DAYS:
        tellers = [day] if one.expected == "daily" else [day + timedelta(days=n) for n in range(9)]
        is_over = all(teller <= last for teller in tellers)
        if min(loaded) <= day and is_over and not one.is_closed(day) and not loaded & set(tellers):
            lacks.append(day)
    return lacks


@pytest.mark.parametrize("expected", ["daily", "weekly"])
@pytest.mark.parametrize("seed", range(8))
def test_days_that_nobody_told_of(expected: str, seed: int) -> None:
    chance = random.Random(f"{expected}{seed}")
    one = source(expected, *chance.choice([(), ("saturday",), ("sunday", "2025-02-01..2025-02-04")]))
    loaded = set(chance.sample(DAYS, 30 if expected == "daily" else 6))
    last = chance.choice(DAYS[30:])
    known = sorted(day for day in loaded if day <= last)
    assert lacking_days(one, known, last) == slow_lacks(one, set(known), last)


def test_a_source_without_rhythm_or_without_a_delivery_lacks_nothing() -> None:
    assert lacking_days(source("any"), [FIRST], DAYS[-1]) == []
    assert lacking_days(source("daily"), [], DAYS[-1]) == []


@pytest.mark.parametrize(
    ("one", "delivered", "day", "owed"),
    [
        (source("any"), set(), DAYS[0], 0),
        (source("daily"), {DAYS[0]}, DAYS[0], 0),
        (source("daily"), {DAYS[0], DAYS[2]}, DAYS[1], 1),
        (source("daily", "tuesday"), {DAYS[0]}, DAYS[1], 0),
        (source("daily"), set(), DAYS[0], 1),
        (source("weekly"), {DAYS[0]}, DAYS[6], 0),
        (source("weekly"), {DAYS[0]}, DAYS[7], 1),
        (source("weekly"), {DAYS[0], DAYS[8]}, DAYS[7], 1),
        (source("weekly"), {DAYS[0], DAYS[8]}, DAYS[8], 0),
    ],
)
def test_what_a_night_owes_is_the_delivery_of_its_own_day_or_week(
    one: Source, delivered: set[date], day: date, owed: int
) -> None:
    assert is_missing(one, delivered, day) == bool(owed)


def test_the_last_day_on_which_a_feed_may_have_come(tmp_path: Path) -> None:
    closed = '[sources.returns]\nclosed = ["2025-01-20..2025-01-30"]'
    (tmp_path / "shop.toml").write_text(SHOP_TOML.replace("[sources.returns]", closed))
    days = last_open_days(load_shop(tmp_path), date(2025, 1, 25))
    assert (days["returns"], days["orders"]) == (date(2025, 1, 19), date(2025, 1, 25))


def test_the_usual_wait_is_what_nine_of_ten_gaps_keep_to() -> None:
    assert usual_wait(DAYS[:3]) == 1
    assert usual_wait(DAYS) == 1
    assert usual_wait(DAYS[::7]) == 7
    assert usual_wait([*DAYS[:30], *DAYS[33:]]) == 1
