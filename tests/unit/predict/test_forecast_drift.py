"""When forecasts and parameters are told to have drifted, and when not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mandje.predict.drift import Outcome, parameter_drift, season_began, watch

NEWEST = date(2025, 5, 1)


def outcome(days_ago: int, ratio: float, score: float | None = 5.0) -> Outcome:
    """Of 1,000 expected order days."""
    sign = -1 if ratio > 1 else 1
    came = round(1000 / ratio)
    return Outcome(
        NEWEST - timedelta(days=days_ago), 1000.0, came, ratio, None if score is None else sign * score
    )


@pytest.mark.parametrize(
    ("outcomes", "warned"),
    [
        ([(0, 1.3), (30, 1.2)], True),
        ([(0, 0.7), (7, 1.0), (14, 1.0), (31, 0.8)], True),
        ([(0, 1.3), (7, 1.3), (29, 1.3)], False),
        ([(0, 1.3), (30, 0.7)], False),
        ([(0, 1.1), (30, 1.3)], False),
        ([(0, 1.3), (30, 1.1)], False),
        ([(0, 1.3, 2.9), (30, 1.3)], False),
        ([(0, 1.3, None), (30, 1.3, None)], False),
    ],
    ids=[
        *("two months over", "two months under", "they overlap", "there and back", "back to normal"),
        *("one bad month", "perhaps chance", "nothing to tell by"),
    ],
)
def test_two_months_far_off_on_one_side_are_told(outcomes: list[tuple[float, ...]], warned: bool) -> None:  # noqa: FBT001
    found = watch([outcome(int(one[0]), *one[1:]) for one in outcomes])
    assert bool(found.warnings) is warned


def test_the_newest_outcome_is_told_in_words() -> None:
    found = watch([outcome(0, 1.25), outcome(30, 1.25)])
    assert found.told == (
        "of 2025-05-01: 1,000 order days expected in 30 days, 800 came (expected over come 1.25)"
    )
    (warning,) = found.warnings
    assert warning == (
        "the forecasts of 2025-04-01 and 2025-05-01 both expected far more than came "
        "(expected over come 1.25 and 1.25): something changed "
        "that the model does not see, such as a campaign, or a season that the year before did not have"
    )
    assert watch([]).told is None


def fit(r: float, error: float | None = 0.02, model: str | None = "BG/NBD") -> dict[str, object]:
    return {
        "as_of_date": "2025-04-30",
        "purchase_model": model,
        "parameters": {"r": r},
        "log_standard_errors": {"r": error},
    }


@pytest.mark.parametrize(
    ("now", "then", "told"),
    [
        (
            fit(0.4),
            fit(0.3),
            ["BG/NBD's r went from 0.3 (2025-04-30) to 0.4: customers behave otherwise than a month ago"],
        ),
        (fit(0.36), fit(0.3), []),
        (fit(0.4, 0.2), fit(0.3, 0.2), []),
        (fit(0.4), fit(0.3, model="NBD"), []),
        (fit(0.4, None), fit(0.3), []),
        (fit(0.4), {**fit(0.3), "parameters": {}}, []),
        (fit(0.4), {name: told for name, told in fit(0.3).items() if name != "log_standard_errors"}, []),
    ],
    ids=["far", "a fifth", "unsure", "another model", "no error", "nothing fitted then", "an older record"],
)
def test_parameters_that_move(now: dict[str, object], then: dict[str, object], told: list[str]) -> None:
    assert list(parameter_drift(now, then)) == told


def in_season(*factors: tuple[float, float]) -> dict[str, object]:
    return {
        "seasons": [
            {"horizon_days": days, "season_factor": g, "spend_factor": v}
            for days, (g, v) in zip((30, 90), factors, strict=False)
        ]
    }


PLAIN, BUSY, DEAR = in_season((1, 1), (1, 1)), in_season((1, 1), (1.31, 1)), in_season((1, 1.04))
BEFORE_SEASONS: dict[str, object] = {}


@pytest.mark.parametrize(
    ("now", "earlier", "is_told"),
    [
        (BUSY, [PLAIN], True),
        (DEAR, [PLAIN, BEFORE_SEASONS], True),
        (BUSY, [BEFORE_SEASONS], True),
        (BUSY, [], False),
        (PLAIN, [BUSY], False),
        (BUSY, [DEAR], False),
        (BUSY, [PLAIN, BUSY], False),
    ],
    ids=[
        *("orders", "spend alone", "an older version", "the first night", "it has gone"),
        *("it goes on", "it came before"),
    ],
)
def test_a_season_is_told_on_the_first_night_that_has_one(
    now: dict[str, object],
    earlier: list[dict[str, object]],
    is_told: bool,  # noqa: FBT001
) -> None:
    assert bool(list(season_began(now, earlier))) is is_told


def test_the_first_night_of_a_season_in_words() -> None:
    (said,) = season_began(in_season((0.9, 1), (1.314, 1.04)), [PLAIN])
    assert said == (
        "forecasts are corrected for the season of the year before from now on (30 days: orders x 0.90, "
        "spend per order x 1.00, 90 days: orders x 1.31, spend per order x 1.04): totals move by about as "
        "much against the night before, churn bands and the value of a year do not"
    )
