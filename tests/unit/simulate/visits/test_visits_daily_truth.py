from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from visited_shop import Visited

from mandje.simulate.visits.truth.daily_truth import add_up_visits, daily_visits, visit_ratios
from mandje.simulate.visits.truth.funnel import FUNNEL

ZONES = {"nl": ZoneInfo("Europe/Amsterdam"), "uk": ZoneInfo("Europe/London")}


def slow_counts(visited: Visited) -> tuple[Counter[tuple[str, date, str]], dict[tuple[str, date], set[str]]]:
    counts: Counter[tuple[str, date, str]] = Counter()
    visitors: dict[tuple[str, date], set[str]] = defaultdict(set)
    for one in visited.visits.sessions.iter_rows(named=True):
        if one["is_bot"] or one["is_internal"]:
            continue
        for site in (one["site"], "(all)"):
            day = (site, one["started_at"].astimezone(ZONES[one["site"]]).date())
            counts[*day, "session_count"] += 1
            counts[*day, "engaged_session_count"] += one["is_engaged"]
            counts[*day, "order_session_count"] += one["order_id"] is not None
            for number, step in enumerate(FUNNEL, start=2):
                counts[*day, f"open_{step}_count"] += one[f"has_{step}"]
                counts[*day, f"closed_{step}_count"] += one["closed_step_count"] >= number
            visitors[day].add(one["visitor_id"])
    for one in visited.visits.carts.iter_rows(named=True):
        for site in (one["site"], "(all)"):
            day = (site, one["opened_at"].astimezone(ZONES[one["site"]]).date())
            counts[*day, f"{one['state']}_cart_count"] += 1
    return counts, visitors


def test_days_equal_a_slow_count(visited: Visited) -> None:
    days = daily_visits(visited.visits.sessions, visited.visits.carts)
    counts, visitors = slow_counts(visited)
    names = sorted({name for *_, name in counts})
    found = {
        (row["site"], row["visit_date"], name): row[name]
        for row in days.iter_rows(named=True)
        for name in names
    }
    assert {key: count for key, count in found.items() if count} == {k: c for k, c in counts.items() if c}
    rows = days.select("site", "visit_date", "visitor_count").iter_rows()
    assert {(site, day): count for site, day, count in rows if count} == {
        key: len(own) for key, own in visitors.items()
    }


def test_blocks_add_up_and_give_the_ratios(blocks: list[Visited]) -> None:
    parts = [daily_visits(made.visits.sessions, made.visits.carts) for made in blocks]
    days = add_up_visits(parts)
    assert days.select("site", "visit_date").is_unique().all()
    for name in days.columns[2:]:
        assert days[name].sum() == sum(part[name].sum() for part in parts)
    told = visit_ratios(days)
    states = pl.concat([made.visits.carts for made in blocks])["state"].cast(pl.String).to_list()
    ended = [state for state in states if state in {"ordered", "recovered", "abandoned"}]
    assert told["cart_abandonment_ratio"] == pytest.approx(ended.count("abandoned") / len(ended), abs=1e-6)
    assert told["bounce_ratio"] == pytest.approx(
        1 - told["engaged_session_count"] / told["session_count"], abs=1e-6
    )
    assert "visitor_count" not in told
