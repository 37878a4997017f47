"""What is unusual: against chance, its own history, its size, the year before, and all that is looked at."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from mandje.report.sentences.compared import statistic
from mandje.report.sentences.looked_at import ALL, Figure
from mandje.report.sentences.unusual import Change, _log_chance, _windows, judged
from mandje.report.sentences.weeks import Slice, Weeks

RATIO = Figure("conversion", "funnel", "ratio", "device", "", -1)
LEVEL = Figure("visits", "channels", "level", "channel", "", -1)
SPEND = Figure("spend", "channels", "spend", "channel", "", 1, 0.30)
EVERYWHERE = Slice(ALL, ALL)


def _weeks(*, hits: Any, tries: Any = None, cuts: tuple[str, ...] = (ALL,)) -> Weeks:
    """Newest week first."""
    sums = {"hits": np.atleast_2d(np.array(hits, dtype=np.float64))}
    sums["days"] = np.full_like(sums["hits"], 7.0)
    sums["tries"] = sums["days"] if tries is None else sums["hits"] * 0 + tries
    return Weeks(tuple(Slice(ALL, cut) for cut in cuts), sums)


def _told(figure: Figure, weeks: Weeks, least: float = 2.3) -> list[Change]:
    """What is told of two weeks."""
    return [one for one in judged(figure, weeks, 0.1) if one.unusual >= least and one.weeks == 2]


def test_a_ratio_that_halves_is_told_with_its_way() -> None:
    (found,) = _told(RATIO, _weeks(hits=[35, 35, *[70] * 38], tries=1000))
    assert (found.slice, found.weeks, found.sign) == (EVERYWHERE, 2, -1)
    (found,) = _told(RATIO, _weeks(hits=[150, 150, *[70] * 38], tries=1000))
    assert found.sign == 1


def test_how_unusual_by_hand() -> None:
    weeks = _weeks(hits=[35, 35, *[70] * 38], tries=1000)
    table = [[70, 1930], [910, 12090]]
    root = np.sqrt(stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic)
    (found,) = _told(RATIO, weeks)
    # of a tenth of a night's chance, two weeks have eight tenths, and of these the bad way eight tenths
    assert found.unusual == pytest.approx(-np.log10(stats.norm.sf(root) / 0.064))


def test_what_somebody_must_act_on_is_seen_earlier() -> None:
    weeks = _weeks(hits=[35, 35, *[70] * 78], tries=1000)
    (bad,), (good,) = _told(RATIO, weeks), _told(replace(RATIO, bad_way=1), weeks)
    assert bad.unusual - good.unusual == pytest.approx(np.log10(4))


def test_what_is_certain_but_small_is_not_told() -> None:
    assert _told(RATIO, _weeks(hits=[63_000, 63_000, *[70_000] * 38], tries=1_000_000)) == []


def test_what_is_large_but_of_few_events_is_not_told() -> None:
    assert _told(RATIO, _weeks(hits=[1, 1, *[3] * 38], tries=60), least=-9) == []


def test_what_moves_so_every_month_is_not_told() -> None:
    moving = [35, 35, 70, 70, 105, 105, 70, 70] * 5
    assert _told(RATIO, _weeks(hits=moving, tries=1000)) == []


def test_a_short_history_says_nothing() -> None:
    assert judged(RATIO, _weeks(hits=[1, 1, *[70] * 19], tries=1000), 1.0) == []
    assert judged(RATIO, _weeks(hits=[1, 1, *[70] * 20], tries=1000), 1.0) != []


def test_a_season_is_not_told_where_it_was_so_a_year_before() -> None:
    ordinary = [1000.0] * 80
    risen = [1500.0, 1500.0, *ordinary[2:]]
    assert [one.sign for one in _told(LEVEL, _weeks(hits=risen))] == [1]
    seasonal = [*risen[:52], 1450.0, 1450.0, *ordinary[54:]]
    assert _told(LEVEL, _weeks(hits=seasonal)) == []


def test_what_only_comes_back_from_a_season_is_not_told() -> None:
    assert _told(RATIO, _weeks(hits=[70, 70, *[100] * 8, *[70] * 30], tries=1000)) == []
    assert _told(RATIO, _weeks(hits=[40, 40, *[100] * 8, *[70] * 30], tries=1000)) != []


def test_what_is_over_is_not_told() -> None:
    assert _told(RATIO, _weeks(hits=[35, 35, *[70] * 38], tries=1000)) != []
    assert _told(RATIO, _weeks(hits=[68, 2, *[70] * 38], tries=1000)) == []


def test_a_young_shop_that_grows_is_no_news() -> None:
    assert _told(RATIO, _weeks(hits=[130, 130, *[70] * 38], tries=1000)) == []
    assert _told(RATIO, _weeks(hits=[130, 130, *[70] * 78], tries=1000)) != []


def test_visits_without_orders_are_no_news_of_a_ratio() -> None:
    tries = [2200, 2200, *[1000] * 38]
    assert _told(RATIO, _weeks(hits=[70] * 40, tries=tries)) == []
    assert _told(replace(RATIO, bad_way=1), _weeks(hits=[70] * 40, tries=tries)) != []


def test_a_level_without_a_year_before_must_move_by_much() -> None:
    assert _told(LEVEL, _weeks(hits=[760, 760, *[1000] * 38])) == []
    assert _told(LEVEL, _weeks(hits=[760, 760, *[1000] * 78])) != []
    assert _told(LEVEL, _weeks(hits=[650, 650, *[1000] * 38])) != []


def test_the_level_of_a_part_that_moves_with_the_whole_is_not_told() -> None:
    fallen, calm = [1200, 1200, *[2000] * 38], [10_000] * 40
    both = [fallen, np.add(fallen, calm), calm]
    told = _told(LEVEL, _weeks(hits=both, cuts=("Email", ALL, "Direct")))
    assert {one.slice.cut for one in told} == {"Email"}
    both = [fallen, np.multiply(fallen, 2), fallen]
    told = _told(LEVEL, _weeks(hits=both, cuts=("Email", ALL, "Direct")))
    assert {one.slice.cut for one in told} == {ALL}


def test_the_more_is_looked_at_the_less_is_unusual() -> None:
    halved, calm = [40, 40, *[70] * 38], [70] * 40
    few = _told(RATIO, _weeks(hits=[halved, calm], tries=1000, cuts=("a", "b")))
    names = tuple(f"cut {number}" for number in range(100))
    many = _told(RATIO, _weeks(hits=[halved, *[calm] * 99], tries=1000, cuts=names), least=-9)
    assert few[0].unusual - many[0].unusual == pytest.approx(np.log10(100 / 2))


def test_a_budget_that_changes_often_is_no_news() -> None:
    assert _told(SPEND, _weeks(hits=[200, 200, *[100] * 38])) != []
    assert _told(SPEND, _weeks(hits=[200, 200, 100, 100, 50, 50, *[100, 100, 200, 200] * 9])) == []


def test_chance_is_told_as_it_comes() -> None:
    """Of 4,000 figures that chance moves, one in fifty is beyond a chance of one in a hundred, either way."""
    hits = np.random.default_rng(7).poisson(80, (4000, 70))
    weeks = _weeks(hits=hits, tries=1500, cuts=tuple(map(str, range(4000))))
    for length in (2, 4):
        now, before = _windows(weeks, length) or ({}, {})
        log_chance = _log_chance(RATIO, statistic("ratio", now, before), length)
        assert 0.008 < (log_chance < np.log(0.01)).mean() < 0.023
        assert (log_chance < np.log(1e-4)).mean() <= 4 / 4000


def test_spread_that_is_more_than_chance_is_taken_off() -> None:
    chance = np.random.default_rng(8)
    hits = chance.poisson(80 * chance.gamma(9, 1 / 9, (4000, 70)))
    weeks = _weeks(hits=hits, cuts=tuple(map(str, range(4000))))
    now, before = _windows(weeks, 2) or ({}, {})
    log_chance = _log_chance(LEVEL, statistic("level", now, before), 2)
    assert (log_chance < np.log(0.01)).mean() < 0.035
